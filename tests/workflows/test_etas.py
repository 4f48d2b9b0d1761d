"""Dates before any order: public only from an entry, and an entry only when they move."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.verify.verifier import VERIFY
from tests.web.people import read, send
from tests.workflows.story import HOUR, NOW, Story, make_story
from tests.workflows.test_quote import lock, measured
from tests.workflows.test_quote_grounds import storm
from yinuo.contexts.catalogue.models import Spec
from yinuo.contexts.ledger import wording
from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.ledger.models import Entry, Leaf
from yinuo.contexts.ledger.operations.rulebook import due_facts, genesis_facts
from yinuo.contexts.ledger.operations.sealing import integrate
from yinuo.contexts.ledger.queries import get_many
from yinuo.contexts.places.models import Place
from yinuo.contexts.promises.models import Eta, QuoteBase
from yinuo.contexts.promises.operations.etas import LINES_MAX, state_etas
from yinuo.contexts.promises.rules.etas import Dates
from yinuo.engines.tlog import new_signer
from yinuo.platform import clock
from yinuo.workflows import etas, first_promise, quote

pytestmark = pytest.mark.django_db
QUARTER = dt.timedelta(minutes=15)
VKEY = new_signer("log.yunfan.example/log", bytes(32)).verifier.vkey()
ASKED = "/quote?spec=S7-A&centre=NC"


def said() -> list[Entry]:
    """What was stated in public so far."""
    return list(Entry.objects.filter(kind__startswith="eta.").order_by("id"))


def shown(now: dt.datetime = NOW) -> quote.Offer:
    """What everybody is shown."""
    return etas.in_public(quote.ask(spec_code="S7-A", centre_code="NC", now=now)).asked


def number() -> int:
    """All that was recorded gets its number; that of the newest public dates."""
    integrate(first=() if Leaf.objects.exists() else genesis_facts(VKEY, VKEY), now=NOW)
    return Leaf.objects.get(entry=said()[-1]).idx


def audit() -> list[dict[str, Any]]:
    """What the independent verifier finds in the leaves of the log."""
    leaves = [leaf.entry.body.encode() for leaf in Leaf.objects.order_by("idx") if leaf.entry]
    found = VERIFY.Audit()
    found.feed(leaves, b"".join(hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves))
    findings: list[dict[str, Any]] = found.findings
    return findings


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    found = make_story(promised=False)
    measured(found)
    first_promise.run(now=NOW)
    quote.refresh(now=NOW)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return found


def test_dates_are_stated_when_they_move_and_shown_from_there(story: Story) -> None:
    [first] = said()
    stated = shown()
    assert stated.window is not None
    assert json.loads(first.body) == {
        "v": 1,
        "t": "eta",
        "lines": ["S7-A@NC"],
        "first_days": [stated.window.from_date.isoformat()],
        "last_days": [stated.window.until_date.isoformat()],
        "latest_days": [stated.window.latest_date.isoformat()],
        "digest": hashlib.sha256(bytes(QuoteBase.objects.get().tables)).hexdigest(),
    }
    assert (stated.entry_id, stated.moving) == (first.id, False)
    assert "正在写入公开记录" in read(Client(), ASKED)
    quote.refresh(now=NOW + HOUR / 3)
    quote.refresh(now=NOW + 2 * HOUR)
    assert QuoteBase.objects.count() == 2
    assert said() == [first], "neither visits nor new tables with the same dates state anything"

    at = NOW + 2 * HOUR
    for seconds in range(90):
        lock(story, Spec.objects.get(code="S7-A"), at + dt.timedelta(seconds=seconds))
    moving = shown(at)
    assert (moving.window, moving.entry_id, moving.moving) == (stated.window, first.id, True)
    assert "日期正在重算" in read(Client(), ASKED)
    assert etas.run(now=at + QUARTER / 2) == 0
    assert quote.refresh(now=at + QUARTER) == 0
    [_, second] = said()
    later = shown(at + QUARTER)
    assert (later.entry_id, later.moving) == (second.id, False)
    assert later.window is not None
    assert later.window.latest_date > stated.window.latest_date


@pytest.mark.usefixtures("story")
def test_every_page_before_an_order_names_the_entry() -> None:
    n = number()
    kept = send(Client(), "/quote", 302, spec="S7-A", centre="NC")
    for page in (ASKED, kept):
        assert f'写在公开记录里： <a class="no" href="/log/{n}">第 {n} 条</a>' in read(
            Client(), page
        )
        english = read(Client(headers={"accept-language": "en"}), page)
        assert f'<a class="no" href="/log/{n}">entry {n}</a>' in english
    window = shown().window
    assert window is not None
    latest = window.latest_date
    entry_id = said()[-1].id
    words = wording.say(get_many([entry_id])[entry_id], "zh")
    assert words.endswith(f"最晚 {latest.month}月{latest.day}日。")
    assert audit() == []


@pytest.mark.usefixtures("story")
def test_new_tables_and_what_is_public_of_them_stand_or_fall_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bases, etas_before = QuoteBase.objects.count(), Eta.objects.get().stated_at

    def broken(*_facts: object, **_more: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("yinuo.contexts.promises.operations.etas.record_many", broken)
    with pytest.raises(OSError, match="full"):
        quote.refresh(now=NOW + 2 * HOUR)
    assert QuoteBase.objects.count() == bases
    assert Eta.objects.get().stated_at == etas_before


@pytest.mark.need(93)
@pytest.mark.usefixtures("story")
def test_an_unusual_time_is_stated_at_once_and_an_end_of_dates_too() -> None:
    storm()
    before = shown()
    assert before.moving
    quote.refresh(now=NOW + QUARTER / 15)
    assert len(said()) == 2
    wide = shown()
    assert wide.window is not None
    assert before.window is not None
    assert (wide.window.latest_date > before.window.latest_date, wide.moving) == (True, False)

    line = (wide.spec.id, wide.centre.id)
    gone = Dates(None, None, None, "BEYOND", "2029-02")
    assert state_etas(found={line: gone}, names={line: "S7-A@NC"}, now=NOW + HOUR) == 1
    public = shown()
    assert (public.window, public.why, public.moving) == (None, "BEYOND", True)
    entry = said()[-1]
    assert entry.kind == "eta.withdrawn"
    recorded = get_many([entry.id])[entry.id]
    assert wording.say(recorded, "zh").endswith("S7-A@NC（2029年2月以后）。")
    assert wording.say(recorded, "en").endswith("S7-A@NC (after February 2029).")
    text = read(Client(), ASKED)
    assert "2029年2月" in text
    assert "写在公开记录里" in text


@pytest.mark.usefixtures("story")
def test_many_lines_share_an_entry() -> None:
    """A night in which every date of 60 lines moved is 3 entries, none longer than a leaf is."""
    spec = Spec.objects.get(code="S7-A")
    places = Place.objects.bulk_create(
        Place(
            code=f"C{n:02d}", kind="CENTRE", name_zh=f"中心{n}", name_en=f"Centre {n}",
            city_zh="天津", city_en="Tianjin", latitude=39.0, longitude=117.0,
        )
        for n in range(60)
    )  # fmt: skip
    day = NOW.date()
    found = {(spec.id, place.id): Dates(day, day, day) for place in places}
    names = {(spec.id, place.id): f"S7-A@{place.code}" for place in places}
    assert state_etas(found=found, names=names, now=NOW) == 60
    bodies = [json.loads(entry.body) for entry in said()[1:]]
    assert [len(body["lines"]) for body in bodies] == [LINES_MAX, LINES_MAX, 12]
    assert sorted(line for body in bodies for line in body["lines"]) == sorted(names.values())
    assert state_etas(found=found, names=names, now=NOW) == 0
    long = {line: f"{name}-{'x' * 300}" for line, name in names.items()}
    later = {line: Dates(day, day, day + dt.timedelta(days=9)) for line in list(found)[:5]}
    assert state_etas(found=later, names=long, now=NOW) == 5
    assert [len(json.loads(entry.body)["lines"]) for entry in said()[4:]] == [2, 2, 1]


def test_a_log_from_before_these_leaves_states_the_next_rule_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = factories.make_world()
    with monkeypatch.context() as before:
        for name in ("eta.stated", "eta.withdrawn"):
            before.delitem(KINDS, name)
        integrate(first=genesis_facts(VKEY, VKEY), now=NOW)
    QuoteBase.objects.create(cause_ref="run", worked_out_at=NOW, tables=b"tables")
    line, day = (world.line.spec_id, world.centre.id), NOW.date()
    found = {line: Dates(day, day, day)}
    assert state_etas(found=found, names={line: "S7-A@NC"}, now=NOW) == 1
    integrate(first=due_facts(now=NOW), now=NOW)
    leaves = [json.loads(leaf.entry.body) for leaf in Leaf.objects.order_by("idx") if leaf.entry]
    assert [leaf["t"] for leaf in leaves] == ["rule", "key", "key", "rule", "eta"]
    assert [leaf["rule"] for leaf in leaves if leaf["t"] == "rule"] == [1, 2]
    assert audit() == []
