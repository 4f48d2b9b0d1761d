"""`yinuo rules`, as it is typed: without a database, in two languages, for people and programs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.ground import machine
from yinuo.config import cli
from yinuo.rulepacks import FOLDER, load_pack

LINES = {"zh": "zh_CN.UTF-8", "en": "en_GB.UTF-8"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command sets for itself and its children ends with the test."""
    for name in ("STATE_DIR", "DATABASE_URL", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.setenv(name, os.environ[name])


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LC_ALL", LINES[request.param])
    return str(request.param)


def rules(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    try:
        code = cli.main(["rules", *words])
    except SystemExit as ended:
        code = int(str(ended.code))
    said = capsys.readouterr()
    return code, said.out, said.err


def write(tmp_path: Path, facts: object) -> str:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    return str(path)


SOUND = {"balance": {"demanded": True}, "inspection.offered": True,
         "clause.balance_before_inspection": False}  # fmt: skip


def test_list(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = rules(capsys, "list", "--on", "2026-11-22", "--at", "balance")
    assert code == 0
    assert len(said.splitlines()) == 8
    assert ("有效 7 条" if language == "zh" else "7 rules in force on 2026-11-22") in said
    assert ("《民法典》第498条" if language == "zh" else "Civil Code art. 498") in said


def test_list_for_programs_names_every_rule_in_force(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(rules(capsys, "list", "--on", "2026-11-22", "--json")[1])
    assert len(found) == len(load_pack().ids()) == 89
    assert {"id", "from", "law", "sources", "facts", "params", "mark"} <= found[0].keys()
    assert len(json.loads(rules(capsys, "list", "--on", "2020-06-01", "--json")[1])) < 50


def test_list_without_a_date_is_of_today(capsys: pytest.CaptureFixture[str]) -> None:
    assert rules(capsys, "list")[0] == 0


def test_show(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = rules(capsys, "show", "deposit.cap")
    assert code == 0
    assert "share_down(order.price_fen, cap_bp)" in said
    expected = (
        ("2021年1月1日起施行", "整车价款") if language == "zh" else ("in force since", "price of")
    )
    for words in expected:
        assert words in said


def test_show_all_versions_or_the_one_of_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(json.loads(rules(capsys, "show", "clause.prompt", "--json")[1])) == 2
    one = json.loads(rules(capsys, "show", "clause.prompt", "--on", "2023-12-04", "--json")[1])
    assert [each["until"] for each in one] == ["2023-12-05"]
    assert "2020" in rules(capsys, "show", "clause.prompt", "--on", "2020-01-01")[1]


def test_check_passes_stops_or_asks(
    tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--on", "2026-03-02", "--rule", "inspect.before_balance"]
    code, said, _ = rules(capsys, "check", write(tmp_path, SOUND), *words)
    assert (code, said.splitlines()[0][:3]) == (0, "没有规" if language == "zh" else "No ")
    stopped = SOUND | {"inspection.offered": False}
    code, said, _ = rules(capsys, "check", write(tmp_path, stopped), *words)
    assert code == 1
    assert ("〔拦住〕" if language == "zh" else "[stop]") in said
    unknown = {"balance.demanded": True}
    code, said, _ = rules(capsys, "check", write(tmp_path, unknown), *words)
    assert code == 1
    assert "inspection.offered" in said
    assert ("缺少" if language == "zh" else "missing") in said


def test_check_for_programs_is_the_decision(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, SOUND)
    code, said, _ = rules(capsys, "check", path, "--on", "2026-03-02", "--at", "scan", "--json")
    found = json.loads(said)
    assert code == 1
    assert found["clearance"] == "cannot_tell"
    assert found["pack"] == load_pack().label
    assert {each["rule"] for each in found["findings"]} == set(load_pack().asked_at("scan"))


def test_check_reproduces_every_example(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = rules(capsys, "check", "--examples")
    assert code == 0
    assert ("失败 0" if language == "zh" else "0 failed") in said
    found = json.loads(rules(capsys, "check", "--examples", "--json")[1])
    assert found["examples"] >= 540
    assert found["failed"] == []


def copy_pack(tmp_path: Path, old: str, new: str) -> str:
    """The pack with one text changed, in a folder of its own."""
    folder = tmp_path / "cn"
    folder.mkdir()
    changes = 0
    for path in (FOLDER / "cn").glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        changes += text.count(old)
        (folder / path.name).write_text(text.replace(old, new), encoding="utf-8")
    assert changes
    return str(folder)


def test_a_pack_being_edited_shows_which_example_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_pack(tmp_path, "coefficient_max_bp = 50", "coefficient_max_bp = 60")
    code, said, _ = rules(capsys, "check", "--examples", "--pack", folder)
    assert code == 1
    assert "3g.usefee 2022-01-01 #2: expected fee_fen 1275600, found 1530720" in said


def test_a_faulty_pack_is_refused_by_file_and_rule(
    tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_pack(tmp_path, 'sources = ["cc:498"]', "sources = []")
    code, _, said = rules(capsys, "list", "--pack", folder)
    assert code == 1
    assert "clauses.toml [clause.against_drafter]" in said
    assert ("没有写法律依据" if language == "zh" else "it has no source") in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "no.such"], "There is no “no.such”"),
        (["list", "--at", "tea"], "There is no “tea”"),
        (["check", "nowhere.json", "--on", "2026-03-02"], "nowhere.json"),
        (["check"], "give a file of facts and --on DATE"),
        (["list", "--pack", "nowhere"], "there are no rules in nowhere"),
    ],
)
def test_refusals(
    words: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", LINES["en"])
    code, _, heard = rules(capsys, *words)
    assert code == 1
    assert said in heard


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"order.price": 5}, "no fact is called 'order.price'"),
        ({"order.price_fen": 5.5}, "order.price_fen: 5.5 is not number of fen"),
        ({"order.price_fen": 5, "order": {"price_fen": 6}}, "'order.price_fen' is given twice"),
        ({"no.such": None}, "no fact is called 'no.such'"),
        ({"clause.prompt_means": [["tick_box"]]}, "[['tick_box']] is not one of"),
        ({"ask.today_date": "2026-W10-1"}, "'2026-W10-1' is not a date such as 2026-02-11"),
        ({"ask.today_date": "2026-02-30"}, "'2026-02-30' is not a date such as 2026-02-11"),
        ([1], "not an object"),
    ],
)
def test_facts_that_cannot_be_used(
    facts: object,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", LINES["en"])
    code, _, heard = rules(capsys, "check", write(tmp_path, facts), "--on", "2026-03-02")
    assert code == 1
    assert said in heard


@pytest.mark.parametrize(
    ("raw", "zh", "en"),
    [
        (b'{"order.price_fen": 1, "order.price_fen": 2}', "写了两次", "is given twice"),
        (b"[" * 100_000, "层次太深", "nested too deeply"),
        (b'{"order.price_fen": ' + b"1" * 5_000 + b"}", "数字太长", "too many digits"),
        ("{'价': 1}".encode("gbk"), "不是 UTF-8 编码", "is not UTF-8"),
        (b'{\n "order.price_fen": }', "第 2 行第 21 个字符", "line 2 column 21"),
        (b'{"balance.demanded": "yes"}', "'yes' 不是 true 或 false", "'yes' is not yes_no"),
        (b'{"order.price_fen": "1"}', "'1' 不是以“分”计的整数", "'1' is not number of fen"),
    ],
)
def test_a_file_of_facts_is_refused_in_the_language_of_who_typed(
    raw: bytes,
    zh: str,
    en: str,
    language: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(raw)
    code, _, heard = rules(capsys, "check", str(path), "--on", "2026-03-02")
    assert code == 1
    assert (zh if language == "zh" else en) in heard


def test_facts_that_no_rule_asks_for_are_said_not_to_be_checked(
    tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = rules(capsys, "check", write(tmp_path, {}), "--on", "2026-03-02")[1]
    assert ("等于没有检查" if language == "zh" else "nothing was checked") in said
    path = tmp_path / "facts.json"
    path.write_text("\ufeff" + json.dumps(SOUND), encoding="utf-8")
    said = rules(capsys, "check", str(path), "--on", "2026-03-02")[1]
    assert ("等于没有检查" if language == "zh" else "nothing was checked") not in said


def test_working_days_past_the_last_published_year_are_not_guessed(
    tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = {"swap.asked_date": "2026-12-25", "swap.asked": True}
    words = ["--on", "2026-12-25", "--rule", "3g.reply"]
    _, said, _ = rules(capsys, "check", write(tmp_path, facts), *words)
    known = "只收录了 2020—2026 年" if language == "zh" else "holidays of 2020—2026 only"
    assert known in said
    assert ("（待查）" if language == "zh" else "(not known)") in said
    assert "2027" not in said


def test_a_date_that_is_none_is_a_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, said = rules(capsys, "list", "--on", "soon")
    assert code == 2
    assert "2026-02-11" in said


def test_no_database_is_touched(tmp_path: Path) -> None:
    env = machine.environment(tmp_path / "state", DATABASE_URL="postgres://127.0.0.1:1/none")
    done = machine.yinuo(["rules", "check", "--examples"], env)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "state" / "pg").exists()
