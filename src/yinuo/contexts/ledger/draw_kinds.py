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
        "开售 {launch}：{until} 前拿的号抽签排先后，{drawn} 开奖，号码来自 {source}。",
        "Launch {launch}: tickets taken before {until} are drawn for; the draw is {source} of"
        " {drawn}.",
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
        "开售 {window} 没有抽签：开奖以前记录没有封好，照拿号的先后排。",
        "Launch {window} was not drawn: the record was not sealed before; ticket numbers count.",
    ),
)
