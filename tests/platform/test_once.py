"""One order for one key: repeated, refused, and sent twice at the same time."""

from __future__ import annotations

import time

import pytest

from tests.factories import NOW
from tests.workflows.test_handover_at_once import at_once
from yinuo.platform import idempotency
from yinuo.platform.models import RequestKey
from yinuo.platform.refusals import Refusal


class No(Refusal):
    """Refused."""

    code = "no"
    zh = "不行。"
    en = "No."


@pytest.mark.django_db
def test_a_repetition_is_answered_and_a_refusal_leaves_the_key_unused() -> None:
    given: list[str] = []

    def order() -> str:
        given.append("x")
        if len(given) == 1:
            raise No
        return f"answer {len(given)}"

    with pytest.raises(No):
        idempotency.once("s", "k", order, now=NOW)
    assert not RequestKey.objects.exists()
    for _ in range(2):
        assert idempotency.once("s", "k", order, now=NOW) == "answer 2"
    assert idempotency.once("other", "k", order, now=NOW) == "answer 3"
    assert len(given) == 3


def test_two_at_the_same_time_make_one(fresh_database: str) -> None:
    given: list[str] = []

    def order() -> str:
        given.append("x")
        time.sleep(0.2)
        return "first"

    def send() -> str:
        return idempotency.once("s", "k", order, now=NOW)

    assert at_once(send, send) == ["first", "first"]
    assert given == ["x"]
