"""Many rows of whole numbers from the database as arrays, without a Python object for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from django.db import connection

Ints = npt.NDArray[np.int64]
SEPARATOR = "\x1f"


def fetch_columns(
    query: str, names: Sequence[str], parameters: Sequence[object] = ()
) -> list[Ints]:
    """The columns `names` of a SELECT as arrays of int64, row by row as the query orders them.

    The server packs each column into one value, so a row costs no more than its bytes. A column
    is of an integer type and never null.

    Raises
    ------
    ValueError
        A column holds a null.
    psycopg.errors.UndefinedFunction
        A column is not of an integer type.
    """
    return fetch_mixed(query, names, (), parameters)[0]


def fetch_packed(
    query: str, names: Sequence[str], parameters: Sequence[object] = ()
) -> tuple[int, list[bytes]]:
    """How many rows a SELECT gives, and its columns `names`: the values of each, one after the
    other. A column is of type bytea; a null adds nothing."""
    count, *columns = _packed(
        query, [f"string_agg({name}, ''::bytea)" for name in names], parameters
    )
    return count, [value or b"" for value in columns]


def fetch_mixed(
    query: str, numbers: Sequence[str], texts: Sequence[str], parameters: Sequence[object] = ()
) -> tuple[list[Ints], list[list[str]]]:
    """The same with columns of text as well, each a list; text must not hold `SEPARATOR`."""
    packed = [f"string_agg(int8send({name}), ''::bytea)" for name in numbers]
    packed += [f"string_agg({name}, chr({ord(SEPARATOR)}))" for name in texts]
    row = _packed(query, packed, parameters)
    count, split = row[0], 1 + len(numbers)
    columns = [np.frombuffer(value or b"", dtype=">i8").astype(np.int64) for value in row[1:split]]
    words = [[] if value is None else value.split(SEPARATOR) for value in row[split:]]
    if any(len(column) != count for column in (*columns, *words)):
        raise ValueError("a column holds a null, or a text the sign between two texts")
    return columns, words


def _packed(query: str, packed: Sequence[str], parameters: Sequence[object]) -> tuple[Any, ...]:
    """The one row of these aggregates over all rows of the query, their number first."""
    connection.ensure_connection()
    # Django's own cursor asks for text, in which bytes take twice the room.
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(
            f"SELECT count(*), {', '.join(packed)} FROM ({query}) AS rows",
            list(parameters) or None,
            binary=True,
        )
        row: tuple[Any, ...] | None = cursor.fetchone()
    assert row is not None
    return row
