"""Reading the form of a statement: its words, where it is said, and how it is set."""

from __future__ import annotations

from collections.abc import Mapping

from yinuo.contexts.claims.operations.drafting import Wording
from yinuo.contexts.claims.rules import Layout
from yinuo.contexts.people.queries.staff import get_staff_ids
from yinuo.web.console.access import read_date

FIELDS = ("text", "text_en", "condition", "condition_en", "unconditional", "url", "channel")
# Claim and condition as our own pages set them, for a form that is still empty.
EQUAL: Mapping[str, object] = {
    "claim_px": 32,
    "condition_px": 32,
    "claim_ink": "#14202e",
    "claim_ground": "#ffffff",
    "condition_ink": "#14202e",
    "condition_ground": "#ffffff",
    "same_screen": "yes",
}
PX_DIGITS_MAX = 3


def read_wording(sent: Mapping[str, str]) -> Wording:
    """The wording that was typed; what cannot be read is left for the operation to refuse."""
    return Wording(
        text=_text(sent, "text"),
        text_en=_text(sent, "text_en"),
        condition=_text(sent, "condition"),
        condition_en=_text(sent, "condition_en"),
        unconditional=sent.get("unconditional") == "yes",
        url=sent.get("url", "").strip(),
        channel=sent.get("channel", ""),
        expires_date=read_date(sent.get("expires", "")),
        layout=Layout(
            claim_px=_px(sent.get("claim_px", "")),
            condition_px=_px(sent.get("condition_px", "")),
            claim_ink=sent.get("claim_ink", "").strip().lower(),
            claim_ground=sent.get("claim_ground", "").strip().lower(),
            condition_ink=sent.get("condition_ink", "").strip().lower(),
            condition_ground=sent.get("condition_ground", "").strip().lower(),
            same_screen=sent.get("same_screen") == "yes",
        ),
    )


def staff_row(public_id: str) -> int:
    """The row of somebody who works here; 0, which no operation takes, for anybody else."""
    return get_staff_ids().get(public_id, 0)


def _text(sent: Mapping[str, str], name: str) -> str:
    # A form ends its lines as mail does; the public text does not.
    return sent.get(name, "").replace("\r\n", "\n").strip()


def _px(typed: str) -> int:
    """A size in px; 0, which no operation takes, where none was typed."""
    plain = typed.strip()
    is_number = plain.isascii() and plain.isdigit() and len(plain) <= PX_DIGITS_MAX
    return int(plain) if is_number else 0
