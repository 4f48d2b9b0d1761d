"""Who passed whom, from the leaves alone: as the slow oracle says, on random histories."""

from __future__ import annotations

import random

import pytest

from tests.verify.histories import History
from tests.verify.log_maker import RULE
from tests.verify.oracle import Oracle
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
