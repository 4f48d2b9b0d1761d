"""Settings, SMS text, masking and delivery receipts: what needs no peer."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.platform.channel_peers import NOW
from yinuo.platform.channels.configure import configured_channels
from yinuo.platform.channels.masking import mask, short
from yinuo.platform.channels.receipts import parse_receipts
from yinuo.platform.channels.sms_text import check_sms, mainland_mobile, sms_length, sms_parts

NOTICE = (
    "交车日改为3月2日至12日，晚6天，因列车停运。可等、换车或退订。详情car.example.cn/n 通知码4K7P92"
)


def configure(**settings: str) -> list[str]:
    return list(configured_channels(settings, clock=lambda: NOW))


def test_nothing_configured_is_nothing_to_send_with() -> None:
    assert configure() == configure(MAIL_URL="", SMS_URL=" ", CHAT_URLS="") == []


def test_every_channel_at_once() -> None:
    assert configure(
        MAIL_URL="smtps://u:p@mail.example.cn?from=notice@example.cn",
        SMS_URL="tencent://ID:KEY@sms.tencentcloudapi.com/?app=1400000000&sign=S&template=1",
        CHAT_URLS="feishu://abcdef01-2345-6789-abcd-ef0123456789",
    ) == ["MAIL", "SMS", "CHAT"]


SMS = "aliyun://hunter:hunter2@dysmsapi.aliyuncs.com/"
BAD = [
    ("MAIL_URL", "mail.example.cn", "begins with none of smtp://, smtps://"),
    ("MAIL_URL", "imap://mail.example.cn?from=a@b.cn", "begins with none of"),
    ("MAIL_URL", "smtp://?from=a@b.cn", "names no host"),
    ("MAIL_URL", "smtp://host:99999?from=a@b.cn", "port of 1 to 65535"),
    ("MAIL_URL", "smtp://host:587", "has no from"),
    ("MAIL_URL", "smtp://host?from=notice", "from that is no ASCII mail address"),
    ("MAIL_URL", "smtp://host?from=通知@b.cn", "from that is no ASCII mail address"),
    ("MAIL_URL", "smtp://host?from=a@b.cn&starttls=yes", "neither 0 nor 1"),
    ("MAIL_URL", "smtp://host?from=a@b.cn&from=c@d.cn", "an option twice"),
    ("MAIL_URL", "smtp://host?from=a@b.cn&hunter2=1", "an option it does not know"),
    ("MAIL_URL", "smtp://u:hunter2@host?from=a@b.cn&starttls=0", "send it in clear"),
    ("MAIL_URL", "smtp://u@host?from=a@b.cn", "a user without a password"),
    ("MAIL_URL", "smtps://host?from=a@b.cn&starttls=1", "starttls inside smtps"),
    ("MAIL_URL", "smtp://host?from=a@b.cn&ca=/no/such/file", "a ca that is no file"),
    ("SMS_URL", "twilio://hunter:hunter2@host/", "begins with none of aliyun://, tencent://"),
    ("SMS_URL", "aliyun://host/?sign=S&template=T", "no key and secret"),
    ("SMS_URL", f"{SMS}?template=T", "has no sign"),
    ("SMS_URL", f"{SMS}?sign=S", "has no template"),
    ("SMS_URL", f"{SMS}?sign=S&template=", "has no template"),
    ("SMS_URL", f"{SMS}?sign=S&template=T&https=0", "a peer on this machine only"),
    ("SMS_URL", f"{SMS}?sign=S&template=T&https=off", "neither 0 nor 1"),
    ("SMS_URL", "tencent://ID:hunter2@host/?sign=S&template=T", "has no app"),
    ("CHAT_URLS", "exec://hunter2", "entry 1 that is none of wecombot"),
    ("CHAT_URLS", "feishu://abcdef01-2345 slack://hunter2", "entry 2 that is none of"),
    ("CHAT_URLS", "dingtalk://", "entry 1 that is no usable dingtalk:// URL"),
]


@pytest.mark.parametrize(("name", "value", "why"), BAD)
def test_a_bad_value_is_refused_in_one_sentence(name: str, value: str, why: str) -> None:
    with pytest.raises(ValueError, match=name) as failure:
        configure(**{name: value})
    sentence = str(failure.value)
    assert why in sentence
    assert "; right is " in sentence
    assert "\n" not in sentence
    assert "hunter2" not in sentence


def test_the_wording_of_the_delay_notice_is_one_sms() -> None:
    assert sms_length(NOTICE, "云帆汽车") == 67
    assert sms_parts(NOTICE, "云帆汽车") == 1
    check_sms(NOTICE, {"window": "3月2日至12日", "code": "4K7P92"})


@pytest.mark.parametrize(
    ("characters", "parts"), [(0, 1), (1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3)]
)
def test_over_seventy_is_billed_per_sixty_seven(characters: int, parts: int) -> None:
    assert sms_parts("字" * characters) == parts
    if characters > 6:
        assert sms_parts("字" * (characters - 6), "云帆汽车") == parts


def test_an_emoji_counts_twice() -> None:
    assert sms_length("车🚗") == 3


@given(st.text(max_size=400))
def test_the_parts_always_hold_the_text(text: str) -> None:
    text = text.encode("utf-16", "ignore").decode("utf-16", "ignore")
    parts = sms_parts(text)
    assert sms_length(text) <= (70 if parts == 1 else 67 * parts)
    assert parts <= 2 or sms_length(text) > 67 * (parts - 1)


@pytest.mark.parametrize("sign", ["¥", "￥", "【", "】", "★"])
def test_forbidden_signs_are_refused(sign: str) -> None:
    with pytest.raises(ValueError, match=sign):
        check_sms(f"退款{sign}5000", {})


@pytest.mark.parametrize(
    "value",
    [
        "https://car.example.cn/n/4K7P92",
        "HTTP://A",
        "www.example",
        "car.example.cn",
        "见example.cn/n",
        "10.0.0.1",
    ],
)
def test_a_link_in_a_variable_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="variable where") as failure:
        check_sms("到店", {"where": value})
    assert value not in str(failure.value)


@pytest.mark.parametrize(
    "value",
    ["3月2日(周一)", "V2.0", "3.15", "09:20", "5,000元", "T3.", "王敏 021-5555 1234", "1.5天"],
)
def test_ordinary_values_pass(value: str) -> None:
    check_sms("到店", {"where": value})


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800001234", "13800001234"),
        ("+86 138-0000-1234", "13800001234"),
        ("008613800001234", "13800001234"),
        ("8613800001234", "13800001234"),
        ("12800001234", None),
        ("+85291234567", None),
        ("138000012345", None),
        ("１３８００００１２３４", None),
    ],
)
def test_a_mainland_mobile_number(written: str, number: str | None) -> None:
    assert mainland_mobile(written) == number


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("13800001234 refused", "138****1234 refused"),
        ("for +8613800001234.", "for +86138****1234."),
        ("<wang.min@example.cn>", "<w***@example.cn>"),
        ("for 008613800001234", "for 0086138****1234"),
        ("serial 99913800001234", "serial 99913800001234"),
        ("order 2026021100001", "order 2026021100001"),
    ],
)
def test_numbers_and_addresses_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert short(text + "\n  " + "x" * 500).startswith(masked)
    assert len(short(text + "x" * 500)) == 200


ALIYUN: dict[str, Any] = {
    "phone_number": "13800001234",
    "send_time": "2026-02-11 09:20:01",
    "report_time": "2026-02-11 09:20:06",
    "success": True,
    "err_code": "DELIVERED",
    "err_msg": "用户接收成功",
    "sms_size": "1",
    "biz_id": "900619746936498440^0",
    "out_id": "ntc_7k2m9p",
}
TENCENT: dict[str, Any] = {
    "user_receive_time": "2026-02-11 09:20:06",
    "nationcode": "86",
    "mobile": "13800001234",
    "report_status": "SUCCESS",
    "errmsg": "DELIVRD",
    "description": "用户短信送达成功",
    "sid": "5000:104571",
}
ARRIVED = dt.datetime(2026, 2, 11, 1, 20, 6, tzinfo=dt.UTC)


def body(*rows: object) -> bytes:
    return json.dumps(rows).encode()


def test_receipts_of_alibaba_cloud() -> None:
    lost = {**ALIYUN, "success": False, "err_code": "MK:0001", "err_msg": "13800001234 空号"}
    good, bad = parse_receipts("aliyun", body(ALIYUN, lost))
    assert (good.message_id, good.state, good.at) == ("ntc_7k2m9p", "DELIVERED", ARRIVED)
    assert (bad.state, bad.permanent, bad.reason) == ("BOUNCED", True, "MK:0001 138****1234 空号")
    assert bad.provider_id == "900619746936498440^0"


def test_receipts_of_tencent_cloud_are_joined_by_their_number() -> None:
    off = {**TENCENT, "report_status": "FAIL", "errmsg": "MI:0024", "description": "用户手机关机"}
    known = {**TENCENT, "session_context": "ntc_7k2m9p"}
    good, bad, named = parse_receipts("tencent", body(TENCENT, off, known))
    assert (good.message_id, good.provider_id, good.at) == ("", "5000:104571", ARRIVED)
    assert (good.state, good.permanent) == ("DELIVERED", False)
    assert (bad.state, bad.permanent) == ("BOUNCED", False)
    assert named.message_id == "ntc_7k2m9p"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"{}", "not a list"),
        (b"[1]", "Receipt 1 is not an object"),
        (body(ALIYUN, {}), "Receipt 2 has no err_code"),
        (body({**ALIYUN, "success": "true"}), "Receipt 1: success is neither"),
        (body({**ALIYUN, "report_time": "13800001234"}), "Receipt 1: report_time is not like"),
        (body(*[ALIYUN] * 1001), "at most 1000"),
    ],
)
def test_a_bad_callback_is_refused_without_being_repeated(raw: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why) as failure:
        parse_receipts("aliyun", raw)
    assert "13800001234" not in str(failure.value)


def test_a_status_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="neither SUCCESS nor FAIL"):
        parse_receipts("tencent", body({**TENCENT, "report_status": "MAYBE"}))
