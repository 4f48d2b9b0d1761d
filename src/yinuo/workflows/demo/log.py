"""The demo's public log: its name, its keys, and three witnesses that it runs for itself."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from django.conf import settings

from yinuo.contexts.ledger.operations.sealing import begin as begin_log
from yinuo.engines.tlog import Witness, parse_vkey
from yinuo.notary import keys, witnessing
from yinuo.workflows import log

ORIGIN = "log.yunfan.example"
# Who could witness a maker's log: none of them is the maker.
WITNESSES = ("consumers", "notary", "newspaper")


def begin(*, now: dt.datetime) -> None:
    """Begin the log, before anything is recorded; safe to repeat after a load was killed.

    Raises
    ------
    LogStands
        The folders hold a log that others have seen.
    """
    witnesses = [
        Witness(name, parse_vkey(_witness(folder, name)))
        for name, folder in zip(WITNESSES, _folders(), strict=True)
    ]
    begin_log(origin=ORIGIN, witnesses=witnesses, now=now)
    _, held = keys.load(settings.SIGNER_DIR)
    for folder in _folders():
        witnessing.trust(folder, held["log"][0].verifier.vkey())


def take_in(*, now: dt.datetime) -> int:
    """Give everything that the load recorded its number; how many there were."""
    return log.take_in(now=now).count


def wipe() -> None:
    """Remove the log, its keys and its witnesses; only with the demo itself."""
    for folder in (Path(settings.LOG_DIR), Path(settings.SIGNER_DIR), *_folders()):
        shutil.rmtree(folder, ignore_errors=True)
    Path(settings.WITNESS_CLOCK).unlink(missing_ok=True)
    log.note_trouble(None)


def _folders() -> list[Path]:
    top = Path(settings.SIGNER_DIR).parent
    return [top / f"witness-{number}" for number in range(1, len(WITNESSES) + 1)]


def _witness(folder: Path, name: str) -> str:
    """The witness's public key, made unless it is there."""
    if not (folder / witnessing.KEY).exists():
        shutil.rmtree(folder, ignore_errors=True)
        witnessing.create(folder, f"{name}.example")
    return witnessing.load_key(folder).verifier.vkey()
