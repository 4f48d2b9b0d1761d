"""What a statement needs before it is public: text, condition, evidence, expiry, two signatures."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yinuo.contexts.claims.rules.personal import find_personal, said
from yinuo.contexts.claims.rules.small_print import Finding, Layout, lint
from yinuo.contexts.claims.rules.topics import TOPICS

# Days of statements and evidence lie within these; what lies outside is a slip of the keyboard.
DAYS_FROM, DAYS_UNTIL = dt.date(1990, 1, 1), dt.date(2100, 1, 1)
# Where the files of evidence are kept among the uploads.
ROOM = "claims"
# Who signs for which side, by role.
SIDES: dict[str, tuple[str, ...]] = {"ENGINEERING": ("QUALITY",), "LEGAL": ("LEGAL",)}

MISSING: dict[str, tuple[str, str]] = {
    "TEXT": ("正文", "the text"),
    "CONDITION": ("条件，或写明没有条件", "the condition, or a word that there is none"),
    "EXPIRY": ("有效期", "how long it holds"),
    "RUN_OUT": ("有效期已经过了，请重新定", "its time has run out; set another"),
    "OWNER": ("在职的负责人", "an owner who works here"),
    "EVIDENCE": ("证据", "evidence"),
    "EVIDENCE_RUN_OUT": ("还有效的证据，现有的过期了", "evidence that is still valid"),
    "EVIDENCE_OPEN": (
        "公开的证据：指责别人要拿出来",
        "published evidence, since it accuses others",
    ),
    "PERSONAL": ("去掉个人信息：{words}", "personal data taken out: {words}"),
    "SMALL_PRINT": ("改好小字：{words}", "the small print put right: {words}"),
    "ENGINEERING": ("工程签字", "the signature of engineering"),
    "LEGAL": ("法务签字", "the signature of legal"),
    "SAME_PERSON": ("两个不同的人签字", "signatures of two different people"),
    "SPEAKER_SIGNS": ("说话的人不能自己签", "a signature other than the speaker's"),
}


@dataclass(frozen=True)
class Proof:
    """A piece of evidence: digest of its file, until when it is valid (None: no end), if public."""

    digest: str
    valid_until_date: dt.date | None
    published: bool


@dataclass(frozen=True)
class Said:
    """All of a statement that is signed: a change of any of it needs new signatures.

    `speaker_id` is the row of the executive who says it, None for the company.
    """

    text: str
    condition: str
    unconditional: bool
    url: str
    channel: str
    topic: str
    speaker_id: int | None
    expires_date: dt.date | None
    layout: Layout
    proofs: tuple[Proof, ...]

    def digest(self) -> str:
        """What a signature is under: SHA-256 in hexadecimal."""
        whole = {
            "said": [self.text, self.condition, self.unconditional, self.url, self.channel],
            "about": [self.topic, self.speaker_id, str(self.expires_date)],
            "layout": list(vars(self.layout).values()),
            # Whether it is public already is no matter of what is signed.
            "proofs": sorted([one.digest, str(one.valid_until_date)] for one in self.proofs),
        }
        return hashlib.sha256(json.dumps(whole, ensure_ascii=False).encode()).hexdigest()

    def content(self) -> bytes:
        """The exact public text: the claim and, on its own paragraph, the condition."""
        return "\n\n".join(part for part in (self.text, self.condition) if part).encode()

    def small_print(self) -> list[Finding]:
        """What the linter finds."""
        return lint(self.text, self.condition, self.layout)


def is_day(date: dt.date) -> bool:
    """Whether a date is one that a statement or its evidence can have."""
    return DAYS_FROM <= date < DAYS_UNTIL


def digest_of(content: bytes) -> str:
    """SHA-256 in hexadecimal, by which a public text is named."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Missing:
    """Something that keeps a statement from being public."""

    code: str
    zh: str
    en: str


def missing(
    said_: Said, *, owner_works: bool, signers: Mapping[str, int], today: dt.date
) -> list[Missing]:
    """What is missing before this may be public; empty where nothing is.

    `signers` are the rows of those who signed exactly this, by side.
    """
    return [
        *_of_words(said_, today),
        *([] if owner_works else [_missing("OWNER")]),
        *_of_proofs(said_, today),
        *_of_signers(said_.speaker_id, signers),
    ]


def _of_words(one: Said, today: dt.date) -> list[Missing]:
    found = []
    if not one.text.strip():
        found.append(_missing("TEXT"))
    if not one.condition and not one.unconditional:
        found.append(_missing("CONDITION"))
    if one.expires_date is None:
        found.append(_missing("EXPIRY"))
    elif one.expires_date <= today:
        found.append(_missing("RUN_OUT"))
    if personal := find_personal(one.text, one.condition, one.url):
        found.append(_missing("PERSONAL", said(personal, "zh"), said(personal, "en")))
    if prints := one.small_print():
        words = ["；".join(each.said("zh") for each in prints)]
        words.append("; ".join(each.said("en") for each in prints))
        found.append(_missing("SMALL_PRINT", *words))
    return found


def _of_proofs(one: Said, today: dt.date) -> list[Missing]:
    valid = still_valid(one.proofs, today)
    if not one.proofs:
        return [_missing("EVIDENCE")]
    if not valid:
        return [_missing("EVIDENCE_RUN_OUT")]
    if TOPICS[one.topic].open_evidence and not any(proof.published for proof in valid):
        return [_missing("EVIDENCE_OPEN")]
    return []


def still_valid(proofs: Sequence[Proof], today: dt.date) -> list[Proof]:
    """Those whose last day has not passed."""
    return [one for one in proofs if one.valid_until_date is None or one.valid_until_date >= today]


def _of_signers(speaker_id: int | None, signers: Mapping[str, int]) -> list[Missing]:
    found = [_missing(side) for side in SIDES if side not in signers]
    if len(set(signers.values())) < len(signers):
        found.append(_missing("SAME_PERSON"))
    if speaker_id in signers.values():
        found.append(_missing("SPEAKER_SIGNS"))
    return found


def _missing(code: str, words_zh: str = "", words_en: str = "") -> Missing:
    zh, en = MISSING[code]
    return Missing(code, zh.format(words=words_zh), en.format(words=words_en))
