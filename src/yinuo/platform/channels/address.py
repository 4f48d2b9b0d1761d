"""A channel's setting: one URL that names the provider, its secret and its options."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Address:
    """The parts of a setting, percent-decoded. `port` is None if the URL names none."""

    scheme: str
    user: str
    password: str
    host: str
    port: int | None
    options: Mapping[str, str]

    @property
    def is_loopback(self) -> bool:
        """Whether the other side is this same machine."""
        return self.host in ("localhost", "127.0.0.1", "::1")


class Setting:
    """Reads one variable and words every complaint about it. The value itself is never repeated:
    it holds secrets."""

    def __init__(self, name: str, right: str) -> None:
        self.name = name
        self.right = right

    def wrong(self, why: str) -> ValueError:
        """The one sentence for the operator: which variable, what is wrong, what is right."""
        return ValueError(f"{self.name} {why}; right is {self.right}")

    def read(self, value: str, *, schemes: Collection[str], options: Collection[str]) -> Address:
        """The parts of `value`; an option named `template` allows `template.anything` too.

        Raises:
            ValueError: unknown scheme or option, an option given twice, no host, or a bad port.
        """
        try:
            parts = urlsplit(value.strip())
            port = parts.port
        except ValueError:
            raise self.wrong("is not a URL with a port of 1 to 65535") from None
        if parts.scheme not in schemes:
            raise self.wrong(f"begins with none of {', '.join(f'{s}://' for s in schemes)}")
        if not parts.hostname:
            raise self.wrong("names no host")
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        given = dict(pairs)
        if len(given) < len(pairs):
            raise self.wrong("gives an option twice")
        for option in given:
            if option.split(".")[0] not in options:
                raise self.wrong("has an option it does not know")
        return Address(
            scheme=parts.scheme,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            host=parts.hostname,
            port=port,
            options=given,
        )

    def switch(self, address: Address, option: str, default: bool) -> bool:
        """An option that is 0 or 1.

        Raises:
            ValueError: anything else.
        """
        value = address.options.get(option, "1" if default else "0")
        if value not in ("0", "1"):
            raise self.wrong(f"has {option} that is neither 0 nor 1")
        return value == "1"

    def needed(self, address: Address, option: str) -> str:
        """An option that may not be missing or empty.

        Raises:
            ValueError: it is.
        """
        value = address.options.get(option, "").strip()
        if not value:
            raise self.wrong(f"has no {option}")
        return value
