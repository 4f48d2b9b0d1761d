"""The head map: where every stream of the log ends, in one root that anybody can compute.

Streams are put into buckets by the leading bits of their ids. Somebody who asks for one stream
fetches one bucket of about 64 and tells nobody which of them was meant.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator

from django.db import connection, transaction

from yinuo.contexts.ledger import rules
from yinuo.contexts.ledger.log_folder import LogFolder, log_folder
from yinuo.contexts.ledger.operations.facts import Fact, record
from yinuo.contexts.ledger.operations.sealing.checkpoints import published_size
from yinuo.engines.tlog import leaf_hash, tree_root

HEADS = "heads"
INDEX = "index"
BUCKET_STREAMS = 64
BITS_MAX = 16
KEPT = 2

# Of each stream the number and place of its last leaf below a size, by the id's own bytes.
_LAST = """
CREATE TEMPORARY TABLE log_head ON COMMIT DROP AS
SELECT stream, max(n) AS n, max(idx) AS idx FROM (
    SELECT l.idx, substring(coalesce(l.body, e.body) from '"s":"([A-Za-z0-9_-]{43})"') AS stream,
        substring(coalesce(l.body, e.body) from '"n":([0-9]+)')::bigint AS n
    FROM ledger_leaf l LEFT JOIN ledger_entry e ON e.id = l.entry_id WHERE l.idx < %s
) leaves WHERE stream IS NOT NULL GROUP BY stream
"""
_BY_BYTES = """
SELECT stream, n, idx FROM log_head
ORDER BY decode(translate(stream, '-_', '+/') || '=', 'base64')
"""


def bits_for(streams: int) -> int:
    """How many leading bits make buckets of at most 64 streams on average: 0 to 16."""
    return next(
        bits
        for bits in range(BITS_MAX + 1)
        if bits == BITS_MAX or streams <= BUCKET_STREAMS << bits
    )


def bucket_of(stream: str, bits: int) -> int:
    """The bucket of a stream: the leading bits of its 32 bytes."""
    first = base64.urlsafe_b64decode(stream + "=")[:2]
    return int.from_bytes(first) >> (16 - bits)


def is_heads_due(*, now: dt.datetime) -> bool:
    """Whether no head map was stated in the last day, and there is something to state."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(recorded_at) FROM ledger_entry WHERE kind = 'heads.stated'"
            " AND recorded_at > %s",
            [now - dt.timedelta(days=1)],
        )
        [last] = cursor.fetchone()
    return last is None and published_size() > 0


def state_heads(*, now: dt.datetime) -> Fact:
    """Write the head map of the log as published, and record its root; gives what was recorded."""
    folder, size = log_folder(), published_size()
    with folder.writing():
        bits, hashes = write_heads(folder, size)
    root = rules.encode(tree_root(hashes))
    fact = Fact("heads.stated", f"heads:{size}", {"size": size, "bits": bits, "root": root})
    with transaction.atomic():
        record(fact, now=now)
    return fact


@transaction.atomic
def write_heads(folder: LogFolder, size: int) -> tuple[int, bytes]:
    """The files of the map over the first `size` leaves; gives its bits and its buckets' hashes."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [size])
        cursor.execute("SELECT count(*) FROM log_head")
        bits = bits_for(cursor.fetchone()[0])
    hashes = []
    try:
        for number, text in enumerate(_buckets(bits)):
            folder.replace_later(f"{HEADS}/{size}/{number:04x}", text)
            hashes.append(leaf_hash(text))
        folder.replace(f"{HEADS}/{size}/{INDEX}", b"".join(hashes))
    except OSError:
        # A full disk must not keep half of a map.
        folder.remove(f"{HEADS}/{size}")
        raise
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE log_head")
    sizes = sorted({int(path.split("/")[1]) for path in folder.list_files(HEADS)})
    for old in sizes[:-KEPT]:
        folder.remove(f"{HEADS}/{old}")
    return bits, b"".join(hashes)


def _buckets(bits: int) -> Iterator[bytes]:
    """The text of every bucket in turn, the empty ones too."""
    current, lines = 0, list[str]()
    for stream, n, idx in _rows():
        number = bucket_of(stream, bits)
        while current < number:
            yield "".join(sorted(lines)).encode()
            current, lines = current + 1, []
        lines.append(f"{stream} {n} {idx}\n")
    while current < 1 << bits:
        yield "".join(sorted(lines)).encode()
        current, lines = current + 1, []


def _rows() -> Iterator[tuple[str, int, int]]:
    connection.ensure_connection()
    with connection.connection.cursor(name="log_heads") as cursor:
        cursor.itersize = 10_000
        cursor.execute(_BY_BYTES)
        yield from cursor
