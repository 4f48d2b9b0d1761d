"""One HTTP exchange with a bound on everything: time, size, redirects and what an error says."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
BODY_BYTES_MAX = 2**20


@dataclass(frozen=True)
class Answer:
    """What the other side said: status 100-599, headers with lower-case names, whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ExchangeError(Exception):
    """The exchange brought no usable answer.

    `reached` tells whether the request may have been carried out: False means that no connection
    was made, so repeating is safe; True means that nobody knows until the other side is asked.
    The text names the host and the kind of failure, never the address, a header or the body,
    because those carry secrets and telephone numbers.
    """

    def __init__(self, host: str, kind: str, *, reached: bool) -> None:
        self.reached = reached
        super().__init__(f"{host}: {kind}")


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
    connect_s: float = CONNECT_SECONDS,
    read_s: float = READ_SECONDS,
    body_bytes_max: int = BODY_BYTES_MAX,
) -> Answer:
    """Send one request and read the whole answer; a redirect is an answer, it is not followed.

    `connect_s` bounds the connection, `read_s` each wait and also the answer as a whole, in
    seconds. Environment proxies and `.netrc` are ignored: either could replace a signed header.

    Raises:
        ExchangeError: no connection, no answer in time, or more than `body_bytes_max` bytes.
    """
    host = urlsplit(url).hostname or "no host"
    with requests.Session() as session:
        session.trust_env = False
        try:
            with session.request(
                method,
                url,
                data=body,
                headers=dict(headers),
                timeout=(connect_s, read_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = _read(response, host, read_s, body_bytes_max)
                names = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, names, content)
        except requests.exceptions.SSLError as error:
            # Only a refused certificate is certain to come before the first byte of the request.
            refused = "CERTIFICATE_VERIFY_FAILED" in str(error)
            raise ExchangeError(host, "no trusted connection", reached=not refused) from None
        except requests.exceptions.ConnectTimeout:
            raise ExchangeError(host, "no connection in time", reached=False) from None
        except requests.exceptions.Timeout:
            raise ExchangeError(host, "no answer in time", reached=True) from None
        except requests.exceptions.ConnectionError as error:
            raise ExchangeError(host, "connection failed", reached=_reached(error)) from None
        except (requests.exceptions.RequestException, ValueError) as error:
            raise ExchangeError(host, type(error).__name__, reached=True) from None


def _reached(error: requests.exceptions.ConnectionError) -> bool:
    # A refused or unresolved connection carries the pool's own reason; a broken one does not.
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ not in ("NewConnectionError", "NameResolutionError")


def _read(response: requests.Response, host: str, read_s: float, bytes_max: int) -> bytes:
    # The deadline is for the whole body: a peer that drips one byte a second must not hold us.
    deadline = time.monotonic() + read_s
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(16384):
        size += len(part)
        if size > bytes_max:
            raise ExchangeError(host, f"the answer is over {bytes_max} bytes", reached=True)
        if time.monotonic() > deadline:
            raise ExchangeError(host, "no whole answer in time", reached=True)
        parts.append(part)
    return b"".join(parts)
