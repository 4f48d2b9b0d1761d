"""The auditor agrees with the slow oracle on very many random histories."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from tests.verify.histories import LABELS, History
from tests.verify.log_maker import RULE, canonical
from tests.verify.oracle import Oracle, Verdict
from tests.verify.verifier import VERIFY

HISTORIES = 10_000


def audited(history: History, first: Any) -> Verdict:
    """What the auditor says of a history; the grammar is made once for all."""
    audit = VERIFY.Audit()
    audit.table, audit.rules, audit.rule = first.table, list(first.rules), first.rule
    audit.size = 1
    texts = history.texts[1:]
    audit.feed(texts, b"".join(map(VERIFY.leaf_hash, texts)))
    VERIFY.finish(audit, VERIFY.Checkpoint(audit.size, b"", None, "", []), VERIFY.Report())
    verdict = Verdict()
    for found in audit.findings:
        if "passed" in found:
            verdict.passed |= {(found["entry"], found["passer"], one) for one in found["passed"]}
        elif "label" in found:
            verdict.quotas.add((found["label"], found["code"]))
        elif verdict.wrong is None:
            verdict.wrong = found["entry"]
    return verdict


@pytest.mark.need(24, 25)
def test_auditor_and_oracle_agree_on_random_histories() -> None:
    rng = random.Random(5)
    rule = copy.deepcopy(RULE)
    rule["exceptions"]["STOCK"] = {"at_least": 0, "per_mille": 400}
    text = canonical(rule)
    plain = History(rng, rule, text)
    first = VERIFY.Audit()
    first.feed(plain.texts, VERIFY.leaf_hash(plain.texts[0]))
    assert not first.findings
    wrong = passed = quotas = drawn = 0
    for number in range(HISTORIES):
        history = History(rng, rule, text).make(rng.randint(10, 40))
        expected = Oracle(history.leaves).judge()
        found = audited(history, first)
        if expected.wrong is not None:
            found.passed = {one for one in found.passed if one[0] < expected.wrong}
            found.quotas = set()
        assert found == expected, (number, history.leaves)
        wrong += expected.wrong is not None
        passed += len(expected.passed)
        quotas += len(expected.quotas)
        drawn += history.drawn
    # The histories show what is to be told apart, and not only good ones.
    assert wrong > HISTORIES // 20
    assert passed > HISTORIES // 10
    assert quotas > HISTORIES // 100
    assert drawn > HISTORIES // 20
    assert len(LABELS) == 6
