"""Running the examples and cases of a pack: the tests that a lawyer writes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from yinuo.engines.rules.deciding import decide, examine
from yinuo.engines.rules.pack import Case, Pack
from yinuo.engines.rules.rule import Example, Rule
from yinuo.engines.rules.values import plain

DAY = dt.timedelta(days=1)


def check_example(pack: Pack, rule: Rule, example: Example) -> str:
    """What `example` shows wrong about `rule`; empty where all is as it says."""
    if not rule.in_force(example.on):
        return f"not in force on {example.on}"
    if example.first_day and rule.in_force(example.on - DAY):
        return f"already in force before {example.on}"
    if example.last_day and rule.in_force(example.on + DAY):
        return f"still in force after {example.on}"
    found = examine(pack, rule, example.facts)
    if found.answer != example.expect:
        missing = f" ({', '.join(found.missing)} missing)" if found.missing else ""
        return f"expected {example.expect}, found {found.answer}{missing}"
    if found.kept != example.kept:
        return f"expected kept {example.kept}, found {found.kept}"
    if example.action and found.action != example.action:
        return f"expected action {example.action}, found {found.action}"
    for name, value in example.values.items():
        if found.values.get(name) != value:
            return f"expected {name} {value}, found {found.values.get(name)}"
    return ""


def failed_examples(pack: Pack) -> Iterator[tuple[str, str]]:
    """Rule id with the number of the example, and what is wrong, for each that fails."""
    for rule in pack.rules:
        for number, example in enumerate(rule.examples, 1):
            wrong = check_example(pack, rule, example)
            if wrong:
                yield f"{rule.id} {rule.effective_from} #{number}", wrong


def check_case(pack: Pack, case: Case) -> Iterator[str]:
    """What is not as the case says, step by step."""
    for number, step in enumerate(case.steps, 1):
        decision = decide(pack, step.facts, step.on, rule_ids=step.rule_ids, at=step.at)
        where = f"{case.id} #{number}"
        if decision.clearance != step.clearance:
            yield f"{where}: expected {step.clearance}, found {decision.clearance}"
        answers = {finding.rule_id: finding.answer for finding in decision.findings}
        for rule_id, expected in step.expect.items():
            if answers.get(rule_id) != expected:
                yield f"{where}: {rule_id} expected {expected}, found {answers.get(rule_id)}"
        values = {
            f"{finding.rule_id}.{name}": plain(value)
            for finding in decision.findings
            for name, value in finding.values.items()
        }
        for name, value in step.values.items():
            if values.get(name) != plain(value):
                yield f"{where}: {name} expected {value}, found {values.get(name)}"


def failed_cases(pack: Pack) -> Iterator[str]:
    """Everything that is not as the cases of the pack say."""
    for case in pack.cases:
        yield from check_case(pack, case)
