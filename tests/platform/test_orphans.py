"""References that the database does not check are all looked at, and what is wrong is told."""

from __future__ import annotations

import datetime as dt
import io
import json

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from tests import factories
from yinuo.contexts.notices.models import DirectMessage
from yinuo.platform.orphans import list_unchecked
from yinuo.workflows import integrity

pytestmark = pytest.mark.django_db
NIGHT = factories.NOW.replace(hour=20, minute=5)


@pytest.fixture
def world() -> factories.World:
    made = factories.make_world()
    order = factories.make_order(made, "AA22AA")
    factories.make_promise(order)
    factories.move_promise(made, order)
    factories.make_choice(order)
    return made


def spoil(statement: str) -> None:
    """Change rows behind the back of everything that guards them."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


# How each unchecked reference is made to name row 999999, which is not there.
SPOILT = {
    "promises_promise.run_id": "UPDATE promises_promise SET run_id = 999999",
    "promises_choice.order_id": "UPDATE promises_choice SET order_id = 999999",
    "promises_choice.answerer_id": "UPDATE promises_choice SET answerer_id = 999999",
    "promises_choice.entry_id": "UPDATE promises_choice SET entry_id = 999999",
    "notices_notice.order_id": "UPDATE notices_notice SET order_id = 999999",
    "notices_notice.person_id": "UPDATE notices_notice SET person_id = 999999",
    "notices_notice.corrects_id": "UPDATE notices_notice SET corrects_id = 999999",
    "notices_notice.id": "UPDATE notices_notice SET id = 999999",
    "notices_furtherentry.entry_id": (
        "INSERT INTO notices_furtherentry SELECT 999999, max(id) FROM notices_notice"
    ),
    "notices_delivery.notice_id": (
        "INSERT INTO notices_delivery (notice_id, channel, address, subject, text, params,"
        " provider, provider_id, state, attempts, next_try_at, problem)"
        " VALUES (999999, 'MAIL', '', '', '', '{}', '', '', 'QUEUED', 0, now(), '')"
    ),
    "ledger_opening.entry_id": "INSERT INTO ledger_opening (entry_id, parts) VALUES (999999, '{}')",
    "ledger_opening.form_id": (
        "WITH e AS (INSERT INTO ledger_entry (kind, letter, body, change_key, recorded_at)"
        " VALUES ('x', '', '{}', 'x', now()) RETURNING id)"
        " INSERT INTO ledger_opening (entry_id, form_id, parts) SELECT id, 999999, '' FROM e"
    ),
    "ledger_untold.entry_id": "INSERT INTO ledger_untold VALUES (999999)",
    "ledger_inbox.entry_id": "INSERT INTO ledger_inbox VALUES (999999)",
    "ledger_leaf.entry_id": "INSERT INTO ledger_leaf (idx, entry_id) VALUES (0, 999999)",
    "ledger_entry.subject_id": (
        "INSERT INTO ledger_entry (kind, subject_id, letter, n, body, change_key,"
        " recorded_at) VALUES ('x', 999999, 'p', 0, '{}', 'x', now())"
    ),
    "ledger_streamhead.subject_id": (
        "INSERT INTO ledger_streamhead (subject_id, letter, stream, n, leaf_hash)"
        " VALUES (999999, 'p', 's', 0, '')"
    ),
    "ledger_erasure.subject_id": (
        "INSERT INTO ledger_erasure (subject_id, asked_at, reason) VALUES (999999, now(), 'ASKED')"
    ),
    "ledger_legalhold.subject_id": (
        "INSERT INTO ledger_legalhold (subject_id, why, from_at) VALUES (999999, 'x', now())"
    ),
    "ledger_secret.subject_id": "INSERT INTO ledger_secret (subject_id, k) VALUES (999999, '')",
}


def test_what_is_written_is_whole(world: factories.World) -> None:
    assert integrity.check() == []


def test_every_reference_without_a_check_is_known() -> None:
    """A new one is found by itself; a bare number that names a row is on the list or here."""
    named = {f"{one.table}.{one.column}" for one in (*list_unchecked(), *integrity.NUMBERS)}
    assert named == set(SPOILT)
    bare = {
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_models()
        if model.__module__.startswith("yinuo.") and model._meta.managed
        for field in model._meta.local_fields
        if field.get_internal_type() == "BigIntegerField" and str(field.column).endswith("_id")
    }
    assert bare <= named


@pytest.mark.parametrize("place", SPOILT)
def test_each_is_found_told_once_a_night_and_named_by_doctor(
    world: factories.World, place: str
) -> None:
    spoil(SPOILT[place])
    [found] = integrity.check()
    assert f"{found.reference.table}.{found.reference.column}" == place
    assert (found.count, found.named) == (1, [999999])
    assert integrity.every_night(now=NIGHT) == 1
    assert integrity.every_night(now=NIGHT + dt.timedelta(minutes=1)) == 0
    assert f"{place} 有 1 行" in DirectMessage.objects.get().text
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", "--json", stdout=out)
    bad = [one["text"] for one in json.loads(out.getvalue()) if one["level"] == "bad"]
    assert any(place in text and "999999" in text for text in bad)
    assert integrity.every_night(now=NIGHT + dt.timedelta(days=1)) == 1


def test_a_night_in_which_nothing_is_wrong_tells_nobody(world: factories.World) -> None:
    assert integrity.every_night(now=NIGHT) == 0
    assert not DirectMessage.objects.exists()
