"""The `yinuo` command: verbs, exit codes, languages."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.ground import machine
from yinuo.config import cli
from yinuo.platform.postgres import LauncherError
from yinuo.platform.refusals import Refusal


class SlotTaken(Refusal):
    code = "slot_taken"
    zh = "{slot} 已被约走。"
    en = "{slot} is taken."


@pytest.fixture
def external(fresh_database: str, tmp_path: Path) -> dict[str, str]:
    """An environment whose database is the test's own."""
    return machine.environment(tmp_path, DATABASE_URL=fresh_database)


def test_help_lists_every_verb_with_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    said = capsys.readouterr().out
    for verb in ("run", "migrate", "doctor", "worker", "scheduler"):
        line = next(line for line in said.splitlines() if line.split()[:1] == [verb])
        assert len(line.split()) > 2
    assert "import_records" not in said


@pytest.mark.parametrize("lang", ["zh_CN.UTF-8", "en_GB.UTF-8"])
def test_help_speaks_the_language_of_the_terminal(
    lang: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", lang)
    assert cli.main(["help"]) == 0
    for line in capsys.readouterr().out.splitlines():
        chinese = any("一" <= letter <= "鿿" for letter in line)
        assert chinese == lang.startswith("zh"), line


def test_every_verb_has_its_words_and_no_words_are_left_over() -> None:
    words = tomllib.loads(cli.WORDS.read_text(encoding="utf-8"))
    assert set(words) == set(cli.list_verbs())


@pytest.mark.parametrize(
    ("lang", "words"),
    [("zh_CN.UTF-8", "每分钟看一次"), ("en_GB.UTF-8", "look once a minute")],
)
def test_the_help_of_one_verb_begins_with_the_same_line(
    lang: str, words: str, tmp_path: Path
) -> None:
    done = machine.yinuo(["scheduler", "--help"], machine.environment(tmp_path, LC_ALL=lang))
    assert done.returncode == 0
    assert words in done.stdout


def test_no_word_at_all_is_a_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "doctor" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("zh_CN.UTF-8", "没有“fly”这个命令"), ("en_GB", "no command “fly”")],
)
def test_an_unknown_verb_is_a_wrong_use(
    lang: str,
    expected: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", lang)
    assert cli.main(["fly"]) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lang", "expected"), [("zh_CN.UTF-8", "B3 已被约走。"), ("C", "B3 is taken.")]
)
def test_a_refusal_is_said_in_the_terminals_language(
    lang: str,
    expected: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(verb: str, words: list[str]) -> int:
        raise SlotTaken(slot="B3")

    monkeypatch.setattr(cli, "carry_out", refuse)
    monkeypatch.setenv("LC_ALL", lang)
    assert cli.main(["doctor"]) == 1
    assert capsys.readouterr().err == f"{expected}\n"


def test_a_database_that_cannot_be_had_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(verb: str, words: list[str]) -> int:
        raise LauncherError("The disk is full.")

    monkeypatch.setattr(cli, "carry_out", fail)
    monkeypatch.setenv("LC_ALL", "C")
    assert cli.main(["doctor"]) == 1
    assert capsys.readouterr().err == "The disk is full.\n"


def test_words_a_command_does_not_know_are_a_wrong_use(external: dict[str, str]) -> None:
    done = machine.yinuo(["scheduler", "--nope"], external)
    assert done.returncode == 2
    assert "unrecognized arguments: --nope" in done.stderr


def test_help_of_a_verb_starts_no_database(tmp_path: Path) -> None:
    done = machine.yinuo(["worker", "--help"], machine.environment(tmp_path))
    assert done.returncode == 0
    assert "--one-shot" in done.stdout
    assert not (tmp_path / "pg").exists()


def doctor(env: dict[str, str]) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    done = machine.yinuo(["doctor", "--json"], env)
    return done, {finding["about"]: finding["level"] for finding in json.loads(done.stdout)}


def test_the_doctor_finds_a_sound_installation_sound(external: dict[str, str]) -> None:
    done, levels = doctor(external)
    assert done.returncode == 0
    assert levels["database"] == levels["tables"] == levels["ledger"] == levels["clock"] == "ok"
    assert levels["邮件/mail"] == "note"


def test_the_doctor_finds_an_unsafe_public_site(external: dict[str, str]) -> None:
    done, levels = doctor({**external, "ALLOWED_HOSTS": "car.example.cn", "DEBUG": "True"})
    assert done.returncode == 1
    assert levels["DEBUG"] == levels["HTTPS"] == "bad"


def test_the_doctor_finds_a_ledger_without_its_triggers(
    external: dict[str, str], fresh_database: str
) -> None:
    off = "ALTER TABLE ledger_entry DISABLE TRIGGER ALL"
    sql = machine.yinuo(["manage", "shell", "-c", _shell(off)], external)
    assert sql.returncode == 0, sql.stderr
    done, levels = doctor(external)
    assert (done.returncode, levels["ledger"]) == (1, "bad")


def _shell(statement: str) -> str:
    return f"from django.db import connection; connection.cursor().execute({statement!r})"


def test_migrations_run_once_and_are_known_quickly(external: dict[str, str]) -> None:
    assert "Migrated." in machine.yinuo(["migrate"], external).stderr
    assert "Up to date." in machine.yinuo(["migrate"], external).stderr
    machine.yinuo(["manage", "shell", "-c", _shell("COMMENT ON TABLE django_migrations IS 'x'")],
                  external)  # fmt: skip
    assert "Migrated." in machine.yinuo(["migrate"], external).stderr
