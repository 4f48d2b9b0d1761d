"""The demo's public statements pass the same gate as any other, and stand on the public pages."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from django.test import Client

from tests.factories import NOW
from tests.web.people import read
from yinuo.contexts.claims.models import ClaimVersion, Evidence, HiddenPost
from yinuo.contexts.claims.queries.drafts import lint_all
from yinuo.contexts.claims.queries.tasks import list_tasks
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.terms.models import Statement
from yinuo.platform import clock
from yinuo.platform.spoken import local_date
from yinuo.workflows import leaks
from yinuo.workflows.claims import write_texts
from yinuo.workflows.demo import claims
from yinuo.workflows.demo.world import DATA

pytestmark = pytest.mark.django_db


@pytest.mark.need(6, 48, 57, 121, 140)
def test_the_demo_says_three_things_in_four_versions(tmp_path: Path) -> None:
    clock.set_test_clock(at=NOW, running=False)
    with (DATA / "staff.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            StaffMember.objects.create(**row)
    assert claims.begin() == 3
    assert ClaimVersion.objects.filter(missing=[], published_at__isnull=False).count() == 4
    assert Evidence.objects.filter(published_at__isnull=False).count() == 3
    # What an executive says binds contracts under the name it has in the demo's templates.
    assert Statement.objects.get().code == "pay-after-inspection"
    page = read(Client(), "/public/claims/winter-range")
    for words in ("冬天能跑 560 公里。", "上一条写多了 20 公里", "原处已经删除", "更正了错误"):
        assert words in page
    assert "高峰说的" in read(Client(), "/public/claims/pay-after-inspection")
    page = read(Client(), "/public/claims")
    for words in ("门店海报的条件改到和正文一样大", "做到了"):
        assert words in page
    assert HiddenPost.objects.count() == 2
    assert "恢复 1 条" in read(Client(), "/public/moderation")
    assert not any(one.missing for one in lint_all(today=local_date(NOW)))
    # Nothing of it is due on the story's first day.
    somebody = StaffMember.objects.get(public_id="stf_sunjia")
    assert list_tasks(somebody.id, now=NOW) == []
    # What of it is public for ever holds nothing that stands in a table of people.
    assert write_texts(folder=tmp_path) == 7
    assert leaks.find(tmp_path) == []
