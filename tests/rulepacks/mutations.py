"""Small wrong changes to a rule, each of which some example of that rule must notice."""

from __future__ import annotations

import ast
import copy
import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from yinuo.engines.rules import Pack, Rule, Unreadable
from yinuo.engines.rules.examples import check_example
from yinuo.engines.rules.functions import make_functions
from yinuo.engines.rules.reading import read_rule
from yinuo.rulepacks import FOLDER

DAY = dt.timedelta(days=1)
OTHER_EFFECT = {
    "block": "right",
    "duty": "right",
    "deadline": "right",
    "right": "block",
    "calc": "block",
    "warn": "block",
}
NEXT_BORDER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
}

Table = dict[str, Any]


def tables() -> list[Table]:
    """Every rule of the pack as it is written."""
    found: list[Table] = []
    for path in sorted((FOLDER / "cn").glob("*.toml")):
        found += tomllib.loads(path.read_text(encoding="utf-8")).get("rule", [])
    return found


def name_of(table: Table) -> str:
    return f"{table['id']} {table['from']}"


def changed(table: Table, *path: str | int, to: object) -> Table:
    """A copy with one value replaced."""
    copied = copy.deepcopy(table)
    place: Any = copied
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return copied


def outer_mutations(table: Table) -> Iterator[tuple[str, Table]]:
    """Another effect, level or mark; a day earlier or later; a parameter one up or down."""
    other = changed(table, "effect", to=OTHER_EFFECT[table["effect"]])
    if OTHER_EFFECT[table["effect"]] == "block" and table["level"] == "L4":
        other["level"] = "L3"
    yield "effect", other
    if table["effect"] in ("block", "duty", "deadline"):
        if table["mark"] != "V3":
            yield "level", changed(table, "level", to="L3" if table["level"] != "L3" else "L2")
        yield "mark", changed(table, "mark", to="V3" if table["mark"] != "V3" else "V1")
    for key in ("from", "until"):
        if key in table:
            yield f"{key} later", changed(table, key, to=table[key] + DAY)
            yield f"{key} earlier", changed(table, key, to=table[key] - DAY)
    for name, value in table.get("params", {}).items():
        if isinstance(value, int):
            yield f"{name} up", changed(table, "params", name, to=value + 1)
            yield f"{name} down", changed(table, "params", name, to=value - 1)


def inner_mutations(table: Table) -> Iterator[tuple[str, Table]]:
    """And for or, a border moved, a `not` lost, in every expression."""
    places: list[tuple[str | int, ...]] = [("when",)]
    places += [("kept",)] * ("kept" in table)
    places += [("values", name) for name in table.get("values", {})]
    places += [("exemptions", n, "when") for n in range(len(table.get("exemptions", [])))]
    for place in places:
        text: Any = table
        for key in place:
            text = text[key]
        for mutant in mutants(str(text)):
            yield f"{'.'.join(map(str, place))}: {mutant}", changed(table, *place, to=mutant)


def mutants(text: str) -> Iterator[str]:
    """Every expression that differs in one operator."""
    size = sum(1 for _ in ast.walk(ast.parse(text, mode="eval")))
    for number in range(size):
        tree = ast.parse(text, mode="eval")
        node = list(ast.walk(tree))[number]
        if isinstance(node, ast.BoolOp):
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in NEXT_BORDER:
            node.ops = [NEXT_BORDER[type(node.ops[0])]()]
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            # `not (not x)` is x.
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            other = {"min": "max", "max": "min", "share_down": "share_up", "share_up": "share_down"}
            if node.func.id not in other:
                continue
            node.func.id = other[node.func.id]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            node.op = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        else:
            continue
        yield ast.unparse(tree)


def survives(pack: Pack, table: Mapping[str, Any]) -> bool:
    """Whether no example of a changed rule fails; a change that is refused does not survive."""
    try:
        rule: Rule = read_rule(table, pack.schema, make_functions(pack.schema.calendar))
    except Unreadable:
        return False
    return not any(check_example(pack, rule, example) for example in rule.examples)
