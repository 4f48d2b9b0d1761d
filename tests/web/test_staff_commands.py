"""The staff's verbs on the command line, on the same rows as the pages."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import warnings
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.factories import make_choice
from tests.workflows import story as stories
from yinuo.contexts.notices.models import Delivery
from yinuo.contexts.notices.operations import send as sending
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.people.operations.staff import PhoneTaken, UnknownRole, UnknownStaff
from yinuo.contexts.production.models import Plan
from yinuo.contexts.production.operations.plans import CauseNeeded
from yinuo.jobs import schedule
from yinuo.jobs.management.commands.promise import read_span
from yinuo.platform import clock
from yinuo.platform.channels.port import Outcome

LATER = stories.NOW + 11 * stories.MINUTE


def run(*words: str, code: int = 0) -> Any:
    out = StringIO()
    if code:
        with pytest.raises(SystemExit) as left:
            call_command(*words, stdout=out, stderr=StringIO())
        assert left.value.code == code
    else:
        call_command(*words, stdout=out, stderr=StringIO())
    text = out.getvalue()
    return json.loads(text) if "--json" in words and text else text


@pytest.fixture
def story(db: None) -> stories.Story:
    warnings.simplefilter("ignore")
    clock.set_test_clock(at=stories.NOW, running=False)
    return stories.make_story()


def write_plan(folder: Path, name: str, cars: dict[int, int]) -> str:
    rows = [
        f"{name},P1,{stories.MONDAY + week * stories.WEEK},{cars.get(week, stories.CARS_A_WEEK)}"
        for week in range(60)
    ]
    path = folder / f"{name}.csv"
    path.write_text("plan,resource,week,cars\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def test_a_plan_is_compared_and_committed(story: stories.Story, tmp_path: Path) -> None:
    path = write_plan(tmp_path, "w8", {1: 0, 2: 0})
    seen = run("plan", "diff", path, "--json")
    plan = Plan.objects.get(external_id="w8")
    assert (seen["plan"], seen["state"]) == (plan.public_id, "UPLOADED")
    assert seen["later"] > 0
    assert str(seen["later"]) in run("plan", "diff", "w8")
    run("plan", "diff", path, code=1)
    words = ("plan", "commit", "w8", "--cause", "PLANT_STOPPED", "--evidence")
    with pytest.raises(CauseNeeded):
        run(*words, "春节放假")
    assert run(*words, "涂装线停产，检修单 0213", "--json")["state"] == "COMMITTED"
    schedule.sweep(LATER)
    assert len(stories.moved_orders(plan.public_id)) == seen["moved"]


def test_a_plan_that_jumps_or_is_unknown_leaves_with_one(
    story: stories.Story, tmp_path: Path
) -> None:
    run("plan", "diff", write_plan(tmp_path, "jump", {4: 100}), code=1)
    assert Plan.objects.get(external_id="jump").state == "REFUSED"
    run("plan", "diff", "nothing", code=1)


def test_what_is_due_is_listed_and_overdue_leaves_with_one(story: stories.Story) -> None:
    assert run("promise", "due", "--within", "2h", "--json") == {
        "due": 0,
        "overdue": 0,
        "rows": [],
    }
    stories.report(story)
    schedule.sweep(LATER)
    choice = make_choice(story.on_train[0], "CANCEL", chosen_at=LATER)
    assert run("promise", "due", "--within", "2h", "--json")["due"] == 0
    found = run("promise", "due", "--within", "2d", "--json")
    assert (choice.order.code, "ANSWER") in {(row["order"], row["kind"]) for row in found["rows"]}
    clock.set_test_clock(at=stories.NOW + 3 * stories.DAY, running=False)
    late = run("promise", "due", "--json", code=1)
    assert late["overdue"] >= 1


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30m", dt.timedelta(minutes=30)),
        ("2h", dt.timedelta(hours=2)),
        ("3d", dt.timedelta(days=3)),
    ],
)
def test_spans_are_read(text: str, span: dt.timedelta) -> None:
    assert read_span(text) == span


@pytest.mark.parametrize("text", ["", "2", "h", "2w", "-1h", "2 h"])
def test_other_spans_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        read_span(text)


def test_the_outbox_and_sending_again(story: stories.Story) -> None:
    stories.report(story)
    schedule.sweep(LATER)
    kept = run("notice", "outbox", "--json")
    assert {row["channel"] for row in kept} <= {"SMS", "MAIL"}
    assert any("列车停运" in row["text"] for row in kept)
    assert len(run("notice", "outbox", "--limit", "1", "--json")) == 1
    first = Delivery.objects.filter(channel="SMS").select_related("notice").earliest("id")
    sending.keep_outcome(first.id, Outcome("BOUNCED", "", "停机", True), now=LATER)
    assert run("notice", "retry", "--code", "NOSUCH", "--json") == [{"queued": 0}]
    assert run("notice", "retry", "--code", first.notice.code or "", "--json") == [{"queued": 1}]
    first.refresh_from_db()
    assert (first.state, first.attempts, first.bounced_at) == ("QUEUED", 0, None)


def test_waiting_notices_are_previewed(story: stories.Story) -> None:
    stories.report(story)
    schedule.apply_delays(stories.NOW.replace(hour=22))
    waiting = run("notice", "preview", "--json")
    assert waiting
    assert {row["send_at"][11:16] for row in waiting} == {"00:00"}


@pytest.mark.django_db
def test_staff_are_added_changed_and_listed() -> None:
    words = ["--name-zh", "王敏", "--name-en", "Wang Min", "--phone", "+86 138 0013 8000"]
    public_id = run("user", "add", *words, "--role", "specialist").strip()
    member = StaffMember.objects.get(public_id=public_id)
    assert (member.phone, member.role, member.active) == ("13800138000", "SPECIALIST", True)
    for bad, error in (
        ([*words, "--role", "KING"], UnknownRole),
        ([*words, "--role", "MANAGER"], PhoneTaken),
        ([*words[:-1], "abc", "--role", "MANAGER"], PhoneTaken),
    ):
        with pytest.raises(error):
            run("user", "add", *bad)
    run("user", "role", "13800138000", "--role", "MANAGER")
    run("user", "role", public_id, "--left")
    member.refresh_from_db()
    assert (member.role, member.active) == ("MANAGER", False)
    run("user", "role", public_id, "--back")
    listed = run("user", "list", "--json")
    assert [(row["public_id"], row["active"]) for row in listed] == [(public_id, True)]
    with pytest.raises(UnknownStaff):
        run("user", "role", "stf_nobody", "--left")
