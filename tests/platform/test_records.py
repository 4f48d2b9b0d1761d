"""Reading records: every encoding, every damage a spreadsheet does, every error with its place."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yinuo.platform.records.problems import KEPT_MAX, Problems, RowProblem
from yinuo.platform.records.reading import Form, read
from yinuo.platform.records.schema import Field, Kind, Row, Schema

SCHEMA = Schema(
    (
        Field("id", Kind.CODE, "编号", "the id"),
        Field("name", Kind.TEXT, "姓名", "the name", required=False),
        Field("cars", Kind.INTEGER, "台数", "how many", required=False, most=1000),
        Field("week", Kind.WEEK, "周", "the week", required=False),
        Field("day", Kind.DATE, "日", "the day", required=False),
        Field("at", Kind.INSTANT, "时间", "the moment", required=False),
        Field("mode", Kind.CHOICE, "方式", "how", required=False, choices=("RAIL", "ROAD")),
        Field("orders", Kind.LIST, "订单", "orders", required=False),
    )
)
NINE_TWENTY = dt.datetime(2026, 2, 11, 1, 20, tzinfo=dt.UTC)


def take(
    source: bytes | Path | io.BytesIO | list[dict[str, object]],
) -> tuple[list[Row], list[RowProblem]]:
    problems = Problems()
    rows = list(read(source, SCHEMA, problems))
    return rows, problems.kept


def one(field: str, value: object) -> object:
    """The value that a field's text becomes."""
    rows, wrong = take([{"id": "1", field: value}])
    assert wrong == []
    return rows[0].values[field]


def refused(field: str, value: object) -> RowProblem:
    rows, [wrong] = take([{"id": "1", field: value}])
    assert rows == []
    assert (wrong.line, wrong.field) == (1, field)
    return wrong


class TestEncodings:
    TEXT = "id,name\n1,张伟\n2,欧阳娜娜\n"

    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030", "gb2312"]
    )
    def test_is_found_out(self, encoding: str) -> None:
        rows, wrong = take(self.TEXT.encode(encoding))
        assert wrong == []
        assert [row.values["name"] for row in rows] == ["张伟", "欧阳娜娜"]

    def test_utf16_of_the_other_byte_order(self) -> None:
        rows, _ = take(b"\xfe\xff" + self.TEXT.encode("utf-16-be"))
        assert rows[1].values["name"] == "欧阳娜娜"

    def test_four_byte_characters_of_gb18030(self) -> None:
        rows, wrong = take("id,name\n1,䶮㐂𠮷\n".encode("gb18030"))
        assert wrong == []
        assert rows[0].values["name"] == "䶮㐂𠮷"

    def test_a_chinese_letter_late_in_a_long_file_decides(self) -> None:
        lines = "".join(f"{n},x\n" for n in range(300_000))
        rows, wrong = take(f"id,name\n{lines}last,张伟\n".encode("gbk"))
        assert wrong == []
        assert rows[-1].values["name"] == "张伟"

    def test_one_wrong_byte_in_utf8_is_reported_with_its_line(self) -> None:
        good = "".join(f"{n},欧阳娜娜\n" for n in range(50))
        rows, [wrong] = take(f"id,name\n{good}".encode() + b"x,\xb5\n")
        assert rows == []
        assert "第 52 行" in wrong.zh
        assert "line 52 has a byte (0xB5)" in wrong.en

    def test_a_wrong_byte_after_a_byte_order_mark(self) -> None:
        _, [wrong] = take(b"\xef\xbb\xbfid,name\n1,\xd5\xc5\n")
        assert "line 2" in wrong.en

    def test_half_a_character_at_the_end(self) -> None:
        _, [wrong] = take("id,name\n1,张伟\n2,张".encode()[:-1])
        assert "line 3" in wrong.en

    def test_bytes_that_are_no_text(self) -> None:
        _, [wrong] = take(b"\x00\x01\x02\x03")
        assert "UTF-8" in wrong.en

    @given(st.text(st.characters(codec="gb18030", categories=["Lo"]), min_size=1, max_size=60))
    def test_utf8_is_never_taken_for_something_else(self, name: str) -> None:
        rows, wrong = take(f"id,name\n1,{name}\n".encode())
        assert wrong == []
        assert rows[0].values["name"] == name

    def test_a_stream_that_cannot_go_back(self) -> None:
        class Pipe(io.BytesIO):
            def seekable(self) -> bool:
                return False

            def seek(self, *_: object) -> int:
                raise io.UnsupportedOperation

        rows, wrong = take(Pipe(self.TEXT.encode("gbk")))
        assert wrong == []
        assert len(rows) == 2

    def test_a_path(self, tmp_path: Path) -> None:
        path = tmp_path / "in.csv"
        path.write_text(self.TEXT, encoding="gbk")
        assert len(take(path)[0]) == 2
        with pytest.raises(FileNotFoundError):
            take(tmp_path / "none.csv")


class TestTables:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_delimiters_and_line_ends(self, delimiter: str, end: str) -> None:
        lines = [delimiter.join(cells) for cells in (("id", "name"), ("1", "a"), ("2", "b"))]
        rows, wrong = take(end.join(lines).encode())
        assert wrong == []
        assert [(row.line, row.values["id"]) for row in rows] == [(2, "1"), (3, "2")]

    def test_excel_may_name_its_delimiter_first(self) -> None:
        rows, wrong = take(b"sep=;\nid;name\n1;a\n")
        assert wrong == []
        assert (rows[0].line, rows[0].values["name"]) == (3, "a")

    def test_a_quoted_line_break_counts_as_lines_of_the_file(self) -> None:
        rows, [wrong] = take(b'id,name\n1,"a\nb"\n2,"say ""hi"""\n3,x,y\n')
        assert [(row.line, row.values["name"]) for row in rows] == [(2, "a b"), (4, 'say "hi"')]
        assert wrong.line == 5
        assert "3 cells under 2 columns" in wrong.en

    def test_an_open_quotation_mark(self) -> None:
        _, [wrong] = take(b'id,name\n1,"a\n2,b\n')
        assert "quotation mark" in wrong.en

    def test_empty_lines_and_empty_columns_at_the_end(self) -> None:
        rows, wrong = take(b"id,name,,\n1,a,,\n\n,,,\n2,b\n\n\n")
        assert wrong == []
        assert [row.line for row in rows] == [2, 5]

    def test_a_header_in_any_case_with_odd_blanks(self) -> None:
        rows, wrong = take("\ufeff ID ,\u3000Ｎame,'CARS\n1,a,3\n".encode())
        assert wrong == []
        assert rows[0].values["cars"] == 3

    def test_an_unknown_column_is_named_with_the_nearest(self) -> None:
        _, [wrong] = take(b"id,nmae\n1,a\n")
        assert (wrong.line, wrong.field) == (1, "nmae")
        assert "是不是 name" in wrong.zh
        assert "Did you mean name" in wrong.en

    def test_a_missing_column_is_said_once(self) -> None:
        rows, [wrong] = take(b"name\na\nb\nc\n")
        assert rows == []
        assert (wrong.line, wrong.field) == (1, "id")

    def test_a_column_twice(self) -> None:
        _, [wrong] = take(b"id,name,Name\n1,a,b\n")
        assert wrong.field == "name"

    def test_an_empty_file(self) -> None:
        rows, [wrong] = take(b"")
        assert rows == []
        assert wrong.field == "id"

    def test_only_the_first_thousand_problems_are_kept(self) -> None:
        problems = Problems()
        data = b"id,cars\n" + b"1,x\n" * 1500
        assert list(read(data, SCHEMA, problems)) == []
        assert (problems.count, problems.bad_lines, len(problems.kept)) == (1500, 1500, KEPT_MAX)


class TestJson:
    def test_lines(self) -> None:
        rows, [wrong] = take(b'{"id": 1, "cars": 2}\n\n{"id": "b", "orders": ["x", "y"]}\n{"id"\n')
        assert [(row.line, row.values["id"]) for row in rows] == [(1, "1"), (3, "b")]
        assert rows[1].values["orders"] == ["x", "y"]
        assert wrong.line == 4

    def test_a_list_and_a_single_record(self) -> None:
        assert len(take(b'[{"id": "a"}, {"id": "b"}]')[0]) == 2
        problems = Problems()
        assert len(list(read(b'{"id": "a"}', SCHEMA, problems, Form.JSON))) == 1

    @pytest.mark.parametrize("data", [b"[1, 2", b"[[1]]", b'["a"]', b"[" * 100_000])
    def test_what_is_no_record(self, data: bytes) -> None:
        rows, wrong = take(data)
        assert rows == []
        assert len(wrong) == 1

    def test_unknown_names_and_wrong_kinds(self) -> None:
        assert take([{"id": "1", "nmae": "a"}])[1][0].field == "nmae"
        assert take([{"id": True}])[1][0].field == "id"
        assert take([{"id": {"a": 1}}])[1][0].field == "id"
        assert take([{"id": "1", "name": None}])[1] == []

    def test_half_a_character(self) -> None:
        assert take(json.dumps([{"id": "1", "name": "\ud800"}]).encode())[1][0].field == "name"


class TestValues:
    @pytest.mark.parametrize(
        "text",
        [
            "2026-02-11T09:20+08:00",
            "2026-02-11T01:20:00Z",
            "2026-02-11 09:20",
            "2026/2/11 9:20",
            "2026/02/11 09:20:00",
            "'2026-02-11 09:20 ",
            "２０２６-02-11 09:20",
            "2026-02-11T09:20:00.000+0800",
        ],
    )
    def test_moments(self, text: str) -> None:
        assert one("at", text) == NINE_TWENTY

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("11/2/2026 9:20", "year first"),
            ("2/11/26", "year first"),
            ("46064.38889", "serial number"),
            ("2026-02-30 09:20", "no moment"),
            ("2026-02-11", "2026-02-11T09:20+08:00"),
            ("0001-01-01T00:00", "year 1"),
            ("soon", "should be written"),
        ],
    )
    def test_no_moments(self, text: str, said: str) -> None:
        assert said in refused("at", text).en

    @pytest.mark.parametrize("text", ["2026-02-16", "2026/2/16", "2026-W08", "2026W8", "2026-w08"])
    def test_weeks(self, text: str) -> None:
        assert one("week", text) == dt.date(2026, 2, 16)

    @pytest.mark.parametrize("text", ["2026-02-17", "2026-W54", "16.2.2026", "W08"])
    def test_no_weeks(self, text: str) -> None:
        refused("week", text)

    def test_days(self) -> None:
        assert one("day", "2026/2/11") == dt.date(2026, 2, 11)
        assert one("day", "2026-02-11 00:00:00") == dt.date(2026, 2, 11)
        assert "year first" in refused("day", "11-02-2026").en
        assert "no day" in refused("day", "2026-02-30").en

    def test_whole_numbers(self) -> None:
        assert one("cars", "１２") == 12
        assert one("cars", "'120") == 120
        assert one("cars", "120.0") == 120
        assert one("cars", 7) == 7
        for text in ("1.23E+05", "1,200", "1.5", "many", "", "-1", "1001"):
            if text:
                refused("cars", text)

    def test_codes_that_a_spreadsheet_has_spoilt(self) -> None:
        assert "scientific" not in refused("id", "1.39E+10").zh
        assert "spreadsheet" in refused("id", "1.39E+10").en
        assert one("id", "1E5") == "1E5"
        assert one("id", "ＡＢ１２") == "AB12"

    def test_text_keeps_its_own_characters(self) -> None:
        assert one("name", "　欧阳 　娜娜 ") == "欧阳 娜娜"
        assert one("name", "Ａ座") == "Ａ座"
        for text in ("a\x00b", "a\x07b", "张\ufffd", "x" * 201):
            refused("name", text)

    def test_choices(self) -> None:
        assert one("mode", "rail") == "RAIL"
        assert "Did you mean RAIL" in refused("mode", "RIAL").en

    def test_lists(self) -> None:
        assert one("orders", "a b;c；d,e、f\n") == ["a", "b", "c", "d", "e", "f"]
        assert one("orders", ["a", 2]) == ["a", "2"]


def test_the_same_content_has_the_same_digest_however_it_is_written() -> None:
    csv_rows, _ = take("ID;AT;Cars\n'a;2026/2/11 9:20;１２\n".encode("gbk"))
    json_rows, _ = take(b'{"cars": 12, "at": "2026-02-11T01:20:00Z", "id": "a"}')
    assert csv_rows[0].digest == json_rows[0].digest
    other, _ = take(b'{"cars": 13, "at": "2026-02-11T01:20:00Z", "id": "a"}')
    assert other[0].digest != json_rows[0].digest


@given(st.binary(max_size=300))
def test_any_bytes_end_in_rows_or_problems(data: bytes) -> None:
    rows, wrong = take(data)
    assert rows or wrong


@given(
    st.lists(st.fixed_dictionaries({"id": st.text(), "cars": st.one_of(st.text(), st.floats())}))
)
def test_any_records_end_in_rows_or_problems(records: list[dict[str, object]]) -> None:
    rows, wrong = take(records)
    assert len(rows) + len({problem.line for problem in wrong}) == len(records)
