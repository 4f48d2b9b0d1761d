"""Stops 3:30 and 5:30: nobody pays for a car unseen, and a boot that stays shut is a fault."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.tour.conftest import Tour

pytestmark = [pytest.mark.browser]
NOT_YET = {"zh": "还不用付款。先验车。", "en": "Nothing to pay yet. Inspect the car first."}
SCRATCH = {
    "zh": "到店前我们发现右后门有一处划痕，照片在这里。您可以不来。",
    "en": "Before your visit we found a scratch at the right rear door; the photos are here.",
}
REFUSED = {
    "zh": r"您没有收车，不用付款。2月1\d日 \d\d:\d\d 前给您三个办法：修好再验、换一台、退款。",
    "en": r"nothing is due. By 1\d February, \d\d:\d\d you get three ways",
}
ACTIONS = {"zh": ("按键", "语音", "拉手"), "en": ("button", "voice", "handle")}
WAYS = {"zh": ("修好再验", "换一台", "退款"), "en": ("Repair", "Another car", "Your money back")}
HELD = {"zh": "这台车先停交", "en": "the car is held"}
EVENT = (
    "SELECT count(*) FROM ledger_entry e JOIN orders_order o ON o.id = e.subject_id"
    " WHERE o.code = %s AND e.kind = %s"
)
PROMISED = {"zh": "360 日内可随时申请排产", "en": "360"}
BALANCES = (
    "SELECT count(*) FROM payments_bill b JOIN orders_order o ON o.id = b.order_id"
    " WHERE o.code = %s AND b.kind = 'BALANCE'"
)


def answer(tour: Tour, page: Page, problems: dict[str, str]) -> None:
    """Go through the checks group by group; `problems` are those that are not good, in words."""
    while page.locator("form.checks").count():
        for check in page.locator("fieldset.check").all():
            code = str(check.locator("input[type=radio]").first.get_attribute("name"))
            verdict = "PROBLEM" if code in problems else "GOOD"
            tour.tap(check, f"label:has(input[value={verdict}])")
            if code in problems:
                if check.locator("details").get_attribute("open") is None:
                    check.locator("summary").click()
                check.locator("textarea").fill(problems[code])
        tour.tap(page, "form.checks button.main")
        page.wait_for_load_state()


def nothing_to_pay(tour: Tour, page: Page, code: str) -> None:
    """Neither address asks for money, or could take any."""
    for path in ("pay", "handover/pay"):
        page.goto(f"{tour.url}/o/{code}/{path}")
        assert NOT_YET[tour.language] in page.inner_text("main")
        assert page.locator("main form").count() == 0
        assert page.locator("main a[href*='/pay/']").count() == 0
    assert tour.ask(BALANCES, code) == [(0,)]


@pytest.mark.need(13, 15, 20, 30)
def test_a_car_is_seen_refused_and_not_paid_for(tour: Tour) -> None:
    code = "SH26XN"
    page = tour.home(code)
    nothing_to_pay(tour, page, code)
    told, begun = (tour.ask(EVENT, code, kind) for kind in ("damage.told", "inspection.opened"))
    assert told != [(0,)]
    assert begun == [(0,)], "told before anybody travels"
    page.goto(f"{tour.url}/o/{code}/handover")
    assert SCRATCH[tour.language] in page.inner_text("main")
    photo = page.locator("a.shot img")
    photo.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert photo.evaluate("one => one.naturalWidth") > 0
    desk = tour.enter({"zh": "赵磊", "en": "Zhao Lei"}[tour.language])
    desk.goto(f"{tour.url}/staff/orders/{code}/handover")
    desk.click("button[value=begin]")
    page.goto(f"{tour.url}/o/{code}")
    tour.taps = 0
    answer(tour, page, {})
    assert tour.taps == 30
    assert page.url.endswith("/decide")
    page.fill("#words", "右后门有划痕，我不收")
    tour.tap(page, "button[value=REFUSE]")
    page.wait_for_url("**/handover")
    words = page.inner_text("main")
    assert re.search(REFUSED[tour.language], words)
    assert all(way in words for way in WAYS[tour.language])
    assert page.locator(f"main a[href='/o/{code}/cancel']").count() == 1
    assert page.locator(f"main a[href='/o/{code}/options']").count() == 1
    nothing_to_pay(tour, page, code)


@pytest.mark.need(20, 133, 142)
@pytest.mark.parametrize("scripts", [False], indirect=True, ids=["no scripts"])
def test_what_the_shop_wrote_down_binds_and_no_money_is_asked_for(tour: Tour) -> None:
    code = "HK24LI"
    for tour.scripts in (False, True):
        page = tour.home(code)
        tour.tap(page, f"a[href='/o/{code}/record']")
        assert PROMISED[tour.language] in page.inner_text("main")
        nothing_to_pay(tour, page, code)


@pytest.mark.need(27, 28, 29)
def test_a_boot_that_stays_shut_holds_the_car(tour: Tour) -> None:
    code, said = "NC26TG", "按键、语音、车内拉手，三种都打不开"
    page = tour.home(code)
    first = page.locator("fieldset.check", has=page.locator("input[name=boot]"))
    if first.count() == 0:
        page.goto(f"{tour.url}/o/{code}/handover/check/escape")
        first = page.locator("fieldset.check", has=page.locator("input[name=boot]"))
    tries = first.locator("ul li").all_inner_texts()
    assert len(tries) == len(ACTIONS[tour.language])
    for one, action in zip(tries, ACTIONS[tour.language], strict=True):
        assert action in one.lower()
    first.locator("label:has(input[value=PROBLEM])").click()
    if first.locator("details").get_attribute("open") is None:
        first.locator("summary").click()
    first.locator("textarea").fill(said)
    page.click("form.checks button.main")
    page.goto(f"{tour.url}/o/{code}/handover")
    assert HELD[tour.language] in page.inner_text("main")
    page.goto(f"{tour.url}/o/{code}/handover/decide")
    assert page.locator("button[value=TAKE]").is_disabled()
    assert said in page.inner_text("main")
    desk = tour.enter({"zh": "林可", "en": "Lin Ke"}[tour.language])
    desk.goto(f"{tour.url}/staff/quality/signals")
    assert code in desk.inner_text("main")
    desk.goto(f"{tour.url}/staff/orders/{code}/handover")
    desk.select_option("#finding", "NO_FAULT")
    desk.fill("#jwords", "软件没有任何问题")
    desk.click("button[value=judge]")
    assert desk.locator("[role=alert]").inner_text()
    assert desk.input_value("#jwords") == "软件没有任何问题"
    assert tour.ask("SELECT count(*) FROM handover_diagnosis") == [(0,)]
    page.goto(f"{tour.url}/o/{code}/handover/decide")
    assert page.locator("button[value=TAKE]").is_disabled(), "words alone clear nothing"
    nothing_to_pay(tour, page, code)
