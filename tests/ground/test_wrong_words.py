"""Wrong words after a verb: one sentence in the terminal's language, never a page of code."""

from __future__ import annotations

from pathlib import Path

import pytest

from yinuo.config import cli

NOTE = ["--note-zh", "三次投产", "--note-en", "three launches"]
SHAPE = ["--mean", "-0.3", "--sd", "0.2", "--launches", "3"]
SOURCES = ["--source", "a", "--second-source", "b"]
CASES = [
    ["twin"],
    ["twin", "calibrate", "--worlds", "0"],
    ["twin", "calibrate", "--worlds", "-3"],
    ["twin", "calibrate", "--worlds", "many"],
    ["twin", "calibrate", "--seed", "-1"],
    ["reference"],
    ["promise"],
    ["promise", "due", "--within", "soon"],
    ["queue", "explain", "NIX"],
    ["queue", "explain", ""],
    ["reference", "set", "NIX", "--from", "2026-02-09", *SHAPE, *NOTE, *SOURCES],
    ["reference", "set", "P1", "--from", "soon", *SHAPE, *NOTE, *SOURCES],
    ["reference", "set", "P1", "--from", "2026-02-10", *SHAPE, *NOTE, *SOURCES],
    ["owed", "set", "nowhere.toml"],
    ["owed", "set", "EMPTY"],
    ["owed", "set", "TEXT"],
    ["plan"],
    ["plan", "diff", "nowhere.csv"],
    ["plan", "diff", "EMPTY"],
    ["plan", "diff", "TEXT"],
    ["plan", "commit", "pln_none", "--cause", "PLANT_STOPPED", "--evidence", "x"],
    ["plan", "commit", "pln_none", "--cause", "HOLIDAY", "--evidence", "x"],
    ["plan", "whatif"],
    ["plan", "whatif", "--more", "P1=nan"],
    ["plan", "whatif", "--more", "P9=5"],
    ["plan", "whatif", "--close", "P1=2026-13-01"],
    ["plan", "inverse", "--kept", "2"],
    ["plan", "inverse", "--kept", "nan"],
    ["plan", "inverse", "--growth", "-1000"],
    ["plan", "inverse", "--growth", "inf"],
    ["backtest"],
    ["backtest", "nowhere.csv", "--ordered", "a", "--delivered", "b", "--test-from", "2026-01-01"],
    ["backtest", "EMPTY", "--ordered", "a", "--delivered", "b", "--test-from", "2026-01-01"],
    ["backtest", "TEXT", "--ordered", "a", "--delivered", "b", "--test-from", "2026-01-01"],
    ["backtest", "TEXT", "--ordered", "a", "--delivered", "b", "--test-from", "2026-02-30"],
    ["backtest", "TEXT", "--ordered", "a", "--delivered", "b", "--test-from", "2026-02-01",
     "--level", "80"],
]  # fmt: skip


@pytest.mark.parametrize("lang", ["zh_CN.UTF-8", "en_GB.UTF-8"])
def test_wrong_words_are_answered_with_what_to_write(
    fresh_database: str,
    tmp_path: Path,
    lang: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", lang)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "EMPTY").write_bytes(b"")
    (tmp_path / "TEXT").write_text("not,a\nplan\x00 at all\n", encoding="utf-8")
    wrong = []
    for words in CASES:
        try:
            code: object = cli.main(words)
        except SystemExit as left:
            code = left.code
        except Exception as failure:  # noqa: BLE001 -- each case is reported
            wrong.append((words, f"{type(failure).__name__}: {failure}"))
            continue
        out, err = capsys.readouterr()
        if code not in (1, 2) and not (isinstance(code, str) and code):
            wrong.append((words, f"code {code}: {out[:120]} {err[:120]}"))
        elif not (out + err).strip() and not isinstance(code, str):
            wrong.append((words, "says nothing"))
        elif "Traceback" in out + err or "CommandError" in err:
            wrong.append((words, err[-300:]))
    assert wrong == []


def test_a_wrong_day_or_plant_is_said_in_chinese_too(
    fresh_database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    for words, said in (
        (["reference", "set", "NIX", "--from", "2026-02-09", *SHAPE, *NOTE], "没有工厂“NIX”"),
        (["reference", "set", "P1", "--from", "soon", *SHAPE, *NOTE], "“soon”不是日期"),
        (["plan", "whatif", "--close", "P1=2026-13-01"], "“2026-13-01”不是日期"),
        (["plan", "whatif", "--more", "P1=many"], "--more 后面要写 代码=百分数"),
        (["plan", "whatif", "--more", "P1"], "“P1”应写成 名称=值"),
    ):
        with pytest.raises(SystemExit) as left:
            cli.main(words)
        assert left.value.code == 2
        assert said in capsys.readouterr().err
