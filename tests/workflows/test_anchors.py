"""Stamps of a third party: real tokens, checked by openssl as well, and authorities that fail."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.contexts.ledger.log_scenes import write
from tests.logs import ORIGIN, running_signer
from tests.stamping import Authority, make_authority, openssl, running_authority
from yinuo.contexts.ledger.log_folder import LogFolder, log_folder
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.ledger.operations.sealing import begin, publish
from yinuo.contexts.ledger.queries.sealed import get_last_anchor
from yinuo.jobs.management.commands.doctor import look_at_anchors
from yinuo.jobs.schedule import STEPS
from yinuo.platform import clock
from yinuo.platform.timestamps import NoStamp, ask_stamp, read_roots
from yinuo.workflows import anchors

pytestmark = pytest.mark.program("openssl")
HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with running_authority(tmp_path_factory.mktemp("tsa")) as running:
        yield running


@pytest.fixture
def tsa(authority: Authority) -> Iterator[Authority]:
    """The authority, behaving well again afterwards."""
    well = authority.answer
    yield authority
    authority.answer = well


@pytest.fixture
def log(
    tmp_path: Path, settings: Any, db: None, now: dt.datetime, authority: Authority
) -> Iterator[LogFolder]:
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    settings.TSA_URLS, settings.TSA_ROOTS = (authority.url,), str(authority.root)
    clock.set_test_clock(at=now, running=False)
    begin(origin=ORIGIN, now=now)
    with running_signer():
        publish(now=now)
        yield log_folder()


def test_the_token_is_public_its_digest_a_leaf_and_openssl_agrees(
    log: LogFolder, tsa: Authority, now: dt.datetime, tmp_path: Path
) -> None:
    assert anchors.run(now=now) == 1
    token = log.get("anchors/3.tsr")
    body = json.loads(Entry.objects.get(kind="anchor.made").body)
    digest = hashlib.sha256(token).hexdigest()
    assert body == {"t": "anchor", "v": 1, "size": 3, "digest": digest, "tsa": "127.0.0.1"}
    # As the manual says: the first three lines of the checkpoint.
    text = tmp_path / "text"
    text.write_bytes(b"".join(log.get("checkpoint").splitlines(keepends=True)[:3]))
    said = ("-in", str(log.root / "anchors/3.tsr"), "-CAfile", str(tsa.root))
    openssl("ts", "-verify", "-data", str(text), *said)
    text.write_bytes(text.read_bytes().replace(b"3\n", b"4\n"))
    with pytest.raises(AssertionError, match="imprint"):
        openssl("ts", "-verify", "-data", str(text), *said)
    # What the authority was told is a hash.
    assert ORIGIN.encode() not in tsa.asked[-1]
    assert (
        hashlib.sha256(b"".join(log.get("checkpoint").splitlines(True)[:3])).digest()
        in (tsa.asked[-1])
    )


def test_once_an_hour_and_never_twice_for_one_size(log: LogFolder, now: dt.datetime) -> None:
    assert STEPS["log.anchors"](now) == 1
    assert anchors.run(now=now + 2 * HOUR) == 0
    write(1, now)
    publish(now=now + HOUR / 2)
    assert anchors.run(now=now + HOUR / 2) == 0
    assert anchors.run(now=now + HOUR / 2, wanted=True) == 1
    assert anchors.run(now=now + HOUR / 2, wanted=True) == 0
    assert log.list_files("anchors") == ["anchors/3.tsr", "anchors/5.tsr"]
    assert get_last_anchor() == (5, now + HOUR / 2)


def test_one_that_is_away_is_asked_again_and_said(
    log: LogFolder, tsa: Authority, settings: Any, now: dt.datetime
) -> None:
    settings.TSA_URLS = ("http://127.0.0.1:9/tsa",)
    assert anchors.run(now=now) == 0
    seen = anchors.look(now=now)
    assert seen.late
    assert "127.0.0.1: connection failed" in seen.problem
    assert [one.level for one in look_at_anchors()] == ["bad"]
    # Another one that is named besides is asked in the same minute.
    settings.TSA_URLS = ("http://127.0.0.1:9/tsa", tsa.url)
    assert anchors.run(now=now) == 1
    assert anchors.look(now=now).problem == ""
    assert [one.level for one in look_at_anchors()] == ["ok"]
    assert anchors.look(now=now + 4 * HOUR).late
    settings.TSA_URLS = ()
    assert anchors.run(now=now + 4 * HOUR, wanted=True) == 0
    assert [one.level for one in look_at_anchors()] == ["note"]


def test_the_command_stamps_at_once_and_says_why_not(
    log: LogFolder, tsa: Authority, settings: Any, now: dt.datetime, capsys: Any
) -> None:
    settings.TSA_URLS = ("http://127.0.0.1:9/tsa",)
    with pytest.raises(CommandError, match="connection failed"):
        call_command("log", "anchor")
    settings.TSA_URLS = (tsa.url,)
    for _ in range(2):
        call_command("log", "anchor")
        assert "3" in capsys.readouterr().out
    settings.TSA_URLS = ()
    with pytest.raises(CommandError, match="TSA_URLS"):
        call_command("log", "anchor")


def test_whoever_is_killed_between_file_and_leaf_loses_nothing(
    log: LogFolder, now: dt.datetime
) -> None:
    log.add("anchors/3.tsr", b"a token that no leaf names")
    assert anchors.run(now=now) == 1
    digest = json.loads(Entry.objects.get(kind="anchor.made").body)["digest"]
    assert hashlib.sha256(log.get("anchors/3.tsr")).hexdigest() == digest


def test_what_is_no_stamp_of_what_was_asked_is_refused(tsa: Authority, tmp_path: Path) -> None:
    well, roots = tsa.answer, read_roots(tsa.root)
    stamp = ask_stamp(tsa.url, b"text", roots)
    assert stamp.checked
    assert not ask_stamp(tsa.url, b"text").checked
    for answer, why in (
        (lambda _: (500, b""), "HTTP 500"),
        (lambda _: (200, b""), "127.0.0.1"),
        (lambda _: (200, b"<html>busy</html>"), "127.0.0.1"),
        (lambda _: (200, stamp.token[:-7]), "127.0.0.1"),
        (lambda _: (200, stamp.token), "an old one"),
        (lambda _: (200, b"x" * 70_000), "over 65536 bytes"),
    ):
        tsa.answer = answer
        with pytest.raises(NoStamp, match=why):
            ask_stamp(tsa.url, b"text", roots)
    tsa.answer = well
    ask_stamp(tsa.url, b"another text", roots)
    other = tsa.asked[-1]
    tsa.answer = lambda _: well(other)
    with pytest.raises(NoStamp, match="something else"):
        ask_stamp(tsa.url, b"text", roots)
    tsa.answer = well
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    with pytest.raises(NoStamp, match=r"127\.0\.0\.1"):
        ask_stamp(tsa.url, b"text", read_roots(make_authority(stranger)))
    with pytest.raises(NoStamp, match=r"none\.pem"):
        read_roots(tmp_path / "none.pem")
