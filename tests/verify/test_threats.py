"""What somebody who runs the log might try, and how a stranger with one file sees it."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.verify.log_maker import DAY, ORIGIN, START, LogMaker, canonical, seed, small_log
from tests.verify.verifier import run, run_json
from yinuo.engines import tlog


def queue(log: LogMaker, folder: Path) -> tuple[int, str]:
    """The verdict over a log: exit code and first line."""
    code, told = run("queue", log.write(folder), lang="en")
    return code, told.split("\n")[0]


def started(**changes: object) -> LogMaker:
    """A log with one line and six orders in it."""
    log = LogMaker(rule=json.loads(canonical({**LogMaker().rule, **changes})))
    log.free("line", line="L")
    for k in range(6):
        log.add(f"NC{k}", "lock", line="L")
    log.seal(START + 3600)
    return log


def batch(log: LogMaker, label: str, *orders: str) -> int:
    """Allocate these orders and close their batch; the entry that closes it."""
    for order in orders:
        log.add(order, "alloc", batch=label, line="L")
    return log.free("batch", batch=label, count=len(orders), line="L")


@pytest.mark.need(24)
def test_a_favourite_let_past_is_found_and_every_passed_order_named(tmp_path: Path) -> None:
    log = started()
    log.add("NC1", "hold", code="QUALITY")
    closing = batch(log, "2026-W02", "NC4")
    log.seal(START + 7 * DAY)
    code, told = run_json("queue", log.write(tmp_path))
    [found] = told["findings"]
    passed = [log.streams[f"NC{k}", "q"][0].index for k in (0, 2, 3)]
    assert (code, found["entry"], found["passed"]) == (1, closing, passed)
    assert found["passer"] == log.streams["NC4", "q"][0].index


@pytest.mark.need(24)
def test_a_reason_is_counted_and_too_many_are_a_violation(tmp_path: Path) -> None:
    log = started()
    log.add("NC4", "except", code="LATE")
    batch(log, "2026-W02", "NC4")
    batch(log, "2026-W03", "NC0")
    log.seal(START + 14 * DAY)
    assert queue(log, tmp_path / "a")[0] == 0
    log = started()
    for k in (4, 5):
        log.add(f"NC{k}", "except", code="LATE")
    batch(log, "2026-W02", "NC4", "NC5")
    batch(log, "2026-W03", "NC0")
    log.seal(START + 14 * DAY)
    code, told = queue(log, tmp_path / "b")
    assert code == 1
    assert "reason LATE was used 2 times in batch 2026-W02" in told


@pytest.mark.parametrize("code", ["PAID", "FRIEND", "OTHER"])
def test_no_reason_of_ones_own_making(tmp_path: Path, code: str) -> None:
    for kind in ("hold", "except"):
        log = started()
        log.add("NC0", kind, code=code)
        log.seal(START + DAY)
        assert queue(log, tmp_path / kind)[0] == 1


def test_whoever_comes_back_may_be_passed_for_as_long_as_the_rule_says(tmp_path: Path) -> None:
    for batches, expected in ((2, 0), (3, 1)):
        log = started()
        log.add("NC0", "hold", code="WAITS")
        log.add("NC0", "release", code="WAITS")
        for k in range(batches):
            batch(log, f"2026-W{k + 2:02d}", f"NC{k + 1}")
        log.seal(START + 7 * DAY * batches)
        assert queue(log, tmp_path / str(batches))[0] == expected, batches


def test_a_car_without_its_place_in_the_queue(tmp_path: Path) -> None:
    log = started()
    log.add("NC3", "deliver")
    log.seal(START + DAY)
    assert queue(log, tmp_path)[0] == 1


def test_a_batch_that_is_closed_late_or_never(tmp_path: Path) -> None:
    for at, closes, expected in ((16, True, 0), (18, True, 1), (16, False, 0), (18, False, 1)):
        log = started()
        log.add("NC0", "alloc", batch="2026-W02", line="L")
        log.seal(START + at * DAY)
        if closes:
            log.free("batch", batch="2026-W02", count=1, line="L")
            log.seal(START + at * DAY + 60)
        assert queue(log, tmp_path / f"{at}{closes}")[0] == expected, (at, closes)


def test_a_new_rule_needs_its_notice_and_its_number(tmp_path: Path) -> None:
    for binds, number, expected in (
        ("2026-03-01", 2, 0),
        ("2026-01-20", 2, 1),
        ("2026-03-01", 3, 1),
        ("at_once", 2, 1),
    ):
        log = started()
        log.append(canonical({**log.rule, "rule": number, "binds": binds}))
        log.seal(START + DAY)
        assert queue(log, tmp_path / f"{binds}{number}")[0] == expected, (binds, number)


def test_a_form_that_no_rule_names_and_one_that_a_newer_rule_names(tmp_path: Path) -> None:
    log = started()
    log.free("gift", why="a friend")
    log.seal(START + DAY)
    assert queue(log, tmp_path / "a")[0] == 1
    log = started()
    leaves = {**log.rule["leaves"], "gift": {"stream": "", "fields": [["why"]]}}
    log.append(canonical({**log.rule, "rule": 2, "binds": "2026-03-01", "leaves": leaves}))
    log.free("gift", why="a friend")
    log.seal(START + DAY)
    assert queue(log, tmp_path / "b")[0] == 0


def drawn_log(
    at: int = DAY, value: str = "7,11,23", void: bool = False, twice: bool = False
) -> LogMaker:
    """Three tickets whose places are drawn in public at START + 2 days, sealed at `at`."""
    log = started()
    moment = "2026-01-07T00:00:00Z"
    log.free(
        "window", window="w", launch="X", source="lottery", until="2026-01-06T00:00:00Z",
        drawn=moment,
    )  # fmt: skip
    log.free("tickets", launch="X", number=3, chain="A" * 43)
    log.free("window.end", window="w", number=3, chain="A" * 43)
    for k in (1, 2, 3):
        log.add(f"T{k}", "lock", line="L", launch="X", ticket=k)
    log.seal(START + at)
    size = len(log.leaves)
    for _ in range(1 + twice):
        if void:
            log.free("draw", window="w", code="NOT_SEALED")
        else:
            log.free("draw", window="w", source="lottery", value=value, size=size)
    for k in range(6):
        log.add(f"NC{k}", "alloc", batch="2026-W02", line="L")
    log.free("batch", batch="2026-W02", count=6, line="L")
    return log


def test_a_draw_decides_and_says_where_its_value_is_checked(tmp_path: Path) -> None:
    log = drawn_log()
    order = sorted((1, 2, 3), key=lambda t: seed(f"7,11,23/X/{t}"))
    batch(log, "2026-W03", f"T{order[0]}")
    log.seal(START + 10 * DAY)
    code, told = run("queue", log.write(tmp_path / "a"), lang="en")
    assert code == 0
    assert "ask lottery whether it published 7,11,23" in told
    log = drawn_log()
    batch(log, "2026-W03", f"T{order[2]}")
    log.seal(START + 10 * DAY)
    assert queue(log, tmp_path / "b")[0] == 1


def test_a_lottery_is_not_drawn_again_nor_sealed_late_nor_voided_at_will(tmp_path: Path) -> None:
    for name, log, expected in (
        ("in time", drawn_log(), 0),
        ("again", drawn_log(twice=True), 1),
        ("late", drawn_log(at=3 * DAY), 1),
        ("voided", drawn_log(void=True), 1),
        ("void", drawn_log(at=3 * DAY, void=True), 0),
    ):
        log.seal(START + 10 * DAY)
        assert queue(log, tmp_path / name)[0] == expected, name


def test_a_rewritten_past_is_seen_by_whoever_kept_a_checkpoint(tmp_path: Path) -> None:
    log, other = small_log(), LogMaker()
    old = tmp_path / "old"
    old.write_text(log.notes[0][1], encoding="utf-8")
    for leaf in log.leaves[3:]:
        other.append(leaf.decode().replace("NC-LR", "NC-XX"))
    note = other.seal(START + 14 * DAY)
    new = other.write(tmp_path / "log") / "checkpoint"
    assert new.read_text(encoding="utf-8") == note
    assert run("consistency", old, new, "--log", tmp_path / "log")[0] == 1


def test_another_key_counts_only_when_the_old_one_vouched_for_it(tmp_path: Path) -> None:
    for told in (True, False):
        log = small_log()
        policy = log.policy()
        setattr(log, "policy", lambda policy=policy: policy)  # noqa: B010
        fresh = tlog.new_signer(ORIGIN, seed("another"))
        if told:
            log.free("key", use="log", vkey=fresh.verifier.vkey())
            log.seal(START + 15 * DAY)
        log.log_signer = fresh
        log.free("key", use="log", vkey=fresh.verifier.vkey())
        log.seal(START + 16 * DAY)
        assert queue(log, tmp_path / str(told))[0] == (0 if told else 2)


def test_one_witness_may_be_away_and_two_may_not(tmp_path: Path) -> None:
    for away, expected in ((1, 0), (2, 2)):
        log = small_log()
        lines = log.checkpoint(START + 15 * DAY).split("\n")
        log.notes.append((START + 15 * DAY, "\n".join(lines[: -1 - away]) + "\n"))
        policy = tmp_path / f"policy{away}"
        policy.write_text(log.policy(), encoding="utf-8")
        assert run("queue", log.write(tmp_path / str(away)), "--policy", policy)[0] == expected


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    small_log().write(tmp_path)
    quiet = type(
        "Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *words: None}
    )
    handler = functools.partial(quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_address_is_audited_like_a_folder(address: str, tmp_path: Path) -> None:
    code, told = run("queue", address)
    assert (code, told[:3]) == (0, "一致。")
    for new in (37, 0):
        words = ("watch", address, "--state", tmp_path / "seen")
        assert run_json(*words)[1]["new"] == new
    (tmp_path / "tile" / "entries" / "000.p" / "37").unlink()
    code, told = run("queue", address)
    assert code == 2
    assert "缺少 tile/entries/000.p/37" in told
