"""Tables that strangers send: encodings, delimiters, names of columns, dates, numbers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from yinuo.platform.table.dates import MISSING, UNREADABLE, First, read_days
from yinuo.platform.table.numbers import read_numbers
from yinuo.platform.table.reading import UnknownColumn, UnreadableFile, find_encoding, read_table

PLACES = ["Côte d'Ivoire", "Zürich", "Málaga", "Perú"]


def days_of(*dates: tuple[int, int, int]) -> list[int]:
    return [dt.date(*one).toordinal() - dt.date(1970, 1, 1).toordinal() for one in dates]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8-sig"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"),
     ("gb18030", "gb18030")],
)  # fmt: skip
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_chinese_tables_are_read_in_any_encoding(
    tmp_path: Path, encoding: str, found: str, delimiter: str
) -> None:
    path = tmp_path / "订单.csv"
    lines = [
        ["订单号", "下单日期", "城市"],
        ["1", "2026-02-11", "南昌"],
        ["2", "2026-02-12", "天津"],
    ]
    path.write_text("\r\n".join(delimiter.join(line) for line in lines), encoding=encoding)
    table = read_table(path, ["下单日期", "城市"])
    assert table.columns == {"下单日期": ["2026-02-11", "2026-02-12"], "城市": ["南昌", "天津"]}
    assert (table.encoding, table.delimiter) == (found, delimiter)
    assert table.line == [2, 3]


def test_western_letters_are_not_taken_for_chinese(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes(("place,day\n" + "".join(f"{one},1\n" for one in PLACES)).encode("latin-1"))
    assert read_table(path, ["place"]).columns["place"] == PLACES
    assert find_encoding("南昌 é 天津 海口".encode("gb18030")) == "gb18030"


def test_lines_of_quoted_cells_are_counted_as_the_file_has_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,what,day\n1,"two\nlines",x\n2,plain,y\n3,short\n4,long,z,more\n\n5,e,w\n')
    table = read_table(path, ["day"])
    assert table.columns["day"] == ["x", "y", "w"]
    assert table.line == [2, 4, 8]
    assert table.odd_lines == [5, 6]


def test_equal_rows_are_marked_and_a_number_column_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,day\n" + "".join(f"{n},1\n" for n in range(200)) + "7,1\n")
    table = read_table(path, ["day"])
    assert (sum(table.is_twin), table.has_id) == (1, True)
    path.write_text("kind,day\n" + "".join(f"{n % 3},{n % 5}\n" for n in range(200)))
    table = read_table(path, ["day"])
    assert (sum(table.is_twin), table.has_id) == (185, False)


def test_a_name_is_found_in_any_case_and_an_unknown_one_gets_suggestions(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sep=;\n Order  Date ;Delivered At;Region\n1;2;3\n")
    assert read_table(path, ["order date"]).columns == {"order date": ["1"]}
    with pytest.raises(UnknownColumn) as refused:
        read_table(path, ["Delivery At"])
    assert "Did you mean “Delivered At”?" in refused.value.message("en")
    assert "是不是“Delivered At”？" in refused.value.message("zh")


def test_a_file_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="No such file"):
        read_table(tmp_path / "none.csv", ["a"])
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(UnreadableFile, match="header"):
        read_table(tmp_path / "empty.csv", ["a"])


@pytest.mark.parametrize(
    "text",
    ["2026-02-11", "2026/2/11", "2026.02.11", "20260211", "2026年2月11日", "2026-02-11 09:20:00",
     "2026-02-11T09:20:00+08:00", "2026-02-11T09:20:00.123Z", "11-Feb-26", "11 Feb 2026",
     "February 11, 2026", "Wed, 11 Feb 2026 09:20:00", "Feb 11 2026", "2026-Feb-11", "46064",
     "46064.39", "1770771600", "1770771600000", "11/02/2026 9:20 AM", "2026-02-11 9时20分"],
)  # fmt: skip
def test_one_day_in_many_forms(text: str) -> None:
    days = read_days([text, "25/12/2026"])
    assert days.day[0] == days_of((2026, 2, 11))[0]


@pytest.mark.parametrize(
    "text", ["2026-13-01", "2026-02-30", "32/12/2026", "11-Foo-26", "12", "x1"]
)
def test_what_is_no_date_is_not_readable(text: str) -> None:
    assert read_days([text]).day[0] == UNREADABLE


@pytest.mark.parametrize(
    "text", ["", "NULL", "n/a", "Pre-PQ Process", "-", "暂无", "0000-00-00", "9999-12-31 00:00:00"]
)
def test_words_and_placeholders_are_no_date(text: str) -> None:
    days = read_days([text, text])
    assert (days.day == MISSING).all()
    assert days.texts == ({text: 2} if text else {})


def test_one_value_shows_what_comes_first_for_the_whole_column() -> None:
    day = read_days(["02/06/2006", "13/06/2006"])
    assert day.day.tolist() == days_of((2006, 6, 2), (2006, 6, 13))
    assert (day.first, day.is_certain, day.forms) == (First.DAY, True, {"DD/MM/YYYY": 2})
    month = read_days(["02/06/06", "06/13/06"])
    assert month.day.tolist() == days_of((2006, 2, 6), (2006, 6, 13))
    assert month.first is First.MONTH
    open_question = read_days(["02/06/2006"], First.DAY)
    assert (open_question.first, open_question.is_certain) == (First.DAY, False)
    assert read_days(["2026-02-11"]).first is None


def test_a_column_may_mix_forms() -> None:
    days = read_days(["2/20/08", "14-Nov-06", "Date Not Captured"])
    assert days.day.tolist() == [*days_of((2008, 2, 20), (2006, 11, 14)), MISSING]


def test_numbers_with_signs_and_separators() -> None:
    values = read_numbers(["1,234.5", "¥20", "-3", "12%", "1e3", "", "n/a"])
    assert values is not None
    assert values[:5].tolist() == [1234.5, 20, -3, 12, 1000]
    assert np.isnan(values[5:]).all()


@pytest.mark.parametrize("texts", [["a", "b"], ["A1", "B2", "3"], ["", ""], ["10mg/ml", "30", "x"]])
def test_names_are_no_numbers(texts: list[str]) -> None:
    assert read_numbers(texts) is None


@pytest.mark.parametrize(
    "above", ["\n\n", "Report of orders\nmade by hand\n\n", "sep=,\n", "a,b\n1,2\n"]
)
def test_what_stands_above_the_header_is_skipped_and_lines_still_count(
    tmp_path: Path, above: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(above + "o,d\n1,2\n1,2,3,4\n5,6\n", encoding="utf-8")
    table = read_table(path, ["o", "d"])
    first = above.count("\n") + 2
    assert table.columns == {"o": ["1", "5"], "d": ["2", "6"]}
    assert table.line == [first, first + 2]
    assert table.odd_lines == [first + 1]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_may_end_as_any_program_ends_them(tmp_path: Path, end: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(end.join(["o,d", "1,2", "3,4", ""]).encode())
    table = read_table(path, ["o", "d"])
    assert (table.columns["d"], table.line) == (["2", "4"], [2, 3])


def test_a_workbook_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(UnreadableFile) as refused:
        read_table(path, ["o"])
    assert "CSV" in refused.value.message("zh")
    assert "workbook" in refused.value.message("en")


def test_a_name_that_stands_twice_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("o,d,D \n1,2,3\n", encoding="utf-8")
    table = read_table(path, ["o", "d"])
    assert table.repeated == ["d"]
    assert table.columns["d"] == ["2"]


@pytest.mark.parametrize(
    "text", ["Wed Feb 11 10:00:00 2026", "Wed Feb 11 10:00:00 UTC 2026", "２０２６－０２－１１"]
)
def test_days_as_machines_and_wide_keyboards_write_them(text: str) -> None:
    assert read_days([text]).day.tolist() == days_of((2026, 2, 11))


def test_a_quotation_mark_that_swallows_the_rest_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('o,d\n1,2\n3,"4\n5,6\n7,8\n', encoding="utf-8")
    with pytest.raises(UnreadableFile, match="line 3 is never closed"):
        read_table(path, ["o", "d"])
    path.write_text('o,d\n1,5" wide\n3,"4\n5"\n', encoding="utf-8")
    assert read_table(path, ["o", "d"]).columns["o"] == ["1", "3"]


def test_utf_16_without_a_mark_is_seen() -> None:
    assert find_encoding("ordered,delivered\n2026-02-11,\n".encode("utf-16-le")) == "utf-16-le"
    assert find_encoding(b"a") == "utf-8-sig"
