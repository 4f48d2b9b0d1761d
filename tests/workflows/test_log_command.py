"""`yinuo log`: from nothing to a published log, and the loop that is killed and goes on."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.contexts.ledger.log_scenes import check_public, record
from tests.logs import ORIGIN, fork_apart, kill, running_signer, until
from yinuo.contexts.ledger.log_folder import FileDiffers, log_folder
from yinuo.contexts.ledger.models import Entry, Leaf
from yinuo.contexts.ledger.operations.sealing import (
    DatabaseEmpty,
    LogNotBegun,
    LogStands,
    NotPublished,
    OriginUnfit,
    PolicyUnfit,
    guard,
)
from yinuo.contexts.ledger.queries.sealed import get_head
from yinuo.jobs.log_loop import look_at_start, run_on

BEFORE = [["head"], ["fsck"], ["heads"], ["anchor"], ["rotate"], ["export", "x"], ["policy", "x"]]


@pytest.fixture
def folders(tmp_path: Path, settings: Any) -> Path:
    """Folders of the test's own for log and signer."""
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    settings.LOG_ORIGIN = ""
    return tmp_path


def said(*words: str) -> str:
    """What `yinuo log WORDS` prints."""
    out = io.StringIO()
    call_command("log", *words, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_from_nothing_to_a_published_log(folders: Path, now: dt.datetime) -> None:
    for words in (["run", "--once"], *BEFORE):
        with pytest.raises(LogNotBegun):
            said(*words)
    record(5, now)
    assert ORIGIN in said("init", "--origin", ORIGIN)
    with pytest.raises(LogStands):
        said("init", "--origin", ORIGIN)
    for verb in ("fsck", "export"):
        with pytest.raises(NotPublished):
            said(verb, *[str(folders / "copy")][: verb == "export"])
    with running_signer():
        assert ORIGIN in said("run", "--once")
    assert check_public(log_folder()) == 9
    head = json.loads(said("head", "--json"))
    assert (head["size"], head["published_size"], head["quorum_at"]) == (9, 9, None)
    assert "9" in said("fsck")
    assert "9" in said("export", str(folders / "copy"))
    (folders / "log" / "tile" / "0" / "000.p" / "9").write_bytes(b"")
    with pytest.raises(SystemExit):
        said("fsck")
    with running_signer(), pytest.raises(FileDiffers, match=r"tile/0/000\.p/9"):
        said("run", "--once")


@pytest.mark.django_db
def test_a_policy_of_another_log_is_refused(folders: Path) -> None:
    said("init", "--origin", ORIGIN)
    other = folders / "policy"
    for text in ("", "quorum none\n", "log x\nquorum none\n"):
        other.write_text(text)
        with pytest.raises(PolicyUnfit):
            said("policy", str(other))
    held = log_folder().get("policy")
    other.write_bytes(b"# ours\n" + held)
    said("policy", str(other))
    assert log_folder().get("policy") == held


@pytest.mark.django_db
def test_a_policy_keeps_what_it_does_not_name(folders: Path) -> None:
    said("init", "--origin", ORIGIN)
    held, other = log_folder().get("policy").decode(), folders / "policy"
    receipt = next(line for line in held.splitlines() if "receipt" in line)
    other.write_text(held.replace(f"{receipt}\n", ""))
    said("policy", str(other))
    assert receipt in log_folder().get("policy").decode()
    other.write_text("quorum none\n")
    with pytest.raises(PolicyUnfit, match=r"add the line: log log\.example/test\+"):
        said("policy", str(other))


@pytest.mark.django_db
def test_a_name_that_no_log_should_keep(folders: Path, settings: Any) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"
    with pytest.raises(OriginUnfit, match="127"):
        said("init")
    for name in ("a b", "a+b", " "):
        with pytest.raises(OriginUnfit):
            said("init", "--origin", name)
    assert not (folders / "signer").exists()
    settings.SITE_URL = "https://maker.example"
    assert "maker.example/log" in said("init")


@pytest.mark.django_db
def test_files_that_cannot_be_used_are_named_in_a_line(folders: Path) -> None:
    said("init", "--origin", ORIGIN)
    with pytest.raises(CommandError, match="no such file: No such file or directory"):
        said("policy", "no such file")
    (folders / "file").write_text("x")
    with pytest.raises(CommandError, match="file: Not a directory"):
        said("export", str(folders / "file"))


@pytest.mark.django_db
def test_the_look_at_start(folders: Path, settings: Any, now: dt.datetime) -> None:
    # Nothing there: the system may start. With a name, the log begins.
    assert look_at_start()
    assert not Leaf.objects.exists()
    settings.LOG_ORIGIN = ORIGIN
    assert look_at_start()
    assert Leaf.objects.count() == 3
    with running_signer():
        said("run", "--once")
        assert look_at_start()
        log_folder().remove("tile")
        assert not look_at_start()


def test_a_new_database_beside_an_old_log_is_not_started(
    folders: Path, fresh_database: str, now: dt.datetime
) -> None:
    folders.joinpath("log").mkdir()
    folders.joinpath("signer").mkdir()
    state = {"size": 7, "root": bytes(32).hex()}
    (folders / "signer" / "state.json").write_text(json.dumps(state))
    with pytest.raises(DatabaseEmpty, match="7"):
        guard()
    assert not look_at_start()


@pytest.mark.usefixtures("fresh_database")
def test_the_loop_is_killed_and_goes_on(folders: Path, now: dt.datetime) -> None:
    said("init", "--origin", ORIGIN)
    with running_signer():
        for turn in range(2):
            loop = fork_apart(run_on)
            record(60, now, 1 + 60 * turn)
            wanted = 3 + 60 * (turn + 1)
            until(lambda wanted=wanted: get_head().published_size >= wanted)  # type: ignore[misc]
            record(7, now, 900 + 7 * turn)
            kill(loop)
        said("run", "--once")
    assert check_public(log_folder()) == Entry.objects.count() == Leaf.objects.count()
    assert guard().refilled == 0
