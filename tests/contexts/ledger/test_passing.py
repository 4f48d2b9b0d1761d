"""Who passed whom, from the leaves alone: as the slow oracle says, on random histories."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pytest

from tests.verify.histories import History
from tests.verify.log_maker import DAY, RULE, START, LogMaker, canonical
from tests.verify.oracle import Oracle
from tests.verify.verifier import VERIFY, run
from yinuo.contexts.ledger.passing import TYPES, Passing


@pytest.mark.need(24, 25)
def test_the_figures_name_whom_the_oracle_names() -> None:
    rng = random.Random(11)
    judged = found = reasons = 0
    for _ in range(1500):
        history = History(rng, RULE).make(rng.randint(20, 60))
        verdict = Oracle(history.leaves).judge()
        if verdict.wrong is not None:
            continue
        leaves = [(i, one) for i, one in enumerate(history.leaves) if one["t"] in TYPES]
        passing = Passing().read(leaves)
        named = {(week.index, *pair) for week in passing.weeks for pair in week.unexplained}
        assert named == verdict.passed, history.leaves
        judged += len(passing.weeks)
        found += len(named)
        reasons += sum(week.passed.total() + week.waited.total() for week in passing.weeks)
    assert judged > 1500
    assert found > 100
    assert reasons > 100


@pytest.mark.need(24)
def test_a_rule_that_is_only_announced_is_not_counted_by_yet(tmp_path: Path) -> None:
    """Both the figures and the verifier go by the rule that bound, not by the newest stated."""
    log = LogMaker()
    log.free("line", line="A")
    for name in ("first", "second"):
        log.add(name, "lock", line="A")
    log.add("first", "hold", code="QUALITY")
    log.seal(START)
    log.append(canonical({**RULE, "rule": 2, "binds": "2026-06-01", "return_batches": 0}))
    log.add("first", "release", code="QUALITY")
    log.add("second", "alloc", batch="2026-W02", line="A")
    log.free("batch", batch="2026-W02", count=1, line="A")
    log.seal(START + 7 * DAY)
    log.extra["rules/2.json"] = log.leaves[-4]
    leaves = [(i, json.loads(one)) for i, one in enumerate(log.leaves)]
    [week] = Passing().read([one for one in leaves if one[1]["t"] in TYPES]).weeks
    assert (week.waited, week.unexplained) == ({"QUALITY": 1}, [])
    assert run("queue", log.write(tmp_path))[0] == 0


@pytest.mark.need(24)
def test_who_came_into_a_line_behind_a_car_was_not_passed_by_it() -> None:
    """However few batches the rule gives to those who return; the verifier says the same."""
    log = LogMaker()
    log.leaves[0] = canonical({**RULE, "return_batches": 0}).encode()
    for line in "AB":
        log.free("line", line=line)
    log.add("first", "lock", line="B")
    log.add("second", "lock", line="A")
    log.add("second", "alloc", batch="2026-W02", line="A")
    log.add("first", "move", line="A", kept="yes")
    log.free("batch", batch="2026-W02", count=1, line="A")
    leaves = [(i, json.loads(one)) for i, one in enumerate(log.leaves)]
    [week] = Passing().read([one for one in leaves if one[1]["t"] in TYPES]).weeks
    audit = VERIFY.Audit()
    audit.feed(log.leaves, b"".join(hashlib.sha256(b"\0" + one).digest() for one in log.leaves))
    assert week.unexplained == audit.findings == []
