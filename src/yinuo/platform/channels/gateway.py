"""What SMS gateways have in common: their setting, their local time, how they are asked."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from yinuo.platform.channels.address import Address, Setting
from yinuo.platform.channels.masking import mask, short
from yinuo.platform.channels.port import Message, Outcome, State
from yinuo.platform.http import Answer, ExchangeError, exchange

# Both providers write local times without an offset.
GATEWAY_ZONE = ZoneInfo("Asia/Shanghai")

# How far back a message is looked for, in days; one provider keeps 7, the other 30.
LOOK_BACK_DAYS = 7


@dataclass(frozen=True, repr=False)
class Gateway:
    """One configured account: where it is, who we are there, and our signature and templates.

    `templates` maps our template names to the provider's codes; the empty name is the default.
    """

    url: str
    host: str
    key: str
    secret: str
    signature: str
    region: str
    app: str
    templates: Mapping[str, str]

    def template_code(self, template: str) -> str:
        """The provider's code for our `template`, or the default one; empty if there is none."""
        return self.templates.get(template, self.templates.get("", ""))


def read_gateway(setting: Setting, address: Address, *, region: str) -> Gateway:
    """The account that a setting describes; `region` is the one used if it names none.

    Raises:
        ValueError: a part is missing, or plain HTTP is asked for towards another machine.
    """
    if not address.user or not address.password:
        raise setting.wrong("has no key and secret before the host")
    https = setting.switch(address, "https", default=True)
    if not https and not address.is_loopback:
        raise setting.wrong("has https=0, which is for a peer on this machine only")
    templates = {
        name.partition(".")[2]: code
        for name, code in address.options.items()
        if name.split(".")[0] == "template" and code
    }
    if not templates:
        raise setting.wrong("has no template")
    netloc = address.host if address.port is None else f"{address.host}:{address.port}"
    return Gateway(
        url=f"{'https' if https else 'http'}://{netloc}/",
        host=netloc,
        key=address.user,
        secret=address.password,
        signature=setting.needed(address, "sign"),
        region=address.options.get("region", region),
        app=address.options.get("app", ""),
        templates=templates,
    )


def ask(
    url: str, *, headers: Mapping[str, str], body: bytes = b""
) -> tuple[Answer, Mapping[str, Any]] | Outcome:
    """POST and read a JSON object; an `Outcome` (RETRY or UNKNOWN) if there is none.

    A 5xx or an answer that is not JSON is UNKNOWN: neither says that nothing was sent.
    """
    try:
        answer = exchange("POST", url, headers=headers, body=body)
    except ExchangeError as failure:
        return outcome("UNKNOWN" if failure.reached else "RETRY", str(failure))
    try:
        content = json.loads(answer.body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return outcome("UNKNOWN", f"HTTP {answer.status} without a JSON object")
    return answer, content


def outcome(state: State, detail: str, provider_id: str = "", permanent: bool = False) -> Outcome:
    """An `Outcome` whose detail is one short masked line."""
    return Outcome(state=state, provider_id=provider_id, detail=short(detail), permanent=permanent)


def no_number(message: Message) -> Outcome:
    """The outcome for an address that is not a mainland mobile number."""
    shown = mask(message.to) if mask(message.to) != message.to else "***"
    return outcome("BOUNCED", f"not a mainland mobile number: {shown}", permanent=True)


def is_dead_number(words: str) -> bool:
    """Whether a status's code or words say for certain that nobody has this number.

    A telephone that is off or a suspended line is not that: its owner comes back.
    """
    if "停机" in words or "关机" in words:
        return False
    return any(word in words for word in ("空号", "INVALID_NUMBER", "MK:0001"))


def gateway_time(text: str) -> dt.datetime:
    """A provider's "2026-02-11 09:20:00", local to the gateway, as an aware UTC instant.

    Raises:
        ValueError: not of that form.
    """
    local = dt.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=GATEWAY_ZONE)
    return local.astimezone(dt.UTC)
