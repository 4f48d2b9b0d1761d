"""The HTTP exchange: every bound holds, and no error repeats what it was given."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.platform.channel_peers import CutOffError, Reply, Request, http_peer
from yinuo.platform.http import ExchangeError, exchange

SECRET = "token-7f3a"


@contextmanager
def raw_peer(first: bytes, drip: bytes = b"", every_s: float = 0.0) -> Iterator[str]:
    """A socket that answers `first` and then `drip` again and again."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(first)
                while drip and not stop.wait(every_s):
                    connection.sendall(drip)
                stop.wait(5)
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        thread.join()
        listener.close()


def test_the_whole_answer_comes_back() -> None:
    def respond(request: Request) -> Reply:
        assert request.headers["x-mark"] == "7"
        return 201, request.body[::-1], {"X-Other": "yes"}

    with http_peer(respond) as host:
        answer = exchange("POST", f"http://{host}/a", headers={"x-mark": "7"}, body=b"abc")
    assert (answer.status, answer.body, answer.headers["x-other"]) == (201, b"cba", "yes")


def test_a_redirect_is_not_followed() -> None:
    targets: list[str] = []

    def respond(request: Request) -> Reply:
        targets.append(request.target)
        return 307, b"", {"Location": "/elsewhere"}

    with http_peer(respond) as host:
        assert exchange("POST", f"http://{host}/first", headers={}).status == 307
    assert targets == ["/first"]


def test_an_answer_of_the_largest_size_passes_and_one_byte_more_does_not() -> None:
    with http_peer(lambda _: (200, b"x" * 1000, {})) as host:
        url = f"http://{host}/"
        assert len(exchange("GET", url, headers={}, body_bytes_max=1000).body) == 1000
        with pytest.raises(ExchangeError, match="over 999 bytes") as failure:
            exchange("GET", url, headers={}, body_bytes_max=999)
    assert failure.value.reached


def test_nobody_listening_means_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ExchangeError) as failure:
        exchange("POST", f"http://127.0.0.1:{port}/?key={SECRET}", headers={})
    assert not failure.value.reached


def test_an_unknown_host_means_not_reached() -> None:
    with pytest.raises(ExchangeError) as failure:
        exchange("POST", "http://no-such-host.invalid/", headers={})
    assert not failure.value.reached


def test_a_connection_that_is_cut_may_have_been_heard() -> None:
    def respond(_: Request) -> Reply:
        raise CutOffError

    with http_peer(respond) as host, pytest.raises(ExchangeError) as failure:
        exchange("POST", f"http://{host}/?key={SECRET}", headers={"authorization": SECRET})
    assert failure.value.reached
    assert str(failure.value) == "127.0.0.1: connection failed"


def test_silence_ends_in_time_and_may_have_been_heard() -> None:
    with raw_peer(b"") as host, pytest.raises(ExchangeError, match="in time") as failure:
        exchange("POST", f"http://{host}/", headers={}, read_s=0.2)
    assert failure.value.reached


def test_a_dripping_answer_ends_in_time() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    begin = time.monotonic()
    with (
        raw_peer(head, b"1\r\nx\r\n", 0.05) as host,
        pytest.raises(ExchangeError, match="no whole answer in time"),
    ):
        exchange("GET", f"http://{host}/", headers={}, read_s=0.4)
    assert time.monotonic() - begin < 3


def test_half_an_answer_is_no_answer() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"
    with raw_peer(head) as host, pytest.raises(ExchangeError) as failure:
        exchange("GET", f"http://{host}/", headers={}, read_s=0.3)
    assert failure.value.reached


def test_plain_speech_on_a_tls_port_is_a_failure() -> None:
    with raw_peer(b"HTTP/1.1 200 OK\r\n\r\n") as host, pytest.raises(ExchangeError):
        exchange("GET", f"https://{host}/", headers={}, read_s=1)


def test_no_error_shows_the_address_or_a_header(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}/send?phone=13800001234&key={SECRET}"
    with pytest.raises(ExchangeError) as failure:
        exchange("POST", url, headers={"authorization": SECRET}, body=b"13800001234")
    shown = f"{failure.value!r} {failure.value.__cause__!r}" + "".join(capsys.readouterr())
    assert SECRET not in shown
    assert "1380000" not in shown
    assert failure.value.__suppress_context__


def test_a_netrc_entry_does_not_replace_our_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n", encoding="ascii")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    seen: list[str] = []

    def respond(request: Request) -> Reply:
        seen.append(request.headers["authorization"])
        return 200, b"", {}

    with http_peer(respond) as host:
        exchange("POST", f"http://{host}/", headers={"authorization": "ours"})
    assert seen == ["ours"]
