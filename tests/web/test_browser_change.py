"""The buyer changes in a real browser without scripts: at most eight taps, uploads included."""

from __future__ import annotations

import re

import psycopg
import pytest

from tests.web import amendment_steps as steps
from tests.web.conftest import SIZES, Reading, Site

pytestmark = pytest.mark.browser
# Carol's, so that her codes stand in nobody's way.
CODE, PHONE = "AH2605", "10000000003"
TAPS_MAX = 8


def newest_code(site: Site) -> str:
    """The code of the newest SMS to Carol."""
    with psycopg.connect(site.database_url) as connection:
        row = connection.execute(
            "SELECT text FROM notices_directmessage WHERE address = %s ORDER BY id DESC LIMIT 1",
            [PHONE],
        ).fetchone()
    assert row is not None
    found = re.search(r"\d{6}", row[0])
    assert found
    return found.group()


@pytest.mark.need(11)
def test_person_to_company_without_scripts_in_eight_taps(reading: Reading, site: Site) -> None:
    page = reading.page("carol", scripts=False, size=SIZES["small"])
    page.goto(f"{site.url}/o/{CODE}")
    taps = 0

    def tap(role: str, name: str) -> None:
        nonlocal taps
        taps += 1
        page.get_by_role(role, name=name).click()  # type: ignore[arg-type]

    tap("link", "办理")
    tap("link", "改购车人")
    tap("radio", "没有贷款，或者还没批")
    tap("radio", "用新购车人的")
    tap("button", "改成公司")
    assert "不重新排队" in page.inner_text("main")
    page.get_by_label("公司名称").fill("天津津门贸易有限公司")
    page.get_by_label("统一社会信用代码").fill(steps.CODE)
    photo = steps.licence()
    taps += 1
    page.get_by_label("营业执照的照片").set_input_files(
        {"name": "licence.jpg", "mimeType": "image/jpeg", "buffer": photo.read()}
    )
    tap("button", "交材料，收验证码")
    assert "2月12日 18:00 前给结果" in page.inner_text("main")
    page.get_by_label("6 位验证码").fill(newest_code(site))
    tap("button", "确认")
    text = page.inner_text("main")
    assert "已确认" in text
    assert "车给您留着，位置不变。办好以前不催付款。" in text
    assert taps <= TAPS_MAX
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= SIZES["small"][0]
