"""The gate's rules: what is missing, what small print takes back, what may never be in a text."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from yinuo.contexts.claims import rules
from yinuo.contexts.claims.rules import Layout, Proof, Said
from yinuo.contexts.ledger.claims_codes import POST_RULES
from yinuo.rulepacks import load_pack

BLACK, WHITE, GREY = "#000000", "#ffffff", "#767676"
EQUAL = Layout(32, 32, BLACK, WHITE, BLACK, WHITE, same_screen=True)
TODAY = dt.date(2026, 2, 11)
TOMORROW = TODAY + dt.timedelta(days=1)
WHOLE = Said(
    text="先验车，再付尾款。",
    condition="",
    unconditional=True,
    url="https://car.example.cn/1",
    channel="LIVE",
    topic="BALANCE",
    speaker_id=7,
    expires_date=TOMORROW,
    layout=EQUAL,
    proofs=(Proof("0f" * 32, TODAY, published=False),),
)
SIGNED = {"ENGINEERING": 1, "LEGAL": 2}


def codes(said: Said, signers: dict[str, int] | None = None, *, works: bool = True) -> list[str]:
    """What the gate asks for today."""
    by = SIGNED if signers is None else signers
    found = rules.missing(said, owner_works=works, signers=by, today=TODAY)
    assert all(one.zh and one.en and "{" not in one.zh + one.en for one in found)
    return [one.code for one in found]


@pytest.mark.need(48, 57)
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"text": "  "}, ["TEXT"]),
        ({"unconditional": False}, ["CONDITION"]),
        ({"expires_date": None}, ["EXPIRY"]),
        ({"expires_date": TODAY}, ["RUN_OUT"]),
        ({"proofs": ()}, ["EVIDENCE"]),
        ({"proofs": (Proof("0f" * 32, TODAY - dt.timedelta(days=1), True),)}, ["EVIDENCE_RUN_OUT"]),
        ({"proofs": (Proof("0f" * 32, None, False),)}, []),
        ({"topic": "ATTACK"}, ["EVIDENCE_OPEN"]),
        ({"topic": "ATTACK", "proofs": (Proof("0f" * 32, None, True),)}, []),
        ({"text": "熊女士的车是 NC26LU"}, ["PERSONAL"]),
        ({"text": "先验车，一切以实物为准"}, ["SMALL_PRINT"]),
    ],
)
def test_what_is_missing_is_said(changed: dict[str, object], expected: list[str]) -> None:
    assert codes(replace(WHOLE, **changed)) == expected  # type: ignore[arg-type]


@pytest.mark.need(57, 143)
def test_two_different_people_sign_and_not_the_speaker() -> None:
    assert codes(WHOLE, {}) == ["ENGINEERING", "LEGAL"]
    assert codes(WHOLE, {"LEGAL": 2}) == ["ENGINEERING"]
    assert codes(WHOLE, {"ENGINEERING": 2, "LEGAL": 2}) == ["SAME_PERSON"]
    assert codes(WHOLE, {"ENGINEERING": 7, "LEGAL": 2}) == ["SPEAKER_SIGNS"]
    assert codes(replace(WHOLE, speaker_id=None)) == []
    assert codes(WHOLE, works=False) == ["OWNER"]


def test_a_signature_is_under_all_that_is_said() -> None:
    other = replace(EQUAL, claim_px=33)
    proofs = (Proof("1e" * 32, None, published=False),)
    changes: list[dict[str, object]] = [
        {"text": "x"},
        {"condition": "y"},
        {"url": "https://z.example"},
        {"channel": "APP"},
        {"expires_date": None},
        {"layout": other},
        {"proofs": proofs},
        {"speaker_id": None},
        {"topic": "SAFETY"},
        {"unconditional": False},
    ]
    digests = {replace(WHOLE, **one).digest() for one in changes}  # type: ignore[arg-type]
    assert len(digests | {WHOLE.digest()}) == len(changes) + 1
    # Making evidence public asks for no new signature.
    public = tuple(replace(one, published=True) for one in WHOLE.proofs)
    assert replace(WHOLE, proofs=public).digest() == WHOLE.digest()


@pytest.mark.need(49)
@pytest.mark.parametrize(
    ("text", "condition", "layout", "expected"),
    [
        ("省电 12%", "时速 60 公里", EQUAL, []),
        ("省电 12%", "时速 60 公里", replace(EQUAL, condition_px=31), ["SMALLER"]),
        ("省电 12%", "时速 60 公里", replace(EQUAL, condition_px=48), []),
        ("省电 12%", "时速 60 公里", replace(EQUAL, condition_ink="#333333"), ["PALER"]),
        (
            "省电 12%",
            "时速 60 公里",
            replace(EQUAL, claim_ink="#777777", condition_ink="#777777"),
            ["ILLEGIBLE"],
        ),
        ("省电 12%", "时速 60 公里", replace(EQUAL, same_screen=False), ["ELSEWHERE"]),
        ("省电 12%", "", replace(EQUAL, condition_px=8, same_screen=False), []),
        ("省电 12%", "以实物为准", EQUAL, ["TAKES_BACK"]),
        ("图片仅为示意", "", EQUAL, ["TAKES_BACK"]),
        ("外观如图", "不构成任何承诺", EQUAL, ["TAKES_BACK"]),
        ("外观如图", "最终解释权归我们", EQUAL, ["TAKES_BACK"]),
        ("1.98 秒破百", "不含起步时间", EQUAL, ["LEAVES_OUT"]),
        ("破百很快", "不含起步时间", EQUAL, []),
        ("Saves 12%", "for reference only", EQUAL, ["TAKES_BACK"]),
    ],
)
def test_small_print(text: str, condition: str, layout: Layout, expected: list[str]) -> None:
    found = rules.lint(text, condition, layout)
    assert [one.code for one in found] == expected
    assert all("{" not in one.said(language) for one in found for language in ("zh", "en"))


def test_contrast_is_that_of_wcag() -> None:
    assert rules.contrast(BLACK, WHITE) == pytest.approx(21.0)
    assert rules.contrast(WHITE, BLACK) == pytest.approx(21.0)
    assert rules.contrast(GREY, WHITE) == pytest.approx(4.54, abs=0.01)
    assert rules.contrast("#777777", WHITE) < 4.5
    for wrong in ("black", "#FFF", "#ffff", ""):
        with pytest.raises(ValueError, match="colour"):
            rules.contrast(wrong, WHITE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("先验车，再付尾款。", []),
        ("2026 年 1 月风洞实测，时速 150 公里", []),
        ("尊敬的车主，各位女士", []),
        ("订单 318,900 元，退 5,000 元", []),
        ("打 13812345678 找我", ["PHONE"]),
        ("打 １３８ １２３４ ５６７８ 找我", ["PHONE"]),
        ("身份证 36010219900101123X", ["ID_CARD"]),
        ("卡号 6222021234567890123", ["BANK_CARD"]),
        ("写信给 a.b@example.cn", ["MAIL"]),
        ("车架号 LVXMA7000MB012345", ["VIN"]),
        ("订单 NC26LU 已交", ["ORDER"]),
        ("赣A·D12345 这台车", ["PLATE"]),
        ("熊女士和张某某先生", ["NAME"]),
    ],
)
def test_personal_data_is_found(text: str, expected: list[str]) -> None:
    assert rules.find_personal(text) == expected
    assert rules.find_personal("x", text) == expected
    assert not expected or (rules.said(expected, "zh") and rules.said(expected, "en"))


@pytest.mark.need(6, 73)
def test_criticism_is_on_no_list_and_is_no_reason() -> None:
    said = " ".join(words for pair in POST_RULES.values() for words in pair)
    assert not rules.is_about_criticism(said)
    assert "OTHER" not in POST_RULES
    for reason in ("批评我们的质量", "影响品牌形象", "负面内容太多", "带节奏", "Negative post"):
        assert rules.is_about_criticism(reason), reason
    assert not rules.is_about_criticism("贴出了另一位车友的手机号")


def test_a_seal_needs_its_salt() -> None:
    digest = "0f" * 32
    sealed = rules.seal(b"a" * 32, digest)
    assert sealed != digest
    assert sealed != rules.seal(b"b" * 32, digest)
    assert sealed == rules.seal(b"a" * 32, digest)
    assert len(rules.author_code(b"a" * 32)) == 10
    assert rules.author_code(b"a" * 32) != rules.author_code(b"b" * 32)


@pytest.mark.need(142)
def test_what_a_topic_forbids_is_a_fact_of_clauses() -> None:
    for topic in rules.TOPICS.values():
        if topic.forbids:
            load_pack().read_facts({"clause": {topic.forbids: True}})
