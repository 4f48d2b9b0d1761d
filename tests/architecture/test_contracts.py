"""The import contracts name what exists, and the tools really refuse what they are for."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys

import pytest
from django.apps import apps
from procrastinate.contrib.django import app

from tests.architecture.tidy import ROOT

SOURCE = ROOT / "src" / "yinuo"
FOUNDATION = ("people", "places", "catalogue", "ledger")
NUDGE = re.compile(r"""\bnudge\(\s*["']([\w.]+)["']""")


def contracts() -> dict[str, dict[str, set[str]]]:
    """Each contract's lists, by its short name."""
    file = configparser.ConfigParser()
    file.read(ROOT / ".importlinter", encoding="utf-8")
    return {
        section.rpartition(":")[2]: {
            key: set(value.split()) for key, value in file[section].items()
        }
        for section in file.sections()
    }


def existing_contexts() -> set[str]:
    return {path.parent.name for path in (SOURCE / "contexts").glob("*/__init__.py")}


def test_every_business_context_is_kept_off_the_foundation_tables() -> None:
    contract = contracts()["foundation-tables"]
    business = existing_contexts() - set(FOUNDATION)
    assert contract["source_modules"] == {f"yinuo.contexts.{name}" for name in business}
    tables = {name for name in FOUNDATION if (SOURCE / "contexts" / name / "models.py").exists()}
    assert contract["forbidden_modules"] == {f"yinuo.contexts.{name}.models" for name in tables}


def test_no_contract_has_an_exception() -> None:
    assert "ignore_imports" not in (ROOT / ".importlinter").read_text(encoding="utf-8")


def test_every_context_is_installed() -> None:
    installed = {config.name for config in apps.get_app_configs()}
    assert {f"yinuo.contexts.{name}" for name in existing_contexts()} <= installed


@pytest.mark.skipif(not (SOURCE / "jobs" / "tasks.py").exists(), reason="there are no tasks yet")
def test_every_nudge_names_a_task() -> None:
    named = {
        name
        for path in SOURCE.rglob("*.py")
        for name in NUDGE.findall(path.read_text(encoding="utf-8"))
    }
    assert not named - set(app.tasks), "nudged, but no task of that name is registered"


@pytest.mark.parametrize("call", ['nudge("delay.apply", event=1)', "nudge(\n    'delay.apply')"])
def test_the_search_for_nudges_finds_them(call: str) -> None:
    assert NUDGE.findall(call) == ["delay.apply"]


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("import datetime as dt\n\nx = dt.datetime.now(dt.UTC)\n", "TID251"),
        ("from django.utils import timezone\n\nx = timezone.now()\n", "TID251"),
        ("import datetime as dt\n\nx = dt.date.today()\n", "TID251"),
        ("import time\n\nx = time.time()\n", "TID251"),
        ("from django.db.models.signals import post_save\n\nx = post_save\n", "TID251"),
        ("from django.apps import apps\n\nx = apps.get_model('a.B')\n", "TID251"),
        ("import numpy as np\n\nx = np.random.rand(3)\n", "NPY002"),
        ("def f() -> None:\n    import json\n\n    json.dumps(1)\n", "PLC0415"),
        ("import datetime as dt\n\nx = dt.datetime(2026, 1, 1)\n", "DTZ001"),
        ("from . import x\n\ny = x\n", "TID252"),
    ],
)
def test_ruff_refuses(code: str, rule: str) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise",
         "--stdin-filename", "src/yinuo/workflows/x.py", "-"],
        input=code, capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert rule in found.stdout
