"""The facts of a draw: what a launch draws from, which tickets share it, and what came out."""

from __future__ import annotations

from yinuo.contexts.ledger.kind import Kind

DRAW_KINDS = (
    Kind(
        "window.opened",
        "window",
        "",
        ("window", "launch", "source", "until", "drawn"),
        (),
        False,
        "开售 {launch}：先拿的号抽签排先后，用 {source} 的结果。",
        "Launch {launch}: the first tickets share their places by a draw, {source}.",
    ),
    Kind(
        "window.closed",
        "window.end",
        "",
        ("window", "number", "chain"),
        (),
        False,
        "开售 {window}：1 号到 {number} 号一起抽签。",
        "Launch {window}: tickets 1 to {number} share the draw.",
    ),
    Kind(
        "draw.made",
        "draw",
        "",
        ("window", "source", "value", "size"),
        (),
        False,
        "开售 {window} 开奖：{source} 的结果是 {value}。",
        "Launch {window} was drawn: {source} gave {value}.",
    ),
    Kind(
        "draw.void",
        "draw",
        "",
        ("window", "code"),
        (),
        False,
        "开售 {window} 没有抽签，照拿号的先后排。开奖前记录没有封好。",
        "Launch {window} was not drawn: the record was not sealed before; ticket numbers count.",
    ),
)
