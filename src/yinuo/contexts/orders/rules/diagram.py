"""The table of lives as the manual shows it: a diagram, and the ways and conditions as rows."""

from __future__ import annotations

from yinuo.contexts.orders.rules.life import CONDITIONS, STATES, TICKET_STATES, WAYS
from yinuo.contexts.orders.rules.remedies import REMEDIES

FINAL = ("WITHDRAWN", "LAPSED", "DELIVERED")


def draw() -> str:
    """The states and what leads from one to another, as a mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> WAITING", "    [*] --> TAKEN"]
    lines += [
        f"    {source} --> {way.target}: {way.verb}" for way in WAYS for source in way.sources
    ]
    lines += [f"    {state} --> [*]" for state in FINAL]
    return "\n".join(lines) + "\n"


def tabulate() -> str:
    """The ways, then the conditions, as two Markdown tables."""
    order = (*TICKET_STATES, *STATES, "CANCELLED")
    lines = ["| verb | from | to | who | what must hold | 中文 | English |", "|" + "---|" * 7]
    for way in WAYS:
        sources = ", ".join(sorted(way.sources, key=order.index))
        needs = ", ".join(way.needs) or "-"
        lines.append(
            f"| `{way.verb}` | {sources} | {way.target} | {way.who} | {needs}"
            f" | {way.zh} | {way.en} |"
        )
    lines += [
        "",
        "| condition | beside | begins, ends | who | stops | 中文 | English |",
        "|" + "---|" * 7,
    ]
    for one in CONDITIONS:
        stops = ", ".join(f"`{verb}`" for verb in sorted(one.stops)) or "-"
        lines.append(
            f"| {one.name} | {', '.join(one.states)} | `{one.begins}`, `{one.ends}` | {one.who}"
            f" | {stops} | {one.zh} | {one.en} |"
        )
    return "\n".join(lines) + "\n"


def tabulate_remedies() -> str:
    """What somebody who leaves gets back, one row for each ground, in the order they are asked."""
    lines = ["| ground | from | rules | adds | 中文 | English |", "|" + "---|" * 6]
    for one in REMEDIES:
        adds = [
            word for word, given in (("interest", one.interest), ("twice", one.double)) if given
        ]
        adds += ["a named person decides"] if one.decided else []
        rules = ", ".join(f"`{rule}`" for rule in one.rules)
        lines.append(
            f"| {one.ground} | {', '.join(one.states)} | {rules} | {', '.join(adds) or '-'}"
            f" | {one.zh} | {one.en} |"
        )
    return "\n".join(lines) + "\n"


def render(manual: str) -> str:
    """The manual with its diagram and tables brought up to date; its own words stay.

    Raises
    ------
    ValueError
        The manual lacks one of the marks between which they stand.
    """
    parts = (
        ("diagram", f"```mermaid\n{draw()}```\n"),
        ("tables", tabulate()),
        ("remedies", tabulate_remedies()),
    )
    for mark, text in parts:
        before, found, rest = manual.partition(f"<!-- {mark} -->\n")
        _, ended, after = rest.partition(f"<!-- /{mark} -->")
        if not (found and ended):
            raise ValueError(f"the manual has no place for its {mark}")
        manual = f"{before}{found}{text}{ended}{after}"
    return manual
