"""Records out of a file or a request, one at a time, however long it is."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from yinuo.platform.records.encoding import Source, open_bytes, open_text
from yinuo.platform.records.problems import Problems, RowProblem, Wrong
from yinuo.platform.records.schema import Row, Schema, tidy_name

DELIMITERS = ",;\t"
PEEK = 4096


class Form(StrEnum):
    """How records are written down."""

    CSV = "csv"
    JSONL = "jsonl"
    JSON = "json"


def read(
    source: Source | Sequence[Mapping[str, object]],
    schema: Schema,
    problems: Problems,
    form: Form | None = None,
) -> Iterator[Row]:
    """The good rows of `source`, in order; what is wrong with the others goes to `problems`.

    `source` is a file's path, bytes, a binary stream or records as Python has them. Without
    `form` it is found out: a text that begins with a bracket or brace is JSON.
    """
    if isinstance(source, (list, tuple)):
        yield from _from_items(source, schema, problems)
        return
    assert not isinstance(source, Sequence) or isinstance(source, bytes)
    stream = open_bytes(source)
    try:
        text = open_text(stream)
    except Wrong as wrong:
        problems.add(wrong.at(0, ""))
        return
    form = form or _find_form(text)
    try:
        yield from {Form.CSV: _from_csv, Form.JSONL: _from_lines, Form.JSON: _from_json}[form](
            text, schema, problems
        )
    finally:
        # Whoever opened the stream closes it.
        text.detach()
        if isinstance(source, Path):
            stream.close()


def _find_form(text: io.TextIOWrapper) -> Form:
    start = text.read(PEEK).lstrip()
    text.seek(0)
    return {"{": Form.JSONL, "[": Form.JSON}.get(start[:1], Form.CSV)


def _find_delimiter(header: str, schema: Schema) -> str:
    """The delimiter by which the header has most names that we know."""

    def known(delimiter: str) -> int:
        return sum(tidy_name(cell.strip('"')) in schema.names for cell in header.split(delimiter))

    return max(DELIMITERS, key=known)


def _from_csv(text: io.TextIOWrapper, schema: Schema, problems: Problems) -> Iterator[Row]:
    header = text.readline()
    text.seek(0)
    # Excel may name its delimiter in a first line of its own.
    skipped = 1 if header.lower().startswith("sep=") else 0
    if skipped:
        text.readline()
        header = text.readline()
        text.seek(0)
        text.readline()
    rows = csv.reader(text, delimiter=_find_delimiter(header, schema), strict=True)
    try:
        names, wrong = schema.read_header(next(rows, []))
        for problem in wrong:
            problems.add(problem)
        if wrong:
            return
        line = rows.line_num + skipped
        for cells in rows:
            begins, line = line + 1, rows.line_num + skipped
            if any(cells):
                yield from _take_cells(begins, cells, names, schema, problems)
    except csv.Error as error:
        problems.add(_bad_table(rows.line_num + skipped, error))


def _take_cells(
    line: int, cells: list[str], names: list[str], schema: Schema, problems: Problems
) -> Iterator[Row]:
    if len(cells) > len(names) and any(cells[len(names) :]):
        problems.add(
            RowProblem(
                line,
                "",
                f"有 {len(cells)} 格，表头只有 {len(names)} 列；带逗号的内容要加引号",
                f"it has {len(cells)} cells under {len(names)} columns; quote what holds a comma",
            )
        )
        return
    yield from _take(line, dict(zip(names, cells, strict=False)), schema, problems)


def _bad_table(line: int, error: csv.Error) -> RowProblem:
    if "field larger" in str(error) or "unexpected end" in str(error):
        return RowProblem(
            line,
            "",
            "引号没有成对，后面的内容都连在了一起",
            "a quotation mark is not closed, so what follows runs together",
        )
    return RowProblem(
        line, "", f"表格写法不对（{error}）", f"the table is not well formed ({error})"
    )


def _take(
    line: int, record: dict[str, object] | dict[str, str], schema: Schema, problems: Problems
) -> Iterator[Row]:
    row, wrong = schema.read(line, record)
    for problem in wrong:
        problems.add(problem)
    if row is not None:
        yield row


def _from_lines(text: io.TextIOWrapper, schema: Schema, problems: Problems) -> Iterator[Row]:
    for line, written in enumerate(text, start=1):
        if written.strip():
            try:
                record = json.loads(written)
            except ValueError as error:
                problems.add(_bad_json(line, error))
                continue
            yield from _take_record(line, record, schema, problems)


def _from_json(text: io.TextIOWrapper, schema: Schema, problems: Problems) -> Iterator[Row]:
    try:
        records = json.load(text)
    except (ValueError, RecursionError) as error:
        problems.add(_bad_json(getattr(error, "lineno", 0), error))
        return
    if not isinstance(records, list):
        records = [records]
    yield from _from_items(records, schema, problems)


def _from_items(records: Iterable[object], schema: Schema, problems: Problems) -> Iterator[Row]:
    for number, record in enumerate(records, start=1):
        yield from _take_record(number, record, schema, problems)


def _take_record(line: int, record: object, schema: Schema, problems: Problems) -> Iterator[Row]:
    if not isinstance(record, dict):
        problems.add(
            RowProblem(line, "", "每条记录应是一个对象 {…}", "each record should be an object {…}")
        )
        return
    tidy = {tidy_name(str(name)): value for name, value in record.items()}
    wrong = schema.check_names(line, tidy)
    for problem in wrong:
        problems.add(problem)
    if not wrong:
        yield from _take(line, tidy, schema, problems)


def _bad_json(line: int, error: Exception) -> RowProblem:
    return RowProblem(line, "", f"不是正确的 JSON（{error}）", f"this is not JSON ({error})")
