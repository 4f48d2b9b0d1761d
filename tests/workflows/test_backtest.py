"""`yinuo backtest`: rows and their uses, figures, refusals, the command and its page."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.ground import machine
from yinuo.platform.refusals import Refusal
from yinuo.workflows.backtest.orders import Columns, Orders, read_orders
from yinuo.workflows.backtest.page import build_page, write_page
from yinuo.workflows.backtest.scoring import Windows, score
from yinuo.workflows.backtest.telling import as_json, tell
from yinuo.workflows.backtest.trial import Result, run_trial

COLUMNS = Columns("ordered", "delivered", "promised", ("region",), ("weight", "shop"))
START = dt.date(2025, 3, 1)


def write_orders(path: Path, extra: list[list[str]] | None = None, size: int = 1500) -> Path:
    """A file of orders from 2024 on; a tenth of the promises fail; the last ones are open."""
    rng = np.random.default_rng(5)
    first, end = dt.date(2024, 1, 1), dt.date(2025, 6, 30)
    rows = []
    for number, day in enumerate(np.sort(rng.integers(0, 546, size)).tolist()):
        region = int(rng.integers(0, 3))
        weight = rng.lognormal(0, 1)
        lead = float(np.exp(np.log([8, 15, 30][region]) + 0.2 * np.log(weight)
                            + rng.normal(0, 0.25)))  # fmt: skip
        ordered = first + dt.timedelta(days=day)
        delivered = ordered + dt.timedelta(days=round(lead))
        promised = ordered + dt.timedelta(days=round(1.5 * [8, 15, 30][region]))
        rows.append([f"o{number}", str(ordered), str(delivered) if delivered <= end else "",
                     str(promised), "北中南"[region], f"{weight:.2f}", f"s{number % 40}",
                     "done"])  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "ordered", "delivered", "promised", "region", "weight", "shop",
                        "order_status"])  # fmt: skip
        table.writerows([*rows, *(extra or [])])
    return path


def odd_rows() -> list[list[str]]:
    same = ["twin", "2024-05-01", "2024-05-09", "", "北", "1", "s1", "done"]
    return [
        ["x1", "", "2024-05-09", "", "北", "1", "s1", "done"],
        ["x2", "Date Not Captured", "2024-05-09", "", "北", "1", "s1", "done"],
        ["x3", "2024-13-01", "2024-05-09", "", "北", "1", "s1", "done"],
        ["x4", "2024-05-01", "2024-02-30", "", "北", "1", "s1", "done"],
        ["x5", "2024-05-10", "2024-05-09", "", "北", "1", "s1", "done"],
        ["x6", "2024-05-01", "", "", "北", "1", "s1", "Cancelled"],
        same,
        same,
        ["x7", "2024-05-01"],
    ]


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Orders:
    path = write_orders(tmp_path_factory.mktemp("backtest") / "orders.csv", odd_rows())
    return read_orders(path, COLUMNS)


@pytest.fixture(scope="module")
def result(orders: Orders) -> Result:
    return run_trial(orders, start=START, until=dt.date(2025, 6, 1), level=0.8, one_sided=0.95)


def test_every_row_falls_under_one_use(orders: Orders) -> None:
    counts = dict(orders.counts)
    assert counts.pop("twins_kept") == 0
    assert sum(counts.values()) == 1500 + len(odd_rows())
    assert counts.pop("used") + counts.pop("open") == 1501
    assert counts == {
        "cancelled": 1, "no_ordered": 2, "bad_ordered": 1, "bad_delivered": 1, "negative": 1,
        "duplicate": 1, "odd": 1,
    }  # fmt: skip
    assert orders.lines["bad_ordered"] == [1504]
    assert orders.lines["negative"] == [1506]
    assert orders.lines["odd"] == [1510]


def test_features_are_told_apart(orders: Orders) -> None:
    assert (orders.numeric, orders.named) == (["weight"], ["region", "shop"])
    assert set(orders.groups) == {"北", "中", "南"}


@pytest.mark.need(93)
def test_figures_are_those_of_the_windows(result: Result) -> None:
    own = result.own
    assert own.coverage + own.late + own.early == pytest.approx(1, abs=2e-4)
    assert 0.74 <= own.coverage <= 0.88
    assert own.kept is not None
    assert own.kept > 0.9
    assert result.ratio < 0.95
    assert own.orders == sum(part.orders for _, part, _ in result.months)
    assert own.orders == sum(part.orders for _, part, _ in result.groups)
    assert [name for name, _, _ in result.months] == ["2025-03", "2025-04", "2025-05"]
    assert len(result.naive) == 10
    assert result.best.figures.pinball == min(one.figures.pinball for one in result.naive)


def test_scores_by_hand() -> None:
    quantiles = np.array([[4.0, 8.0, 9.0], [4.0, 8.0, 20.0]])
    windows = Windows(quantiles, quantiles[:, [0, 2]], np.array([9.0, 22.0]))
    found = score(np.array([10.0, 10.0]), np.array([1, 1]), windows, 0.8)
    assert found is not None
    assert (found.coverage, found.late, found.early, found.kept) == (0.5, 0.5, 0.0, 0.5)
    assert (found.width_mean, found.interval_score) == (10.5, 15.5)
    assert found.weeks == 1
    assert score(np.zeros(0), np.zeros(0, np.int64), windows, 0.8) is None


def test_the_files_own_promises_are_scored_beside_ours(result: Result) -> None:
    promised = result.promised
    assert promised is not None
    assert promised.orders == result.own.orders
    assert 0.85 < promised.kept < 1
    assert promised.own_pinball < promised.pinball


def test_open_orders_of_the_test_are_counted(orders: Orders) -> None:
    found = run_trial(orders, start=dt.date(2025, 5, 1), until=None, level=0.8, one_sided=None)
    assert found.test_open > 0
    assert found.undecided_share > 0.05
    said = "\n".join(tell(found, orders, "zh"))
    assert "请把 --test-until 提前" in said


def test_promised_dates_never_change_the_forecast(tmp_path: Path) -> None:
    path = write_orders(tmp_path / "a.csv", size=700)
    other = tmp_path / "b.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    for row in rows[1:]:
        row[3] = row[2]
    with other.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    plain = Columns("ordered", "delivered", "promised", ("region",))
    found = [
        run_trial(read_orders(one, plain), start=START, until=None, level=0.8, one_sided=None)
        for one in (path, other)
    ]
    assert found[0].own.coverage == found[1].own.coverage
    assert found[1].promised is not None
    assert found[1].promised.kept == 1.0


@pytest.mark.parametrize("name", ["delivered", "promised", "ordered"])
def test_outcomes_and_promises_are_no_features(name: str) -> None:
    with pytest.raises(Refusal, match="cannot be a feature"):
        Columns("ordered", "delivered", "promised", (), (name,))


@pytest.mark.parametrize(
    ("start", "code", "words"),
    [
        (dt.date(2031, 1, 1), "empty_test", "2025-06-"),
        (dt.date(2024, 1, 5), "too_few_before", "50"),
    ],
)
def test_a_test_that_cannot_be_is_refused_with_what_to_do(
    orders: Orders, start: dt.date, code: str, words: str
) -> None:
    with pytest.raises(Refusal) as refused:
        run_trial(orders, start=start, until=None, level=0.8, one_sided=None)
    assert refused.value.code == code
    assert words in refused.value.message("zh")
    assert "--test-from" in refused.value.message("en")


def test_a_file_of_one_row_is_refused_with_the_number_needed(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("ordered,delivered\n2025-04-01,2025-04-05\n", encoding="utf-8")
    with pytest.raises(Refusal, match="At least") as refused:
        run_trial(read_orders(path, Columns("ordered", "delivered")), start=START, until=None,
                  level=0.8, one_sided=None)  # fmt: skip
    assert refused.value.code == "too_few_orders"


def test_a_column_without_dates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        read_orders(write_orders(tmp_path / "a.csv", size=50), Columns("region", "delivered"))
    assert refused.value.code == "no_orders"


def test_exchanged_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("o,d\n2025-04-09,2025-04-05\n2025-04-08,2025-04-01\n", encoding="utf-8")
    with pytest.raises(Refusal, match="exchanged") as refused:
        read_orders(path, Columns("o", "d"))
    assert refused.value.code == "all_backwards"
    assert "2 行" in refused.value.message("zh")


def test_day_or_month_first_is_decided_by_what_makes_sense(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = ["o,d"] + [f"0{day}/05/2025,{day + 2:02}/05/2025" for day in range(1, 10)]
    path.write_text("\n".join(lines), encoding="utf-8")
    found = read_orders(path, Columns("o", "d"))
    lead = found.history.delivered_day - found.history.ordered_day
    assert lead.tolist() == [2] * 9
    assert not found.dates["o"].is_certain


def test_the_page_stands_alone_in_two_languages(
    result: Result, orders: Orders, tmp_path: Path
) -> None:
    page = build_page("<orders>.csv", result, orders)
    assert "&lt;orders&gt;.csv" in page
    assert page.count("<svg") == 4
    assert not re.search(r"""(?:src|href)=|url\(|@import|<script""", page)
    assert "覆盖率" in page
    assert "Coverage" in page
    assert write_page(tmp_path / "new" / "folder", "a", result, orders).exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal, match="Name another"):
        write_page(tmp_path / "file", "a", result, orders)


@pytest.mark.parametrize(("language", "words"), [("zh", "天"), ("en", "days")])
def test_the_words_are_in_one_language(
    result: Result, orders: Orders, language: str, words: str
) -> None:
    said = "\n".join(tell(result, orders, language))
    assert words in said
    if language == "en":
        assert not re.search(r"[\u3400-\u9fff]", re.sub("[北中南]", "", said))


def test_json_has_every_figure_and_no_infinity(result: Result, orders: Orders) -> None:
    text = json.dumps(as_json(result, orders), allow_nan=False)
    found = json.loads(text)
    assert {"coverage", "late", "early", "pinball", "interval_score", "naive", "best_naive",
            "ratio_to_best_naive", "promised", "by_month", "by_group",
            "rows"} <= set(found)  # fmt: skip
    assert found["rows"]["negative"] == 1
    assert found["chosen"][0]["from"] == "2025-03-01"


@pytest.mark.need(93)
def test_the_command_runs_without_a_database_and_repeats_itself(tmp_path: Path) -> None:
    path = write_orders(tmp_path / "orders.csv", size=600)
    words = ["backtest", str(path), "--ordered", "ordered", "--delivered", "delivered",
             "--promised", "promised", "--group", "region", "--features", "weight",
             "--test-from", "2025-03-01", "--test-until", "2025-05-01", "--level", "0.8",
             "--one-sided", "0.95", "--json", "--plots", str(tmp_path / "plots")]  # fmt: skip
    env = machine.environment(tmp_path / "state", DATABASE_URL="postgres://127.0.0.1:1/none")
    done = [machine.yinuo(words, env) for _ in range(2)]
    assert done[0].returncode == 0, done[0].stderr
    assert done[0].stdout == done[1].stdout
    assert json.loads(done[0].stdout)["orders"] > 50
    assert not (tmp_path / "state" / "pg").exists()
    assert (tmp_path / "plots" / "backtest.html").exists()


def test_the_command_says_what_is_wrong_in_the_readers_language(tmp_path: Path) -> None:
    path = write_orders(tmp_path / "orders.csv", size=60)
    words = ["backtest", str(path), "--ordered", "orderd", "--delivered", "delivered",
             "--test-from", "2025-03-01"]  # fmt: skip
    env = machine.environment(tmp_path, LANG="zh_CN.UTF-8", LC_ALL="zh_CN.UTF-8")
    done = machine.yinuo(words, env)
    assert done.returncode == 1
    assert "是不是“ordered”" in done.stderr
    wrong = machine.yinuo([*words[:-1], "soon"], env)
    assert wrong.returncode == 2
    assert "2026-02-11" in wrong.stderr
