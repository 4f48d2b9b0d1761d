"""SMS through Tencent Cloud, against a peer that checks each signature itself."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import pytest

from tests.platform.channel_peers import NOW, TencentPeer, http_peer, json_reply, message
from yinuo.platform.channels.configure import configured_channels
from yinuo.platform.channels.port import Channel
from yinuo.platform.channels.tencent import authorization
from yinuo.platform.http import exchange

PAYLOAD = (
    b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
)


@pytest.fixture
def peer() -> TencentPeer:
    return TencentPeer()


@pytest.fixture
def host(peer: TencentPeer) -> Iterator[str]:
    with http_peer(peer) as address:
        yield address


def channel(host: str, peer: TencentPeer, *, secret: str | None = None) -> Channel:
    url = (
        f"tencent://{peer.key}:{secret or peer.secret}@{host}/"
        "?app=1400006666&sign=云帆汽车&template=1110&https=0"
    )
    return configured_channels({"SMS_URL": url}, clock=lambda: NOW)["SMS"]


@pytest.mark.parametrize(
    ("ending", "signature"),
    [
        ("EXAMPLE", "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"),
        ("*******", "2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c"),
    ],
)
def test_the_published_examples_give_the_published_signatures(ending: str, signature: str) -> None:
    # Tencent Cloud, "Signature v3": DescribeInstances with content-type and host signed.
    header = authorization(
        key=f"AKIDz8krbsJ5yKBZQpn74WFkmLPx3{ending}",
        secret=f"Gu5t9xGARNpq86cd98joQYCN3{ending}",
        service="cvm",
        at=dt.datetime.fromtimestamp(1551113065, dt.UTC),
        headers={
            "content-type": "application/json; charset=utf-8",
            "host": "cvm.tencentcloudapi.com",
        },
        body=PAYLOAD,
    )
    assert header == (
        f"TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3{ending}"
        "/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, "
        f"Signature={signature}"
    )


def test_the_published_example_with_a_signed_action() -> None:
    # The later edition of the same page also signs x-tc-action, in lower case.
    header = authorization(
        key="AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******",
        secret="Gu5t9xGARNpq86cd98joQYCN3*******",
        service="cvm",
        at=dt.datetime.fromtimestamp(1551113065, dt.UTC),
        headers={
            "content-type": "application/json; charset=utf-8",
            "host": "cvm.tencentcloudapi.com",
            "x-tc-action": "DescribeInstances",
        },
        body=PAYLOAD,
    )
    assert header.endswith("be4f67d323c78ab9acb7395e43c0dbcf822a9cfac32fea2449a7bc7726b770a3")


def test_a_message_is_taken_with_our_id(peer: TencentPeer, host: str) -> None:
    outcome = channel(host, peer).send(message())
    assert outcome.state == "SENT"
    assert outcome.provider_id == "5000:1045710669157053657849499619"
    assert peer.sent == [
        {
            "PhoneNumberSet": ["+8613800001234"],
            "SmsSdkAppId": "1400006666",
            "SignName": "云帆汽车",
            "TemplateId": "1110",
            "TemplateParamSet": ["3月2日至12日", "6", "列车停运"],
            "SessionContext": "ntc_7k2m9p",
        }
    ]


def test_a_wrong_secret_is_refused_and_may_be_mended(peer: TencentPeer, host: str) -> None:
    outcome = channel(host, peer, secret="wrongsecret").send(message())
    assert (outcome.state, outcome.permanent) == ("RETRY", False)
    assert outcome.detail == "AuthFailure.SignatureFailure: refused"
    assert peer.sent == []


@pytest.mark.parametrize(("seconds", "state"), [(299, "SENT"), (-299, "SENT"), (301, "RETRY")])
def test_the_peer_refuses_a_clock_that_is_off(
    peer: TencentPeer, host: str, seconds: int, state: str
) -> None:
    peer.now = NOW + dt.timedelta(seconds=seconds)
    outcome = channel(host, peer).send(message())
    assert outcome.state == state
    assert ("AuthFailure.SignatureExpire" in outcome.detail) == (state == "RETRY")


def test_a_changed_body_no_longer_fits_its_signature(peer: TencentPeer, host: str) -> None:
    channel(host, peer).send(message())
    first = peer.requests[0]
    other = first.body.replace(b"13800001234", b"13900001234")
    headers = {name: value for name, value in first.headers.items() if name != "content-length"}
    answer = exchange("POST", f"http://{host}/", headers=headers, body=other)
    code = json.loads(answer.body)["Response"]["Error"]["Code"]
    assert code == "AuthFailure.SignatureFailure"


def test_the_signature_is_dated_by_the_utc_day(peer: TencentPeer, host: str) -> None:
    # 23:30 UTC is already the next day in Shanghai; the scope takes the UTC one.
    late = dt.datetime(2026, 2, 11, 23, 30, tzinfo=dt.UTC)
    peer.now = late
    url = f"tencent://{peer.key}:{peer.secret}@{host}/?app=1&sign=S&template=1&https=0"
    shanghai = dt.timezone(dt.timedelta(hours=8))
    sms = configured_channels({"SMS_URL": url}, clock=lambda: late.astimezone(shanghai))["SMS"]
    assert sms.send(message()).state == "SENT"


def test_the_providers_own_limit_is_a_retry(peer: TencentPeer, host: str) -> None:
    peer.limit_per_number = 0
    outcome = channel(host, peer).send(message())
    assert outcome.state == "RETRY"
    assert outcome.detail == "LimitExceeded.PhoneNumberDailyLimit: refused for +86138****1234"


def test_a_number_the_provider_refuses_bounces(peer: TencentPeer, host: str) -> None:
    outcome = channel(host, peer).send(message(to="19912345678"))
    assert (outcome.state, outcome.permanent) == ("BOUNCED", True)
    assert "19912345678" not in outcome.detail


def test_a_lost_answer_stays_unknown_until_a_status_comes(peer: TencentPeer, host: str) -> None:
    peer.cut_after_taking = True
    sms = channel(host, peer)
    assert sms.send(message()).state == "UNKNOWN"
    before = sms.look_up(message())
    assert before is not None
    assert before.state == "UNKNOWN"
    peer.statuses.append(status("ntc_7k2m9p", "SUCCESS", "DELIVRD"))
    after = sms.look_up(message())
    assert after is not None
    assert (after.state, after.provider_id) == ("DELIVERED", "5000:104571")


@pytest.mark.parametrize(
    ("words", "permanent"), [("空号", True), ("停机/空号", False), ("用户关机", False)]
)
def test_a_failed_status_bounces(peer: TencentPeer, host: str, words: str, permanent: bool) -> None:
    peer.statuses.append(status("ntc_7k2m9p", "FAIL", words))
    found = channel(host, peer).look_up(message())
    assert found is not None
    assert (found.state, found.permanent) == ("BOUNCED", permanent)


def test_somebody_elses_status_proves_nothing(peer: TencentPeer, host: str) -> None:
    peer.statuses.append(status("", "SUCCESS", "DELIVRD"))
    peer.statuses.append(status("ntc_other", "SUCCESS", "DELIVRD"))
    found = channel(host, peer).look_up(message())
    assert found is not None
    assert found.state == "UNKNOWN"


def test_a_look_up_stays_inside_the_seven_days(peer: TencentPeer, host: str) -> None:
    channel(host, peer).look_up(message())
    asked = json.loads(peer.requests[0].body)
    assert asked["EndTime"] == int(NOW.timestamp())
    assert 6.9 * 86400 < asked["EndTime"] - asked["BeginTime"] < 7 * 86400


@pytest.mark.parametrize(
    "content",
    [
        {"Response": {"Error": {"Code": "InternalError.Timeout", "Message": "x"}}},
        {"Response": {"SendStatusSet": []}},
        {"Response": None},
        {"other": 1},
    ],
)
def test_an_unclear_answer_is_unknown(content: object) -> None:
    with http_peer(lambda _: json_reply(200, content)) as host:
        assert channel(host, TencentPeer()).send(message()).state == "UNKNOWN"


def status(context: str, state: str, words: str) -> dict[str, str]:
    return {
        "PhoneNumber": "+8613800001234",
        "SerialNo": "5000:104571",
        "ReportStatus": state,
        "Description": words,
        "SessionContext": context,
    }
