"""Time stamps of others over what we publish (RFC 3161).

An authority signs that some bytes existed at a moment. It sees their SHA-256 and nothing else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from yinuo.platform.http import ExchangeError, exchange

GRANTED = (0, 1)
TOKEN_BYTES_MAX = 65_536
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


@dataclass(frozen=True)
class Stamp:
    """A whole answer of an authority, as it is kept and given to others, and what it says.

    `tsa` is the authority's host; `checked` says that its certificate leads to one that we trust.
    """

    token: bytes
    at: dt.datetime
    tsa: str
    checked: bool

    @property
    def digest(self) -> str:
        """SHA-256 of the token in hexadecimal."""
        return hashlib.sha256(self.token).hexdigest()


class NoStamp(Exception):
    """The authority is away, refuses, or its answer is not for what was asked."""


def read_roots(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file that an authority's own may lead to.

    Raises
    ------
    NoStamp
        There is no such file, or it holds no certificate.
    """
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as failure:
        raise NoStamp(f"{path}: {failure}") from None


def ask_stamp(url: str, message: bytes, roots: Sequence[x509.Certificate] = ()) -> Stamp:
    """Have the authority at `url` stamp `message`.

    Raises
    ------
    NoStamp
    """
    host = urlsplit(url).hostname or url
    request = TimestampRequestBuilder(data=message, hash_algorithm=HashAlgorithm.SHA256).build()
    try:
        answer = exchange(
            "POST",
            url,
            headers={"Content-Type": QUERY, "Accept": REPLY},
            body=request.as_bytes(),
            body_bytes_max=TOKEN_BYTES_MAX,
        )
    except ExchangeError as failure:
        raise NoStamp(str(failure)) from None
    if answer.status != 200:
        raise NoStamp(f"{host}: HTTP {answer.status}")
    try:
        response = decode_timestamp_response(answer.body)
    except ValueError as failure:
        raise NoStamp(f"{host}: {failure}") from None
    return check_stamp(response, message, roots, host, request)


def check_stamp(
    response: TimeStampResponse,
    message: bytes,
    roots: Sequence[x509.Certificate],
    host: str,
    request: TimeStampRequest | None = None,
) -> Stamp:
    """What the answer says, held against what was asked: the bytes, the number, the signature.

    Without `roots` nobody has looked at who signed; anybody who knows the authority still can.

    Raises
    ------
    NoStamp
    """
    if response.status not in GRANTED:
        raise NoStamp(f"{host}: refused ({', '.join(response.status_string) or response.status})")
    said = response.tst_info
    if said.message_imprint.message != hashlib.sha256(message).digest():
        raise NoStamp(f"{host}: the stamp is of something else")
    if request is not None and said.nonce != request.nonce:
        raise NoStamp(f"{host}: the stamp is an old one")
    if roots:
        builder = VerifierBuilder(roots=list(roots))
        try:
            builder.build().verify_message(response, message)
        except VerificationError as failure:
            raise NoStamp(f"{host}: {failure}") from None
    return Stamp(response.as_bytes(), said.gen_time, host, bool(roots))
