"""`yinuo import` and `yinuo token`, as they are typed."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command, load_command_class
from django.core.management.base import CommandError

from tests.workflows.feeds import NOW, ORDER_HEADER, make_catalogue
from yinuo.contexts.orders.models import Order
from yinuo.contexts.people.queries.keys import find_key, list_keys
from yinuo.platform import clock

pytestmark = pytest.mark.django_db
GOOD = "1,2025-10-01 09:00,S7-A,NC,张伟,13900000001\n"
BAD = "2,2025-10-01 09:00,S7-X,NC,李娜,13900000002\n"


@pytest.fixture(autouse=True)
def maker(monkeypatch: pytest.MonkeyPatch) -> None:
    make_catalogue()
    clock.set_test_clock(at=NOW, running=False)
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")


def yinuo(module: str, *words: str) -> tuple[int, str]:
    """The exit code and the output of a command."""
    out = io.StringIO()
    command = load_command_class("yinuo.jobs", module)
    try:
        call_command(command, *words, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


def test_a_good_file(path: Path) -> None:
    path.write_text(f"{ORDER_HEADER}\n{GOOD}", encoding="gbk")
    code, said = yinuo("import_records", "orders", str(path), "--sender", "sales")
    assert (code, said) == (0, "共 1 行：接收 1，重复 0，有误 0，待处理 0。已写入。\n")
    assert Order.objects.get().sender == "sales"


def test_a_bad_row_is_named_in_both_languages(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(f"{ORDER_HEADER}\n{GOOD}{BAD}", encoding="utf-8")
    code, said = yinuo("import_records", "orders", str(path))
    assert code == 1
    first, second, last = said.splitlines()
    assert first.startswith(f"{path}:3: spec: 没有配置“S7-X”")
    assert second.startswith("    there is no spec 'S7-X'")
    assert last.endswith("没有写入任何一行。")
    assert Order.objects.count() == 0
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert f"{path}:3: spec: there is no spec" in yinuo("import_records", "orders", str(path))[1]
    code, said = yinuo("import_records", "orders", str(path), "--skip-bad")
    assert (code, Order.objects.count()) == (1, 1)
    assert said.splitlines()[-1].endswith("Written.")


def test_a_dry_run_and_a_report_for_programs(path: Path) -> None:
    path.write_text(f"{ORDER_HEADER}\n{GOOD}", encoding="utf-8")
    code, said = yinuo("import_records", "orders", str(path), "--dry-run", "--json")
    report = json.loads(said)
    assert (code, report["accepted"], report["written"]) == (0, 1, False)
    assert Order.objects.count() == 0


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.BytesIO(f"{ORDER_HEADER}\n{GOOD}{BAD}".encode())
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=data))
    code, said = yinuo("import_records", "orders", "-")
    assert code == 1
    assert said.startswith("stdin:3: spec: ")


def test_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert yinuo("import_records", "orders", str(tmp_path / "none.csv"))[0] == 2
    assert "none.csv" in capsys.readouterr().err
    command = load_command_class("yinuo.jobs", "import_records")
    with pytest.raises(SystemExit) as end:
        command.run_from_argv(["yinuo", "import", "cars", "x.csv"])
    assert end.value.code == 2


def test_a_key_is_given_shown_once_and_taken_back() -> None:
    code, said = yinuo("token", "create", "--sender", "rail", "--feeds", "events,shipments")
    key = said.split()[1]
    found = find_key(key)
    assert found is not None
    assert (code, found.sender, found.feeds) == (0, "rail", frozenset({"events", "shipments"}))
    assert found.signing_secret == ""
    listed = yinuo("token", "list")[1]
    assert found.public_id in listed
    assert key not in listed
    yinuo("token", "revoke", found.public_id)
    assert (find_key(key), list_keys()) == (None, [])


def test_a_signed_key_shows_its_secret_and_an_unknown_feed_is_refused() -> None:
    said = yinuo("token", "create", "--sender", "rail", "--feeds", "events", "--signed")[1]
    secret = said.splitlines()[1].removeprefix("signing_secret: ")
    assert [key.signing_secret for key in list_keys()] == [secret]
    with pytest.raises(CommandError) as problem:
        yinuo("token", "create", "--sender", "rail", "--feeds", "trains")
    assert problem.value.returncode == 2
