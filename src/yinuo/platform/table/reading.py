"""The asked columns of a delimited file, whatever its encoding and delimiter."""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from yinuo.platform.refusals import Refusal

DELIMITERS = ",;\t|"
LONE_HIGH = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")
HIGH = re.compile(rb"[\x80-\xff]")
SAMPLE = 1 << 22
HEADER_LINES = 30
# The first bytes of a zip archive, which .xlsx is, and of .xls.
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


class UnreadableFile(Refusal):
    """The file cannot be opened, is no text, or has no header."""

    code = "unreadable_file"
    zh = "读不了 {file}：{reason_zh}。"
    en = "{file} cannot be read: {reason_en}."


class UnknownColumn(Refusal):
    """A column that the file does not have."""

    code = "unknown_column"
    zh = "文件里没有“{name}”这一列。{near_zh}全部列名：{names}"
    en = "The file has no column “{name}”. {near_en}Its columns: {names}"


@dataclass
class Table:
    """Columns of texts, blanks around them removed.

    `line` is the line of the file on which each row begins, from 1. `is_twin` says whether an
    earlier row is the same in every cell. `odd_lines` are lines whose number of cells does not
    fit the header; they are no rows. `has_id` is whether some column tells nearly all rows apart.
    `repeated` are the names taken that stand more than once in the header: the first one counts.
    """

    encoding: str
    delimiter: str
    columns: dict[str, list[str]]
    line: list[int] = field(default_factory=list)
    is_twin: list[bool] = field(default_factory=list)
    odd_lines: list[int] = field(default_factory=list)
    has_id: bool = False
    repeated: list[str] = field(default_factory=list)


def read_table(path: Path, wanted: Sequence[str], also: re.Pattern[str] | None = None) -> Table:
    """Read the columns `wanted`, and those whose name matches `also`.

    A name is taken in any case and with any blanks around it; the table uses the names asked for.

    Raises
    ------
    UnreadableFile
        It cannot be opened or has no header.
    UnknownColumn
        A wanted column is not there; the sentence suggests near names.
    """
    try:
        data = path.read_bytes()
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise UnreadableFile(file=path.name, reason_zh=reason, reason_en=reason) from None
    if data.startswith(WORKBOOKS):
        raise UnreadableFile(
            file=path.name,
            reason_zh="这是 Excel 工作簿或压缩包，请另存为 CSV（UTF-8）",
            reason_en="it is a workbook or an archive; save the sheet as CSV (UTF-8)",
        )
    encoding = find_encoding(data)
    text = data.decode(encoding, errors="replace")
    del data
    if "\r" in text:
        # Old programs end lines with a bare return; the reader of rows refuses a mix.
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    skipped = count_preamble(text, wanted)
    text = text.split("\n", skipped)[-1] if skipped else text
    header = text[: text.find("\n") + 1 or len(text)]
    if not header.strip():
        raise UnreadableFile(
            file=path.name, reason_zh="文件是空的", reason_en="the file has no header"
        )
    delimiter = find_delimiter(header, wanted)
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [name.strip() for name in next(rows)]
    places = {name: find_column(name, names) for name in wanted}
    if also is not None:
        places |= {
            name: place
            for place, name in enumerate(names)
            if also.search(name) and place not in places.values()
        }
    table = Table(encoding, delimiter, {name: [] for name in places})
    tidied = [tidy(name) for name in names]
    table.repeated = [name for name in wanted if tidied.count(tidy(name)) > 1]
    line = _fill(table, rows, places, len(names), skipped)
    is_open = text.count('"') % 2 == 1 and not text.rstrip().endswith('"')
    if is_open and rows.line_num + skipped > line:
        raise UnreadableFile(
            file=path.name,
            reason_zh=f"第 {line} 行有一个引号没有配对，后面的行都读不出来，请补上或删掉它",
            reason_en=f"a quotation mark in line {line} is never closed; close or remove it",
        )
    return table


def _fill(
    table: Table, rows: Iterator[list[str]], places: dict[str, int], width: int, skipped: int
) -> int:
    """Read all rows; the line on which the last one begins."""
    known: set[int] = set()
    distinct: list[set[str]] = [set() for _ in range(width)]
    kept = [(table.columns[name], place) for name, place in places.items()]
    line = begins = 2 + skipped
    for cells in rows:
        line, begins = begins, rows.line_num + 1 + skipped  # type: ignore[attr-defined]
        if not any(cells):
            continue
        if len(cells) < width or any(cells[width:]):
            table.odd_lines.append(line)
            continue
        table.line.append(line)
        mark = hash(tuple(cells))
        table.is_twin.append(mark in known)
        known.add(mark)
        if len(table.line) <= 2000:
            for seen, cell in zip(distinct, cells, strict=False):
                seen.add(cell)
        for column, place in kept:
            column.append(cells[place].strip())
    asked = min(len(table.line), 2000)
    table.has_id = any(len(seen) >= 0.98 * asked for seen in distinct) and asked > 1
    return line


def count_preamble(text: str, wanted: Sequence[str]) -> int:
    """How many lines stand above the header: titles of a report, blank lines, `sep=;`.

    The header is the first line of thirty that has every wanted name, else the first that is
    neither blank nor a note on the delimiter.
    """
    lines = text.split("\n", HEADER_LINES)[:HEADER_LINES]
    names = {tidy(name) for name in wanted}
    for number, line in enumerate(lines):
        cells = next(csv.reader([line], delimiter=find_delimiter(line, wanted)), [])
        if names <= {tidy(cell) for cell in cells}:
            return number
    plain = (
        number
        for number, line in enumerate(lines)
        if line.strip() and not line.lower().startswith("sep=")
    )
    return next(plain, 0)


def find_encoding(data: bytes) -> str:
    """How the bytes are written: UTF-8, UTF-16, GB18030, else Windows-1252.

    UTF-16 has a mark, or every other byte of its header is nought.
    Chinese characters come as pairs of high bytes, accented letters of the West stand alone.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = data[:400]
    if start[1::2].count(0) > 0.4 * len(start[1::2]):
        return "utf-16-le"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8-sig"
    sample = data[:SAMPLE] if HIGH.search(data[:SAMPLE]) else data
    if len(LONE_HIGH.findall(sample)) * 2 > len(HIGH.findall(sample)):
        return "cp1252"
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return "cp1252"
    return "gb18030"


def find_delimiter(header: str, wanted: Sequence[str]) -> str:
    """The delimiter by which the header has most wanted names, then most cells."""
    names = {tidy(name) for name in wanted}

    def known(delimiter: str) -> tuple[int, int]:
        cells = next(csv.reader([header], delimiter=delimiter), [])
        return sum(tidy(cell) in names for cell in cells), len(cells)

    return max(DELIMITERS, key=known)


def tidy(name: str) -> str:
    """A column's name without what does not matter."""
    return " ".join(name.replace("\ufeff", "").split()).casefold()


def find_column(name: str, names: Sequence[str]) -> int:
    """The place of the column `name`.

    Raises
    ------
    UnknownColumn
        It is not there.
    """
    if name in names:
        return list(names).index(name)
    tidied = [tidy(other) for other in names]
    if tidy(name) in tidied:
        return tidied.index(tidy(name))
    near = [
        names[tidied.index(other)]
        for other in difflib.get_close_matches(tidy(name), tidied, n=3, cutoff=0.6)
    ]
    raise UnknownColumn(
        name=name,
        near_zh=f"是不是“{'”、“'.join(near)}”？" if near else "",
        near_en=f"Did you mean “{'” or “'.join(near)}”? " if near else "",
        names="、".join(names[:60])
        if any(ord(c) > 0x2E80 for c in "".join(names))
        else ", ".join(names[:60]),
    )
