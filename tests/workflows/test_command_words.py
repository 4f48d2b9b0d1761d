"""What `yinuo queue`, `launch` and `witness` answer to words that cannot be used."""

from __future__ import annotations

import io
import socket
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from yinuo.config import supervisor
from yinuo.config.cli import tell_file
from yinuo.notary import keys, witness, witnessing


@pytest.mark.django_db
def test_a_rule_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "rule.json"
    words = ("queue", "state-rule", str(file), "--from", "2026-05-04")
    with pytest.raises(CommandError, match=r"rule\.json: No such file or directory"):
        call_command(*words)
    for text in ("not JSON", "[]", "{}", '{"rule": 1}'):
        file.write_text(text)
        with pytest.raises(CommandError, match=r"rule\.json holds no rule"):
            call_command(*words)
    with pytest.raises(CommandError, match="'May' is no date; write 2026-02-11"):
        call_command(*words[:-1], "May")


@pytest.mark.django_db
def test_a_launch_of_nothing_that_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("launch", "open", "S7", "--spec", "X1,X2", "--count", "1", "--opens")
    with pytest.raises(CommandError, match="there is no spec X1, X2; there are"):
        call_command(*words, "2026-03-01T10:00", stdout=io.StringIO())
    with pytest.raises(CommandError, match="'soon' is no moment; write 2026-03-01T10:00"):
        call_command(*words, "soon")


def test_a_witness_says_what_is_wrong_in_the_language_of_the_reader(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "w"
    assert witness.main(["new", str(folder), "w.example"]) == 0
    log = keys.make("log.example").verifier.vkey()
    assert witness.main(["trust", str(folder), log]) == 0
    assert "The log of this key is witnessed from now on." in capfd.readouterr().err
    (tmp_path / "file").write_text("")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for language in ("en", "zh"):
            monkeypatch.setenv("LC_ALL", f"{language}_XX.UTF-8")
            for words, en, zh in (
                (["new", str(folder), "w"], "that of a witness already", "已经是一个见证的文件夹"),
                (["new", str(tmp_path / "file" / "x"), "w"], "Not a directory", "没有做成"),
                (["vkey", str(tmp_path)], "There are no keys", "没有密钥"),
                (["run", str(tmp_path / "gone")], "cannot be used", "用不了"),
                (["run", str(folder), "--port", port], "Choose another by", "另选地址"),
                (["run", str(folder), "--port", "99999"], "Choose another by", "另选地址"),
            ):
                assert witness.main(words) == 1
                said = capfd.readouterr().err
                assert (en if language == "en" else zh) in said
                assert "Errno" not in said
                assert said.count("\n") == 1
    assert witnessing.load_logs(folder).logs


def test_an_address_that_cannot_be_served(monkeypatch: pytest.MonkeyPatch) -> None:
    for port in ("abc", "0", "65536", "-1", ""):
        monkeypatch.setenv("PORT", port)
        with pytest.raises(supervisor.AddressUnfitError, match="PORT is a number"):
            supervisor.choose_address()
    # 192.0.2.1 is set aside for examples: no machine has it.
    with pytest.raises(supervisor.AddressUnfitError, match="change HOST or PORT"):
        supervisor.is_free("192.0.2.1", 8000)


def test_a_failure_without_a_file_is_a_fault_of_ours(capfd: pytest.CaptureFixture[str]) -> None:
    tell_file(OSError(28, "No space left on device"))
    tell_file(FileNotFoundError(2, "No such file or directory", "/x"))
    said = capfd.readouterr().err
    assert "/x: No such file or directory" in said
    with pytest.raises(ConnectionResetError):
        tell_file(ConnectionResetError(104, "reset"))
