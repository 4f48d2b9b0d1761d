"""Mail against a real local SMTP server, and the bounces that come back."""

from __future__ import annotations

import asyncio
import email
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.platform.channel_peers import NOW, message
from yinuo.platform.channels.bounces import parse_bounce
from yinuo.platform.channels.configure import configured_channels
from yinuo.platform.channels.port import Channel, Message

DATA = Path(__file__).parent / "data"
CERTIFICATE = DATA / "mail_peer.crt"


class Box:
    """Takes mail; answers a recipient whose name is a code with that code, as real servers do."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.seen: set[str] = set()
        self.over_tls: list[bool] = []
        self.cut = False

    async def handle_RCPT(self, *call: Any) -> str:  # noqa: N802 -- the server calls it so
        _, _, envelope, address, _ = call
        name = address.partition("@")[0]
        if name == "grey" and address not in self.seen:
            self.seen.add(address)
            return "451 4.7.1 Greylisted, come back later"
        if name == "nobody":
            return f"550 5.1.1 <{address}> user unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, *call: Any) -> str:  # noqa: N802 -- the server calls it so
        server, session, envelope = call
        assert isinstance(envelope.content, bytes)
        parsed = email.message_from_bytes(envelope.content, policy=SMTP_POLICY)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        self.over_tls.append(session.ssl is not None)
        if self.cut:
            server.transport.close()
            return "250 lost on the way"
        if envelope.rcpt_tos[0].startswith("full"):
            return "452 4.2.2 mailbox full"
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 5.7.1 content refused"
        return "250 OK"


async def hang_up(server: asyncio.Server) -> None:
    """Stop listening and end every conversation that is still open."""
    server.close()
    talks = asyncio.all_tasks() - {asyncio.current_task()}
    for talk in talks:
        talk.cancel()
    await asyncio.gather(*talks, return_exceptions=True)


@contextmanager
def smtp_peer(box: Box, **options: Any) -> Iterator[int]:
    """Serve `box` on a free port of 127.0.0.1."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    starting = loop.create_server(lambda: SMTP(box, loop=loop, **options), "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result(5)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(hang_up(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def port(box: Box) -> Iterator[int]:
    with smtp_peer(box) as number:
        yield number


def channel(port: int, *, login: str = "", rest: str = "starttls=0") -> Channel:
    url = f"smtp://{login}127.0.0.1:{port}?from=云帆汽车 <notice@example.cn>&{rest}"
    return configured_channels({"MAIL_URL": url}, clock=lambda: NOW)["MAIL"]


def mail(to: str = "reader@example.com", **changes: Any) -> Message:
    html = "<p>交车日改为<b>3月2日</b></p>"
    return message(channel="MAIL", to=to, html=html, **changes)


def test_a_mail_arrives_whole(box: Box, port: int) -> None:
    outcome = channel(port).send(mail())
    assert outcome.state == "SENT"
    (got,) = box.mails
    assert got["Subject"] == "交车日有变"
    assert got["From"] == "云帆汽车 <notice@example.cn>"
    assert got["To"] == "reader@example.com"
    assert got["Date"] == "Wed, 11 Feb 2026 01:20:00 +0000"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["Message-ID"] == outcome.provider_id == "<yinuo.ntc_7k2m9p@example.cn>"
    plain, html = got.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_content().strip() == mail().text
    assert html.get_content().strip() == mail().html


def test_a_mail_without_html_is_plain(box: Box, port: int) -> None:
    assert channel(port).send(message(channel="MAIL", to="r@example.com")).state == "SENT"
    assert box.mails[0].get_content_type() == "text/plain"


def test_lines_that_begin_with_a_dot_arrive(box: Box, port: int) -> None:
    channel(port).send(mail(text="第一行\n.\n..两点\n最后"))
    body = box.mails[0].get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["第一行", ".", "..两点", "最后"]


def test_a_subject_cannot_add_a_header(box: Box, port: int) -> None:
    channel(port).send(mail(subject="有变\r\nBcc: other@example.com"))
    assert box.mails[0]["Bcc"] is None
    assert box.mails[0]["Subject"] == "有变 Bcc: other@example.com"


def test_each_attempt_carries_the_same_id(box: Box, port: int) -> None:
    sender = channel(port)
    assert sender.send(mail("grey@example.com")).state == "RETRY"
    assert sender.send(mail("grey@example.com")).state == "SENT"
    assert sender.look_up(mail("grey@example.com")) is None
    assert sender.send(mail("grey@example.com")).state == "SENT"
    first, second = box.mails
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize(
    ("to", "state", "permanent"),
    [
        ("grey@example.com", "RETRY", False),
        ("full@example.com", "RETRY", False),
        ("nobody@example.com", "BOUNCED", True),
        ("spam@example.com", "BOUNCED", False),
    ],
)
def test_the_servers_no_is_told_apart(port: int, to: str, state: str, permanent: bool) -> None:
    outcome = channel(port).send(mail(to))
    assert (outcome.state, outcome.permanent) == (state, permanent)
    assert to not in outcome.detail


@pytest.mark.parametrize(
    "to", ["", "reader", "reader@", "a@b.cn\r\nRCPT TO:<c@d.cn>", "读者@example.cn", "a b@c.cn"]
)
def test_what_is_no_address_bounces_before_the_network(box: Box, port: int, to: str) -> None:
    outcome = channel(port).send(mail(to))
    assert (outcome.state, outcome.permanent) == ("BOUNCED", True)
    assert box.mails == []


def test_a_connection_lost_after_the_content_is_unknown(box: Box, port: int) -> None:
    box.cut = True
    outcome = channel(port).send(mail())
    assert len(box.mails) == 1
    assert outcome.state == "UNKNOWN"


def test_a_server_that_is_down_is_a_retry(box: Box) -> None:
    with smtp_peer(box) as gone:
        pass
    assert channel(gone).send(mail()).state == "RETRY"


def log_in(*call: Any) -> AuthResult:
    data = call[-1]
    assert isinstance(data, LoginPassword)
    right = (data.login, data.password) == (b"notice@example.cn", b"p@ss/word")
    return AuthResult(success=right, handled=False)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(
    ("login", "state", "detail"),
    [
        ("notice%40example.cn:p%40ss%2Fword@", "SENT", "250"),
        ("notice%40example.cn:wrong@", "RETRY", "AUTH 535"),
        ("", "RETRY", "MAIL 530"),
    ],
)
@pytest.mark.parametrize("excluded", [["LOGIN"], ["PLAIN"]])
def test_a_login_is_needed_where_it_is_asked(
    box: Box, login: str, state: str, detail: str, excluded: list[str]
) -> None:
    options = {
        "authenticator": log_in,
        "auth_required": True,
        "auth_require_tls": False,
        "auth_exclude_mechanism": excluded,
    }
    with smtp_peer(box, **options) as port:
        outcome = channel(port, login=login).send(mail())
    assert outcome.state == state
    assert outcome.detail.startswith(detail)
    assert "wrong" not in outcome.detail
    assert len(box.mails) == (state == "SENT")


def test_a_server_without_a_login_we_know_is_a_retry(box: Box, port: int) -> None:
    outcome = channel(port, login="u:p@").send(mail())
    assert outcome.state == "RETRY"
    assert outcome.detail == "AUTH 0: the server does not offer it"
    assert box.mails == []


def test_no_mail_in_clear_if_starttls_is_not_offered(box: Box, port: int) -> None:
    outcome = channel(port, rest="starttls=1").send(mail())
    assert (outcome.state, outcome.detail) == (
        "RETRY",
        "STARTTLS 0: the server does not offer it",
    )
    assert box.mails == []


def server_tls() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE, DATA / "mail_peer.key")
    return context


def test_starttls_with_a_trusted_certificate(box: Box) -> None:
    with smtp_peer(box, tls_context=server_tls(), require_starttls=True) as port:
        outcome = channel(port, rest=f"starttls=1&ca={CERTIFICATE}").send(mail())
    assert outcome.state == "SENT", outcome.detail
    assert box.over_tls == [True]


def test_starttls_with_a_certificate_nobody_vouches_for(box: Box) -> None:
    with smtp_peer(box, tls_context=server_tls()) as port:
        outcome = channel(port, rest="starttls=1").send(mail())
    assert (outcome.state, outcome.detail) == ("RETRY", "127.0.0.1: SSLCertVerificationError")
    assert box.mails == []


def report(action: str, status: str, returned: Message | None, kind: str = "rfc822") -> bytes:
    """A delivery status notification as mail servers write it."""
    to = returned.to if returned else "x@example.com"
    own = f"<yinuo.{returned.id}@example.cn>" if returned else "<other@example.cn>"
    headers = f"From: notice@example.cn\r\nTo: {to}\r\nMessage-ID: {own}\r\n"
    returned_part = (
        f"Content-Type: message/rfc822\r\n\r\n{headers}\r\nbody"
        if kind == "rfc822"
        else f"Content-Type: text/rfc822-headers\r\n\r\n{headers}"
    )
    lines = (
        "From: MAILER-DAEMON@mx.example.com\r\nTo: notice@example.cn\r\nSubject: Undelivered\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nCould not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 <{to}> is not here\r\n\r\n"
        f"--b\r\n{returned_part}\r\n--b--\r\n"
    )
    return lines.encode()


@pytest.mark.parametrize("kind", ["rfc822", "headers"])
@pytest.mark.parametrize(("status", "permanent"), [("5.1.1", True), ("4.4.7", False)])
def test_a_bounce_names_our_message(kind: str, status: str, permanent: bool) -> None:
    bounce = parse_bounce(report("failed", status, mail(), kind))
    assert bounce is not None
    assert (bounce.message_id, bounce.permanent) == ("ntc_7k2m9p", permanent)
    assert bounce.reason == f"{status} 550 <r***@example.com> is not here"


@pytest.mark.parametrize(
    "raw",
    [
        report("delayed", "4.4.1", mail()),
        report("delivered", "2.0.0", mail()),
        report("failed", "5.1.1", None),
        report("failed", "5.1.1", mail()).replace(b"multipart/report", b"multipart/mixed"),
        report("failed", "5.1.1", mail()).replace(b"message/delivery-status", b"text/plain"),
        b"Subject: \xff\xfe\r\nContent-Type: multipart/report\r\n\r\nno parts",
        b"",
        b"\x00\xff" * 1000,
    ],
)
def test_other_mail_is_no_bounce(raw: bytes) -> None:
    assert parse_bounce(raw) is None
