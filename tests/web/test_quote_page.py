"""A date before any money, through HTTP: the page, what is kept, and the API."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client

from tests.web.people import read, send
from tests.workflows.story import NOW, make_story
from tests.workflows.test_quote import measured, with_hood
from tests.workflows.test_quote_grounds import launches, storm
from yinuo.contexts.ledger.models import Leaf
from yinuo.contexts.ledger.operations.rulebook import genesis_facts
from yinuo.contexts.ledger.operations.sealing import integrate
from yinuo.contexts.people.operations.keys import create_key
from yinuo.contexts.places.models import Place
from yinuo.contexts.promises.models import HeldWeek, Quote, QuoteBase
from yinuo.engines.tlog import new_signer
from yinuo.platform import clock
from yinuo.workflows import first_promise, quote

pytestmark = pytest.mark.django_db
VKEY = new_signer("log.yunfan.example/log", bytes(32)).verifier.vkey()
ASKED = "/quote?spec=S7-A&centre=NC"


@pytest.fixture
def _maker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A maker whose output was measured for eight weeks; one car needs a scarce part."""
    story = make_story(promised=False)
    measured(story)
    with_hood(story)
    first_promise.run(now=NOW)
    quote.refresh(now=NOW)
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.mark.need(102, 104)
@pytest.mark.usefixtures("_maker")
def test_the_page_names_window_odds_place_and_grounds_without_an_account() -> None:
    text = read(Client(), ASKED)
    asked = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW).asked
    assert asked.window is not None
    latest = asked.window.latest_date
    for words in (
        f"最晚 {latest.month}月{latest.day}日",
        "20 次里有 19 次能做到",
        "前面有 44 台",
        "上周往前走了 16 台",
        "对照了最近 8 周的计划和真实产量",
        "这一页不收钱",
        "换一个配置会怎样",
        "碳纤维前盖版",
        "多 42,000 元",
        "2月11日 09:20 算出",
    ):
        assert words in text
    english = read(Client(headers={"accept-language": "en"}), ASKED)
    assert "holds 19 times in 20" in english
    assert "42,000 yuan more" in english
    assert Quote.objects.count() == 0


@pytest.mark.usefixtures("_maker")
def test_an_empty_page_asks_and_a_wrong_one_says_what_is_wrong() -> None:
    text = read(Client(), "/quote")
    assert "车型和配置" in text
    assert "预计这段时间交车" not in text
    assert "没有这个配置：NIX。请从下面选。" in read(Client(), "/quote?spec=NIX&centre=NC", 404)
    wrong_centre = read(Client(), "/quote?spec=S7-A&centre=ZZ", 404)
    assert "没有这个交付中心：ZZ。请从下面选。" in wrong_centre
    assert '<option value="S7-A" selected>' in wrong_centre
    Place.objects.create(
        code="TJ", kind="CENTRE", name_zh="天津交付中心", name_en="Tianjin centre",
        city_zh="天津", city_en="Tianjin", latitude=39.0, longitude=117.0,
    )  # fmt: skip
    only_spec = read(Client(), "/quote?spec=S7-A&centre=", 400)
    assert "请再选一个交付中心。" in only_spec
    assert '<option value="S7-A" selected>' in only_spec
    assert "请再选一个车型和配置。" in read(Client(), "/quote?spec=&centre=NC", 400)
    english = Client(headers={"accept-language": "en"})
    assert "Please pick a delivery centre as well." in read(english, "/quote?spec=S7-A", 400)


@pytest.mark.usefixtures("_maker")
def test_what_was_shown_is_kept_and_reads_the_same_later(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = read(Client(), ASKED)
    where = send(Client(), "/quote", 302, spec="S7-A", centre="NC")
    monkeypatch.setattr(clock, "now", lambda: NOW + dt.timedelta(days=2))
    QuoteBase.objects.all().delete()
    kept = read(Client(), where)
    assert "这是 2月11日 09:20 的回答，一个字没改。" in kept
    assert "2月14日 09:20 前锁单" in kept
    hero = shown[shown.index('<h2 class="answer">') : shown.index("凭什么这样说")]
    assert hero in kept
    monkeypatch.setattr(clock, "now", lambda: NOW + dt.timedelta(days=4))
    assert "已经过了" in read(Client(), where)
    assert "没有这个编号。请核对，或者重新选车看日期。" in read(Client(), "/quote/quo_nothing", 404)


@pytest.mark.usefixtures("_maker")
def test_one_address_cannot_store_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yinuo.web.public.quote.STORES_MAX", 2)
    for _ in range(2):
        send(Client(), "/quote", 302, spec="S7-A", centre="NC")
    assert "以后再存" in send(Client(), "/quote", 429, spec="S7-A", centre="NC")
    assert Quote.objects.count() == 2


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("NO_OUTPUT", "没有依据，我们不说日期"),
        ("NO_BASE", "日期还没有算出来"),
        ("STALE", "没能更新"),
    ],
)
def test_without_grounds_place_and_rate_are_all_it_says(
    why: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = make_story(promised=False, grounded=False)
    if why == "STALE":
        measured(story)
    if why != "NO_BASE":
        quote.refresh(now=NOW)
    later = NOW + dt.timedelta(hours=30 if why == "STALE" else 0)
    monkeypatch.setattr(clock, "now", lambda: later)
    text = read(Client(), ASKED)
    assert words in text
    assert "前面有 44 台" in text
    assert ("现在说不出日期" in text) == (why != "STALE")


def ask(key: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    """The answer of the API."""
    said = Client().post(
        "/api/v1/quotes",
        json.dumps(body),
        content_type="application/json",
        headers={"authorization": f"Bearer {key}"} if key else {},
    )
    assert said.status_code == status, said.content
    return dict(said.json())


@pytest.mark.usefixtures("_maker")
def test_the_api_says_the_same_and_keeps_it() -> None:
    key = create_key(sender="shop", feeds=["quotes"], signed=False, now=NOW).key
    said = ask(key, {"spec": "S7-H", "centre": "NC"})
    shown = quote.as_json(quote.ask(spec_code="S7-H", centre_code="NC", now=NOW), NOW)
    assert (said["window"], said["moving"], said["entry"]) == (shown["window"], False, None)
    for one in (shown, *shown["other_specs"]):
        del one["entry_id"]
        one["entry"] = None
    assert said.items() >= shown.items()
    integrate(first=genesis_facts(VKEY, VKEY), now=NOW)
    assert said["valid_until"] == "2026-02-14T01:20:00Z"
    again = Client().get(f"/api/v1/quotes/{said['id']}", headers={"authorization": f"Bearer {key}"})
    number = Leaf.objects.get(entry__kind="eta.stated").idx
    numbered = [{**one, "entry": number} for one in said["other_specs"]]
    assert again.json() == {**said, "entry": number, "other_specs": numbered}


@pytest.mark.usefixtures("_maker")
def test_the_api_refuses_in_its_one_form() -> None:
    other = create_key(sender="rail", feeds=["events"], signed=False, now=NOW).key
    key = create_key(sender="shop", feeds=["quotes"], signed=False, now=NOW).key
    wanted = {"spec": "S7-A", "centre": "NC"}
    assert ask("", wanted, 401)["code"] == "bad_key"
    assert ask(other, wanted, 403)["code"] == "feed_not_allowed"
    assert ask(key, {"spec": "S9", "centre": "NC"}, 404)["param"] == "spec"
    assert ask(key, {"spec": "S7-A", "centre": "X"}, 404)["message_zh"] == "没有这个交付中心：X。"
    assert ask(key, {"spec": "S7-A"}, 400)["param"] == "centre"
    missing = Client().get("/api/v1/quotes/quo_x", headers={"authorization": f"Bearer {key}"})
    assert (missing.status_code, missing.json()["code"]) == (404, "no_such_quote")


def test_an_api_answer_without_a_date_says_why_in_words() -> None:
    make_story(promised=False, grounded=False)
    quote.refresh(now=NOW)
    key = create_key(sender="shop", feeds=["quotes"], signed=False, now=NOW).key
    said = ask(key, {"spec": "S7-A", "centre": "NC"})
    assert (said["window"], said["why_no_date"]) == (None, "NO_OUTPUT")
    assert said["reasons"]["NO_OUTPUT"]["zh"].endswith("没有依据，我们不说日期。")
    assert said["ahead"] == 44


@pytest.mark.need(22)
def test_without_output_the_page_says_which_launches_the_date_rests_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_story(promised=False, grounded=False)
    launches()
    quote.refresh(now=NOW)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    text = read(Client(), ASKED)
    for words in (
        "先依据同类车型的爬坡，所以范围给得宽。以前 3 次投产，产量做到计划的 47%—87%。",
        "哪几次：2021、2023、2024 年三次投产。",
        "预计这段时间交车",
    ):
        assert words in text
    english = read(Client(headers={"accept-language": "en"}), ASKED)
    assert "rests on 3 comparable launches, whose output came to 47–87% of plan" in english
    assert "Which ones: the launches of 2021, 2023 and 2024." in english
    where = send(Client(), "/quote", 302, spec="S7-A", centre="NC")
    assert "同类车型的爬坡" in read(Client(), where)
    shown = Quote.objects.get().shown
    old = {name: value for name, value in shown.items() if name not in ("reference", "unusual")}
    assert "同类车型的爬坡" not in render_kept(old)


def render_kept(shown: dict[str, Any]) -> str:
    """The page of a quote that an older version kept, which said less."""
    kept = Quote.objects.get()
    older = Quote.objects.create(
        public_id="quo_older",
        made_at=kept.made_at,
        valid_until_at=kept.valid_until_at,
        spec=kept.spec,
        centre=kept.centre,
        ahead_count=kept.ahead_count,
        shown=shown,
    )
    return read(Client(), f"/quote/{older.public_id}")


@pytest.mark.need(93)
@pytest.mark.usefixtures("_maker")
def test_in_an_unusual_time_the_page_says_why_the_range_is_wide() -> None:
    assert "范围放宽了" not in read(Client(), ASKED)
    storm()
    quote.refresh(now=NOW)
    assert "近期情况特殊，范围放宽了。原因：寒潮，北方铁路限速。" in read(Client(), ASKED)


@pytest.mark.need(22)
@pytest.mark.usefixtures("_maker")
def test_the_page_says_how_finely_and_how_often_such_ranges_held() -> None:
    assert "记录还不满 6 周" in read(Client(), ASKED)
    asked = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW)
    first = NOW.date() - dt.timedelta(days=NOW.weekday())
    HeldWeek.objects.bulk_create(
        HeldWeek(
            week_date=first - dt.timedelta(weeks=number),
            horizon=asked.horizon,
            due_count=10,
            inside_count=9 if number < 6 else 3,
        )
        for number in range(1, 9)
    )
    # Counted by night; the new tables of the morning read it again.
    quote.refresh(now=NOW + dt.timedelta(hours=2))
    text = read(Client(), ASKED)
    assert "这样的范围，8 周里有 5 周做到了。" in text
    key = create_key(sender="shop", feeds=["quotes"], signed=False, now=NOW).key
    said = ask(key, {"spec": "S7-A", "centre": "NC"})
    assert (said["horizon"], said["weeks_held"]) == (asked.horizon, [5, 8])
    where = send(Client(), "/quote", 302, spec="S7-A", centre="NC")
    HeldWeek.objects.all().delete()
    assert "8 周里有 5 周做到了" in read(Client(), where)
