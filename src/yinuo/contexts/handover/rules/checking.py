"""What is checked, what an inspection says as one document, and what may be decided on it.

Pure: the lists of checks are data (`checks/*.toml`), documents are text, decisions are answers.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yinuo.platform.spoken import at_local, local_date

CHECKS = Path(__file__).parents[1] / "checks"
GOOD, PROBLEM, NOT_CHECKED = VERDICTS = ("GOOD", "PROBLEM", "NOT_CHECKED")
TAKE, TAKE_FIX, REFUSE = OUTCOMES = ("TAKE", "TAKE_FIX", "REFUSE")
SYSTEMS = ("escape", "brake", "steer", "airbag", "high_voltage")
EVIDENCE = ("photo", "film")
# Exterior and interior are checked together before anybody may take the car (`inspect.joint`).
JOINT_GROUPS = ("outside", "inside")
FEATURES = "features"
# House figures: when a problem is put right at the latest, when three ways are named.
FIX_DAYS = 14
ANSWER_DAYS, ANSWER_HOUR = 2, 18
SAFETY_MINUTES_MAX = 60


class BadChecklist(ValueError):
    """A list of checks lacks something, or names what does not exist."""


@dataclass(frozen=True)
class Check:
    """One thing to try. `system` is what life depends on, empty for none; `facts` what it proves.

    `actions` are pairs of Chinese and English; `assembly` is a word of the rule pack.
    """

    code: str
    group: str
    zh: str
    en: str
    actions: tuple[tuple[str, str], ...]
    evidence: str
    system: str = ""
    assembly: str = "other"
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Checks that are answered together, in one form."""

    code: str
    zh: str
    en: str
    checks: tuple[Check, ...]


@functools.cache
def checklist_for(model: str) -> tuple[Group, ...]:
    """The groups of checks of this car model; those of any model where it has none of its own.

    Raises
    ------
    BadChecklist
    """
    general = tomllib.loads((CHECKS / "any.toml").read_text(encoding="utf-8"))
    own_path = CHECKS / f"{model}.toml"
    known = model.isalnum() and own_path.is_file()
    own = tomllib.loads(own_path.read_text(encoding="utf-8")) if known else {}
    return read_checklist(general, own)


def read_checklist(general: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[Group, ...]:
    """The groups of `general`; a group of which `own` has checks holds these instead.

    Raises
    ------
    BadChecklist
    """
    replaced = {row["group"] for row in own.get("check", ())}
    rows = [row for row in general["check"] if row["group"] not in replaced]
    checks = [_check(row) for row in (*rows, *own.get("check", ()))]
    codes = [check.code for check in checks]
    if len(set(codes)) < len(codes):
        raise BadChecklist("a check stands twice")
    groups = {row["code"] for row in general["group"]}
    if strange := {check.group for check in checks} - groups:
        raise BadChecklist(f"unknown groups {sorted(strange)}")
    made = [
        Group(
            row["code"],
            row["zh"],
            row["en"],
            tuple(check for check in checks if check.group == row["code"]),
        )
        for row in general["group"]
    ]
    if empty := [group.code for group in made if not group.checks]:
        raise BadChecklist(f"nothing to check in {empty}")
    return tuple(made)


def _check(row: Mapping[str, Any]) -> Check:
    check = Check(
        row["code"],
        row["group"],
        row["zh"],
        row["en"],
        tuple((action["zh"], action["en"]) for action in row["actions"]),
        row["evidence"],
        row.get("system", ""),
        row.get("assembly", "other"),
        tuple(row.get("facts", ())),
    )
    if not check.actions or check.evidence not in EVIDENCE:
        raise BadChecklist(f"{check.code}: what to do, and what to show it with")
    if check.system and check.system not in SYSTEMS:
        raise BadChecklist(f"{check.code}: {check.system} is no system life depends on")
    return check


def to_record(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """The list as it is kept with an inspection."""
    return [
        {
            "code": group.code,
            "zh": group.zh,
            "en": group.en,
            "checks": [
                {
                    "code": check.code,
                    "zh": check.zh,
                    "en": check.en,
                    "actions": [list(action) for action in check.actions],
                    "evidence": check.evidence,
                    "system": check.system,
                    "assembly": check.assembly,
                    "facts": list(check.facts),
                }
                for check in group.checks
            ],
        }
        for group in groups
    ]


def from_record(record: Sequence[Mapping[str, Any]]) -> tuple[Group, ...]:
    """The list that `to_record` wrote."""
    return tuple(
        Group(
            group["code"],
            group["zh"],
            group["en"],
            tuple(
                Check(
                    row["code"],
                    group["code"],
                    row["zh"],
                    row["en"],
                    tuple((zh, en) for zh, en in row["actions"]),
                    row["evidence"],
                    row["system"],
                    row["assembly"],
                    tuple(row["facts"]),
                )
                for row in group["checks"]
            ),
        )
        for group in record
    )


def all_checks(groups: Sequence[Group]) -> dict[str, Check]:
    """Every check by its code, in the order of the list."""
    return {check.code: check for group in groups for check in group.checks}


def unchecked_of(groups: Sequence[Group], verdicts: Mapping[str, str]) -> list[Check]:
    """The checks without which nobody may take the car: exterior, interior, and life's own."""
    return [
        check
        for check in all_checks(groups).values()
        if (check.group in JOINT_GROUPS or check.system)
        and verdicts.get(check.code, NOT_CHECKED) == NOT_CHECKED
    ]


def failed_systems(groups: Sequence[Group], verdicts: Mapping[str, str]) -> list[Check]:
    """The checks on which life depends that have a problem."""
    return [
        check
        for check in all_checks(groups).values()
        if check.system and verdicts.get(check.code) == PROBLEM
    ]


def problems_of(groups: Sequence[Group], verdicts: Mapping[str, str]) -> list[Check]:
    """The checks with a problem, in the order of the list."""
    return [check for check in all_checks(groups).values() if verdicts.get(check.code) == PROBLEM]


def next_group(groups: Sequence[Group], verdicts: Mapping[str, str], after: str) -> str:
    """The next group with an unanswered check, beginning behind `after`; empty if all are done."""
    codes = [group.code for group in groups]
    start = codes.index(after) + 1 if after in codes else 0
    for group in (*groups[start:], *groups[:start]):
        if any(check.code not in verdicts for check in group.checks):
            return group.code
    return ""


def may_decide(
    taken: str, groups: Sequence[Group], verdicts: Mapping[str, str], *, held: bool
) -> str:
    """Why this cannot be decided now: "unchecked", "held", "nothing_to_fix", or empty if it can.

    A refusal is always possible: no check has to be made to say no.
    """
    if taken == REFUSE:
        return ""
    if held or failed_systems(groups, verdicts):
        return "held"
    if unchecked_of(groups, verdicts):
        return "unchecked"
    if taken == TAKE_FIX and not problems_of(groups, verdicts):
        return "nothing_to_fix"
    return ""


def facts_proven(
    groups: Sequence[Group], verdicts: Mapping[str, str], confirmed: Collection[str]
) -> dict[str, bool]:
    """What the checks and the staff's own word prove of the hand-over, as the rule pack names it.

    Something was checked if it was looked at; something was given if it is in order, or if staff
    gave it since. Names are without `handover.`.
    """
    proven: dict[str, bool] = {}
    for check in all_checks(groups).values():
        for fact in check.facts:
            name = fact.removeprefix("handover.")
            verdict = verdicts.get(check.code, NOT_CHECKED)
            done = verdict != NOT_CHECKED if name.endswith("_checked") else verdict == GOOD
            proven[name] = proven.get(name, True) and done
    return {**proven, **dict.fromkeys(confirmed, True)}


def features_working(
    groups: Sequence[Group], verdicts: Mapping[str, str], stated: Mapping[str, bool]
) -> list[str]:
    """The promised features that work, named as contracts name them: codes without `feature_`.

    A problem that was found counts more than what staff stated; what nobody tried does not work.
    """
    return [
        check.code.removeprefix("feature_")
        for check in all_checks(groups).values()
        if check.group == FEATURES
        and verdicts.get(check.code) != PROBLEM
        and stated.get(check.code, verdicts.get(check.code) == GOOD)
    ]


def features_failing(
    groups: Sequence[Group], verdicts: Mapping[str, str], stated: Mapping[str, bool]
) -> list[str]:
    """The features that were tried and do not work, or that staff stated as off; as contracts name
    them. What nobody tried is not in it."""
    return [
        check.code.removeprefix("feature_")
        for check in all_checks(groups).values()
        if check.group == FEATURES
        and (verdicts.get(check.code) == PROBLEM or stated.get(check.code) is False)
    ]


def canonical(document: Mapping[str, Any]) -> str:
    """The document as text of which there is only one."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """SHA-256 of a text, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def fix_by_date(today: dt.date) -> dt.date:
    """By when problems are put right that were found today."""
    return today + dt.timedelta(days=FIX_DAYS)


def three_ways_by(now: dt.datetime) -> dt.datetime:
    """By when a refused car's customer is named three ways on: 18:00, two days later, in China."""
    return at_local(local_date(now) + dt.timedelta(days=ANSWER_DAYS), ANSWER_HOUR)
