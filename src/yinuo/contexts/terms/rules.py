"""What contracts are decided by: evidence of showing, side terms, the words that count as the same.

Pure: the verdicts of the law come from the rule engine, these are the facts put to it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# Shown at least this large and with this contrast to its ground, a clause is conspicuous: the
# size of all text of ours, and the contrast that WCAG 2.2 asks for (1.4.3, level AA).
TYPE_PX_MIN = 18
CONTRAST_X100_MIN = 450
# What our pages set the price and all that is agreed to in; a template may ask for more.
PAGE_PX = 20
PROMPT_PX = (18, 20, 24, 28)
MEANS = frozenset({"highlight", "own_page", "spoken", "tick_box", "pop_up"})


@dataclass(frozen=True)
class Shown:
    """How one clause was put before the customer.

    Attributes
    ----------
    clause_code : str
    page : str
        The page's address.
    means : frozenset of str
        Out of `MEANS`; a box to tick or a pop-up alone proves nothing.
    type_px, price_type_px : int
        Size of the clause's words and of the price on the same page.
    contrast_x100 : int
        Contrast of the words to their ground, times 100.
    """

    clause_code: str
    page: str
    means: frozenset[str]
    type_px: int
    price_type_px: int
    contrast_x100: int
    shown_at: dt.datetime
    explanation_asked: bool = False
    explained: bool = False


def is_conspicuous(shown: Shown, prompt_px: int = TYPE_PX_MIN) -> bool:
    """Whether the words were as large as our text, the price and what the template asks (px),
    and stood out from the ground."""
    return (
        shown.type_px >= max(TYPE_PX_MIN, prompt_px, shown.price_type_px)
        and shown.contrast_x100 >= CONTRAST_X100_MIN
    )


def prompt_facts(shown: Shown | None, prompt_px: int = TYPE_PX_MIN) -> dict[str, Any]:
    """What the rules ask about how a clause was shown; not shown at all is known, too."""
    if shown is None:
        return {
            "clause.prompt_conspicuous": False,
            "clause.prompt_means": frozenset(),
            "clause.explanation_asked": False,
        }
    return {
        "clause.prompt_conspicuous": is_conspicuous(shown, prompt_px),
        "clause.prompt_means": shown.means & MEANS,
        "clause.explanation_asked": shown.explanation_asked,
        "clause.explained": shown.explained,
    }


@dataclass(frozen=True)
class NewSideTerm:
    """Something to be agreed beside the template.

    Attributes
    ----------
    kind : {'SCHEDULE_HOLD', 'PRICE', 'DELIVERY_BY', 'FREE_TEXT'}
    text : str
        As it was written, in the language of the customer.
    days : int or None
        Of a scheduling hold: how long the buyer may ask for a slot, from `signed_at`.
    until_date : date or None
        Of a date of delivery: the last day.
    amount_fen : int or None
        Of a price.
    signed_by_staff_id : int or None
        Who signed for the maker.
    beats_code : str
        A clause of the template that says otherwise; empty for none.
    """

    kind: str
    text: str
    signed_at: dt.datetime
    days: int | None = None
    until_date: dt.date | None = None
    amount_fen: int | None = None
    signed_by_staff_id: int | None = None
    beats_code: str = ""


def last_day(signed_date: dt.date, days: int) -> dt.date:
    """The last day of a span of days; the day of signing is not counted (Civil Code art. 201)."""
    return signed_date + dt.timedelta(days=days)


def wording_digest(text: str) -> str:
    """SHA-256 of the words alone, without blanks, marks and width: a comma hides nothing."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    words = "".join(sign for sign in plain if unicodedata.category(sign)[0] in "LNS")
    return hashlib.sha256(words.encode()).hexdigest()


def content_digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of canonical JSON in hexadecimal."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class ClauseFacts:
    """A clause as the rules ask of it: its code and its facts without the subject's name."""

    code: str
    facts: Mapping[str, Any]

    def named(self) -> dict[str, Any]:
        """With the names that the rules use; lists are sets of words."""
        return {
            f"clause.{name}": frozenset(value) if isinstance(value, list) else value
            for name, value in self.facts.items()
        }


@dataclass(frozen=True)
class PublicStatement:
    """Something promised to everybody, and the fact of a clause that would contradict it."""

    code: str
    forbids: str


@dataclass(frozen=True)
class Contradiction:
    """A clause that says the opposite of what was promised in public."""

    clause_code: str
    statement_code: str


def contradictions(
    clauses: Sequence[ClauseFacts], statements: Sequence[PublicStatement]
) -> list[Contradiction]:
    """Every clause of these against every statement that it contradicts."""
    return [
        Contradiction(clause.code, statement.code)
        for clause in clauses
        for statement in statements
        if statement.forbids and clause.facts.get(statement.forbids) is True
    ]


@dataclass(frozen=True)
class LiveTerm:
    """A side term that holds."""

    public_id: str
    kind: str
    text: str
    until_date: dt.date | None
    amount_fen: int | None
    signed_at: dt.datetime


@dataclass(frozen=True)
class CurrentContract:
    """The contract of an order as workflows ask for it.

    `price_fen` is what binds: the price agreed on singly where there is one, else the contract's
    own, which is `marked_fen`.
    """

    contract_id: int
    public_id: str
    version: int
    template_code: str
    template_version: int
    language: str
    price_fen: int
    marked_fen: int
    deposit_fen: int
    clause_version_ids: tuple[int, ...]
    side_terms: tuple[LiveTerm, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    statement_ids: tuple[int, ...] = ()
    agreed_at: dt.datetime | None = None
    digest: str = ""


# Facts of which one clause is enough to make a contract bad, and those that the worst one shows.
PROMPTED = ("prompt_conspicuous", "prompt_means", "explanation_asked", "explained")
PROVING = frozenset({"highlight", "own_page", "spoken"})


def proves(facts: Mapping[str, Any]) -> bool:
    """Whether a clause was shown as the law asks, as far as these prompt facts go."""
    return bool(
        facts["clause.prompt_conspicuous"]
        and facts["clause.prompt_means"] & PROVING
        and (not facts["clause.explanation_asked"] or facts.get("clause.explained"))
    )


def whole_facts(clauses: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The clauses of a contract as one: what any of them does, the whole does.

    How it was shown is taken from a material clause that was not shown as the law asks, else from
    any material one. What one clause leaves unknown stays unknown unless another one does it.
    """
    names = {name for each in clauses for name in each if not name.endswith(PROMPTED)}
    facts: dict[str, Any] = {}
    for name in names:
        said = [each.get(name) for each in clauses]
        if any(said):
            facts[name] = True
        elif None not in said:
            facts[name] = False
    material = [
        each for each in clauses if each.get("clause.standard") and each.get("clause.material")
    ]
    for each in sorted(material, key=proves)[:1]:
        facts |= {name: each[name] for name in each if name.endswith(PROMPTED)}
    return facts


# All of what was promised, in basis points.
ALL_BP = 10_000


@dataclass(frozen=True)
class Lacking:
    """Something the contract promised with the car that is not there, or is less.

    `promised` and `found` are numbers of a limit; None for a feature.
    """

    code: str
    zh: str
    en: str
    promised: int | None = None
    found: int | None = None


@dataclass(frozen=True)
class Promised:
    """Something the contract promised with the car, and what was found of it.

    `promised` and `found` are numbers of a limit; None for a feature. `found_bp` is the part that
    was found, in parts of 10,000; None for a limit that nobody measured.
    """

    code: str
    zh: str
    en: str
    found_bp: int | None
    promised: int | None = None
    found: int | None = None

    def as_lacking(self) -> Lacking:
        """The same as something that is not there, or is less."""
        return Lacking(self.code, self.zh, self.en, self.promised, self.found)

    def for_rules(self, *, by_update: bool, consented: bool) -> dict[str, Any]:
        """As the rules ask of it; what nobody measured is unknown."""
        facts = {
            "feature.promised": True,
            "feature.by_update": by_update,
            "feature.consented": consented,
        }
        return facts if self.found_bp is None else {**facts, "feature.found_bp": self.found_bp}


def list_promised(
    facts: Mapping[str, Any], features: Sequence[str], limits: Mapping[str, int]
) -> list[Promised]:
    """What a contract promised with the car, each with what was found of it.

    Parameters
    ----------
    facts : mapping
        Of the contract: `features` are objects with `code`, `zh`, `en`; `limits` also have
        `number`, the least that was promised, such as a power in kW.
    features : sequence of str
        Codes of what works.
    limits : mapping of str to int
        What the car gives now.
    """
    items = [
        Promised(one["code"], one["zh"], one["en"], ALL_BP if one["code"] in features else 0)
        for one in facts.get("features", ())
    ]
    for one in facts.get("limits", ()):
        found, number = limits.get(one["code"]), one["number"]
        part = None if found is None else ALL_BP if found >= number else found * ALL_BP // number
        items.append(Promised(one["code"], one["zh"], one["en"], part, number, found))
    return items


def promised_failing(facts: Mapping[str, Any], failing: Sequence[str]) -> list[Lacking]:
    """The features that a contract promised and that were found not to work."""
    return [
        Lacking(one["code"], one["zh"], one["en"])
        for one in facts.get("features", ())
        if one["code"] in failing
    ]


# What may be done in a dispute without the questions, because it settles it.
SETTLING = ("SETTLE", "PAY", "ADMIT")
TACTICS = (*SETTLING, "MEDIATE", "DEFEND", "JURISDICTION_OBJECTION", "APPEAL", "SUE")
# Each has to be answered in writing before a step against the other side.
SETTLE_FIRST: dict[str, tuple[str, str]] = {
    "evidence": ("对方的证据看过原件吗？", "Has the other side's evidence been seen?"),
    "law": ("按规则包，我们有没有违约？", "By the rule pack, are we in breach?"),
    "offer": ("和解方案是什么？金额多少？", "What was offered to settle, and how much?"),
    "alike": ("还有多少人遇到同样的事？", "How many others are in the same case?"),
    "cost": ("打下去要花多少？比和解多吗？", "What does going on cost, against settling?"),
}


def unanswered(tactic: str, answers: Mapping[str, str]) -> list[str]:
    """The questions that a step leaves open; none for one that settles."""
    if tactic in SETTLING:
        return []
    return [name for name in SETTLE_FIRST if not answers.get(name, "").strip()]
