"""The processes that sign, as children: they run where there are keys, and change with the log."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.logs import answers_at, until
from yinuo.config.notaries import Notaries, free_ports
from yinuo.engines.tlog import Log, Witness, format_policy, make_policy, parse_policy, parse_vkey
from yinuo.notary import keys, witnessing
from yinuo.notary.client import SignerClient


@pytest.fixture
def notaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notaries]:
    """Those of a state folder of the test's own; stopped afterwards."""
    for name in ("LOG_DIR", "SIGNER_DIR", "LOG_ORIGIN"):
        monkeypatch.delenv(name, raising=False)
    made = Notaries(tmp_path)
    yield made
    made.stop()


def begin(state: Path, origin: str) -> str:
    """Keys, one witness and a policy that names it without an address; the log's public key."""
    keys.create(state / "signer", origin)
    vkey = keys.load(state / "signer")[1]["log"][0].verifier.vkey()
    seen = witnessing.create(state / "witness-1", "w.example").verifier
    (state / "log").mkdir()
    policy = make_policy([Log(parse_vkey(vkey))], [Witness("w", seen)])
    (state / "log" / "policy").write_text(format_policy(policy))
    return vkey


def test_without_keys_nothing_runs(notaries: Notaries) -> None:
    notaries.tend()
    notaries.begin_loop()
    assert notaries.children == []
    assert not notaries.is_any_log()


def test_they_run_with_the_log_and_begin_again_with_another(
    notaries: Notaries, tmp_path: Path
) -> None:
    begin(tmp_path, "log.example/one")
    notaries.tend()
    until(lambda: answers_at(tmp_path / "signer"))
    assert notaries.is_any_log()
    client = SignerClient(tmp_path / "signer")
    assert client.state().origin == "log.example/one"
    # The policy names the address at which the witness serves now.
    [witness] = parse_policy((tmp_path / "log" / "policy").read_text()).witnesses
    assert witness.url.startswith("http://127.0.0.1:")
    # Killed, it comes back.
    signer = notaries.children[0]
    assert signer.process is not None
    os.kill(signer.process.pid, signal.SIGKILL)
    signer.process.wait()
    until(lambda: _tended(notaries, tmp_path))
    # A key that is changed in an orderly way restarts nobody.
    before = [child.process and child.process.pid for child in notaries.children]
    client.rotate()
    notaries.tend()
    assert [child.process and child.process.pid for child in notaries.children] == before
    # A log that was wiped and begun anew does.
    for folder in ("signer", "log", "witness-1"):
        shutil.rmtree(tmp_path / folder)
    begin(tmp_path, "log.example/two")
    notaries.tend()
    until(lambda: answers_at(tmp_path / "signer"))
    assert client.state().origin == "log.example/two"
    for folder in ("signer", "log", "witness-1"):
        shutil.rmtree(tmp_path / folder)
    notaries.tend()
    assert notaries.children == []


def _tended(notaries: Notaries, state: Path) -> bool:
    notaries.tend()
    time.sleep(0.05)
    return answers_at(state / "signer")


def test_free_ports_are_apart() -> None:
    assert len(set(free_ports(5))) == 5
