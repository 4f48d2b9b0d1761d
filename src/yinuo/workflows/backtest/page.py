"""One page with the plots of a trial: no outside resource, Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yinuo.platform.refusals import Refusal
from yinuo.workflows.backtest.orders import Orders, write_day
from yinuo.workflows.backtest.scoring import Figures
from yinuo.workflows.backtest.telling import tell
from yinuo.workflows.backtest.trial import Result

Floats = NDArray[np.float64]
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 260, 56, 18, 16, 34
DOTS_MAX = 1500
STYLE = """
body{font:15px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;max-width:820px;
margin:2rem auto;padding:0 1rem;color:#1c1f23;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:2rem 0 .3rem}
p.en,span.en{color:#5b6470}svg{width:100%;height:auto}
pre{overflow-x:auto;font-size:12px;line-height:1.45;background:#f5f6f8;padding:.8rem}
text{font-size:11px;fill:#5b6470}.axis{stroke:#c9ced6}.want{stroke:#1c1f23;stroke-dasharray:5 4}
.own{fill:#0b6e4f}.ownline{stroke:#0b6e4f;fill:none;stroke-width:2}.naive{fill:#b7791f}
.naiveline{stroke:#b7791f;fill:none;stroke-width:2;stroke-dasharray:3 3}
.window{stroke:#7fb7a3}.out{fill:#b3261e}
"""


class FolderNotWritable(Refusal):
    """The page cannot be written where it was asked for."""

    code = "folder_not_writable"
    zh = "写不进文件夹 {folder}：{reason}。请换一个文件夹。"
    en = "The folder {folder} cannot be written to: {reason}. Name another one."


def write_page(folder: Path, name: str, result: Result, orders: Orders) -> Path:
    """Write `backtest.html` into `folder`, made if need be, and return its path.

    Raises
    ------
    FolderNotWritable
        The folder cannot be made or written to.
    """
    path = folder / "backtest.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(build_page(name, result, orders), encoding="utf-8")
    except OSError as problem:
        raise FolderNotWritable(folder=folder, reason=problem.strerror or problem) from None
    return path


def build_page(name: str, result: Result, orders: Orders) -> str:
    """The page as one text."""
    asked = f"{100 * result.level:.0f}%"
    sections = [
        (
            f"每月覆盖率，目标 {asked}",
            f"Coverage by month of order, {asked} wanted; brown: best naive",
            plot_coverage(result),
        ),
        (
            "每月 pinball 损失（天），越低越好",
            "Pinball loss by month in days, lower is better; brown: best naive",
            plot_loss(result),
        ),
        (
            "时间窗与实际交期（天）：竖线是时间窗，绿点在内，红点在外",
            "Windows and what came, in days: line the window, green inside, red outside",
            plot_windows(result, orders),
        ),
        (
            "校准：结果落在各预测段的比例",
            "Calibration: share of outcomes in each part of the forecast, dashed as wanted",
            plot_shares(result),
        ),
    ]
    plots = "\n".join(
        f'<h2>{escape(zh)}</h2><p class="en" lang="en">{escape(en)}</p>{svg}'
        for zh, en, svg in sections
    )
    words = "\n".join(
        f'<pre lang="{language}">{escape(chr(10).join(tell(result, orders, language)))}</pre>'
        for language in ("zh", "en")
    )
    return (
        '<!doctype html>\n<html lang="zh"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>回测 Backtest · {escape(name)}</title><style>{STYLE}</style></head><body>"
        f'<h1>回测 <span class="en" lang="en">Backtest</span> · {escape(name)}</h1>\n'
        f"{plots}\n{words}\n</body></html>\n"
    )


class Frame:
    """A plot's box: data to pixels, axes, and the parts drawn so far."""

    def __init__(self, x_max: float, y_max: float) -> None:
        self.x_max, self.y_max = max(x_max, 1e-9), max(y_max, 1e-9)
        self.parts: list[str] = []

    def x(self, value: float) -> float:
        """Pixels from the left."""
        return round(LEFT + (WIDTH - LEFT - RIGHT) * value / self.x_max, 1)

    def y(self, value: float) -> float:
        """Pixels from the top."""
        share = min(value / self.y_max, 1.0)
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share, 1)

    def line(self, x0: float, y0: float, x1: float, y1: float, kind: str) -> None:
        """A straight line between two points of data."""
        self.parts.append(
            f'<line class="{kind}" x1="{self.x(x0)}" y1="{self.y(y0)}"'
            f' x2="{self.x(x1)}" y2="{self.y(y1)}"/>'
        )

    def path(self, values: Sequence[float], kind: str) -> None:
        """A line through one value for each step, drawn at the middle of the step."""
        points = " ".join(f"{self.x(i + 0.5)},{self.y(value)}" for i, value in enumerate(values))
        self.parts.append(f'<polyline class="{kind}" points="{points}"/>')

    def dot(self, x: float, y: float, kind: str, size: float = 3) -> None:
        """A dot at a point of data."""
        self.parts.append(f'<circle class="{kind}" cx="{self.x(x)}" cy="{self.y(y)}" r="{size}"/>')

    def label(self, x: float, y: float, text: str, anchor: str = "middle") -> None:
        """Text at pixels."""
        self.parts.append(f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>')

    def scale(self, show: str) -> None:
        """Four heights with their values in the format `show`."""
        for step in range(5):
            value = self.y_max * step / 4
            self.line(0, value, self.x_max, value, "axis")
            self.label(LEFT - 6, self.y(value) + 4, format(value, show), "end")

    def names(self, names: Sequence[str]) -> None:
        """A name under each step, or under every few where they would touch."""
        every = 1 + len(names) // 11
        for number in range(0, len(names), every):
            self.label(self.x(number + 0.5), HEIGHT - 12, names[number])

    def svg(self, title: str) -> str:
        """The whole plot."""
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
            + "".join(self.parts)
            + "</svg>"
        )


def plot_coverage(result: Result) -> str:
    """Coverage of each month, ours and the best naive's, and what was asked."""
    frame = Frame(len(result.months), 1.0)
    frame.scale(".0%")
    frame.line(0, result.level, frame.x_max, result.level, "want")
    _two_lines(frame, result.months, "coverage")
    return frame.svg("coverage by month")


def plot_loss(result: Result) -> str:
    """Pinball loss of each month, ours and the best naive's."""
    top = max(max(own.pinball, beside.pinball) for _, own, beside in result.months)
    frame = Frame(len(result.months), 1.05 * top)
    frame.scale(".2f")
    _two_lines(frame, result.months, "pinball")
    return frame.svg("pinball loss by month")


def _two_lines(frame: Frame, months: Sequence[tuple[str, Figures, Figures]], what: str) -> None:
    frame.names([name for name, _, _ in months])
    frame.path([float(getattr(beside, what)) for _, _, beside in months], "naiveline")
    own = [float(getattr(figures, what)) for _, figures, _ in months]
    frame.path(own, "ownline")
    for number, value in enumerate(own):
        frame.dot(number + 0.5, value, "own")


def plot_windows(result: Result, orders: Orders) -> str:
    """The window and the lead of up to 1,500 orders evenly taken, along the day of order."""
    taken = np.arange(0, result.lead.size, 1 + result.lead.size // DOTS_MAX)
    day = orders.history.ordered_day[result.rows[taken]].astype(np.float64)
    lead = result.lead[taken]
    ends = result.windows.ends[taken]
    top = float(np.quantile(np.maximum(lead, ends[:, 1]), 0.99)) * 1.05
    frame = Frame(float(day[-1] - day[0]) + 1, top)
    frame.scale(".0f")
    for at, window in zip(day - day[0], ends, strict=True):
        frame.line(at, window[0], at, window[1], "window")
    for at, value, window in zip(day - day[0], lead, ends, strict=True):
        frame.dot(at, value, "own" if window[0] <= value <= window[1] else "out", 1.8)
    for share in (0.0, 0.5, 1.0):
        at = day[0] + share * (day[-1] - day[0])
        frame.label(frame.x(0.06 * frame.x_max + 0.88 * share * frame.x_max), HEIGHT - 12,
                    write_day(int(at)))  # fmt: skip
    return frame.svg("windows and outcomes")


def plot_shares(result: Result) -> str:
    """Shares before the window, in its two halves and after it, with what was asked."""
    (lower, upper), middle = result.windows.ends.T, result.windows.quantiles[:, 1]
    lead = result.lead
    tail, half = (1 - result.level) / 2, result.level / 2
    found = [
        float(np.mean(lead < lower)),
        float(np.mean((lead >= lower) & (lead < middle))),
        float(np.mean((lead >= middle) & (lead <= upper))),
        float(np.mean(lead > upper)),
    ]
    frame = Frame(4, max(*found, half) * 1.1)
    frame.scale(".0%")
    for number, (share, wanted) in enumerate(zip(found, (tail, half, half, tail), strict=True)):
        x0, x1, y = frame.x(number + 0.2), frame.x(number + 0.8), frame.y(share)
        frame.parts.append(
            f'<rect class="own" x="{x0}" y="{y}" width="{round(x1 - x0, 1)}"'
            f' height="{round(HEIGHT - BOTTOM - y, 1)}"/>'
        )
        frame.line(number + 0.1, wanted, number + 0.9, wanted, "want")
        frame.label((x0 + x1) / 2, y - 5, f"{100 * share:.1f}%")
    frame.names(["早 early", "前半 first half", "后半 second half", "晚 late"])
    return frame.svg("calibration")
