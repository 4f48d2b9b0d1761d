"""A centre for the browser: hours and bays, one visit booked, and somebody who is away."""

from __future__ import annotations

from tests import factories
from tests.contexts.handover.centre_worlds import PLAN, book, tomorrow
from yinuo.contexts.handover.operations import absences, yard
from yinuo.contexts.handover.operations.centres import add_duty, set_up
from yinuo.contexts.ledger.operations import mark_told
from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.people.models import StaffMember
from yinuo.platform.spoken import at_local

VISITED, CENTRE = "VS26AA", "TJ"


def add_centre(world: factories.World) -> None:
    """The second centre receives people; tomorrow one comes, and its specialist is away."""
    place = world.other_line.centre
    zones = set_up(centre_id=place.id, plan=PLAN)
    dates = [factories.today() + ahead * factories.DAY for ahead in range(5)]
    add_duty(
        centre_id=place.id,
        shifts=[(world.manager.id, at_local(date, 9), at_local(date, 18)) for date in dates],
    )
    visit = book(
        factories.make_order(world, VISITED, state="AT_CENTRE", line=world.other_line),
        tomorrow(10),
        party=2,
    )
    mark_told([one.entry_id for one in list_of_subject(visit.order_id)])
    away = StaffMember.objects.create(
        public_id="stf_lijing",
        name_zh="李静",
        name_en="Li Jing",
        phone="10000009009",
        role=StaffMember.Role.SPECIALIST,
        centre_code=CENTRE,
    )
    absences.record_absence(
        away_id=away.id,
        from_at=factories.NOW,
        until_at=tomorrow(18),
        reason="SICK",
        staff_id=world.manager.id,
        now=factories.NOW,
    )
    yard.report_near_miss(
        zone_id=zones["GATE"],
        kind="NEAR_MISS",
        at=factories.NOW - factories.DAY,
        words="倒车时有人走过",
        seen_by="门卫老李",
        follows_up_id=world.manager.id,
        follow_up_by_at=tomorrow(18),
        staff_id=world.manager.id,
        now=factories.NOW,
    )
