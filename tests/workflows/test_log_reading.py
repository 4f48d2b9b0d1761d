"""Published files are read over every day, and a flipped byte is told of by doctor and page."""

from __future__ import annotations

import datetime as dt
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.contexts.ledger.log_scenes import record
from tests.logs import ORIGIN, running_signer
from yinuo.contexts.ledger.log_folder import LogFolder, log_folder
from yinuo.contexts.ledger.operations.sealing import begin
from yinuo.contexts.ledger.operations.sealing.checking import Fault
from yinuo.jobs import log_loop
from yinuo.platform import clock
from yinuo.workflows import log_reading, log_watch
from yinuo.workflows.log import publish_now, take_in

DAY = dt.timedelta(days=1)
BUNDLE = "tile/entries/000.p/14"


@pytest.fixture
def log(tmp_path: Path, settings: Any, db: None, now: dt.datetime) -> LogFolder:
    """A log of 14 published leaves: three to begin, ten entries, a head map."""
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    begin(origin=ORIGIN, now=now)
    record(10, now)
    take_in(now=now)
    with running_signer():
        assert publish_now(now=now)[1] is None
    return log_folder()


def read_round(now: dt.datetime) -> list[Fault]:
    """Read until nothing is due; what was found."""
    found: list[Fault] = []
    while (step := log_reading.read_on(now=now)) is not None:
        found += step.faults
    return found


def flip(log: LogFolder, path: str) -> None:
    """One bit of this file is another afterwards; the second time all is as before."""
    data = bytearray(log.get(path))
    data[40] ^= 1
    (log.root / path).write_bytes(data)


def bad(now: dt.datetime) -> list[str]:
    """What doctor says is wrong."""
    return [one.en for one in log_watch.look(now=now) if one.level == "bad"]


@pytest.mark.usefixtures("db")
def test_nothing_is_read_before_anything_is_published(
    tmp_path: Path, settings: Any, now: dt.datetime
) -> None:
    settings.LOG_DIR = tmp_path / "log"
    assert log_reading.read_on(now=now) is None
    assert log_reading.last_reading() is None


def test_each_file_has_its_turn_once_a_day(log: LogFolder, now: dt.datetime) -> None:
    first = log_reading.read_on(now=now)
    assert first is not None
    # Leaves, what lies beside them, and one day of checkpoints.
    assert (first.faults, first.parts) == ((), 3)
    held = log_reading.last_reading()
    assert held is not None
    assert (held.done, held.size, held.ended_at) == (1, 14, None)
    assert read_round(now) == []
    assert log_reading.read_on(now=now + DAY / 2) is None
    assert log_reading.read_on(now=now + DAY) is not None
    held = log_reading.last_reading()
    assert held is not None
    assert (held.done, held.ended_at, held.began_at) == (1, now, now + DAY)


def test_a_flipped_byte_is_told_until_it_is_mended(
    log: LogFolder, now: dt.datetime, client: Client
) -> None:
    read_round(now)
    assert "14" in client.get("/log/head").content.decode()
    flip(log, BUNDLE)
    # A round was just read: the next one finds it.
    assert read_round(now) == []
    assert read_round(now + DAY)[0] == Fault(BUNDLE, "wrong")
    assert any(BUNDLE in words and "yinuo log fsck" in words for words in bad(now + DAY))
    said = client.get("/log/head.json").json()
    assert said["files_that_differ"] >= 1
    assert BUNDLE not in client.get("/log/head").content.decode()
    # It is found again and again, in a round that goes on as well, until it is as it was.
    log_reading.read_on(now=now + 2 * DAY)
    assert any(BUNDLE in words for words in bad(now + 2 * DAY))
    flip(log, BUNDLE)
    assert read_round(now + 2 * DAY) == []
    read_round(now + 3 * DAY)
    assert not any(BUNDLE in words for words in bad(now + 3 * DAY))
    assert client.get("/log/head.json").json()["files_that_differ"] == 0


def test_doctor_says_that_nobody_reads(log: LogFolder, now: dt.datetime) -> None:
    read_round(now)
    levels = {one.en: one.level for one in log_watch.look(now=now)}
    [level] = [level for words, level in levels.items() if "read over" in words]
    assert level == "ok"
    assert any("not read over for 3 days" in one.en for one in log_watch.look(now=now + 4 * DAY))


def test_a_damaged_note_or_another_log_begins_anew(log: LogFolder, now: dt.datetime) -> None:
    read_round(now)
    note = log.root.with_name("log.reading")
    for text in ("", "[]", "{}", note.read_text().replace('"size": 14', '"size": 15')):
        note.write_text(text)
        assert read_round(now) == []
        assert json.loads(note.read_text())["ended_size"] == 14


def test_the_loop_reads_and_says_what_it_finds(
    log: LogFolder, now: dt.datetime, capfd: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    flip(log, BUNDLE)
    stop = threading.Event()
    monkeypatch.setattr(clock, "now", lambda: now)
    pauses: list[float] = []

    def wait(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 4:
            threading.Event.set(stop)

    monkeypatch.setattr(stop, "wait", wait)
    log_loop.keep_reading(stop)
    assert f"A public file is not as it must be: {BUNDLE}" in capfd.readouterr().err
    assert pauses[-1] == log_loop.READING_PAUSE_SECONDS_MAX
    held = log_reading.last_reading()
    assert held is not None
    assert held.ended_found
