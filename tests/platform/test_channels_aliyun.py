"""SMS through Alibaba Cloud, against a peer that checks each signature itself."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.platform.channel_peers import NOW, AliyunPeer, http_peer, message
from yinuo.platform.channels.aliyun import authorization
from yinuo.platform.channels.configure import configured_channels
from yinuo.platform.channels.port import Channel
from yinuo.platform.http import exchange


@pytest.fixture
def peer() -> AliyunPeer:
    return AliyunPeer()


@pytest.fixture
def host(peer: AliyunPeer) -> Iterator[str]:
    with http_peer(peer) as address:
        yield address


def channel(host: str, peer: AliyunPeer, *, secret: str | None = None) -> Channel:
    url = (
        f"aliyun://{peer.key}:{quote(secret or peer.secret, safe='')}@{host}/"
        "?sign=云帆汽车&template=SMS_100&template.delay=SMS_123&region=cn-hangzhou&https=0"
    )
    return configured_channels({"SMS_URL": url}, clock=lambda: NOW)["SMS"]


def test_the_published_example_gives_the_published_signature() -> None:
    # Alibaba Cloud, "Request syntax and signature method V3", the fixed-parameter example.
    header = authorization(
        key="YourAccessKeyId",
        secret="YourAccessKeySecret",
        query={
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            "RegionId": "cn-shanghai",
        },
        headers={
            "host": "ecs.cn-shanghai.aliyuncs.com",
            "x-acs-action": "RunInstances",
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": "2023-10-26T10:22:32Z",
            "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
            "x-acs-version": "2014-05-26",
        },
        body=b"",
    )
    assert header == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;"
        "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_a_message_is_taken_with_our_id(peer: AliyunPeer, host: str) -> None:
    outcome = channel(host, peer).send(message())
    assert (outcome.state, outcome.provider_id) == ("SENT", "900619746936498440^0")
    query = peer.requests[0].query
    assert query["PhoneNumbers"] == "13800001234"
    assert query["SignName"] == "云帆汽车"
    assert query["TemplateCode"] == "SMS_123"
    assert query["OutId"] == "ntc_7k2m9p"
    assert json.loads(query["TemplateParam"]) == dict(message().params)


@pytest.mark.parametrize(
    "cause", ["空 格", "a+b", "a*b~c", "50%&x=y", "第一行\n第二行", "'引号'\"", "/?#;:@"]
)
def test_signs_that_need_encoding_are_signed_as_they_are_sent(
    peer: AliyunPeer, host: str, cause: str
) -> None:
    outcome = channel(host, peer).send(message(params={"cause": cause}))
    assert outcome.state == "SENT", outcome.detail
    assert json.loads(peer.requests[0].query["TemplateParam"]) == {"cause": cause}


def test_another_template_uses_the_default_code(peer: AliyunPeer, host: str) -> None:
    channel(host, peer).send(message(template="weekly"))
    assert peer.requests[0].query["TemplateCode"] == "SMS_100"


@pytest.mark.parametrize("written", ["+8613800001234", "008613800001234", "138 0000 1234"])
def test_the_number_is_sent_as_eleven_digits(peer: AliyunPeer, host: str, written: str) -> None:
    assert channel(host, peer).send(message(to=written)).state == "SENT"
    assert peer.requests[0].query["PhoneNumbers"] == "13800001234"


def test_a_wrong_secret_is_refused_and_may_be_mended(peer: AliyunPeer, host: str) -> None:
    outcome = channel(host, peer, secret="not-the-secret").send(message())
    assert (outcome.state, outcome.permanent) == ("RETRY", False)
    assert outcome.detail.startswith("SignatureDoesNotMatch")
    assert "not-the-secret" not in outcome.detail
    assert peer.sent == []


def test_an_unknown_key_is_refused(peer: AliyunPeer, host: str) -> None:
    known = peer.key
    peer.key = "LTAI5tOther"
    url = f"aliyun://{known}:x@{host}/?sign=S&template=T&https=0"
    outcome = configured_channels({"SMS_URL": url}, clock=lambda: NOW)["SMS"].send(message())
    assert (outcome.state, outcome.detail) == ("RETRY", "InvalidAccessKeyId.NotFound: refused")


@pytest.mark.parametrize(("minutes", "state"), [(14, "SENT"), (-14, "SENT"), (16, "RETRY")])
def test_the_peer_refuses_a_clock_that_is_off(
    peer: AliyunPeer, host: str, minutes: int, state: str
) -> None:
    peer.now = NOW + dt.timedelta(minutes=minutes)
    outcome = channel(host, peer).send(message())
    assert outcome.state == state
    assert ("InvalidTimeStamp.Expired" in outcome.detail) == (state == "RETRY")


def test_a_changed_request_no_longer_fits_its_signature(peer: AliyunPeer, host: str) -> None:
    channel(host, peer).send(message())
    first = peer.requests[0]
    other = first.target.replace("13800001234", "13900001234")
    answer = exchange("POST", f"http://{host}{other}", headers=first.headers)
    assert json.loads(answer.body)["Code"] == "SignatureDoesNotMatch"


def test_each_request_has_its_own_nonce(peer: AliyunPeer, host: str) -> None:
    channel(host, peer).send(message())
    again = exchange(
        "POST", f"http://{host}{peer.requests[0].target}", headers=peer.requests[0].headers
    )
    assert json.loads(again.body)["Code"] == "SignatureNonceUsed"
    assert channel(host, peer).send(message(id="ntc_other")).state == "SENT"


def test_the_providers_own_limit_is_a_retry(peer: AliyunPeer, host: str) -> None:
    peer.limit_per_number = 1
    sms = channel(host, peer)
    assert sms.send(message()).state == "SENT"
    outcome = sms.send(message(id="ntc_second"))
    assert (outcome.state, outcome.detail) == ("RETRY", "isv.BUSINESS_LIMIT_CONTROL: too many")


def test_a_number_the_provider_refuses_bounces_without_being_shown(
    peer: AliyunPeer, host: str
) -> None:
    outcome = channel(host, peer).send(message(to="19912345678"))
    assert (outcome.state, outcome.permanent) == ("BOUNCED", True)
    assert outcome.detail == "isv.MOBILE_NUMBER_ILLEGAL: 199****5678"


@pytest.mark.parametrize("to", ["02112345678", "1380000123", "someone", ""])
def test_what_is_no_mobile_number_never_leaves_the_house(
    peer: AliyunPeer, host: str, to: str
) -> None:
    outcome = channel(host, peer).send(message(to=to))
    assert (outcome.state, outcome.permanent) == ("BOUNCED", True)
    assert not to or to not in outcome.detail
    assert peer.requests == []


def test_a_lost_answer_is_found_again_by_our_id(peer: AliyunPeer, host: str) -> None:
    peer.cut_after_taking = True
    sms = channel(host, peer)
    assert sms.send(message()).state == "UNKNOWN"
    found = sms.look_up(message())
    assert found is not None
    assert found.state == "SENT"
    assert len(peer.sent) == 1


def test_what_the_provider_never_had_may_be_sent(peer: AliyunPeer, host: str) -> None:
    peer.add("13800001234", "ntc_of_somebody_else")
    assert channel(host, peer).look_up(message()) is None
    assert len(peer.requests) == 8


@pytest.mark.parametrize(
    ("row", "state", "permanent"),
    [
        ({"SendStatus": 1}, "SENT", False),
        ({"SendStatus": 3, "ErrCode": "DELIVERED"}, "DELIVERED", False),
        ({"SendStatus": 2, "ErrCode": "MK:0001"}, "BOUNCED", True),
        ({"SendStatus": 2, "ErrCode": "MOBILE_SEND_LIMIT"}, "BOUNCED", False),
    ],
)
def test_a_look_up_tells_what_became_of_it(
    peer: AliyunPeer, host: str, row: dict[str, object], state: str, permanent: bool
) -> None:
    peer.add("13800001234", "ntc_7k2m9p", **row)
    found = channel(host, peer).look_up(message())
    assert found is not None
    assert (found.state, found.permanent) == (state, permanent)


@pytest.mark.parametrize("day", ["20260211", "20260210", "20260204"])
def test_a_look_up_goes_back_seven_local_days(peer: AliyunPeer, host: str, day: str) -> None:
    peer.add("13800001234", "ntc_7k2m9p", day=day)
    assert channel(host, peer).look_up(message()) is not None


def test_a_look_up_reads_every_page(peer: AliyunPeer, host: str) -> None:
    for number in range(120):
        peer.add("13800001234", f"ntc_before_{number}")
    peer.add("13800001234", "ntc_7k2m9p")
    found = channel(host, peer).look_up(message())
    assert found is not None
    assert [request.query["CurrentPage"] for request in peer.requests] == ["1", "2", "3"]


def test_a_list_shorter_than_its_count_proves_nothing(peer: AliyunPeer, host: str) -> None:
    peer.add("13800001234", "ntc_7k2m9p")
    peer.hidden_rows = True
    found = channel(host, peer).look_up(message())
    assert found is not None
    assert found.state == "UNKNOWN"


def test_a_look_up_that_is_refused_proves_nothing(peer: AliyunPeer, host: str) -> None:
    found = channel(host, peer, secret="wrong").look_up(message())
    assert found is not None
    assert found.state == "UNKNOWN"


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (500, b'{"Code":"InternalError","Message":"x"}', "UNKNOWN"),
        (502, b"<html>bad gateway</html>", "UNKNOWN"),
        (200, b'{"Code":"isp.SYSTEM_ERROR"}', "UNKNOWN"),
        (200, b'["OK"]', "UNKNOWN"),
        (302, b'{"Code":"OK"}', "UNKNOWN"),
        (429, b'{"Code":"Throttling.User","Message":"slow down"}', "RETRY"),
        (200, b'{"Code":"isp.RAM_PERMISSION_DENY"}', "RETRY"),
        (200, b'{"Code":"isv.AMOUNT_NOT_ENOUGH"}', "RETRY"),
    ],
)
def test_only_a_clear_no_may_be_repeated(status: int, body: bytes, state: str) -> None:
    with http_peer(lambda _: (status, body, {})) as host:
        outcome = channel(host, AliyunPeer()).send(message())
    assert outcome.state == state, outcome.detail


def test_a_gateway_that_is_down_is_a_retry() -> None:
    with http_peer(lambda _: (200, b"", {})) as host:
        gone = host
    assert channel(gone, AliyunPeer()).send(message()).state == "RETRY"
