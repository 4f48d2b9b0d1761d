"""The condition language: parsed, typed and turned into small functions before any fact is seen.

The grammar is that of Python's expressions, cut down; the text is only ever parsed, never run.
There are no loops and no recursion, every function is defined everywhere, so every expression
ends with a value. A fact that is not known makes a part unknown (None) by Kleene's strong logic:
`False and unknown` is False, `True and unknown` is unknown.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from yinuo.engines.rules.functions import Function
from yinuo.engines.rules.values import YES_NO, Kind, Value, number

Facts = Mapping[str, Value]
Run = Callable[[Facts], Any]
LENGTH_MAX: Final = 1_000
DEPTH_MAX: Final = 40
COMPARE: Final[dict[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
ORDERED: Final = ("number", "date")
CALENDAR_GAP: Final = "calendar"


class ExpressionError(Exception):
    """An expression that is not well formed or not well typed."""


@dataclass(frozen=True)
class Node:
    """One typed part of an expression.

    Attributes
    ----------
    kind : Kind
        Of the value.
    run : callable
        Facts in; the value out, or None where the known facts do not settle it.
    parts : tuple of Node
        What it is made of.
    fact : str
        The fact it reads, if it is one.
    """

    kind: Kind
    run: Run
    parts: tuple[Node, ...] = ()
    fact: str = ""

    def facts(self) -> Iterator[str]:
        """Every fact that is read anywhere in it."""
        if self.fact:
            yield self.fact
        for part in self.parts:
            yield from part.facts()

    def missing(self, facts: Facts) -> frozenset[str]:
        """The facts without which the value cannot be told; empty where it can.

        A part that is settled by the others is not asked for. `calendar` stands for a year whose
        holidays are not published.
        """
        if self.run(facts) is not None:
            return frozenset()
        if self.fact:
            return frozenset((self.fact,))
        found: frozenset[str] = frozenset().union(*(part.missing(facts) for part in self.parts))
        return found or frozenset((CALENDAR_GAP,))


def constant(value: Value, kind: Kind) -> Node:
    """A part that is always `value`."""
    return Node(kind, lambda _facts: value)


@dataclass
class Scope:
    """What an expression may speak of: declared facts, named parameters and values, functions."""

    facts: Mapping[str, Kind]
    functions: Mapping[str, Function]
    names: dict[str, Node] = field(default_factory=dict)

    def compile(self, text: str) -> Node:
        """The typed expression in `text`.

        Raises
        ------
        ExpressionError
            It is too long or nested too deeply, no expression, uses something outside the
            language, an unknown fact or name, or puts kinds together that do not fit.
        """
        if len(text) > LENGTH_MAX:
            raise ExpressionError(f"longer than {LENGTH_MAX} characters")
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as failure:
            raise ExpressionError(f"not an expression: {text!r} ({failure})") from None
        if _depth(tree.body) > DEPTH_MAX:
            raise ExpressionError(f"nested more than {DEPTH_MAX} deep")
        return self._build(tree.body)

    def condition(self, text: str) -> Node:
        """The expression in `text`, which must be a yes or no.

        Raises
        ------
        ExpressionError
            As `compile`, or it is something else than a yes or no.
        """
        node = self.compile(text)
        if node.kind != YES_NO:
            raise ExpressionError(f"a condition must be yes_no, {text!r} is {node.kind}")
        return node

    def _build(self, tree: ast.expr) -> Node:
        """The part for one piece of syntax."""
        match tree:
            case ast.BoolOp(op=op, values=values):
                parts = tuple(self._yes_no(value) for value in values)
                return all_of(parts) if isinstance(op, ast.And) else any_of(parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return negated(self._yes_no(operand))
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() as op], comparators=[right]):
                node = self._membership(left, right)
                return node if isinstance(op, ast.In) else negated(node)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._comparison(left, op, right)
            case ast.BinOp(left=left, op=op, right=right):
                return self._arithmetic(left, op, right)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._choice(test, body, orelse)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name, arguments)
            case ast.Attribute() | ast.Name():
                return self._named(ast.unparse(tree))
            case ast.Constant(value=value):
                return _literal(value)
        raise ExpressionError(f"{ast.unparse(tree)!r} is not part of the language")

    def _yes_no(self, tree: ast.expr) -> Node:
        node = self._build(tree)
        if node.kind != YES_NO:
            raise ExpressionError(f"{ast.unparse(tree)!r} is {node.kind}, not yes_no")
        return node

    def _named(self, name: str) -> Node:
        """A fact (with a dot) or a parameter or value of the rule."""
        if name in self.names:
            return self.names[name]
        if name not in self.facts:
            what = "fact" if "." in name else "parameter or value"
            raise ExpressionError(f"{name!r} is no known {what}")
        return Node(self.facts[name], lambda facts: facts.get(name), fact=name)

    def _comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Node:
        if type(op) not in COMPARE:
            raise ExpressionError("only ==, !=, <, <=, >, >=, in and not in compare")
        first, second = self._build(left), self._build(right)
        kind = _same(first.kind, second.kind)
        if kind.name == "some_of" or (
            not isinstance(op, ast.Eq | ast.NotEq) and kind.name not in ORDERED
        ):
            raise ExpressionError(f"{ast.unparse(op_tree(left, op, right))!r}: {kind} has no order")
        return _both(YES_NO, COMPARE[type(op)], first, second)

    def _membership(self, left: ast.expr, right: ast.expr) -> Node:
        """`"word" in fact` or `fact in ("word", "word")`."""
        if isinstance(right, ast.Tuple):
            first = self._build(left)
            if not right.elts:
                raise ExpressionError(f"{ast.unparse(left)!r} cannot be in an empty list")
            words = [self._build(item) for item in right.elts]
            for word in words:
                _same(first.kind, word.kind)
            return any_of(tuple(_both(YES_NO, operator.eq, first, word) for word in words))
        first, second = self._build(left), self._build(right)
        if second.kind.name != "some_of" or not first.kind.options <= second.kind.options:
            raise ExpressionError(f"{ast.unparse(left)!r} cannot be in {ast.unparse(right)!r}")
        return _both(YES_NO, lambda word, words: word in words, first, second)

    def _arithmetic(self, left: ast.expr, op: ast.operator, right: ast.expr) -> Node:
        first, second = self._build(left), self._build(right)
        if first.kind.name != "number" or second.kind.name != "number":
            raise ExpressionError(f"{ast.unparse(op_tree(left, op, right))!r} is no arithmetic")
        if isinstance(op, ast.Add | ast.Sub):
            run = operator.add if isinstance(op, ast.Add) else operator.sub
            return _both(_same(first.kind, second.kind), run, first, second)
        if isinstance(op, ast.Mult) and "times" in (first.kind.unit, second.kind.unit):
            kind = second.kind if first.kind.unit == "times" else first.kind
            return _both(kind, operator.mul, first, second)
        raise ExpressionError("only +, - and a product with a number of times")

    def _choice(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> Node:
        """`a if test else b`; known without the test where both sides are the same."""
        asked, first, second = self._yes_no(test), self._build(body), self._build(orelse)
        kind = _same(first.kind, second.kind)

        def run(facts: Facts) -> Any:
            answer = asked.run(facts)
            if answer is None:
                one, other = first.run(facts), second.run(facts)
                return one if one == other else None
            return first.run(facts) if answer else second.run(facts)

        return Node(kind, run, (asked, first, second))

    def _call(self, name: str, arguments: list[ast.expr]) -> Node:
        parts = tuple(self._build(argument) for argument in arguments)
        if name in ("min", "max") and len(parts) >= 2:
            return _extreme(min if name == "min" else max, parts)
        if name not in self.functions:
            raise ExpressionError(f"{name!r} is no known function")
        function = self.functions[name]
        if len(parts) != len(function.takes):
            raise ExpressionError(f"{name} takes {len(function.takes)} values, not {len(parts)}")
        for part, kind in zip(parts, function.takes, strict=True):
            _same(kind, part.kind)

        def run(facts: Facts) -> Any:
            values = [part.run(facts) for part in parts]
            return None if None in values else function.run(*values)

        return Node(function.gives, run, parts)


def _depth(tree: ast.expr) -> int:
    """How many pieces of syntax stand inside each other, counted without recursion."""
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [
            child
            for node in level
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.expr)
        ]
    return deepest


def op_tree(left: ast.expr, op: ast.cmpop | ast.operator, right: ast.expr) -> ast.expr:
    """Two sides and their operator as one tree, for a message."""
    if isinstance(op, ast.cmpop):
        return ast.Compare(left, [op], [right])
    return ast.BinOp(left, op, right)


def all_of(parts: tuple[Node, ...]) -> Node:
    """Whether every part holds: one that does not settles it, one unknown leaves it open."""
    runs = tuple(part.run for part in parts)

    def run(facts: Facts) -> bool | None:
        answer: bool | None = True
        for each in runs:
            found = each(facts)
            if found is False:
                return False
            if found is None:
                answer = None
        return answer

    return Node(YES_NO, run, parts)


def any_of(parts: tuple[Node, ...]) -> Node:
    """Whether some part holds: one that does settles it, one unknown leaves it open."""
    runs = tuple(part.run for part in parts)

    def run(facts: Facts) -> bool | None:
        answer: bool | None = False
        for each in runs:
            found = each(facts)
            if found is True:
                return True
            if found is None:
                answer = None
        return answer

    return Node(YES_NO, run, parts)


def negated(part: Node) -> Node:
    """The opposite; unknown stays unknown."""

    def run(facts: Facts) -> bool | None:
        found = part.run(facts)
        return None if found is None else not found

    return Node(YES_NO, run, (part,))


def _both(kind: Kind, apply: Callable[[Any, Any], Any], first: Node, second: Node) -> Node:
    """A function of two values, unknown where one of them is."""
    one, other = first.run, second.run

    def run(facts: Facts) -> Any:
        left, right = one(facts), other(facts)
        return None if left is None or right is None else apply(left, right)

    return Node(kind, run, (first, second))


def _extreme(apply: Callable[..., Any], parts: tuple[Node, ...]) -> Node:
    """The least or the greatest of numbers or dates of one kind."""
    kind = parts[0].kind
    for part in parts[1:]:
        kind = _same(kind, part.kind)
    if kind.name not in ORDERED:
        raise ExpressionError(f"{kind} has no order")

    def run(facts: Facts) -> Any:
        values = [part.run(facts) for part in parts]
        return None if None in values else apply(values)

    return Node(kind, run, parts)


def _literal(value: object) -> Node:
    """Yes, no, a word, 0 or 1. Any other number is a parameter, where its unit and source stand."""
    if isinstance(value, bool):
        return constant(value, YES_NO)
    if isinstance(value, int) and value in (0, 1):
        return constant(value, number(""))
    if isinstance(value, str):
        return constant(value, Kind("one_of", options=frozenset((value,))))
    raise ExpressionError(f"{value!r} stands in the text: give it a name in params")


def _same(first: Kind, second: Kind) -> Kind:
    """The kind that two sides share; a bare 0 or 1 takes any unit, a word fits a longer list."""
    if first.name == second.name == "number":
        if first.unit == second.unit or not second.unit:
            return first
        if not first.unit:
            return second
    elif first.name == second.name and first.options <= second.options:
        return second
    elif first.name == second.name and second.options <= first.options:
        return first
    raise ExpressionError(f"{first} and {second} do not fit together")
