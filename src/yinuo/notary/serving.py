"""A witness over HTTP: small, and hard to bring down from outside.

Bodies, connections and the time that one of them may last are limited; what is not a request of
the protocol is answered in one line and forgotten.
"""

from __future__ import annotations

import http.server
import signal
import socket
import socketserver
import sys
import threading
import time
from typing import Any, cast

from yinuo.notary.witnessing import PLAIN, Reply, Witness

ADD = "/add-checkpoint"
# Sixteen signatures of five kilobytes each must fit, and 63 hashes.
BODY_BYTES_MAX = 262_144
CONNECTIONS_MAX = 64
SILENT_SECONDS_MAX = 10.0
CONNECTION_SECONDS_MAX = 60.0


class WitnessServer(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves one witness at an address; `("127.0.0.1", 0)` takes any free port."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.witness = witness
        self._open: dict[socket.socket, float] = {}
        self._one = threading.Lock()
        super().__init__(address, _Caller)

    def server_bind(self) -> None:
        """Bind without asking the name service for our own name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take the connection, unless there are too many."""
        with self._one:
            room = len(self._open) < CONNECTIONS_MAX
            if room:
                self._open[request] = time.monotonic() + CONNECTION_SECONDS_MAX
        if room:
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
        with self._one:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Cut off whoever has held a connection for too long, however busily."""
        now = time.monotonic()
        with self._one:
            late = [line for line, until in self._open.items() if until < now]
        for line in late:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, *_caller: Any) -> None:
        """Say that a caller was dropped; the others are served on."""
        failure = sys.exc_info()[1]
        if not isinstance(failure, OSError):
            print(f"dropped: {failure!r}", file=sys.stderr, flush=True)


def serve(address: tuple[str, int], witness: Witness) -> None:
    """Serve until SIGTERM or SIGINT; prints the address once it answers.

    Raises OSError when the address is taken.
    """
    with WitnessServer(address, witness) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        print(f"http://{host}:{server.server_port}", flush=True)
        server.serve_forever(poll_interval=0.25)


class _Caller(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "yinuo-witness"
    sys_version = ""
    timeout = SILENT_SECONDS_MAX
    # Without it head and body of an answer wait for one another.
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer add-checkpoint."""
        length = self.headers.get("Content-Length", "")
        if self.path != ADD:
            self.close_connection = True
            self._send(Reply(404, "the address is /add-checkpoint\n", "another address"))
        elif "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self.close_connection = True
            self._send(Reply(411, "a length is needed\n", "no length"))
        elif len(length) > 9 or int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            self._send(Reply(413, f"at most {BODY_BYTES_MAX} bytes\n", "too long"))
        else:
            body = self.rfile.read(int(length))
            if len(body) < int(length):
                self.close_connection = True
                return
            self._send(self._witness.add_checkpoint(body))

    def do_GET(self) -> None:
        """Show who this is, and the last note of a log."""
        note = self._witness.overview() if self.path == "/" else None
        if note is None:
            note = self._witness.last_note(self.path)
        if note is None:
            self._send(Reply(404, "there is nothing here\n", "another address"))
        else:
            self._send(Reply(200, note, "shown"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's
        """Say on stderr what happened, in one line without control characters."""
        text = "".join(sign if sign.isprintable() else "?" for sign in format % args)
        print(text[:500], file=sys.stderr, flush=True)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Said by `_send` with the reason."""

    @property
    def _witness(self) -> Witness:
        return cast(WitnessServer, self.server).witness

    def _send(self, reply: Reply) -> None:
        self.log_message("%s %s", reply.status, reply.said)
        body = reply.body.encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind if reply.body else PLAIN)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)
