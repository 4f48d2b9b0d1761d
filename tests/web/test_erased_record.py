"""The owner's copy outlives the erasure: it verifies offline, and ours can be opened by nobody."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import factories
from tests.web.log_scenes import publish_all, running_log
from tests.web.people import read, sign_in, sign_in_staff
from yinuo.contexts.ledger.models import Entry, Leaf, Secret
from yinuo.contexts.orders.models import IssuedCopy, Order, ShareLink
from yinuo.contexts.orders.operations import records
from yinuo.platform import clock
from yinuo.workflows import erasure, leaks

pytestmark = pytest.mark.django_db
CODE, NOW = "ER26AA", factories.NOW
YEAR = 366 * factories.DAY


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=NOW, running=False)
    return factories.make_world()


@pytest.fixture
def log(tmp_path: Path, settings: Any, world: factories.World) -> Iterator[Path]:
    """An order that ended four years ago, and Carol's, published."""
    with running_log(tmp_path, settings):
        order = factories.make_order(
            world, CODE, state="DELIVERED", locked_at=NOW - 5 * YEAR, state_at=NOW - 4 * YEAR
        )
        other = factories.make_order(world, "KE26PT", person=world.carol)
        for one in (order, other):
            factories.record_of(
                one, "order.locked", {"locked_at": "2021-02-08T01:20:00Z"}, line="S7-A@NC"
            )
            factories.make_promise(one, state="CLOSED")
        factories.move_promise(world, order)
        publish_all()
        yield tmp_path / "log"


def verify(folder: Path, what: str, file: str) -> subprocess.CompletedProcess[str]:
    """The verifier that came in the zip, alone in its folder, without our code."""
    command = [sys.executable, "-I", "verify.py", what, "--lang", "zh", file]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.need(25, 26)
def test_the_owners_copy_still_verifies_and_ours_is_gone(
    log: Path, world: factories.World, tmp_path: Path
) -> None:
    alice, order = sign_in(world.alice), Order.objects.get(code=CODE)
    answer = alice.get(f"/o/{CODE}/record/bundle.zip")
    assert answer.status_code == 200
    own = tmp_path / "own"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(own)
    before = verify(own, "history", "bundle.json")
    assert before.returncode == 0, before.stdout + before.stderr
    token = records.share(person_id=world.alice.id, order_id=order.id, days=30, now=NOW)
    bodies = dict(Leaf.objects.values_list("idx", "entry__body"))
    published = {path: path.read_bytes() for path in log.rglob("*") if path.is_file()}

    assert erasure.ask(person_id=world.alice.id, code=CODE, now=NOW)

    # Nothing in public has changed, and the log goes on.
    assert {path: path.read_bytes() for path in published} == published
    erasure.run(now=NOW + 2 * factories.DAY)
    size = publish_all()
    assert (
        dict(Leaf.objects.filter(idx__lt=len(bodies)).values_list("idx", "entry__body")) == bodies
    )
    assert size == len(bodies) + 1
    # Her copy says the same, to the letter; one changed sign is found as before.
    after = verify(own, "history", "bundle.json")
    assert (after.returncode, after.stdout) == (0, before.stdout)
    changed = json.loads((own / "bundle.json").read_text())
    entry = changed["streams"][0]["entries"][0]
    entry["payload"] = entry["payload"].replace("ER26AA", "ER26AB")
    (own / "changed.json").write_text(json.dumps(changed))
    assert verify(own, "history", "changed.json").returncode == 1
    # We have no other: not the secret, not a copy's digest, not a link, not a page.
    k = changed["k"]
    assert not Secret.objects.filter(subject_id=order.id).exists()
    assert not IssuedCopy.objects.exists()
    assert not ShareLink.objects.exists()
    assert alice.get(f"/o/{CODE}/record/bundle.zip").headers["Content-Type"].startswith("text/html")
    assert "已经删除" in read(alice, f"/o/{CODE}/record")
    assert k not in json.dumps(list(Entry.objects.values_list("body", "change_key")))
    if isinstance(token, str):
        read(sign_in(world.carol), f"/s/{token}", 404)
    # Staff, the household and Carol's own copy.
    assert "记录已经删除" in read(sign_in_staff(world.dora), f"/staff/orders/{CODE}")
    assert "已经删除" in read(sign_in(world.bob), f"/o/{CODE}/record")
    carols = sign_in(world.carol).get("/o/KE26PT/record/bundle.zip")
    other = tmp_path / "carols"
    with zipfile.ZipFile(io.BytesIO(carols.content)) as archive:
        archive.extractall(other)
    done = verify(other, "history", "bundle.json")
    assert done.returncode == 0, done.stdout


def test_pages_of_its_leaves_still_answer(log: Path, world: factories.World) -> None:
    order = Order.objects.get(code=CODE)
    numbers = list(Leaf.objects.filter(entry__subject_id=order.id).values_list("idx", flat=True))
    assert len(numbers) == 3
    erasure.ask(person_id=world.alice.id, code=CODE, now=NOW)
    carol = sign_in(world.carol)
    for number in numbers:
        assert CODE not in read(carol, f"/log/{number}")


def test_no_file_of_a_published_log_holds_a_personal_value(
    log: Path, world: factories.World
) -> None:
    assert leaks.find(log) == []
    assert {path.name for path in log.iterdir()} >= {"checkpoint", "checkpoints", "policy", "tile"}
