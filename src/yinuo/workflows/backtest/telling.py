"""The result of a trial in words for a person, and as fields for a program."""

from __future__ import annotations

from dataclasses import asdict

from yinuo.engines.shortlag import Choice
from yinuo.platform.table.dates import First
from yinuo.workflows.backtest.orders import Orders, write_day
from yinuo.workflows.backtest.scoring import Figures
from yinuo.workflows.backtest.trial import Naive, Result

USE_WORDS = {
    "used": ("已交付，参与回测", "delivered, used"),
    "open": ("还没有交付日期，按未完成处理", "no delivery date: still open, taken as censored"),
    "cancelled": ("已取消，不计", "cancelled, left out"),
    "no_ordered": ("没有下单日期", "no date of order"),
    "bad_ordered": ("下单日期看不懂", "date of order not readable"),
    "bad_delivered": ("交付日期看不懂", "date of delivery not readable"),
    "negative": ("交付早于下单", "delivered before the order"),
    "duplicate": ("和前面的行完全相同", "the same as an earlier row in every cell"),
    "odd": ("格数和表头不一致", "number of cells does not fit the header"),
}
PARTS_MAX = 30


def as_json(result: Result, orders: Orders) -> dict[str, object]:
    """Everything that was found; keys are stable, shares 0..1, the rest in days."""
    own = asdict(result.own)
    return {
        "test_from": result.start.isoformat(),
        "test_until": result.until.isoformat(),
        "level": result.level,
        "one_sided": result.one_sided,
        "unit": "calendar days",
        **own,
        "one_sided_kept": result.own.kept,
        "ratio_to_best_naive": round(result.ratio, 4),
        "better_than_best_naive_percent": round(100 * (1 - result.ratio), 2),
        "best_naive": naive_as_json(result.best),
        "naive": [naive_as_json(one) for one in result.naive],
        "promised": None if result.promised is None else asdict(result.promised),
        "by_month": [part_as_json(*part) for part in result.months],
        "by_group": [part_as_json(*part) for part in result.groups],
        "test_open": result.test_open,
        "test_open_past_window": result.open_late,
        "test_undecided_share": result.undecided_share,
        "rows": orders.counts,
        "rows_left_out_lines": {name: lines for name, lines in orders.lines.items() if lines},
        "file": {
            "encoding": orders.encoding,
            "delimiter": orders.delimiter,
            "last_day": write_day(orders.end_day),
            "numbers": orders.numeric,
            "names": orders.named,
            "repeated_names": orders.repeated,
            "dates": {
                name: {
                    "forms": days.forms,
                    "first": days.first,
                    "certain": days.is_certain,
                    "texts_taken_as_missing": days.texts,
                }
                for name, days in orders.dates.items()
            },
        },
        "chosen": [choice_as_json(choice) for choice in result.choices],
    }


def choice_as_json(choice: Choice) -> dict[str, object]:
    """How much each family counted from a day on, and the losses by which that was decided."""
    shares = {name: round(value, 4) for name, value in choice.shares.items()}
    losses = {name: round(value, 4) for name, value in choice.losses.items()}
    return {"from": write_day(choice.day), "shares": shares, "pinball_before": losses}


def naive_as_json(one: Naive) -> dict[str, object]:
    """A naive one with its window in days, null for all."""
    return {"window_days": one.window or None, "by_group": one.by_group, **asdict(one.figures)}


def part_as_json(name: str, own: Figures, beside: Figures) -> dict[str, object]:
    """A month or a group: our figures and the loss and coverage of the best naive."""
    return {
        "name": name,
        **asdict(own),
        "naive_pinball": beside.pinball,
        "naive_coverage": beside.coverage,
    }


def tell(result: Result, orders: Orders, language: str) -> list[str]:
    """The lines for the terminal, in `zh` or `en`."""
    zh = language == "zh"

    def say(chinese: str, english: str) -> str:
        return chinese if zh else english

    own, best = result.own, result.best
    lines = [
        *tell_rows(orders, zh),
        "",
        say(
            f"测试：{result.start} 起，{result.until} 前下单的 {own.orders} 单已交付订单"
            f"（{own.weeks} 个不同的周）。每次预测只用当时已知的结果。",
            f"Test: {own.orders} delivered orders placed from {result.start} to before"
            f" {result.until} ({own.weeks} different weeks). Each forecast knew only the outcomes"
            " of earlier days.",
        ),
        tell_open(result, zh),
        "",
        heading(result, zh),
        row(say("一诺", "Yinuo"), own),
        *(row(naive_name(one, zh) + (" *" if one is best else ""), one.figures)
          for one in result.naive),
        "",
        verdict(result, zh),
        *tell_promised(result, zh),
    ]  # fmt: skip
    for title, parts in (
        (say("按下单月份", "By month of order"), result.months),
        (say("按分组", "By group"), result.groups),
    ):
        if parts:
            lines += ["", title, heading(result, zh)]
            lines += [row(name, own) for name, own, _ in parts[:PARTS_MAX]]
        if len(parts) > PARTS_MAX:
            more = len(parts) - PARTS_MAX
            lines.append(say(f"……还有 {more} 组，见 --json", f"... {more} more, see --json"))
    return lines


def tell_rows(orders: Orders, zh: bool) -> list[str]:
    """What became of the rows, and how dates were read."""
    lines = []
    for name, words in USE_WORDS.items():
        count = orders.counts[name]
        if count:
            where = ", ".join(map(str, orders.lines.get(name, [])))
            at = (f"（第 {where} 行{'等' if count > 10 else ''}）" if zh else
                  f" (lines {where}{' ...' if count > 10 else ''})") if where else ""  # fmt: skip
            lines.append(f"{count:>8}  {words[0 if zh else 1]}{at}")
    twins = orders.counts["twins_kept"]
    if twins:
        lines.append(
            f"{twins:>8}  行内容与前面相同；文件没有编号列，仍各算一单" if zh else
            f"{twins:>8}  rows repeat an earlier one; the file has no number column, so each is"
            " an order"
        )  # fmt: skip
    for name in orders.repeated:
        lines.append(
            f"  注意：表头里有不止一列叫“{name}”，用的是第一列。" if zh else
            f"  Note: more than one column is called “{name}”; the first was taken."
        )  # fmt: skip
    for name, days in orders.dates.items():
        forms = ", ".join(f"{form} × {count}" for form, count in days.forms.items())
        lines.append(f"{name}：{forms}" if zh else f"{name}: {forms}")
        if days.first and not days.is_certain:
            lines.append(_uncertain(days.first, zh))
        for text, count in days.texts.items():
            lines.append(
                f"  “{text}”当作没有日期：{count} 行" if zh else
                f"  “{text}” was taken as no date: {count} rows"
            )  # fmt: skip
    return lines


def _uncertain(first: First, zh: bool) -> str:
    if zh:
        taken = "日在前" if first is First.DAY else "月在前"
        return f"  注意：日和月哪个在前，这一列看不出来，按{taken}读。如果不对，请存成 2026-02-11。"
    taken = "the day" if first is First.DAY else "the month"
    return (
        f"  Note: this column does not show whether day or month comes first; {taken} was taken"
        " as first. If that is wrong, save dates as 2026-02-11."
    )


def tell_open(result: Result, zh: bool) -> str:
    """What is not known yet of the test's orders."""
    if zh:
        said = f"测试期内还有 {result.test_open} 单没交付，其中 {result.open_late} 单已过时间窗。"
        if result.undecided_share > 0.05:
            said += "未定的超过 5%：快的先交付，结果会偏乐观。请把 --test-until 提前。"
        return said
    said = (
        f"{result.test_open} more orders of the test are still open, {result.open_late} of them"
        " past the end of their window."
    )
    if result.undecided_share > 0.05:
        said += (
            " Over 5 in 100 are undecided, and the quick ones are delivered first: the figures"
            " flatter. Set --test-until earlier."
        )
    return said


def heading(result: Result, zh: bool) -> str:
    """The head of a table of figures."""
    asked = f"{100 * result.level:.0f}%"
    names = (
        ["", "订单", f"覆盖({asked})", "晚", "早", "平均宽", "中位宽", "pinball", "区间分"]
        if zh else
        ["", "orders", f"in ({asked})", "late", "early", "width", "median", "pinball", "interval"]
    )  # fmt: skip
    if result.one_sided:
        asked = f"{100 * result.one_sided:.0f}%"
        names.append(f"最晚日({asked})" if zh else f"by date ({asked})")
    return _columns(names)


def row(name: str, figures: Figures) -> str:
    """One line of such a table."""
    cells = [
        name,
        str(figures.orders),
        f"{100 * figures.coverage:.1f}%",
        f"{100 * figures.late:.1f}%",
        f"{100 * figures.early:.1f}%",
        f"{figures.width_mean:.1f}",
        f"{figures.width_median:.1f}",
        f"{figures.pinball:.3f}",
        f"{figures.interval_score:.1f}",
    ]
    if figures.kept is not None:
        cells.append(f"{100 * figures.kept:.1f}%")
    return _columns(cells)


def _columns(cells: list[str]) -> str:
    def breadth(text: str) -> int:
        return sum(2 if ord(character) > 0x2E80 else 1 for character in text)

    first = cells[0] + " " * max(0, 30 - breadth(cells[0]))
    return first + "".join(" " * max(1, 12 - breadth(cell)) + cell for cell in cells[1:])


def naive_name(one: Naive, zh: bool) -> str:
    """What a naive one is called."""
    if zh:
        span = f"近 {one.window} 天" if one.window else "全部历史"
        return f"滚动分位数 {span}{'·分组' if one.by_group else ''}"
    span = f"{one.window} days" if one.window else "all days"
    return f"rolling {span}{', by group' if one.by_group else ''}"


def verdict(result: Result, zh: bool) -> str:
    """One sentence on ours against the best naive."""
    percent = 100 * abs(1 - result.ratio)
    name = naive_name(result.best, zh)
    if zh:
        better = "低" if result.ratio <= 1 else "高"
        return f"pinball 损失比最好的朴素方法（*，{name}）{better} {percent:.1f}%。"
    better = "below" if result.ratio <= 1 else "above"
    return f"Pinball loss is {percent:.1f} % {better} that of the best naive (*, {name})."


def tell_promised(result: Result, zh: bool) -> list[str]:
    """The file's own promised dates, if it has any."""
    one = result.promised
    if one is None:
        return []
    if zh:
        return [
            f"文件自己的承诺日期：{one.orders} 单里兑现 {100 * one.kept:.1f}%，"
            f"迟到的平均晚 {one.late_mean:.1f} 天。",
            f"测试前这种日期兑现 {100 * one.level:.1f}%；按这一水平比，pinball 损失"
            f"承诺日期 {one.pinball:.3f}，一诺 {one.own_pinball:.3f}。"
            "承诺日期事后改过的话，这里会显得比当时准。",
        ]
    return [
        f"The file's own promised dates: {100 * one.kept:.1f} % of {one.orders} were kept; the"
        f" late ones were {one.late_mean:.1f} days late on average.",
        f"Before the test {100 * one.level:.1f} % of such dates were kept; at that level the"
        f" pinball loss is {one.pinball:.3f} for the promised date and {one.own_pinball:.3f} for"
        " Yinuo. A date that was edited afterwards looks better here than it was.",
    ]
