"""The rule of the queue as it stands in the log: leaves, public codes, how often each may be.

The first leaf of a log is its rule. Whoever checks the log reads from it which leaves there are and
which of an order's reasons count; nothing else of ours has to be believed. What leaves there are is
generated from the catalogue of facts; the figures are a maker's own and change with notice only.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from yinuo.contexts.ledger.codes import QUEUE_CODES
from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.ledger.rules import Value

AT_ONCE = "at_once"
RULE = "rule"
# A line of fewer orders could be a private fast lane: it is shown together with others.
LINE_ORDERS_MIN = 20
PER_MILLE = 1000
# The notice counts from the moment at which witnesses have seen the rule, not from its writing.
UNTIL_PUBLISHED = dt.timedelta(days=2)

# What each public field holds, by the names of forms that every verifier knows.
FORM_OF: dict[str, str] = {
    "batch": "batch",
    "beyond": "text",
    "bits": "int",
    "case": "text",
    "cause": "code",
    "chain": "hash",
    "channel": "code",
    "claim": "text",
    "clause": "text",
    "code": "name",
    "commitment": "text",
    "count": "int",
    "court": "text",
    "deadline": "date",
    "digest": "hex64",
    "drawn": "text",
    "evidence": "text",
    "factor_percent": "int",
    "first_days": "list.date",
    "hold": "text",
    "kept": "word",
    "last_days": "list.date",
    "latest_days": "list.date",
    "launch": "text",
    "launches": "int",
    "line": "text",
    "lines": "list.text",
    "number": "int",
    "period": "text",
    "plan": "text",
    "plant": "text",
    "post": "text",
    "root": "hash",
    "ruled": "date",
    "ruling": "text",
    "seal": "hex64",
    "sha256": "hex64",
    "size": "int",
    "source": "text",
    "template": "text",
    "ticket": "int",
    "tsa": "text",
    "until": "text",
    "url": "url",
    "use": "word",
    "value": "text",
    "version": "int",
    "vkey": "vkey",
    "weeks": "list.week",
    "why": "text",
    "window": "text",
    "wordings": "list.hex64",
}

# An order with such a reason may go before earlier locks; so many of a batch as the quota allows.
EXCEPTIONS: dict[str, tuple[int, int]] = {
    "ACCIDENT_REPLACEMENT": (5, 5),
    "ALREADY_BUILT": (5, 5),
    "RECORDED_LATE": (10, 30),
    "RETURNED_CAR_SAME_CITY": (5, 20),
    "STOCK_CAR": (20, 100),
}
# An order with such a reason may be passed while it stands.
HOLDS = (
    "BUYER_CHANGE",
    "CENTRE_CHANGED",
    "CUSTOMER_WAITS",
    "DAMAGE_REPAIR",
    "QUALITY_HOLD",
    "TRANSIT_DELAYED",
)
LINE_HOLDS = ("QUALITY_HOLD",)


class RuleRefused(ValueError):
    """A rule that must not be stated; the text says what is wrong with it."""


@dataclass(frozen=True)
class Quota:
    """In each batch the larger of `at_least` orders and `per_mille` of all its allocations."""

    at_least: int
    per_mille: int


@dataclass(frozen=True)
class Figures:
    """What a maker decides of the rule: codes with quotas, and figures in days, orders, seconds.

    `batch_days_max` is how long after the end of its week a batch is closed at the latest, and
    `return_batches` for how many closed batches of the line an order that came back counts as held.
    """

    notice_days: int = 30
    skew_seconds: int = 120
    line_orders_min: int = LINE_ORDERS_MIN
    batch_days_max: int = 10
    return_batches: int = 8
    exceptions: Mapping[str, Quota] = field(
        default_factory=lambda: {code: Quota(*quota) for code, quota in EXCEPTIONS.items()}
    )
    holds: tuple[str, ...] = HOLDS
    line_holds: tuple[str, ...] = LINE_HOLDS


def grammar() -> dict[str, Any]:
    """The leaves that our software writes: stream and sets of public fields of each type, forms.

    Raises
    ------
    RuleRefused
        A public field of a kind has no form.
    """
    leaves: dict[str, dict[str, Any]] = {}
    for kind in KINDS.values():
        if kind.leaf == RULE:
            continue
        leaf = leaves.setdefault(kind.leaf, {"stream": kind.stream, "fields": []})
        if leaf["stream"] != kind.stream:
            raise RuleRefused(f"{kind.name}: leaf {kind.leaf!r} stands in two streams")
        fields = sorted(kind.public)
        if unknown := set(fields) - set(FORM_OF):
            raise RuleRefused(f"{kind.name}: give {sorted(unknown)} a form in FORM_OF")
        if fields not in leaf["fields"]:
            leaf["fields"] = sorted([*leaf["fields"], fields])
    used = {one for leaf in leaves.values() for fields in leaf["fields"] for one in fields}
    forms = {name: form for name, form in FORM_OF.items() if name in used}
    return {"leaves": dict(sorted(leaves.items())), "forms": forms}


def rule_fields(number: int, figures: Figures, binds: str) -> dict[str, Value]:
    """The fields of a rule leaf, to be recorded as `rule.stated`."""
    fields = {
        **asdict(figures),
        **grammar(),
        "rule": number,
        "binds": binds,
        "holds": sorted(figures.holds),
        "line_holds": sorted(figures.line_holds),
    }
    # The one leaf that nests; `rules.free_leaf` writes it so.
    return cast(dict[str, Value], fields)


def read_figures(fields: Mapping[str, Any]) -> Figures:
    """The figures of a rule as it was stated or written down; other fields are passed over.

    Raises
    ------
    RuleRefused
        A code is on no public list, a line might be smaller than `LINE_ORDERS_MIN`, or a figure is
        missing or no whole number.
    """
    try:
        figures = Figures(
            notice_days=_whole(fields["notice_days"]),
            skew_seconds=_whole(fields["skew_seconds"]),
            line_orders_min=_whole(fields["line_orders_min"]),
            batch_days_max=_whole(fields["batch_days_max"]),
            return_batches=_whole(fields["return_batches"]),
            exceptions={
                code: Quota(_whole(one["at_least"]), _whole(one["per_mille"]))
                for code, one in fields["exceptions"].items()
            },
            holds=tuple(fields["holds"]),
            line_holds=tuple(fields["line_holds"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise RuleRefused(f"{error} is missing or of the wrong kind") from error
    _check(figures)
    return figures


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise RuleRefused(f"{value!r} is no whole number")
    return value


def _check(figures: Figures) -> None:
    known = set(QUEUE_CODES)
    for code in (*figures.exceptions, *figures.holds):
        if code not in known:
            raise RuleRefused(f"{code!r} is not on the public list of reasons")
    if both := set(figures.exceptions) & set(figures.holds):
        raise RuleRefused(f"{sorted(both)} cannot be both: held, and let past")
    if figures.line_orders_min < LINE_ORDERS_MIN:
        raise RuleRefused(f"a line has at least {LINE_ORDERS_MIN} orders")
    if any(quota.per_mille > PER_MILLE for quota in figures.exceptions.values()):
        raise RuleRefused(f"a quota is at most {PER_MILLE} per mille")


def quota_of(figures: Figures, code: str, allocations: int) -> int:
    """How many of so many allocations of a batch may be exceptions of this code."""
    quota = figures.exceptions.get(code)
    if quota is None:
        return 0
    return max(quota.at_least, quota.per_mille * allocations // PER_MILLE)


def earliest_binding(figures: Figures, stated_on: dt.date) -> dt.date:
    """The first day on which a rule that is stated today may bind: a Monday after the notice.

    `figures` are those of the rule in force: nobody shortens the notice of the change at hand.
    """
    day = stated_on + dt.timedelta(days=figures.notice_days) + UNTIL_PUBLISHED
    return day + dt.timedelta(days=-day.weekday() % 7)


def write_rule(fields: Mapping[str, Any]) -> str:
    """A rule as people keep it in a file: readable, sorted."""
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
