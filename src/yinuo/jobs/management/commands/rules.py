"""法律规则：查看、按事实检查、跑例子 / legal rules: look, check facts, run their examples"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from yinuo.engines.rules import (
    Decision,
    Pack,
    PackError,
    Unreadable,
    decide,
    explain,
    failed_cases,
    failed_examples,
)
from yinuo.engines.rules.listing import as_record, describe, line_of
from yinuo.jobs.arguments import read_day
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.speech import terminal_language, word
from yinuo.platform.spoken import CHINA
from yinuo.rulepacks import load_folder, load_pack


class PackRefused(Refusal):
    """The rules themselves are wrong."""

    code = "pack_refused"
    zh = "规则包有错，不能用：\n{faults_zh}"
    en = "The rule pack is refused:\n{faults_en}"


class NoSuchRule(Refusal):
    """Nothing is called that."""

    code = "no_such_rule"
    zh = "没有“{name}”。yinuo rules list 列出全部规则，--at 后面写环节。"
    en = "There is no “{name}”; yinuo rules list names every rule, --at takes a moment."


class FactsUnreadable(Refusal):
    """The file of facts cannot be used."""

    code = "facts_unreadable"
    zh = "事实文件不能用：{reason_zh}"
    en = "The facts cannot be used: {reason_en}"


def open_pack(folder: Path | None) -> Pack:
    """The product's pack, or the one in `folder`.

    Raises
    ------
    PackRefused
        It has faults, or the folder holds none.
    """
    try:
        return load_folder(folder) if folder else load_pack()
    except PackError as failure:
        zh, en = ("\n".join(each.said(lang) for each in failure.faults) for lang in ("zh", "en"))
        raise PackRefused(faults_zh=zh, faults_en=en) from None
    except FileNotFoundError:
        raise PackRefused(
            faults_zh=f"{folder} 里没有规则", faults_en=f"there are no rules in {folder}"
        ) from None


def read_facts(pack: Pack, path: Path) -> Any:
    """Typed facts from a JSON file, flat or nested.

    Raises
    ------
    FactsUnreadable
        No such file, no JSON object, or a fact that is unknown, given twice or of another kind.
    """
    try:
        raw = read_json(path)
        if not isinstance(raw, dict):
            raise Unreadable("最外层应是 { }", "not an object: the outermost part must be { }")
        return pack.read_facts(raw)
    except Unreadable as failure:
        raise FactsUnreadable(reason_zh=failure.zh, reason_en=failure.en) from None


def read_json(path: Path) -> Any:
    """What a JSON file holds; a byte order mark is passed over.

    Raises
    ------
    Unreadable
        It cannot be opened, is not UTF-8 or no JSON, or gives one name two values.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=each_once)
    except OSError as failure:
        raise Unreadable(
            f"打不开 {path}（{failure.strerror}）", f"{path} cannot be opened: {failure.strerror}"
        ) from None
    except UnicodeDecodeError:
        raise Unreadable(f"{path} 不是 UTF-8 编码", f"{path} is not UTF-8") from None
    except json.JSONDecodeError as failure:
        raise Unreadable(
            f"不是 JSON：第 {failure.lineno} 行第 {failure.colno} 个字符读不下去",
            f"not JSON: {failure}",
        ) from None
    except (RecursionError, ValueError):
        raise Unreadable(
            "层次太深或数字太长", "nested too deeply, or a number with too many digits"
        ) from None


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """One JSON object; of two values under one name neither may silently win.

    Raises
    ------
    Unreadable
        A name stands twice.
    """
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Unreadable(f"“{name}”写了两次", f"{name!r} is given twice")
        found[name] = value
    return found


class Command(BaseCommand):
    """`yinuo rules list|show|check`: needs no database; exits 1 when something stops."""

    help = "List, show and check the dated legal rules."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Three verbs, each with --json and --pack."""
        verbs = parser.add_subparsers(dest="what", required=True)
        common = CommandParser(add_help=False)
        common.add_argument("--json", action="store_true", help="print for a program")
        common.add_argument("--pack", type=Path, metavar="FOLDER", help="a pack being edited")
        common.add_argument("--on", type=read_day, metavar="DATE", help="day of the fact")
        listed = verbs.add_parser("list", parents=[common], help="every rule in force")
        listed.add_argument("--at", metavar="MOMENT", help="only those asked then")
        shown = verbs.add_parser("show", parents=[common], help="one rule in full")
        shown.add_argument("rule")
        checked = verbs.add_parser("check", parents=[common], help="ask the rules about facts")
        checked.add_argument("facts", metavar="FACTS.json", type=Path, nargs="?")
        checked.add_argument("--at", metavar="MOMENT", help="every rule of a moment")
        checked.add_argument("--rule", metavar="ID", action="append", help="exactly this one")
        checked.add_argument("--all", action="store_true", help="also name what does not apply")
        checked.add_argument("--examples", action="store_true", help="run the pack's own examples")

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry out one of the verbs."""
        pack = open_pack(options["pack"])
        try:
            {"list": self._list, "show": self._show, "check": self._check}[options["what"]](
                pack, options
            )
        except KeyError as failure:
            raise NoSuchRule(name=failure.args[0]) from None

    def _print(self, options: dict[str, Any], record: Any, lines: list[str]) -> None:
        """The record for a program, or the lines for a person."""
        if options["json"]:
            self.stdout.write(json.dumps(record, ensure_ascii=False, indent=1))
        else:
            self.stdout.write("\n".join(lines))

    def _list(self, pack: Pack, options: dict[str, Any]) -> None:
        """Rules in force on a day (today without one), by file order."""
        on = options["on"] or clock.machine_now().astimezone(CHINA).date()
        wanted = set(pack.asked_at(options["at"]) if options["at"] else pack.ids())
        rules = [rule for rule in pack.in_force(on) if rule.id in wanted]
        language = terminal_language()
        lines = [line_of(rule, language) for rule in rules]
        lines.append(
            word(
                f"{on} 有效 {len(rules)} 条，规则包 {pack.label}",
                f"{len(rules)} rules in force on {on}, pack {pack.label}",
            )
        )
        self._print(options, [as_record(rule) for rule in rules], lines)

    def _show(self, pack: Pack, options: dict[str, Any]) -> None:
        """All versions of one rule, or the one in force on a day."""
        versions = pack.versions(options["rule"])
        if options["on"]:
            versions = [rule for rule in versions if rule.in_force(options["on"])]
        language = terminal_language()
        lines = [line for rule in versions for line in describe(pack, rule, language)]
        if not versions:
            lines = [word(f"{options['on']} 没有施行的版本", f"no version on {options['on']}")]
        self._print(options, [as_record(rule) for rule in versions], lines)

    def _check(self, pack: Pack, options: dict[str, Any]) -> None:
        """Decide on facts, or run the examples; exit 1 unless nothing stands in the way."""
        if options["examples"]:
            self._examples(pack, options)
            return
        if not (options["facts"] and options["on"]):
            said = word("请给出事实文件和 --on 日期", "give a file of facts and --on DATE")
            raise FactsUnreadable(reason_zh=said, reason_en=said)
        decision: Decision = decide(
            pack,
            read_facts(pack, options["facts"]),
            options["on"],
            rule_ids=options["rule"],
            at=options["at"],
        )
        lines = explain(decision, terminal_language(), all_rules=options["all"])
        self._print(options, decision.to_record(), lines)
        if decision.clearance != "go":
            raise SystemExit(1)

    def _examples(self, pack: Pack, options: dict[str, Any]) -> None:
        """Every example and case of the pack; exit 1 if one fails."""
        failed = [f"{name}: {wrong}" for name, wrong in failed_examples(pack)]
        failed += failed_cases(pack)
        count = sum(len(rule.examples) for rule in pack.rules)
        steps = sum(len(case.steps) for case in pack.cases)
        record = {"examples": count, "steps": steps, "failed": failed, "pack": pack.label}
        said = word(
            f"例子 {count} 个，案例 {steps} 步，失败 {len(failed)}",
            f"{count} examples, {steps} steps of cases, {len(failed)} failed",
        )
        self._print(options, record, [*failed, said])
        if failed:
            raise SystemExit(1)
