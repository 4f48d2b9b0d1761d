"""Facts in words: complete, short, without excuses, the same on every channel."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from tests.contexts.ledger.samples import MOVE, PRIVATE, PUBLIC, WINDOW
from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.ledger.codes import CHANNELS, CHOICES, QUEUE_CODES
from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.ledger.queries import Recorded
from yinuo.contexts.ledger.sms import SMS_TEMPLATES, in_order, parts_in, sms_text, sms_values
from yinuo.contexts.ledger.wording import Parts, join_moves, moved_words, parts_of, say
from yinuo.platform.channels.sms_text import check_sms, sms_length, sms_parts

SIGNATURE = "云帆汽车"
ADDRESS = "car.example.cn/n"
CODE = "4K7P92"
NAMES = {"zh": {"stf_minmin": "王敏", "": "王敏"}, "en": {"stf_minmin": "Wang Min", "": "Wang Min"}}
LANGUAGES = ("zh", "en")
TELLING = [kind.name for kind in KINDS.values() if kind.tells]
BANNED = [
    "尽快",
    "请耐心等待",
    "以实际为准",
    "不清楚",
    "不确定",
    "找400",
    "已反馈",
    "系统错误",
    "仅供参考",
]
EVIDENCE = ("carrier", "plan", "supply", "hold", "forecast", "customer", "manager")
EXCUSES = ("as soon as possible", "patience", "unforeseen", "uncontrollable")
HAN = re.compile(r"[\u4e00-\u9fff]")


def recorded(kind: str, public: dict[str, Any] | None = None, **changed: Any) -> Recorded:
    """A fact of `kind` as it is read from the ledger."""
    payload = {"order": "NC26LU", "kind": kind, **PRIVATE.get(kind, {}), **changed}
    clear = {**PUBLIC[kind], **(public or {})}
    return Recorded(1, kind, 1, 0, payload, clear, dt.datetime(2026, 2, 11, tzinfo=dt.UTC))


def every_notice(language: str) -> list[Parts]:
    """A notice of every telling kind, with every cause, place and state of the car."""
    names = NAMES[language]
    found = [parts_of([recorded(kind)], WINDOW, names, language) for kind in TELLING]
    # An order that was built before anybody could promise it a date.
    undated = {"next_update_at": WINDOW["next_update_at"]}
    found.append(parts_of([recorded("car.built")], undated, names, language))
    for cause in CAUSES:
        for place in (("", ""), ("石家庄南站", "Shijiazhuang South station")):
            for state in ("UNHURT", "DAMAGED", ""):
                move = recorded(
                    "promise.revised",
                    cause=cause,
                    car_state=state,
                    place_zh=place[0],
                    place_en=place[1],
                )
                found.append(parts_of([move], WINDOW, names, language))
    for code in ("SAME", "SINCE"):
        kept = recorded("promise.kept_as_is", {"code": code})
        found.append(parts_of([kept], WINDOW, names, language))
    return found


def sentences(text: str, language: str) -> list[str]:
    """The sentences of a text; a full stop inside a time or a date does not end one."""
    marks = r"[。！？；]" if language == "zh" else r"[.;!?](?:\s|$)"
    return [one for one in re.split(marks, text) if one.strip()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [kind.name for kind in KINDS.values()])
def test_every_kind_has_a_sentence_without_holes(kind: str, language: str) -> None:
    said = say(recorded(kind), language)
    assert said
    assert not re.search(r"[{}]|None|_[A-Z]|[A-Z]{2,}_|\d{4}-\d\d-\d\d", said), said
    assert said.endswith("。" if language == "zh" else ".")
    if language == "en":
        assert not HAN.search(said)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.need(1)
def test_a_notice_has_its_five_parts(language: str) -> None:
    for parts in every_notice(language):
        assert parts.missing() == []
        assert parts.headline
        whole = " ".join(vars(parts).values())
        assert NAMES[language]["stf_minmin"] in whole
        assert re.search(r"\d\d:\d\d", parts.who), parts.who
        if language == "en":
            assert not HAN.search(whole), whole


def test_a_notice_without_a_part_says_which() -> None:
    whole = parts_of([recorded("promise.revised")], WINDOW, NAMES["zh"], "zh")
    assert Parts(**{**vars(whole), "who": ""}).missing() == ["who"]
    assert Parts(**{**vars(whole), "can": "", "date": ""}).missing() == ["date", "can"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_short_and_make_no_excuses(language: str) -> None:
    texts = [text for parts in every_notice(language) for text in vars(parts).values()]
    texts += [say(recorded(kind), language) for kind in KINDS]
    for text in texts:
        for banned in BANNED:
            assert banned not in text
        for excuse in EXCUSES:
            assert excuse not in text.lower()
        for sentence in sentences(text, language):
            if language == "zh":
                assert len(HAN.findall(sentence)) <= 22, sentence
            else:
                assert len(sentence.split()) <= 20, sentence


def test_we_say_sorry_only_where_it_is_our_fault() -> None:
    for parts in every_notice("zh"):
        whole = "".join(vars(parts).values())
        ours = ("我们没有做到", "没有按时给结果", "这是我们的原因")
        assert ("抱歉" in whole) == any(fault in whole for fault in ours)


def test_the_notice_of_a_cancelled_train_reads_as_designed() -> None:
    parts = parts_of([recorded("promise.revised")], WINDOW, NAMES["zh"], "zh")
    assert parts.headline == "比上次晚 6 天"
    assert parts.what == "运车的列车停运了。车在郑州站，没有损坏。"
    assert parts.date == "预计 3月2日—3月12日 交车，最晚 3月15日（周日）。"
    assert parts.can == "您可以等、换车、改期或退订。退订全额退款。"
    assert parts.by_when == "2月25日 18:00 前选。不选就是继续等，以后仍可改。"
    assert parts.who == "王敏负责，2月12日 12:00 前答复您。"
    english = parts_of([recorded("promise.revised")], WINDOW, NAMES["en"], "en")
    assert english.headline == "6 days later"
    assert english.what == (
        "The train carrying it was cancelled. The car is in Zhengzhou, not damaged."
    )
    assert english.who == "Wang Min answers you by 12 February, 12:00."


@pytest.mark.need(2)
def test_a_holiday_is_no_cause_and_no_cause_is_beyond_control() -> None:
    words = " ".join(f"{c.code} {c.zh} {c.en} {c.short_zh} {c.short_en}" for c in CAUSES.values())
    for excuse in ("春节", "假", "不可控", "不好控制", "holiday", "control", "festival"):
        assert excuse not in words.lower()
    for cause in CAUSES.values():
        assert cause.evidence in (
            "carrier",
            "plan",
            "supply",
            "hold",
            "forecast",
            "customer",
            "manager",
        )
        assert bool(cause.events) == (cause.evidence == "carrier")


def test_no_reason_to_pass_somebody_can_be_bought() -> None:
    words = " ".join(f"{code} {zh} {en}" for code, (zh, en) in QUEUE_CODES.items()).lower()
    for bought in ("付", "钱", "加价", "vip", "paid", "money", "fee"):
        assert bought not in words


def test_tables_of_words_are_complete_in_both_languages() -> None:
    for table in (QUEUE_CODES, CHOICES, CHANNELS):
        for zh, en in table.values():
            assert HAN.search(zh)
            assert en.isascii()


def move(old: tuple[str, str], new: tuple[str, str], **changed: Any) -> Recorded:
    """One move of a range, with its own latest date two days after the end."""
    return recorded(
        "promise.revised",
        old_from=old[0],
        old_until=old[1],
        window_from=new[0],
        window_until=new[1],
        latest=new[1],
        **changed,
    )


FIRST = ("2026-02-24", "2026-03-06")
SECOND = ("2026-03-02", "2026-03-12")
THIRD = ("2026-03-05", "2026-03-16")


def test_two_moves_are_told_as_one_from_the_first_range_to_the_last() -> None:
    moves = [
        move(FIRST, SECOND, known_at="2026-02-11T00:50:00Z"),
        move(SECOND, THIRD, cause="TRUCK_LATE", known_at="2026-02-11T01:50:00Z"),
    ]
    joined = join_moves(moves)
    assert (joined["old_from"], joined["window_until"]) == (FIRST[0], THIRD[1])
    # (9 + 10) / 2 days, rounded away from zero.
    assert (joined["days_later"], joined["days_earlier"]) == (10, 0)
    assert joined["known_at"] == "2026-02-11T00:50:00Z"
    parts = parts_of(moves, WINDOW, NAMES["zh"], "zh")
    assert parts.headline == "比上次晚 10 天"
    assert "运车的列车停运了。运车的卡车晚到了。" in parts.what


@pytest.mark.parametrize(
    ("new", "later", "earlier"),
    [
        (("2026-02-24", "2026-03-07"), 1, 0),
        (("2026-02-23", "2026-03-06"), 0, 1),
        (("2026-02-23", "2026-03-07"), 0, 0),
        (("2026-02-25", "2026-03-08"), 2, 0),
    ],
)
def test_half_a_day_counts_as_a_day_for_one_move_as_for_several(
    new: tuple[str, str], later: int, earlier: int
) -> None:
    joined = join_moves([move(FIRST, new)])
    assert (joined["days_later"], joined["days_earlier"]) == (later, earlier)


def test_a_move_there_and_back_is_told_as_a_change_without_days() -> None:
    parts = parts_of([move(FIRST, SECOND), move(SECOND, FIRST)], WINDOW, NAMES["zh"], "zh")
    assert parts.headline == "日期有变"


def test_the_heaviest_fact_leads_a_notice() -> None:
    broken, moved = recorded("promise.broken"), recorded("promise.revised")
    weekly, risk = recorded("promise.kept_as_is"), recorded("deadline.at_risk")
    names = NAMES["zh"]
    assert parts_of([weekly, moved, broken], WINDOW, names, "zh").headline == "我们没有做到"
    assert parts_of([weekly, risk, moved], WINDOW, names, "zh").headline == "比上次晚 6 天"
    assert parts_of([weekly, risk], WINDOW, names, "zh").headline == "可能赶不上您的日子"
    assert parts_of([weekly], WINDOW, names, "zh").what == "前面 316 台，上周走了 96 台。"


def test_the_sms_of_the_cancelled_train_reads_as_designed() -> None:
    text = sms_text(sms_values([recorded("promise.revised")], WINDOW, "zh"), ADDRESS, CODE, "zh")
    assert f"【{SIGNATURE}】{text}" == (
        "【云帆汽车】交车日改为3月2日至12日，晚6天，因列车停运。可等、换车或退订。"
        "详情car.example.cn/n 通知码4K7P92"
    )
    assert sms_length(text, SIGNATURE) == 67
    assert sms_parts(text, SIGNATURE) == 1


LONG_RANGES = [
    ("2026-03-02", "2026-03-12"),
    ("2026-12-18", "2026-12-28"),
    ("2026-11-28", "2026-12-28"),
    ("2026-12-28", "2027-12-28"),
    ("2026-12-28", "2027-01-12"),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("window", LONG_RANGES)
@pytest.mark.parametrize("cause", list(CAUSES))
def test_no_sms_is_longer_than_one_message(
    cause: str, window: tuple[str, str], language: str
) -> None:
    for old in (FIRST, ("2027-12-01", "2029-12-28")):
        one = move(old, window, cause=cause)
        values = sms_values([one], WINDOW, language)
        text = sms_text(values, ADDRESS, CODE, language)
        assert sms_length(text, SIGNATURE) <= 70, text
        assert sms_parts(text, SIGNATURE) == 1
        check_sms(text, {**values, "code": CODE})
        assert text.endswith(CODE)
        assert re.search(r"\d", values["window"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("window", LONG_RANGES)
@pytest.mark.parametrize("kind", TELLING)
def test_no_sms_of_another_kind_is_longer_either(
    kind: str, window: tuple[str, str], language: str
) -> None:
    promise = {**WINDOW, "window_from": window[0], "window_until": window[1]}
    for known in (promise, None):
        values = sms_values([recorded(kind)], known, language)
        text = sms_text(values, ADDRESS, CODE, language)
        assert sms_length(text, SIGNATURE) <= 70, text
        check_sms(text, values)
        template = SMS_TEMPLATES[values["kind"]][LANGUAGES.index(language)]
        # A gateway's template takes exactly the parts that its text has, by name or by place.
        assert set(values) - {"kind"} == set(parts_in(template)) - {"address", "code"}
        shuffled = {"code": CODE, **dict(sorted(values.items()))}
        places = [text.index(part) for part in in_order(shuffled, language).values()]
        assert places == sorted(places)


def test_the_year_is_said_where_a_range_turns_it() -> None:
    one = move(FIRST, ("2026-12-28", "2027-01-12"))
    assert "12月28日至2027年1月12日" in sms_text(
        sms_values([one], WINDOW, "zh"), ADDRESS, CODE, "zh"
    )
    parts = parts_of([one], one.payload, NAMES["en"], "en")
    assert "28 December – 12 January 2027" in parts.date


def test_only_what_a_template_names_is_handed_to_the_gateway() -> None:
    assert sms_values([recorded("promise.broken")], WINDOW, "zh") == {"kind": "broken"}
    built = sms_values([recorded("car.built")], WINDOW, "zh")
    assert built == {"kind": "built", "window": "3月2日至12日"}
    assert list(sms_values([recorded("promise.revised")], WINDOW, "zh")) == [
        "kind",
        "window",
        "change",
        "cause",
    ]


def test_samples_of_moves_are_whole() -> None:
    assert set(MOVE) == set(PRIVATE["promise.revised"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_is_not_lost_where_a_move_is_told_with_it(language: str) -> None:
    answer = recorded("choice.answered")
    alone = parts_of([answer], WINDOW, NAMES[language], language)
    assert answer.payload["answer"] in alone.what
    joined = parts_of([recorded("promise.revised"), answer], WINDOW, NAMES[language], language)
    assert joined.headline == moved_words(6, 0, language)
    assert joined.what.endswith(say(answer, language))
    both = parts_of([answer, recorded("notice.corrected")], WINDOW, NAMES[language], language)
    assert say(answer, language) in both.what


def test_the_manual_lists_every_template_as_it_is() -> None:
    manual = (Path(__file__).parents[3] / "docs/how-to/channels.md").read_text(encoding="utf-8")
    for kind, (zh, en) in SMS_TEMPLATES.items():
        assert f"| `{kind}` | {zh} |" in manual
        assert f"| `{kind}_en` | {en} |" in manual
