"""Everything we say to people, gathered and checked: pages, facts, causes and SMS."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.ledger.codes import CHANNELS, CHOICES, QUEUE_CODES
from yinuo.contexts.ledger.factors import FACTORS
from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.ledger.money_words import TOLD as MONEY_TOLD
from yinuo.contexts.ledger.queries import Recorded
from yinuo.contexts.ledger.sms import SMS_TEMPLATES, sms_text, sms_values
from yinuo.contexts.ledger.visit_kinds import TOLD
from yinuo.contexts.ledger.visit_words import OWNER_CODES, VISIT_CODES
from yinuo.platform.plain_language import Finding, check_pairs

SMS_CHARACTERS_MAX = 70
# Gateways refuse these inside a text, or set them themselves.
SMS_REFUSED = "¥￥【】★"
LONGEST_CODE = "4K7P92"
DANGERS = ("promise.at_risk", "promise.recovered")
NEVER = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LONGEST_INSTANT = "2026-12-20T02:30:00Z"
LONGEST_WINDOWS = (
    ("2026-11-20", "2026-12-20"),
    ("2026-12-20", "2027-01-20"),
    ("2026-09-01", "2026-09-30"),
)


def gather(words_dir: Path) -> dict[str, tuple[str, str]]:
    """Every text by where it stands, Chinese and English."""
    texts: dict[str, tuple[str, str]] = {}
    for path in sorted(words_dir.glob("*.toml")):
        for key, said in tomllib.loads(path.read_text(encoding="utf-8")).items():
            texts[f"{path.name}: {key}"] = (said.get("zh", ""), said.get("en", ""))
    for name, kind in KINDS.items():
        texts[f"kind {name}"] = (kind.zh, kind.en)
    for code, cause in CAUSES.items():
        texts[f"cause {code}"] = (cause.zh, cause.en)
    for title, table in (
        ("queue", QUEUE_CODES),
        ("choice", CHOICES),
        ("channel", CHANNELS),
        ("factor", FACTORS),
        ("visit", VISIT_CODES),
        ("owner", OWNER_CODES),
    ):
        for code, pair in table.items():
            texts[f"{title} {code}"] = pair
    return texts


def check(*, words_dir: Path, address: str, maker: str) -> list[Finding]:
    """What is wrong with anything we say; empty when all is well."""
    texts = gather(words_dir)
    return check_pairs(texts) + check_sms(address=address, maker=maker)


def check_sms(*, address: str, maker: str) -> list[Finding]:
    """SMS that are longer than one message, or hold what a gateway refuses."""
    found = []
    for name, pair in SMS_TEMPLATES.items():
        for text in pair:
            if refused := set(SMS_REFUSED) & set(text):
                found.append(Finding(f"sms {name}", f"a gateway refuses {sorted(refused)}"))
    for language in ("zh", "en"):
        for told in _longest_tellings():
            values = sms_values([told], told.payload, language)
            linked = [part for part, value in values.items() if "://" in value or "/" in value]
            text = f"【{maker}】{sms_text(values, address, LONGEST_CODE, language)}"
            where = f"sms {values['kind']} {language}"
            if len(text) > SMS_CHARACTERS_MAX:
                found.append(Finding(where, f"{len(text)} characters: {text}"))
            if linked:
                found.append(Finding(where, f"a link in {linked}"))
    return found


def _longest_tellings() -> list[Recorded]:
    """Facts of every kind that is told by SMS, with the longest values they can carry."""
    told = []
    for first, last in LONGEST_WINDOWS:
        window = {"window_from": first, "window_until": last, "latest": last}
        moved = {"old_from": "2026-01-01", "old_until": "2026-01-02", "old_latest": "2026-01-03"}
        for code in CAUSES:
            told.append(_fact("promise.revised", {**window, **moved, "cause": code}))
        for kind in (
            "promise.kept_as_is",
            "promise.broken",
            *DANGERS,
            "car.built",
            "car.arrived",
            "damage.told",
        ):
            told.append(_fact(kind, window))
    visit = {"visit_at": LONGEST_INSTANT, "old_at": LONGEST_INSTANT}
    told += [_fact(kind, visit) for kind in TOLD]
    # The longest amount there is: a car with everything, to the fen.
    told += [_fact(kind, {"amount": 99_999_999}) for kind in MONEY_TOLD]
    return told


def _fact(kind: str, payload: dict[str, str] | dict[str, int]) -> Recorded:
    full = {"known_at": "2026-01-01T00:00:00Z", "days_later": 0, "days_earlier": 0, **payload}
    return Recorded(0, kind, 0, 0, full, {}, NEVER)
