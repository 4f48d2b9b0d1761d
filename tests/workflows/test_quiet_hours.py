"""Nothing leaves between nine in the evening and eight in the morning, however late it is."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import make_order, make_world
from tests.platform.channel_peers import AliyunPeer, http_peer
from yinuo.contexts.notices import rules
from yinuo.contexts.notices.models import Delivery, Notice
from yinuo.contexts.notices.operations.release import take_due
from yinuo.contexts.notices.operations.send import send_due
from yinuo.platform import clock
from yinuo.platform.channels.configure import configured_channels
from yinuo.platform.spoken import at_local

DATE = dt.date(2026, 3, 11)
EVENING, NIGHT = at_local(DATE, 20, 58), at_local(DATE, 21, 30)
MORNING = at_local(DATE + dt.timedelta(days=1), 8)


def make_notice(state: str) -> Notice:
    order = make_order(make_world(), "QH22AA")
    return Notice.objects.create(
        id=1,
        public_id="ntc_quiet",
        code="QUIET2" if state == "SENT" else None,
        person=order.person,
        order=order,
        kind="promise.revised",
        language="zh",
        send_at=EVENING,
        state=state,
        known_at=EVENING,
        created_at=EVENING,
    )


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"),
    [(7, 59, True), (8, 0, False), (20, 59, False), (21, 0, True), (0, 0, True), (12, 0, False)],
)
def test_when_it_is_quiet(hour: int, minute: int, quiet: bool) -> None:
    assert rules.is_quiet(at_local(DATE, hour, minute)) is quiet


@pytest.mark.django_db
def test_a_notice_that_missed_the_evening_waits_for_the_morning() -> None:
    notice = make_notice("WAITING")
    assert take_due(now=NIGHT, limit=10) == []
    assert [due.notice_id for due in take_due(now=MORNING, limit=10)] == [notice.id]


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["QUEUED", "SENDING"])
def test_a_message_tried_again_waits_for_the_morning(state: str) -> None:
    notice = make_notice("SENT")
    Delivery.objects.create(
        notice=notice,
        channel="SMS",
        address="13800001234",
        text="交车日改为3月20日至24日。",
        provider="AliyunSms",
        state=state,
        attempts=1,
        next_try_at=EVENING,
        claimed_at=EVENING,
    )
    gateway = AliyunPeer(now=clock.machine_now())
    with http_peer(gateway) as address:
        secret = gateway.secret.replace("/", "%2F")
        url = f"aliyun://{gateway.key}:{secret}@{address}/?sign=云帆&template=S&https=0"
        channels = configured_channels({"SMS_URL": url}, clock=clock.machine_now)
        assert send_due(channels=channels, now=NIGHT) == 0
        assert gateway.requests == []
        assert send_due(channels=channels, now=MORNING) == 1
    assert [row["OutId"] for row in gateway.sent] == ["ntc_quiet-sms"]
    assert Delivery.objects.get().sent_at == MORNING


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "goes"),
    [
        ("visit.moved_same_day", True),
        ("visit.missed_by_us", True),
        ("visit.called_off_same_day", True),
        ("visit.moved", False),
        ("visit.tomorrow", False),
    ],
)
def test_what_changes_a_visit_of_that_day_goes_at_any_hour(kind: str, goes: bool) -> None:
    early = at_local(DATE, 7, 10)
    notice = make_notice("WAITING")
    Notice.objects.filter(id=notice.id).update(kind=kind, send_at=rules.send_at(early, None, kind))
    assert bool(take_due(now=early, limit=10)) is goes


def test_a_waiting_notice_goes_along_with_news_of_today() -> None:
    assert rules.heaviest(["promise.revised", "visit.moved_same_day"]) == "visit.moved_same_day"
    assert rules.send_at(NIGHT, None, "visit.moved_same_day") == NIGHT
    assert rules.send_at(NIGHT, None, "promise.revised") == MORNING
