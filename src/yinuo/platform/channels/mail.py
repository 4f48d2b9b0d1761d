"""Mail through an SMTP server (RFC 5321), with STARTTLS (RFC 3207) or TLS from the first byte."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path

from yinuo.platform.channels.address import Address, Setting
from yinuo.platform.channels.gateway import outcome
from yinuo.platform.channels.port import Clock, Message, Outcome

MAIL_SECONDS = 20.0

# A Message-ID of ours begins with this, so that a bounce of somebody else's mail is not taken.
ID_PREFIX = "yinuo."


@dataclass(frozen=True, repr=False)
class MailServer:
    """Where mail is handed over. `tls` is from the first byte, `starttls` is demanded after it."""

    host: str
    port: int
    user: str
    password: str
    sender_name: str
    sender: str
    tls: bool
    starttls: bool
    ca_file: str | None

    @property
    def sender_host(self) -> str:
        """The part of the sender's address after the @."""
        return self.sender.rpartition("@")[2]


class _RefusedError(Exception):
    """The server answered something else than yes before a message was given to it."""

    def __init__(self, step: str, code: int, words: bytes | str) -> None:
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        self.step, self.code = step, code
        super().__init__(f"{step} {code}: {text}")


def read_mail_server(setting: Setting, value: str) -> MailServer:
    """The server that a setting describes.

    Raises:
        ValueError: a part is missing or wrong, or a password would cross the network in clear.
    """
    address = setting.read(value, schemes=("smtp", "smtps"), options=("from", "starttls", "ca"))
    tls = address.scheme == "smtps"
    starttls = setting.switch(address, "starttls", default=not tls)
    if tls and starttls:
        raise setting.wrong("asks for starttls inside smtps")
    if bool(address.user) != bool(address.password):
        raise setting.wrong("has a user without a password or a password without a user")
    if address.password and not (tls or starttls or address.is_loopback):
        raise setting.wrong("has a password but starttls=0, which would send it in clear")
    name, sender = parseaddr(setting.needed(address, "from"))
    if "@" not in sender.strip("@") or not sender.isascii():
        raise setting.wrong("has a from that is no ASCII mail address")
    ca_file = address.options.get("ca")
    if ca_file is not None and not Path(ca_file).is_file():
        raise setting.wrong("has a ca that is no file")
    return MailServer(
        host=address.host,
        port=_port(address, tls),
        user=address.user,
        password=address.password,
        sender_name=name,
        sender=sender,
        tls=tls,
        starttls=starttls,
        ca_file=ca_file,
    )


def _port(address: Address, tls: bool) -> int:
    return address.port or (465 if tls else 587)


def message_id(message: Message, host: str) -> str:
    """The Message-ID of every attempt: the same, so that receivers join repeats."""
    return f"<{ID_PREFIX}{message.id}@{host}>"


class Mail:
    """A `Channel` for mail."""

    def __init__(self, server: MailServer, clock: Clock, timeout_s: float = MAIL_SECONDS) -> None:
        self._server = server
        self._clock = clock
        self._timeout_s = timeout_s

    def send(self, message: Message) -> Outcome:
        """Hand one mail to the server: 4xx is RETRY, a refused recipient or content BOUNCED.

        A connection lost after the content was sent is `UNKNOWN`; a refused login or sender is
        RETRY, because that is for the operator to mend and not the reader's address.
        """
        try:
            to = Mailbox(addr_spec=message.to)
        except (MessageError, ValueError, IndexError):
            return outcome("BOUNCED", "not a mail address", permanent=True)
        if not message.to.isascii() or not to.domain:
            return outcome("BOUNCED", "not an ASCII mail address", permanent=True)
        content = self._compose(message, to)
        given = False
        try:
            with self._connection() as smtp:
                _expect("MAIL", *smtp.mail(self._server.sender))
                _expect("RCPT", *smtp.rcpt(message.to))
                given = True
                _expect("DATA", *smtp.data(content))
        except _RefusedError as refusal:
            return _outcome_of(refusal)
        except smtplib.SMTPDataError as error:
            return _outcome_of(_RefusedError("DATA", error.smtp_code, error.smtp_error))
        except (smtplib.SMTPException, OSError) as error:
            kind = f"{self._server.host}: {type(error).__name__}"
            return outcome("UNKNOWN" if given else "RETRY", kind)
        return outcome("SENT", "250", provider_id=message_id(message, self._server.sender_host))

    def look_up(self, message: Message) -> Outcome | None:
        """None: SMTP cannot be asked, and a repeat carries the same Message-ID."""
        assert message.channel == "MAIL"
        return None

    def _compose(self, message: Message, to: Mailbox) -> bytes:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = Mailbox(self._server.sender_name, addr_spec=self._server.sender)
        mail["To"] = to
        mail["Subject"] = " ".join(message.subject.split())
        mail["Date"] = format_datetime(self._clock())
        mail["Message-ID"] = message_id(message, self._server.sender_host)
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = "zh-CN" if message.language == "zh" else "en"
        mail.set_content(message.text, cte="base64")
        if message.html is not None:
            mail.add_alternative(message.html, subtype="html", cte="base64")
        return mail.as_bytes()

    @contextlib.contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        server = self._server
        if server.tls:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._timeout_s, context=_trust(server)
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=self._timeout_s)
        try:
            smtp.ehlo_or_helo_if_needed()
            if server.starttls:
                if not smtp.has_extn("starttls"):
                    raise _RefusedError("STARTTLS", 0, "the server does not offer it")
                _expect("STARTTLS", *smtp.starttls(context=_trust(server)))
                smtp.ehlo_or_helo_if_needed()
            if server.user:
                _log_in(smtp, server)
            yield smtp
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()
        finally:
            smtp.close()


def _trust(server: MailServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.ca_file)


def _log_in(smtp: smtplib.SMTP, server: MailServer) -> None:
    try:
        smtp.login(server.user, server.password)
    except smtplib.SMTPAuthenticationError as error:
        raise _RefusedError("AUTH", error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPNotSupportedError:
        raise _RefusedError("AUTH", 0, "the server does not offer it") from None


def _expect(step: str, code: int, words: bytes) -> None:
    if not 200 <= code < 300:
        raise _RefusedError(step, code, words)


def _outcome_of(refusal: _RefusedError) -> Outcome:
    final = refusal.step in ("RCPT", "DATA") and refusal.code >= 500
    if not final:
        return outcome("RETRY", str(refusal))
    return outcome("BOUNCED", str(refusal), permanent=refusal.step == "RCPT")
