"""Stop 2:30: a person becomes a company, and ten days of silence cannot happen."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from itertools import product

import pytest
from PIL import Image

from tests.tour.conftest import Tour

pytestmark = [pytest.mark.browser]
HELD = {
    "zh": "改购车人不重新排队，车给您留着，不收费。办好以前不催付款。",
    "en": "Changing the buyer does not move you back and costs nothing. The car is kept.",
}
WRONG_DIGIT = {
    "zh": "统一社会信用代码最后一位对不上。请再看一眼营业执照。",
    "en": "The last sign of the code does not fit the others.",
}


def licence() -> bytes:
    """A photo as a telephone takes it."""
    kept = io.BytesIO()
    Image.new("RGB", (640, 480), "#d8d4c8").save(kept, "JPEG")
    return kept.getvalue()


def last_code(tour: Tour) -> str:
    """The digits of the newest message."""
    ((text,),) = tour.ask("SELECT text FROM notices_directmessage ORDER BY id DESC LIMIT 1")
    found = re.search(r"\d{6}", str(text))
    assert found
    return found.group()


@pytest.mark.need(11)
def test_a_buyer_becomes_a_company_in_eight_taps(tour: Tour) -> None:
    code = "NC26WU"
    rank = tour.ask("SELECT rank FROM orders_order WHERE code = %s", code)
    page = tour.home(code)
    tour.tap(page, f"a[href='/o/{code}/do']")
    tour.tap(page, f"a[href='/o/{code}/buyer']")
    tour.tap(page, "label:has(input[name=loan])")
    tour.tap(page, "label:has(input[name=plate])")
    tour.tap(page, "button[value=TO_COMPANY]")
    assert HELD[tour.language] in page.inner_text("main")
    page.fill("#company_name", "示例科技有限公司")
    page.fill("#company_code", "91350100M000100Y4A")
    tour.attach(page, "#licence", "licence.jpg", licence())
    tour.tap(page, "button.main[type=submit]")
    taps = tour.taps
    assert WRONG_DIGIT[tour.language] in page.inner_text("[role=alert]")
    assert page.input_value("#company_name") == "示例科技有限公司"
    page.fill("#company_code", "91350100M000100Y43")
    page.click("button.main[type=submit]")
    page.fill("#digits", last_code(tour))
    tour.tap(page, "button.main[type=submit]")
    assert tour.taps == taps + 1 <= 8
    words = page.inner_text("main")
    assert {"zh": "车给您留着", "en": "car"}[tour.language] in words
    assert tour.ask("SELECT rank FROM orders_order WHERE code = %s", code) == rank
    ((held,),) = tour.ask(
        "SELECT count(*) FROM orders_queuenote n JOIN orders_order o ON o.id = n.order_id"
        " WHERE o.code = %s AND n.kind = 'HOLD' AND n.until_at IS NULL",
        code,
    )
    assert held == 1


RUNNING = {
    "zh": ("李静 2月12日 18:00 前给结果。", "车给您留着，位置不变。办好以前不催付款。"),
    "en": ("Li Jing gives you the result by 12 February, 18:00.", "No payment is due until this"),
}
HANDED_UP = {
    "zh": ("前一位同事没有按时给结果，抱歉。", "材料都在，不用再交。"),
    "en": ("No result came in time; we are sorry.", "Everything you sent is here."),
}
OWNERS = (
    "SELECT s.role, s.id, s.name_zh, s.name_en FROM ledger_entry e"
    " JOIN orders_order o ON o.id = e.subject_id"
    " JOIN ledger_opened l ON l.entry_id = e.id"
    " JOIN people_staffmember s ON s.public_id = l.payload::json->>'answerer'"
    " WHERE o.code = %s AND e.kind IN ('owner.changed', 'amendment.handed_up')"
    " ORDER BY e.id"
)


def reads_everywhere(tour: Tour, code: str, said: Mapping[str, tuple[str, ...]]) -> None:
    """The page of the change says this in both languages, with scripts and without."""
    for tour.language, tour.scripts in product(("zh", "en"), (True, False)):
        page = tour.home(code)
        tour.tap(page, f"a[href='/o/{code}/do']")
        tour.tap(page, f"a[href='/o/{code}/buyer']")
        words = page.inner_text("main")
        assert all(sentence in words for sentence in said[tour.language]), words
        assert page.locator("main a[href*='/pay/'], main button[name=provider]").count() == 0


@pytest.mark.need(11, 12)
@pytest.mark.parametrize("language", ["zh"], indirect=True)
@pytest.mark.parametrize("scripts", [False], indirect=True, ids=["both"])
def test_who_is_silent_is_replaced_and_the_customer_is_told(tour: Tour) -> None:
    code = "TJ26ZH"
    standing = "SELECT rank, line_id FROM orders_order WHERE code = %s"
    (standing_before,) = tour.ask(standing, code)
    before = tour.ask(
        "SELECT a.owner_id, a.handed_up_at FROM orders_amendment a"
        " JOIN orders_order o ON o.id = a.order_id WHERE o.code = %s",
        code,
    )
    assert before[0][1] is None
    reads_everywhere(tour, code, RUNNING)
    tour.yinuo("demo", "tick", "2d")
    owners = tour.ask(OWNERS, code)
    # A manager for who is away, and the next above for who stays silent.
    assert owners[0][0] == "MANAGER"
    ((owner,),) = tour.ask(
        "SELECT a.owner_id FROM orders_amendment a"
        " JOIN orders_order o ON o.id = a.order_id WHERE o.code = %s",
        code,
    )
    assert owner == owners[-1][1] != before[0][0]
    told = tour.ask(
        "SELECT d.text FROM notices_delivery d JOIN notices_notice n ON n.id = d.notice_id"
        " JOIN orders_order o ON o.id = n.order_id"
        " WHERE o.code = %s AND n.kind = 'amendment.handed_up' AND d.channel = 'SMS'",
        code,
    )
    assert told
    assert all("已换人接着办" in str(text) for (text,) in told)
    zh, en = (str(name) for name in owners[-1][2:])
    said = {"zh": (*HANDED_UP["zh"], zh), "en": (*HANDED_UP["en"], en)}
    reads_everywhere(tour, code, said)
    held = tour.ask(
        "SELECT n.until_at FROM orders_queuenote n JOIN orders_order o ON o.id = n.order_id"
        " JOIN orders_amendment a ON a.public_id = n.cause_ref WHERE o.code = %s",
        code,
    )
    assert held == [(None,)]
    assert tour.ask(standing, code) == [standing_before]
