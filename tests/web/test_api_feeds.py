"""Sending records over HTTP: keys, signatures, replays, limits and answers in one form."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test import Client

from tests.workflows.feeds import NOW, ORDER_HEADER, make_catalogue, make_network, order
from yinuo.contexts.orders.models import Order
from yinuo.contexts.people.operations.keys import NewKey, NoSuchKey, create_key, revoke_key
from yinuo.platform import clock
from yinuo.platform.models import RequestKey

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/feeds/orders"


@pytest.fixture(autouse=True)
def maker() -> None:
    make_catalogue()
    make_network()
    clock.set_test_clock(at=NOW, running=False)


@pytest.fixture
def key() -> NewKey:
    return create_key(sender="sales", feeds=["orders"], signed=False, now=NOW)


@pytest.fixture
def signed_key() -> NewKey:
    return create_key(sender="dealer", feeds=["orders"], signed=True, now=NOW)


def post(
    client: Client,
    body: bytes | list[dict[str, object]],
    key: str = "",
    path: str = ORDERS,
    content_type: str = "application/json",
    **headers: str,
) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {
        "Authorization": f"Bearer {key}",
        **{k.replace("_", "-"): v for k, v in headers.items()},
    }
    return client.post(path, data, content_type=content_type, headers=sent)


def sign(secret: str, body: bytes, seconds: int = 0) -> str:
    at = int(clock.machine_now().timestamp()) + seconds
    mark = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mark}"


def test_records_are_stored_and_reported(client: Client, key: NewKey) -> None:
    answer = post(client, [order(1, code="NC26LU"), order(2)], key.key)
    said = answer.json()
    assert answer.status_code == 202
    assert (said["accepted"], said["refused"], said["written"]) == (2, 0, True)
    assert "NC26LU" in said["ids"]
    assert Order.objects.filter(sender="sales").count() == 2
    assert post(client, [order(1, code="NC26LU")], key.key).json()["duplicates"] == 1


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-ndjson", "\n".join(json.dumps(order(n)) for n in (1, 2)).encode()),
        (
            "text/csv",
            f"{ORDER_HEADER}\n1,2025-10-01 09:00,S7-A,NC,张伟,13900000001\n"
            "2,2025-10-01 09:00,S7-A,NC,李娜,13900000002\n".encode("gbk"),
        ),
        ("application/json", json.dumps([order(1), order(2)]).encode()),
    ],
)
def test_three_forms(client: Client, key: NewKey, content_type: str, body: bytes) -> None:
    answer = post(client, body, key.key, content_type=content_type)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)


def test_another_form_is_refused(client: Client, key: NewKey) -> None:
    answer = post(client, b"<orders/>", key.key, content_type="application/xml")
    assert (answer.status_code, answer.json()["code"]) == (415, "bad_content_type")


def test_bad_rows_are_named_in_both_languages_and_nothing_is_stored(
    client: Client, key: NewKey
) -> None:
    answer = post(client, [order(1), order(2, spec="S7-Z")], key.key)
    said = answer.json()
    assert (answer.status_code, said["type"], said["code"]) == (
        422,
        "invalid_request",
        "row_problems",
    )
    [problem] = said["report"]["problems"]
    assert (problem["line"], problem["field"]) == (2, "spec")
    assert "没有配置" in problem["message_zh"]
    assert "there is no spec" in problem["message"]
    assert said["request_id"].startswith("req_")
    assert Order.objects.count() == 0
    answer = post(client, [order(1), order(2, spec="S7-Z")], key.key, f"{ORDERS}?skip_bad=1")
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)


def test_a_dry_run_stores_nothing(client: Client, key: NewKey) -> None:
    answer = post(client, [order(1)], key.key, f"{ORDERS}?dry_run=1")
    said = answer.json()
    assert (answer.status_code, said["accepted"], said["written"]) == (202, 1, False)
    assert Order.objects.count() == 0


def test_who_may_send(client: Client, key: NewKey) -> None:
    missing = client.post(ORDERS, b"[]", content_type="application/json")
    assert (missing.status_code, missing.json()["code"]) == (401, "bad_key")
    assert missing["WWW-Authenticate"] == "Bearer"
    assert post(client, [order(1)], key.key[:-1]).status_code == 401
    assert post(client, [order(1)], key.public_id).status_code == 401
    other = post(client, [], key.key, "/api/v1/feeds/events")
    assert (other.status_code, other.json()["code"]) == (403, "feed_not_allowed")
    unknown = post(client, [], key.key, "/api/v1/feeds/cars")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "no_such_feed")
    revoke_key(public_id=key.public_id, now=NOW)
    assert post(client, [order(1)], key.key).status_code == 401
    with pytest.raises(NoSuchKey):
        revoke_key(public_id=key.public_id, now=NOW)
    assert Order.objects.count() == 0


def test_a_signed_key_needs_its_signature(client: Client, signed_key: NewKey) -> None:
    body = json.dumps([order(1)]).encode()
    for signature in (
        "",
        "t=1,v1=00",
        sign("another secret", body),
        sign(signed_key.signing_secret, body + b" "),
    ):
        answer = post(client, body, signed_key.key, Yinuo_Signature=signature)
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
    for seconds in (-301, 301):
        signature = sign(signed_key.signing_secret, body, seconds)
        answer = post(client, body, signed_key.key, Yinuo_Signature=signature)
        assert (answer.status_code, answer.json()["code"]) == (401, "clock_skew")
    assert Order.objects.count() == 0
    signature = sign(signed_key.signing_secret, body, -200)
    assert post(client, body, signed_key.key, Yinuo_Signature=signature).status_code == 202


def test_two_senders_may_use_the_same_id(client: Client, key: NewKey, signed_key: NewKey) -> None:
    body = json.dumps([order(1)]).encode()
    assert post(client, body, key.key).json()["accepted"] == 1
    signature = sign(signed_key.signing_secret, body)
    answer = post(client, body, signed_key.key, Yinuo_Signature=signature)
    assert answer.json()["accepted"] == 1
    assert set(Order.objects.values_list("sender", flat=True)) == {"sales", "dealer"}


def test_a_repeated_request_gets_the_first_answer(client: Client, key: NewKey) -> None:
    first = post(client, [order(1)], key.key, Idempotency_Key="k1")
    again = post(client, [order(1)], key.key, Idempotency_Key="k1")
    assert again["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.json()["accepted"] == 1
    other = post(client, [order(2)], key.key, Idempotency_Key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Order.objects.count() == 1
    assert RequestKey.objects.count() == 1


def test_more_than_ten_megabytes_are_refused(client: Client, key: NewKey) -> None:
    answer = post(client, b" " * (10 * 2**20 + 1), key.key)
    assert answer.status_code == 413
    assert "yinuo import" in answer.json()["message"]


def test_what_is_not_json_is_said(client: Client, key: NewKey) -> None:
    answer = post(client, b'[{"id": 1', key.key)
    assert answer.status_code == 422
    assert "JSON" in answer.json()["report"]["problems"][0]["message"]
    answer = post(client, [order(1)], key.key, f"{ORDERS}?dry_run=maybe")
    assert (answer.status_code, answer.json()["param"]) == (400, "dry_run")


def test_the_feeds_describe_themselves(client: Client) -> None:
    feeds = {one["feed"]: one for one in client.get("/api/v1/feeds").json()["feeds"]}
    assert set(feeds) == {"orders", "capacity", "plan", "builds", "shipments", "events"}
    named = {field["name"]: field for field in feeds["orders"]["fields"]}
    assert named["locked_at"]["required"] is True
    assert named["email"]["required"] is False
    assert client.get("/api/openapi.json").json()["info"]["title"] == "Yinuo"
    assert "/api/v1/feeds/{feed}" in client.get("/api/openapi.json").json()["paths"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_loads_nothing_from_elsewhere(client: Client, language: str) -> None:
    page = client.get("/api/docs", headers={"Accept-Language": language}).content.decode()
    assert "http" not in page
    assert "POST /api/v1/feeds/events" in page
    assert ("锁定的订单" in page) == (language == "zh")
