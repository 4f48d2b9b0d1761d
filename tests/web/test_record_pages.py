"""C11, V1 and the log's pages over HTTP: one published log with witnesses, four readers."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from tests import factories
from tests.web.log_scenes import ORIGIN, moved_order, publish_all, witnessed
from tests.web.people import read, send, sign_in, sign_in_staff
from yinuo.contexts.ledger import rules
from yinuo.contexts.ledger.models import Leaf
from yinuo.contexts.ledger.queries import sealed
from yinuo.contexts.orders.models import ShareLink
from yinuo.engines.tlog import check_inclusion, leaf_hash, open_note, parse_policy, parse_proof
from yinuo.engines.tlog.policy import open_checkpoint
from yinuo.platform import clock
from yinuo.workflows.bundle import seal_text

pytestmark = pytest.mark.django_db
CODE = "NC26LU"
PAGE = f"/o/{CODE}/record"


@pytest.fixture(scope="module")
def published(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[factories.World, Path]]:
    """Alice's order, published once for all tests here: none of them publishes more.

    What a test writes is rolled back to where its own savepoint began.
    """
    folder = tmp_path_factory.mktemp("record")
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in (("LOG_DIR", folder / "log"), ("SIGNER_DIR", folder / "signer")):
            patch.setattr(settings, name, value)
        world = factories.make_world()
        with witnessed(folder):
            moved_order(world)
            publish_all()
            yield world, folder / "log"
        transaction.set_rollback(True)


@pytest.fixture
def world(published: tuple[factories.World, Path]) -> factories.World:
    return published[0]


@pytest.fixture
def log(published: tuple[factories.World, Path], db: None) -> Path:
    return published[1]


def bundle_of(client: Client) -> tuple[bytes, zipfile.ZipFile]:
    """The downloaded zip."""
    answer = client.get(f"{PAGE}/bundle.zip")
    assert answer.status_code == 200, answer.content.decode()[:2000]
    assert (answer["Content-Type"], answer["Cache-Control"]) == (
        "application/zip",
        "private, no-store",
    )
    return answer.content, zipfile.ZipFile(io.BytesIO(answer.content))


@pytest.mark.need(25)
def test_the_whole_record_is_one_file_that_proves_itself(log: Path, world: factories.World) -> None:
    alice = sign_in(world.alice)
    data, archive = bundle_of(alice)
    assert sorted(archive.namelist()) == [
        "README.txt",
        "bundle.json",
        "policy",
        "receipt",
        "record.html",
        "verify.py",
    ]
    text = archive.read("bundle.json")
    bundle = json.loads(text)
    assert (bundle["bundle"], bundle["origin"], bundle["order"]) == (1, ORIGIN, CODE)
    assert [stream["letter"] for stream in bundle["streams"]] == ["q", "p"]
    policy = parse_policy(bundle["policy"])
    k = base64.urlsafe_b64decode(bundle["k"] + "=")
    for stream in bundle["streams"]:
        assert stream["id"] == rules.stream_id(k, stream["letter"], CODE)
        before = ""
        for n, entry in enumerate(stream["entries"]):
            leaf = json.loads(entry["leaf"])
            assert leaf["c"] == rules.commitment(k, stream["id"], n, entry["payload"])
            assert (leaf["n"], leaf.get("p", "")) == (n, before)
            before = rules.leaf_hash(entry["leaf"])
            assert entry["words_zh"] != entry["words_en"]
        proof = parse_proof(stream["proof"].encode())
        seen = open_checkpoint(policy, proof.note)
        assert seen.at is not None, "enough witnesses signed"
        last = stream["entries"][-1]
        assert proof.index == last["index"]
        head, digest = seen.checkpoint, leaf_hash(last["leaf"].encode())
        check_inclusion(proof.index, head.size, digest, proof.hashes, head.root)
    sealed_text = open_note(bundle["seal"], list(policy.receipts)).text
    assert sealed_text == seal_text(bundle)
    first = bundle["streams"][0]["entries"][0]
    receipt = open_note(archive.read("receipt").decode(), list(policy.receipts)).text
    hashed = base64.b64encode(leaf_hash(first["leaf"].encode())).decode()
    assert receipt == f"{ORIGIN}/receipt\n{first['index']}\n{hashed}\n"
    assert bundle_of(alice)[0] == data, "the same record makes the same bytes"
    page = archive.read("record.html").decode()
    assert "锁单，从这一刻开始排队。" in page
    assert "Locked; your place in line counts from here." in page
    for one in (data, text):
        words = read(Client(), f"/verify?q={hashlib.sha256(one).hexdigest()}")
        assert "一致。这份文件" in words
    for changed in (data[:-1], text.replace(b"TRAIN", b"TRUCK")):
        words = read(Client(), f"/verify?q={hashlib.sha256(changed).hexdigest()}")
        assert "找不到。" in words
        assert "我们没有出具过这份文件" in words


def verify(folder: Path, text: bytes) -> tuple[int, str]:
    """What the independent verifier says of a file: its exit and its first line."""
    (folder / "bundle.json").write_bytes(text)
    done = subprocess.run(
        [sys.executable, "-I", "verify.py", "history", "--lang", "zh", "bundle.json"],
        cwd=folder,
        stdout=subprocess.PIPE,
        check=False,
        encoding="utf-8",
    )
    return done.returncode, done.stdout.split("\n")[0]


@pytest.mark.need(25)
def test_the_verifier_in_the_file_judges_the_file(
    log: Path, world: factories.World, tmp_path: Path
) -> None:
    _, archive = bundle_of(sign_in(world.alice))
    archive.extractall(tmp_path)
    text = archive.read("bundle.json")
    code, said = verify(tmp_path, text)
    assert (code, said[:2]) == (0, "一致"), said
    index = json.loads(text)["streams"][1]["entries"][1]["index"]
    code, said = verify(tmp_path, text.replace(b"2026-03-12", b"2026-03-11", 1))
    assert code == 1
    assert said.startswith("不一致：第 ")
    assert str(index) in said or str(index - 1) in said


def test_who_may_take_the_record(log: Path, world: factories.World) -> None:
    number = Leaf.objects.filter(entry__subject_id__isnull=False).order_by("idx")[0].idx
    doors = ("/bundle.zip", "/share", f"/{number}", f"/{number}.json")
    for client, expected in (
        (sign_in(world.alice), 200),
        (sign_in(world.bob), 403),
        (sign_in(world.carol), 404),
        (sign_in_staff(world.dora), 403),
        (Client(), 302),
    ):
        for door in doors:
            assert client.get(PAGE + door).status_code == expected, door
    household, staff = sign_in(world.bob), sign_in_staff(world.dora)
    for client in (household, staff):
        page = read(client, PAGE)
        assert "由下单的人来办" in page
        assert "bundle.zip" not in page
        assert f'href="/log/{number}"' in page
    for client, status in ((household, 403), (sign_in(world.carol), 404)):
        send(client, f"{PAGE}/share", status, days="7")


def test_one_entry_is_opened_and_nothing_else(log: Path, world: factories.World) -> None:
    alice = sign_in(world.alice)
    whole = json.loads(bundle_of(alice)[1].read("bundle.json"))
    entry = whole["streams"][1]["entries"][1]
    page = read(alice, f"{PAGE}/{entry['index']}")
    assert "拿到这个文件的人，只能看这一条" in page
    opened = json.loads(read(alice, f"{PAGE}/{entry['index']}.json"))
    assert (opened["opening"], opened["leaf"]) == (1, entry["leaf"])
    k_n = base64.urlsafe_b64decode(opened["k_n"] + "=")
    k = base64.urlsafe_b64decode(whole["k"] + "=")
    assert k_n == rules.opening_key(k, opened["stream"], opened["n"])
    assert whole["k"] not in json.dumps(opened)
    assert read(alice, f"{PAGE}/0", 404)
    assert read(alice, f"{PAGE}/999", 404)


@pytest.mark.need(25)
def test_a_link_shows_dates_and_no_person_until_it_ends(log: Path, world: factories.World) -> None:
    alice = sign_in(world.alice)
    before = read(alice, f"{PAGE}/share")
    assert "姓名、电话、订单号、车架号" in before
    assert "没有在用的链接。" in before
    for days in ("9999", "", "７", "9" * 5000):
        assert "请选链接用多久。" in send(alice, f"{PAGE}/share", 400, days=days)
    assert send(alice, f"{PAGE}/share", 302, days="30") == f"{PAGE}/share"
    links = read(alice, f"{PAGE}/share")
    token = links.split("/r/")[1].split('"')[0]
    stranger = Client()
    answer = stranger.get(f"/r/{token}")
    page = answer.content.decode()
    assert "3月2日—3月12日" in page
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Referrer-Policy"] == "no-referrer"
    for secret in (CODE, world.alice.name, world.alice.phone, "南昌", "天津", "09:20"):
        assert secret not in page.split("<footer")[0], secret
    verdict = read(stranger, f"/verify?q={token}")
    assert "一致。这份记录" in verdict
    assert "分享页上的每一条都在公开记录里。" in verdict
    assert send(alice, f"{PAGE}/share/{token}", 302) == f"{PAGE}/share"
    check_over(token, world)
    send(alice, f"{PAGE}/share", 302, days="7")
    link = ShareLink.objects.get(ended_at=None)
    assert "3月2日—3月12日" in read(stranger, f"/r/{link.token}")
    ShareLink.objects.filter(pk=link.pk).update(expires_at=clock.now())
    check_over(link.token, world)
    assert link.token not in read(alice, f"{PAGE}/share")
    assert read(stranger, "/r/NOTHING", 404)


def check_over(token: str, world: factories.World) -> None:
    """A link that was ended or ran out tells nothing but whom to ask."""
    answer = Client().get(f"/r/{token}")
    page = answer.content.decode()
    assert answer.status_code == 410
    assert "这个链接已经停用" in page
    assert "请向车主再要一个" in page
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    shown = page.split("<main")[1].split("</main>")[0]
    for secret in (CODE, world.alice.name, world.alice.phone, "3月", "/log/", "第 5 步"):
        assert secret not in shown, secret
    over = "无法判断：这个分享链接已经停用。请向车主再要一个。"
    assert f"<h1>{over}</h1>" in read(Client(), f"/verify?q={token}")


def test_pages_of_the_log(log: Path, world: factories.World) -> None:
    reader = Client()
    seen = sealed.get_head()
    head = read(reader, "/log/head")
    assert f"已公开 {seen.published_size} 条" in head
    assert "已有足够多的见证人签名" in head
    said = json.loads(read(reader, "/log/head.json"))
    assert said["published_size"] == seen.published_size
    assert said["checkpoint"] == (log / "checkpoint").read_text()
    for n in range(seen.size):
        leaf = sealed.get_leaf(n)
        assert leaf is not None
        page = read(reader, f"/log/{n}")
        assert leaf.body in page
        assert leaf.leaf_hash.hex() in page
        assert ("前写入。" in page) or ("之间写入。" in page)
        entry = json.loads(read(reader, f"/log/{n}.json"))
        assert read(reader, f"/log/{n}.tlog-proof") == entry["proof"]
        assert read(reader, f"/log/{n}.leaf") == leaf.body
        assert read(reader, f"/log/{n}.receipt").startswith(f"{ORIGIN}/receipt\n{n}\n")
    last = seen.size - 1
    assert 'rel="prev"' not in read(reader, "/log/0")
    assert 'rel="next"' not in read(reader, f"/log/{last}")
    for form in ("", ".json", ".tlog-proof", ".receipt", ".leaf"):
        assert reader.get(f"/log/{seen.size}{form}").status_code == 404
        assert reader.get(f"/log/{10**30}{form}").status_code == 404
    assert "日期和承诺" in read(reader, f"/log/{last}")
    assert "TRAIN" in read(reader, f"/log/{last}"), "the code is public"


VERDICTS = {
    "0": "一致。这份记录 2月11日 09:20 前写入，之后没有改过。",
    "第 0 条": "一致。这份记录",
    "entry 0": "一致。这份记录",
    "12,345": "找不到。",
    "9" * 21: "找不到。",
    "0 " + "0" * 64: "不一致：第 0 条的指纹不是这个。",
    "a" * 64: "找不到。",
    "A" * 20: "找不到。",
    # An order's code is answered alike whether there is such an order or not.
    "NC26LU": "无法判断：订单号和通知码不能直接核对。请登录后打开“记录”，下载全部。",
    "nc26-lu": "无法判断：订单号和通知码不能直接核对。",
    "ZZ99ZZ": "无法判断：订单号和通知码不能直接核对。",
    "<script>": "无法判断：看不懂您填的内容。请填编号、分享码，或文件的 SHA-256。",
    "？": "无法判断：看不懂您填的内容。",
    "": "无法判断：还没有填。",
    " \u3000": "无法判断：还没有填。",
    "a" * 63: "无法判断：指纹的长度不对。SHA-256 是 64 位，请重新算一次。",
    "d" * 32: "无法判断：指纹的长度不对。",
    "sha256:" + "a" * 64: "找不到。",
    "SHA-256 = " + "a" * 63: "无法判断：看不懂您填的内容。",
    '{"bundle": 1}': "无法判断：这里不收文件的内容。请填文件的 SHA-256，或用下面的办法。",
    "c2sp.org/tlog-proof@v1": "无法判断：这里不收文件的内容。",
    "字" * 301: "无法判断：这里不收文件的内容。",
    f"{'b' * 64}  record-NC26LU.zip": "找不到。",
}


@pytest.mark.need(25, 137)
def test_the_verdict_is_the_first_line(log: Path) -> None:
    for typed, words in VERDICTS.items():
        page = read(Client(), f"/verify?q={quote(typed)}")
        assert words in page.split("<h1>")[1].split("</h1>")[0], typed
        assert "不证明内容属实" in page
    leaf = sealed.get_leaf(0)
    assert leaf is not None
    for digest in (leaf.leaf_hash.hex(), rules.encode(leaf.leaf_hash)):
        assert "一致。这份记录" in read(Client(), f"/verify?q=0 {digest}")
    english = Client(headers={"accept-language": "en-GB"})
    assert "Match: written before 11 February, 09:20, unchanged since." in read(
        english, "/verify/0"
    )
    raw = Client().get("/verify", {"q": "<script>"}).content.decode()
    assert 'value="&lt;script&gt;"' in raw


def test_a_published_file_that_was_changed_is_seen(
    log: Path, request: pytest.FixtureRequest
) -> None:
    tile = next((log / "tile" / "0").glob("000.p/*"))
    whole = tile.read_bytes()
    tile.chmod(0o644)
    request.addfinalizer(lambda: tile.write_bytes(whole) and None)
    for place, said in (
        (0, "不一致：第 0 条和公开记录不同。"),
        (32, "不一致：公开的文件和签过名的摘要对不上。"),
    ):
        data = bytearray(whole)
        data[place] ^= 1
        tile.write_bytes(data)
        assert said in read(Client(), "/verify?q=0")
    tile.write_bytes(whole[:-1])
    assert "无法判断：公开记录现在打不开。" in read(Client(), "/verify?q=0")
