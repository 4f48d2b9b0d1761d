"""The story through real channels: gateways that check signatures, a real mail server, receipts."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from urllib.parse import quote

import pytest
from django.db.models import QuerySet
from django.test import Client
from pytest_django.fixtures import Settings

from tests.platform.channel_peers import AliyunPeer, TencentPeer, http_peer
from tests.platform.test_channels_mail import Box, smtp_peer
from tests.workflows.story import MINUTE, NOW, Story, check_told, make_story, report
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.notices.models import CallTask, Delivery, Notice
from yinuo.contexts.notices.operations.send import keep_outcome
from yinuo.contexts.people.models import Person
from yinuo.jobs import schedule
from yinuo.platform import clock
from yinuo.platform.channels.port import Outcome

pytestmark = pytest.mark.django_db
SOON = NOW + 11 * MINUTE
SECRET = "k7m2p9q4r8s5t3v6"


@pytest.fixture
def story() -> Story:
    return make_story()


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    box = Box()
    with smtp_peer(box) as port:
        sender = quote("云帆汽车 <notice@example.cn>")
        monkeypatch.setenv("MAIL_URL", f"smtp://127.0.0.1:{port}?from={sender}&starttls=0")
        yield box


@pytest.fixture
def aliyun(monkeypatch: pytest.MonkeyPatch) -> Iterator[AliyunPeer]:
    peer = AliyunPeer(now=clock.machine_now())
    with http_peer(peer) as host:
        monkeypatch.setenv(
            "SMS_URL",
            f"aliyun://{peer.key}:{quote(peer.secret, safe='')}@{host}/?sign={quote('云帆汽车')}"
            "&template=SMS_1&template.revised=SMS_7&template.revised_en=SMS_8&https=0",
        )
        yield peer


@pytest.fixture
def tencent(monkeypatch: pytest.MonkeyPatch) -> Iterator[TencentPeer]:
    peer = TencentPeer(now=clock.machine_now())
    with http_peer(peer) as host:
        monkeypatch.setenv(
            "SMS_URL",
            f"tencent://{peer.key}:{peer.secret}@{host}/?app=1400000000&sign={quote('云帆汽车')}"
            "&template=1&template.revised=7&template.revised_en=8&https=0",
        )
        yield peer


def door(settings: Settings, provider: str, body: bytes, secret: str = SECRET) -> int:
    settings.RECEIPT_SECRET = SECRET
    answer = Client().post(
        f"/api/v1/receipts/{provider}/{secret}", body, content_type="application/json"
    )
    return answer.status_code


@pytest.mark.need(1)
def test_a_cancelled_train_reaches_gateway_and_mail_server(
    story: Story, aliyun: AliyunPeer, box: Box
) -> None:
    report(story)
    schedule.sweep(SOON)
    notices = list(Notice.objects.filter(kind="promise.revised").select_related("order__person"))
    assert Counter(row["OutId"] for row in aliyun.sent) == {
        f"{notice.public_id}-sms": 1 for notice in notices
    }
    assert sorted(row["PhoneNum"] for row in aliyun.sent) == sorted(
        notice.order.person.phone for notice in notices
    )
    by_id = {notice.public_id: notice for notice in notices}
    for request in aliyun.requests:
        notice = by_id[request.query["OutId"].rsplit("-", 1)[0]]
        params = json.loads(request.query["TemplateParam"])
        assert list(params) == ["window", "change", "cause", "code"]
        assert params["code"] == notice.code
        text = Delivery.objects.get(notice=notice, channel="SMS").text
        assert all(value in text for value in params.values())
        assert request.query["SignName"] == "云帆汽车"
        assert request.query["TemplateCode"] == {"zh": "SMS_7", "en": "SMS_8"}[notice.language]
    with_mail = [notice for notice in notices if notice.order.person.email]
    assert sorted(mail["To"] for mail in box.mails) == sorted(
        notice.order.person.email for notice in with_mail
    )
    for mail in box.mails:
        body = mail.get_body(("plain",))
        assert body is not None
        assert "/n?code=" in body.get_content()
    states = Counter(Delivery.objects.values_list("channel", "provider", "state"))
    assert states == {
        ("SMS", "AliyunSms", "SENT"): len(notices),
        ("MAIL", "Mail", "SENT"): len(with_mail),
    }
    for notice in notices:
        assert notice.sent_at == SOON
    assert Entry.objects.filter(kind="notice.sent").count() == Delivery.objects.count()
    check_told()
    schedule.sweep(SOON + MINUTE)
    assert len(aliyun.sent) == len(notices)
    assert len(box.mails) == len(with_mail)


def sms() -> QuerySet[Delivery]:
    return Delivery.objects.filter(channel="SMS")


def aliyun_receipt(out_id: str, success: bool) -> dict[str, object]:
    return {
        "phone_number": "13800000000",
        "send_time": "2026-02-11 09:31:00",
        "report_time": "2026-02-11 09:31:08",
        "success": success,
        "err_code": "DELIVERED" if success else "MK:0001",
        "err_msg": "",
        "sms_size": "1",
        "biz_id": "900619746936498440^0",
        "out_id": out_id,
    }


def test_receipts_say_what_arrived_and_what_did_not(
    story: Story, aliyun: AliyunPeer, settings: Settings
) -> None:
    report(story)
    schedule.sweep(SOON)
    arrived, lost, *_ = [row["OutId"] for row in aliyun.sent]
    body = json.dumps([aliyun_receipt(arrived, True), aliyun_receipt(lost, False)]).encode()
    for _ in range(2):
        assert door(settings, "aliyun", body) == 200
    good = Delivery.objects.get(notice__public_id=arrived.rsplit("-", 1)[0], channel="SMS")
    bad = Delivery.objects.get(notice__public_id=lost.rsplit("-", 1)[0], channel="SMS")
    assert (good.state, bad.state) == ("DELIVERED", "BOUNCED")
    assert good.delivered_at is not None
    assert bad.bounced_at is not None
    assert CallTask.objects.get().notice_id == bad.notice_id
    for kind in ("notice.delivered", "notice.bounced"):
        assert Entry.objects.filter(kind=kind).count() == 1
    # A receipt that contradicts an earlier one changes nothing.
    assert door(settings, "aliyun", json.dumps([aliyun_receipt(arrived, False)]).encode()) == 200
    good.refresh_from_db()
    assert good.state == "DELIVERED"
    assert CallTask.objects.count() == 1


def test_without_the_secret_the_address_does_not_exist(settings: Settings, story: Story) -> None:
    assert door(settings, "aliyun", b"[]") == 200
    for provider, secret in (
        ("aliyun", "wrong"),
        ("aliyun", f"{SECRET[:-1]}7"),
        ("other", SECRET),
    ):
        assert door(settings, provider, b"[]", secret) == 404
    settings.RECEIPT_SECRET = ""
    for secret in ("", SECRET, "x"):
        assert Client().post(f"/api/v1/receipts/aliyun/{secret}").status_code == 404
    settings.RECEIPT_SECRET = SECRET
    assert Client().get(f"/api/v1/receipts/aliyun/{SECRET}").status_code == 405


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'[{"out_id": "x"}]', b"\xff"])
def test_receipts_of_another_form_are_refused_with_a_reason(
    settings: Settings, body: bytes
) -> None:
    assert door(settings, "aliyun", body) == 400
    assert door(settings, "tencent", body) == 400


def test_receipts_of_others_messages_are_taken_and_change_nothing(
    settings: Settings, story: Story
) -> None:
    for out_id in ("ntc_unknown-sms", "", "direct-7"):
        body = json.dumps([aliyun_receipt(out_id, True)]).encode()
        assert door(settings, "aliyun", body) == 200
    assert not Entry.objects.filter(kind="notice.delivered").exists()


def test_the_other_gateway_gets_its_variables_by_place(
    story: Story, tencent: TencentPeer, settings: Settings
) -> None:
    report(story)
    schedule.sweep(SOON)
    assert len(tencent.sent) == len(story.on_train)
    for content in tencent.sent:
        notice = Notice.objects.get(public_id=content["SessionContext"].rsplit("-", 1)[0])
        assert content["TemplateId"] == {"zh": "7", "en": "8"}[notice.language]
        text = Delivery.objects.get(notice=notice, channel="SMS").text
        window, change, cause, code = content["TemplateParamSet"]
        assert code == notice.code
        places = [text.index(part) for part in (window, change, cause, code)]
        assert places == sorted(places)
    # Its documented receipt names the sending by its own number alone.
    serial = "5000:1045710669157053657849499619"
    Delivery.objects.exclude(id=Delivery.objects.filter(channel="SMS")[0].id).update(provider_id="")
    receipt = {
        "user_receive_time": "2026-02-11 09:31:08",
        "nationcode": "86",
        "mobile": "13800000000",
        "report_status": "SUCCESS",
        "errmsg": "DELIVRD",
        "description": "用户短信送达成功",
        "sid": serial,
    }
    assert door(settings, "tencent", json.dumps([receipt]).encode()) == 200
    assert Delivery.objects.filter(state="DELIVERED", provider_id=serial).count() == 1


def test_a_dead_number_becomes_a_call_while_the_mail_still_goes(
    story: Story, aliyun: AliyunPeer, box: Box
) -> None:
    person = story.on_train[0].person
    Person.objects.filter(id=person.id).update(phone="19900000000")
    report(story)
    schedule.sweep(SOON)
    call = CallTask.objects.get()
    assert (call.reason, call.notice.person_id) == ("BOUNCED", person.id)
    sms = Delivery.objects.get(notice=call.notice, channel="SMS")
    assert sms.state == "BOUNCED"
    assert "19900000000" not in sms.problem
    assert Delivery.objects.get(notice=call.notice, channel="MAIL").state == "SENT"


def test_an_answer_that_was_cut_off_never_sends_the_sms_again(
    story: Story, aliyun: AliyunPeer
) -> None:
    """The gateway took the message and the line broke: it is asked, not told again."""
    aliyun.cut_after_taking = True
    report(story)
    schedule.sweep(SOON)
    assert set(sms().values_list("state", flat=True)) == {"SENDING"}
    aliyun.cut_after_taking = False
    schedule.sweep(SOON + MINUTE)
    assert set(sms().values_list("state", flat=True)) == {"SENDING"}
    schedule.sweep(SOON + 6 * MINUTE)
    assert set(sms().values_list("state", flat=True)) == {"SENT"}
    assert set(Counter(row["OutId"] for row in aliyun.sent).values()) == {1}


def test_a_full_gateway_is_tried_again_later_and_given_up_after_five_times(
    story: Story, aliyun: AliyunPeer
) -> None:
    aliyun.limit_per_number = 0
    report(story)
    now = SOON
    schedule.sweep(now)
    for minutes in (1, 2, 4, 8):
        assert set(sms().values_list("state", flat=True)) == {"QUEUED"}
        now += minutes * MINUTE
        schedule.send_notices(now - MINUTE / 2)
        schedule.send_notices(now)
    assert set(sms().values_list("state", "attempts")) == {("BOUNCED", 5)}
    assert CallTask.objects.count() == len(story.on_train)
    assert aliyun.sent == []


def bounce_of(mail: EmailMessage, status: str = "5.1.1") -> bytes:
    """A delivery status notification as a mail server writes it."""
    lines = [
        "From: MAILER-DAEMON@mail.example.cn",
        "To: notice@example.cn",
        "Subject: Undelivered Mail Returned to Sender",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"',
        "",
        "--b1",
        "Content-Type: text/plain",
        "",
        "This is the mail system.",
        "--b1",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mail.example.cn",
        "",
        f"Final-Recipient: rfc822; {mail['To']}",
        "Action: failed",
        f"Status: {status}",
        "Diagnostic-Code: smtp; 550 user unknown",
        "",
        "--b1",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {mail['Message-ID']}",
        "",
        "--b1--",
        "",
    ]
    return "\r\n".join(lines).encode()


def test_a_mail_that_comes_back_becomes_a_call(story: Story, box: Box, settings: Settings) -> None:
    report(story)
    schedule.sweep(SOON)
    returned = box.mails[0]
    for _ in range(2):
        assert door(settings, "mail", bounce_of(returned)) == 200
    assert door(settings, "mail", b"Subject: hello\r\n\r\nno bounce at all") == 200
    lost = Delivery.objects.get(channel="MAIL", state="BOUNCED")
    assert lost.address == returned["To"]
    assert CallTask.objects.get().notice_id == lost.notice_id
    assert Entry.objects.filter(kind="notice.bounced").count() == 1


def test_a_receipt_that_overtakes_the_gateways_answer_is_kept(story: Story) -> None:
    report(story)
    schedule.sweep(SOON)
    sms = Delivery.objects.filter(channel="SMS").first()
    assert sms is not None
    at = SOON + dt.timedelta(seconds=5)
    for outcome in (Outcome("DELIVERED", "B1", "", False), Outcome("SENT", "B1", "", False)):
        keep_outcome(sms.id, outcome, now=at)
    sms.refresh_from_db()
    assert (sms.state, sms.delivered_at) == ("DELIVERED", at)
