"""Two ways out without scripts: leave and come back, or take a car that is there."""

from __future__ import annotations

import re

import pytest

from tests.tour.conftest import Tour

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("scripts", [False], indirect=True, ids=["no scripts"]),
]
CODE = "NC26WU"
TAPS_TO_LEAVE = TAPS_TO_A_CAR = 3
OFFERED = {
    "zh": ("退给您 5,000 元，原路退回，", "前重新付定金，就回到原来的位置。"),
    "en": ("You get 5,000 yuan back the way you paid, by", "you have the same place."),
}
LEFT = {
    "zh": ("已退订（2月11日", "5,000 元", "为什么退订？可以不答。"),
    "en": ("Cancelled (11 February", "5,000 yuan", "You need not say."),
}
KEPT = {
    "zh": ("这台车给您留到", "原来的位置也留着。"),
    "en": ("This car is kept for you until", "so is your place."),
}
KNOWN = {"zh": "有损伤，没有修", "en": "Damaged, not repaired"}
NO_NAME = {"zh": "请写下您的姓名", "en": "name"}
TAKEN = {"zh": "这台车是您的了。", "en": "This car is yours."}
TAKE_UP = (
    "from yinuo.jobs.schedule import STEPS; from yinuo.platform import clock;"
    " STEPS['payments.settled'](clock.now())"
)
STANDING = "SELECT state, rank, line_id FROM orders_order WHERE code = %s"


@pytest.mark.need(45, 101, 112)
def test_leaving_takes_three_taps_and_the_place_can_be_had_again(tour: Tour) -> None:
    (before,) = tour.ask(STANDING, CODE)
    page = tour.home(CODE)
    tour.tap(page, f"a[href='/o/{CODE}/do']")
    tour.tap(page, f"a[href='/o/{CODE}/cancel']")
    words = page.inner_text("main")
    assert all(said in words for said in OFFERED[tour.language])
    assert page.locator("main textarea, main select").count() == 0, "no reason is asked before"
    leave, wait = (page.locator(way).bounding_box() for way in ("button.way", "a.way"))
    assert leave
    assert wait
    assert (leave["width"], leave["height"]) == (wait["width"], wait["height"])
    tour.tap(page, "button[value=cancel]")
    assert tour.taps == TAPS_TO_LEAVE
    words = page.inner_text("main")
    assert all(said in words for said in LEFT[tour.language])
    assert tour.ask(STANDING, CODE) == [("CANCELLED", *before[1:])]
    page.goto(f"{tour.url}/o/{CODE}")
    page.click(f"main a[href='/o/{CODE}/cancel']")
    page.click("button[value=back]")
    page.click(f"main a[href='/o/{CODE}/money']")
    page.click("main a.main[href*='/pay/']")
    page.click("button[value=SANDBOX]")
    page.click("button[value=pay]")
    # What comes in is taken up by the clock.
    tour.yinuo("shell", "-v", "0", "-c", TAKE_UP)
    page.goto(f"{tour.url}/o/{CODE}")
    assert tour.ask(STANDING, CODE) == [before]
    assert page.locator(".hero .latest").count() == 1, "the promise stands again"


@pytest.mark.need(50)
def test_a_car_that_is_there_is_three_taps_away_and_nothing_is_given_up_unread(tour: Tour) -> None:
    page = tour.home(CODE)
    tour.tap(page, f"a[href='/o/{CODE}/do']")
    tour.tap(page, f"a[href='/o/{CODE}/cars']")
    damaged = page.locator("section.card", has=page.locator("a.main")).filter(
        has_text=re.compile("有 2 处和新车不一样|2 things differ")
    )
    tour.tap(damaged, "a.main")
    assert tour.taps == TAPS_TO_A_CAR
    assert KNOWN[tour.language] in page.inner_text("main")
    (before,) = tour.ask(STANDING, CODE)
    page.click("form:has(input[value=keep]) button.main")
    words = page.inner_text("main")
    assert all(said in words for said in KEPT[tour.language])
    assert tour.ask(STANDING, CODE) == [before]
    page.fill("#name", " ")
    page.click("form:has(#name) button.main")
    assert NO_NAME[tour.language] in page.inner_text("[role=alert]")
    page.fill("#name", "吴桂芳")
    page.click("form:has(#name) button.main")
    assert TAKEN[tour.language] in page.inner_text("[role=status]")
    assert tour.ask(STANDING, CODE) == [("AT_CENTRE", *before[1:])]
    ((signed, shown),) = tour.ask(
        "SELECT d.text, d.language FROM vehicles_assignment a JOIN vehicles_disclosure d"
        " ON d.id = a.disclosure_id JOIN orders_order o ON o.id = a.order_id WHERE o.code = %s",
        CODE,
    )
    assert shown == tour.language
    assert KNOWN[tour.language].lower() in str(signed).lower()
