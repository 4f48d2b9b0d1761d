"""Many rows into the database at once: whole columns by COPY, one text for all rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from yinuo.platform.weaving import Texts, texts_of, weave

# What COPY's text form gives a meaning of its own.
_SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_SIGNS = b"\\\t\n\r"
NULL = "\\N"
# So many numbers in a stretch for each that is meant, or fewer, and they are called neighbours.
DENSE = 4


@dataclass(frozen=True)
class Same:
    """One value for every row; None is a null."""

    value: object


@dataclass(frozen=True)
class Hexed:
    """A column of bytes, all of one length, one after the other."""

    raw: bytes
    width: int


Column = Sequence[int] | Sequence[str] | Texts | Hexed | Same


def copy_in(target: str, columns: Sequence[Column]) -> None:
    """Append rows to `target` ("table (column, ...)"), given column by column.

    Columns are of equal length and hold integers or text; a null is possible in `Same` only.

    Raises
    ------
    django.db.IntegrityError
        A row is there already, or the table refuses it.
    """
    pieces: list[str | Texts] = []
    between = ""
    count = -1
    for column in columns:
        if isinstance(column, Same):
            between += _same(column)
        else:
            texts = _escaped(column)
            count = len(texts)
            pieces += [between, texts]
            between = ""
        between += "\t"
    lines = weave([*pieces, between[:-1] + "\n"], count)
    # What the server finds wrong is said when the copy ends, which Django does not see by itself.
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {target} FROM STDIN") as copy,
    ):
        copy.write(lines.text.tobytes())


def array_of(numbers: Iterable[int | None]) -> str:
    """Whole numbers as the text of an array, for a parameter `%s::bigint[]`; None is a null."""
    return "{" + ",".join(["NULL" if one is None else str(one) for one in numbers]) + "}"


def array_of_texts(texts: Iterable[str | None]) -> str:
    """Texts as the text of an array, for a parameter `%s::text[]`; None is a null."""
    return "{" + ",".join(["NULL" if one is None else _quoted(one) for one in texts]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def fresh_ids(table: str, count: int) -> list[int]:
    """So many new row numbers of `table`, rising."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(nextval((SELECT pg_get_serial_sequence(%s, 'id')::regclass)))"
            " FROM generate_series(1, %s)",
            [table, count],
        )
        return sorted(cursor.fetchone()[0] or [])


def among(column: str, numbers: Sequence[int]) -> tuple[str, list[int | str]]:
    """A condition, with its parameters, that holds for these numbers.

    For neighbours it is the stretch that they lie in, so it may hold for a few more: one walk along
    an index finds them sooner than a search for each.
    """
    if not numbers:
        return "false", []
    first, last = min(numbers), max(numbers)
    if last - first < DENSE * len(numbers):
        return f"{column} BETWEEN %s AND %s", [first, last]
    return f"{column} = ANY(%s::bigint[])", [array_of(numbers)]


@contextmanager
def in_key_order() -> Iterator[None]:
    """Meanwhile an UPDATE takes its rows in the order of the key that it joins by.

    Writers that take rows in one order never wait for each other in a circle. Inside a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_hashjoin = off")
        yield
        cursor.execute("SET LOCAL enable_hashjoin = on")


@contextmanager
def staged(name: str, fields: str, columns: Sequence[Column]) -> Iterator[None]:
    """A temporary table of these rows, for a statement that joins with it; gone afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} ({fields}) ON COMMIT DROP")
        copy_in(name, columns)
        yield
        cursor.execute(f"DROP TABLE {name}")


def _same(column: Same) -> str:
    if column.value is None:
        return NULL
    return str(column.value).translate(_SPECIAL)


def _escaped(column: Sequence[int] | Sequence[str] | Texts | Hexed) -> Texts:
    """The column with what COPY would misread escaped; mostly there is nothing."""
    if isinstance(column, Hexed):
        text, step = column.raw.hex(), 2 * column.width
        return texts_of(
            ["\\\\x" + text[start : start + step] for start in range(0, len(text), step)]
        )
    texts = column if isinstance(column, Texts) else texts_of(column)
    raw = texts.text.tobytes()
    if len(raw.translate(None, _SIGNS)) == len(raw):
        return texts
    return texts_of([word.translate(_SPECIAL) for word in texts.words()])
