"""The port behind which every way of reaching a person looks the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

# Signatures are dated by the machine's own clock, never by an installation's test clock.
Clock = Callable[[], dt.datetime]

ChannelName = Literal["SMS", "MAIL", "CHAT"]
State = Literal["SENT", "DELIVERED", "BOUNCED", "RETRY", "UNKNOWN"]


@dataclass(frozen=True)
class Message:
    """One message to one address.

    `id` is ours and never changes between attempts; it may hold letters, digits, `_` and `-`,
    at most 64. `to` is a mainland mobile number, a mail address, or the name of a chat robot
    (empty: all of them). `text` is the whole text as its reader sees it, without an SMS
    signature. An SMS gateway words the text itself from `template` and `params`, in the order
    of `params`; the other channels ignore both.
    """

    id: str
    channel: ChannelName
    to: str
    subject: str
    text: str
    html: str | None
    template: str
    params: Mapping[str, str]
    language: Literal["zh", "en"]


@dataclass(frozen=True)
class Outcome:
    """What became of a message.

    `SENT` the provider has it; `DELIVERED` the receiver has it; `BOUNCED` it will not arrive;
    `RETRY` it was not taken, sending again is safe; `UNKNOWN` it may or may not have been taken,
    so `look_up` comes before any repeat. `permanent` is true only with `BOUNCED` and says that
    this address cannot be reached this way at all. `provider_id` is the provider's own number,
    or empty. `detail` is for staff: codes and words, with personal data masked.
    """

    state: State
    provider_id: str
    detail: str
    permanent: bool


class Channel(Protocol):
    """One configured way of sending."""

    def send(self, message: Message) -> Outcome:
        """Hand the message over once. Never raises for what the network or the provider does."""
        ...

    def look_up(self, message: Message) -> Outcome | None:
        """What became of a message that was perhaps handed over before a crash.

        None only if sending it now cannot reach the reader twice: the provider is certain not to
        have it, or joins repeats. `UNKNOWN` if that cannot be told; ask again later.
        """
        ...
