"""An authority for time stamps of the tests' own: openssl behind a small HTTP server."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIG = """
[ tsa ]
default_tsa = here
[ here ]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
[ stamping ]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[ rooting ]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
"""


def openssl(*words: str) -> bytes:
    """What the program prints; fails with what it complains of."""
    done = subprocess.run(["openssl", *words], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def make_authority(folder: Path) -> Path:
    """Keys and certificates of an authority in `folder`; the certificate to trust."""
    config = folder / "tsa.conf"
    config.write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "/dev/null")
    root, key, asked = folder / "root.pem", folder / "root.key", folder / "tsa.csr"
    extensions = ("-extfile", str(config), "-days", "3650")
    subject = ("-subj", "/CN=Root for tests")
    openssl("req", "-new", *ec, *subject, "-keyout", str(key), "-out", f"{root}.csr")
    own = ("-req", "-in", f"{root}.csr", "-signkey", str(key), "-extensions", "rooting")
    openssl("x509", *own, *extensions, "-out", str(root))
    subject = ("-subj", "/CN=Authority for tests")
    openssl("req", "-new", *ec, *subject, "-keyout", str(folder / "tsa.key"), "-out", str(asked))
    by = ("-req", "-in", str(asked), "-CA", str(root), "-CAkey", str(key), "-CAcreateserial")
    openssl("x509", *by, "-extensions", "stamping", *extensions, "-out", str(folder / "tsa.pem"))
    return root


@dataclass
class Authority:
    """A running authority. `answer` can be exchanged to have it misbehave."""

    url: str
    root: Path
    answer: Callable[[bytes], tuple[int, bytes]]
    asked: list[bytes] = field(default_factory=list)


@contextmanager
def running_authority(folder: Path) -> Iterator[Authority]:
    """An authority that answers at an address of this machine."""
    root = make_authority(folder)

    def stamp(query: bytes) -> tuple[int, bytes]:
        asked = folder / "query.tsq"
        asked.write_bytes(query)
        config = ("-config", str(folder / "tsa.conf"))
        return 200, openssl("ts", "-reply", *config, "-queryfile", str(asked))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            authority.asked.append(query)
            status, body = authority.answer(query)
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    authority = Authority(f"http://127.0.0.1:{server.server_port}/tsa", root, stamp)
    runner = threading.Thread(target=server.serve_forever, daemon=True)
    runner.start()
    try:
        yield authority
    finally:
        server.shutdown()
        server.server_close()
        runner.join()
