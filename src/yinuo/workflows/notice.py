"""The notices of one event: how they read, what became of them, what was wrong in them.

Notices go out by themselves, because the ledger has untold entries; nobody presses "send". What
staff do is report an event that came by telephone, watch its notices arrive, and correct them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction

from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.ledger.sms import sms_text, sms_values
from yinuo.contexts.ledger.wording import Parts, parts_of
from yinuo.contexts.notices.operations.release import name_notices
from yinuo.contexts.notices.queries.care import told_among
from yinuo.contexts.notices.queries.staff import Tally, tally_for_staff
from yinuo.contexts.orders.queries.forecasting import label_many
from yinuo.contexts.orders.queries.staff import StaffOrder, list_for_staff
from yinuo.contexts.people.queries.staff import (
    answerer_for,
    list_staff,
    names_of_staff,
    require_staff,
)
from yinuo.contexts.promises.rules import answer_by_at, choose_by_at, explains, next_update_at
from yinuo.contexts.transit.operations.evidence import keep_evidence
from yinuo.platform import outbox
from yinuo.platform.channels.sms_text import sms_length
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant
from yinuo.workflows.dates import name_orders
from yinuo.workflows.intake import Report, run_feed

KIND = "promise.revised"
LISTED = 50
CHUNK = 1000
CODE_SHOWN = "4K7P92"


class EvidenceNeeded(Refusal):
    """A report by telephone is explained by more than a holiday."""

    code = "evidence_needed"
    zh = "请写明依据：谁打来的、说了什么。只写节假日不算原因。"
    en = "Say what shows it: who called and what they said. A holiday alone is no cause."


class SameCause(Refusal):
    """A correction names another cause of the same sort, with evidence."""

    code = "same_cause"
    zh = "请选另一个原因，要和这件事对得上。"
    en = "Pick another cause that fits this event."


class NothingTold(Refusal):
    """Nobody was told of this event, so nothing can be corrected."""

    code = "nothing_told"
    zh = "这件事还没有通知过谁，没有要更正的。"
    en = "Nobody was told of this event; there is nothing to correct."


@dataclass(frozen=True)
class Preview:
    """One order's notice as its customer reads it; `sms_characters` with the maker's signature."""

    order: StaffOrder
    parts: Parts
    missing: tuple[str, ...]
    sms: str
    sms_characters: int


@dataclass(frozen=True)
class EventNotice:
    """The notices of one event. `orders` lists the first fifty of `orders_count`."""

    ref: str
    cause_code: str
    orders_count: int
    orders: tuple[StaffOrder, ...]
    previews: tuple[Preview, ...]
    tally: Tally
    corrected_count: int


@dataclass(frozen=True)
class Sender:
    """How an SMS is signed, and the short address in it."""

    signature: str
    address: str


def look(*, staff_id: int, ref: str, language: str, sender: Sender) -> EventNotice:
    """What the event with this public id did to people and what they read, in `language`.

    Raises
    ------
    NotStaff
    """
    tally_ids = ledger.entry_ids_of_cause(ref, KIND)
    listed = tally_ids[:LISTED]
    picked = list(dict.fromkeys(tally_ids[i] for i in _spread(len(tally_ids))))
    entries = ledger.get_many({*listed, *picked})
    orders = list_for_staff(staff_id, [one.subject_id or 0 for one in entries.values()])
    names = names_of_staff(language)
    previews = []
    for entry_id in picked:
        one = entries[entry_id]
        assert one.subject_id is not None
        parts = parts_of([one], one.payload, names, language)
        sms = sms_text(
            sms_values([one], one.payload, language), sender.address, CODE_SHOWN, language
        )
        length = sms_length(sms, sender.signature)
        previews.append(Preview(orders[one.subject_id], parts, tuple(parts.missing()), sms, length))
    return EventNotice(
        ref,
        entries[picked[0]].payload["cause"] if picked else "",
        len(tally_ids),
        tuple(orders[entries[entry_id].subject_id or 0] for entry_id in listed),
        tuple(previews),
        tally_for_staff(staff_id, tally_ids),
        len(ledger.entry_ids_of_cause(f"correct:{ref}", "notice.corrected")),
    )


def _spread(count: int) -> tuple[int, ...]:
    """The first, the middle and the last of `count`."""
    return (0, count // 2, count - 1) if count else ()


def draft(sample: Mapping[str, Any], *, cause_code: str, language: str, now: dt.datetime) -> Parts:
    """How the notice of a plan's sample order would read, if committed for this cause."""
    orders = label_many([sample["order_id"]]) if "order_id" in sample else {}
    label = next(iter(orders.values()), None)
    card = answerer_for(
        list_staff(), label.centre_code if label else "", label.owner_id if label else None
    )
    days = [
        dt.date.fromisoformat(sample[key]).toordinal()
        for key in ("window_from", "window_until", "old_from", "old_until")
    ]
    moved = days[0] + days[1] - days[2] - days[3]
    payload = {
        **sample,
        "days_later": max(0, moved) // 2,
        "days_earlier": max(0, -moved) // 2,
        "cause": cause_code,
        "known_at": write_instant(now),
        "next_update_at": write_instant(next_update_at(now)),
        "choose_by_at": write_instant(choose_by_at(now)),
        "answer_by_at": write_instant(answer_by_at(now)),
        "answerer": card.public_id if card else "",
        "place_zh": "",
        "place_en": "",
        "car_state": "",
    }
    entry = ledger.Recorded(0, KIND, None, None, payload, {}, now)
    return parts_of([entry], payload, {"": "", **names_of_staff(language)}, language)


def report(
    *,
    staff_id: int,
    staff_public_id: str,
    record: Mapping[str, object],
    evidence: str,
    now: dt.datetime,
) -> Report:
    """Take in what a carrier said by telephone, through the same checks as a carrier's own report.

    `record` holds the fields of the events feed; its `id` makes a repeated form one report. What
    is wrong with it stands in the report's problems, and nothing was written then.

    Raises
    ------
    EvidenceNeeded, NotStaff
    """
    require_staff(staff_id)
    if not explains(str(record.get("cause") or "TRAIN_LATE"), evidence):
        raise EvidenceNeeded
    with transaction.atomic():
        done = run_feed("events", [record], sender=f"staff:{staff_public_id}", now=now)
        if done.written:
            keep_evidence(refs=done.ids, evidence=evidence)
    return done


def causes_instead(cause_code: str) -> list[str]:
    """The causes that a correction may name in place of this one: those of the same sort."""
    said = CAUSES[cause_code]
    return [
        cause.code
        for cause in CAUSES.values()
        if cause.evidence == said.evidence and cause.code != cause_code
    ]


def correct(*, staff_id: int, ref: str, cause_code: str, evidence: str, now: dt.datetime) -> int:
    """Say to everybody who was told of this event that its reason was another; the dates stand.

    A correction is an entry of its own, told in a notice that names the wrong one; nothing is
    unsent. Returns how many are told. Safe to repeat.

    Raises
    ------
    NothingTold, SameCause, EvidenceNeeded, NotStaff
    """
    require_staff(staff_id)
    entry_ids = ledger.entry_ids_of_cause(ref, KIND)
    told_ids = told_among(entry_ids)
    if not told_ids:
        raise NothingTold
    said = next(iter(ledger.get_many([min(told_ids)]).values())).payload["cause"]
    if cause_code not in causes_instead(said):
        raise SameCause
    if not explains(cause_code, evidence):
        raise EvidenceNeeded
    wrong = name_notices(entry_ids)
    fix = Fix(ref, cause_code, evidence.strip())
    told = 0
    for start in range(0, len(entry_ids), CHUNK):
        some = [one for one in entry_ids[start : start + CHUNK] if one in wrong]
        told += _correct_some(some, wrong, fix, now)
    outbox.nudge("notices.issue")
    return told


@dataclass(frozen=True)
class Fix:
    """The right cause of an event, with what shows it."""

    ref: str
    cause_code: str
    evidence: str


def _correct_some(
    entry_ids: list[int], wrong: Mapping[int, str], fix: Fix, now: dt.datetime
) -> int:
    entries = ledger.get_many(entry_ids)
    order_ids = [one.subject_id for one in entries.values() if one.subject_id is not None]
    names = name_orders(np.array(order_ids, np.int64), list_staff())
    facts = []
    for entry_id, one in entries.items():
        assert one.subject_id is not None
        named = names[one.subject_id]
        facts.append(
            Fact(
                kind="notice.corrected",
                change_key=f"correct:{fix.ref}:{fix.cause_code}:{one.subject_id}",
                public={"code": fix.cause_code},
                private={
                    "order": named.code,
                    "notice": wrong[entry_id],
                    "said": one.payload["cause"],
                    "cause": fix.cause_code,
                    "evidence": fix.evidence,
                    "answerer": named.answerer,
                    "answer_by_at": write_instant(answer_by_at(now)),
                    "known_at": write_instant(now),
                },
                subject_id=one.subject_id,
                subject_code=named.code,
            )
        )
    with transaction.atomic():
        made = record_many(facts, now=now)
    return sum(entry_id is not None for entry_id in made)
