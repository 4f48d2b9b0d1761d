"""The API of the community system: hidden posts in, public statements out."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.contexts.claims.statements import Signers, make_signers, open_one, publish_one
from tests.contexts.claims.test_posts import TEXT_SHA256
from tests.factories import NOW, make_world
from yinuo.contexts.claims.models import HiddenPost
from yinuo.contexts.people.operations.keys import create_key
from yinuo.platform import clock

pytestmark = pytest.mark.django_db
AT = "/api/v1/moderation"
SAID = {
    "post": "https://club.example.cn/p/8891",
    "action": "REMOVED",
    "rule": "FRAUD",
    "reviewer": "stf_lawyer",
    "reason": "链接指向假的付款页面",
    "text_sha256": TEXT_SHA256,
    "at": "2026-02-11T09:00:00+08:00",
}


@pytest.fixture
def people() -> Signers:
    clock.set_test_clock(at=NOW, running=False)
    return make_signers(make_world().manager)


def send(
    said: dict[str, Any], *, name: str = "club-8891", feeds: tuple[str, ...] = ("moderation",)
) -> tuple[int, dict[str, Any]]:
    """One report: the status and the answer."""
    key = create_key(sender="club", feeds=feeds, signed=False, now=NOW).key
    headers = {"authorization": f"Bearer {key}", "idempotency-key": name}
    answer = Client(headers=headers).post(AT, said, content_type="application/json")
    return answer.status_code, answer.json()


@pytest.mark.need(6)
def test_a_report_twice_is_one_post_with_one_code(people: Signers) -> None:
    status, first = send(SAID)
    assert status == 201
    assert first["page"] == f"/public/moderation/{first['post']}"
    assert Client().get(first["page"]).status_code == 200
    assert send(SAID) == (200, first)
    status, problem = send({**SAID, "rule": "THREAT"})
    assert (status, problem["code"]) == (409, "another_report")
    assert HiddenPost.objects.count() == 1
    # The author appeals with the code that the community's system passed on.
    appeal = {"code": first["appeal_code"], "words": "这是官方付款页面"}
    assert Client().post(first["page"], appeal).status_code == 302


@pytest.mark.need(6, 73)
@pytest.mark.parametrize(
    ("changed", "status", "code", "param"),
    [
        ({"rule": "CRITICISM"}, 400, "no_such_rule", "rule"),
        ({"reason": "抹黑品牌，影响销量"}, 409, "criticism_is_no_reason", None),
        ({"rule": "BOTS"}, 409, "bots_need_published_evidence", None),
        ({"reviewer": "stf_nobody"}, 400, "report_not_readable", "reviewer"),
        ({"text_sha256": "x"}, 400, "report_not_readable", "text_sha256"),
        ({"at": "2026-02-11"}, 400, "report_not_readable", "at"),
        ({"at": "0001-01-01T00:00:00+14:00"}, 400, "report_not_readable", "at"),
        ({"at": "2027-02-11T09:00:00+08:00"}, 400, "report_not_readable", "at"),
        ({"post": None}, 400, "bad_parameter", "post"),
    ],
)
def test_what_is_refused_says_why(
    people: Signers, changed: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    got, problem = send({**SAID, **changed})
    assert (got, problem["code"], problem["param"]) == (status, code, param)
    assert problem["message"]
    assert problem["message_zh"]
    assert not HiddenPost.objects.exists()


def test_only_a_key_for_it_may_report(people: Signers) -> None:
    assert send(SAID, feeds=("orders",))[0] == 403
    assert send(SAID, name="short")[1]["code"] == "idempotency_key_needed"
    assert Client().post(AT, SAID, content_type="application/json").status_code == 401
    assert not HiddenPost.objects.exists()


@pytest.mark.need(48, 121)
def test_statements_are_read_without_a_key(people: Signers) -> None:
    publish_one(people)
    open_one(people, "not-yet")
    said = Client().get("/api/v1/claims").json()
    assert [one["code"] for one in said["claims"]] == ["hood-duct"]
    one = Client().get("/api/v1/claims/hood-duct").json()
    assert one == said["claims"][0] == Client().get("/public/claims/hood-duct.json").json()
    assert one["evidence"][0]["url"].startswith("/public/claims/hood-duct/evidence/evd_")
    assert Client().get("/api/v1/claims/not-yet").status_code == 404
