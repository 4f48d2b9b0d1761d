"""T16-T18: what we say is short, named, in both languages, and fits into an SMS."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from yinuo.jobs.management.commands.copy import WORDS_DIR
from yinuo.platform.plain_language import check_pairs, check_text, length, sentences
from yinuo.workflows import copy_check


def test_everything_we_say_is_fine() -> None:
    out = StringIO()
    call_command("copy", "lint", "--json", stdout=out)
    assert json.loads(out.getvalue()) == []


def test_pages_facts_and_causes_are_all_looked_at() -> None:
    places = set(copy_check.gather(WORDS_DIR))
    assert {
        "order.toml: order.latest",
        "kind promise.revised",
        "cause TRAIN_CANCELLED",
        "queue ACCIDENT_REPLACEMENT",
        "choice CANCEL",
    } <= places
    assert len(places) > 250


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("请耐心等待。", "zh"),
        ("24 小时内答复。", "zh"),
        ("锁单后 72 小时内答复。", "zh"),
        ("我们会在最近几天之内把新的日期和原因一起整理好以后告诉您。", "zh"),
        ("Please be patient.", "en"),
        ("The date 日期 moved.", "en"),
        (" ".join(["word"] * 21) + ".", "en"),
    ],
)
def test_bad_sentences_are_found(text: str, language: str) -> None:
    assert len(check_text("here", text, language)) == 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("王敏 2月12日 12:00 前答复您。", "zh"),
        ("锁单后 72 小时内可以无条件取消。", "zh"),
        (" ".join(["word"] * 20) + ".", "en"),
        ("", "zh"),
    ],
)
def test_good_sentences_are_left_alone(text: str, language: str) -> None:
    assert check_text("here", text, language) == []


def test_sentences_and_lengths() -> None:
    assert sentences("车到了。您可以来！", "zh") == ["车到了", "您可以来"]
    assert sentences("By 2.5 days. Call {name}.", "en") == ["By 2.5 days.", "Call {name}."]
    assert length("{name}负责，3 天", "zh") == 3
    assert length("{name} doesn't wait", "en") == 3


def test_a_missing_language_and_a_long_mean_are_found() -> None:
    assert [one.problem for one in check_pairs({"a": ("车到了。", "")})] == [
        "a language has no text"
    ]
    long = check_pairs({"a": ("一" * 12 + "。", "It is here.")})
    assert [one.where for one in long] == ["zh"]


def test_a_long_address_or_a_link_in_an_sms_is_found() -> None:
    found = copy_check.check_sms(address="delivery.service.example.cn/notice", maker="云帆汽车")
    assert any("characters" in one.problem for one in found)
    assert copy_check.check_sms(address="car.example.cn/n", maker="云帆汽车") == []


def test_findings_end_with_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bad.toml").write_text('["a"]\nzh = "尽快告诉您。"\nen = "Soon."\n', "utf-8")
    monkeypatch.setattr("yinuo.jobs.management.commands.copy.WORDS_DIR", tmp_path)
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("copy", "lint", stdout=out)
    assert ended.value.code == 1
    assert "bad.toml: a: may not say '尽快'" in out.getvalue()
