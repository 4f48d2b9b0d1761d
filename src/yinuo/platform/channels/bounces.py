"""Mail that came back: delivery status notifications (RFC 3464, RFC 6522)."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.policy import SMTP

from yinuo.platform.channels.mail import ID_PREFIX
from yinuo.platform.channels.masking import short

_OUR_ID = re.compile(rf"<{re.escape(ID_PREFIX)}([A-Za-z0-9_-]{{1,64}})@[^>\s]+>")


@dataclass(frozen=True)
class Bounce:
    """A message that did not arrive. `permanent`: the address itself is refused (status 5.x.x).

    `reason` is the reporting server's status and words, with personal data masked.
    """

    message_id: str
    permanent: bool
    reason: str


def parse_bounce(raw: bytes) -> Bounce | None:
    """What a mail in our return path says about one of our messages.

    None if it is not a delivery status notification, reports a delay or a success, or returns
    a mail that is not ours. Never raises for what stands in the mail.
    """
    mail = email.message_from_bytes(raw, policy=SMTP)
    if mail.get_content_type() != "multipart/report":
        return None
    parts = list(mail.walk())
    status = next((p for p in parts if p.get_content_type() == "message/delivery-status"), None)
    our_id = next(filter(None, (_our_id(part) for part in parts)), None)
    if status is None or our_id is None:
        return None
    for fields in status.get_payload():
        if isinstance(fields, Message) and _field(fields, "Action").lower() == "failed":
            code = _field(fields, "Status").split(" ")[0]
            words = _field(fields, "Diagnostic-Code").partition(";")[2]
            return Bounce(our_id, code.startswith("5."), short(f"{code} {words}"))
    return None


def _our_id(part: EmailMessage) -> str | None:
    # The returned mail comes whole (message/rfc822) or as headers in a text part.
    if part.get_content_type() == "text/rfc822-headers":
        payload = part.get_payload(decode=True)
        text = payload.decode("ascii", "replace") if isinstance(payload, bytes) else ""
        match = _OUR_ID.search(text)
        return match[1] if match else None
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        if isinstance(first, Message):
            match = _OUR_ID.search(_field(first, "Message-ID"))
            return match[1] if match else None
    return None


def _field(fields: Message, name: str) -> str:
    return str(fields.get(name, "")).strip()
