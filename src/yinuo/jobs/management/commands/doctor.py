"""Look the installation over; each finding says in one sentence how to mend it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import chinese_calendar
from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from yinuo.contexts.payments.queries.books import check_books
from yinuo.platform import clock, schema
from yinuo.platform.pay.configure import installed_providers
from yinuo.platform.postgres import check_server
from yinuo.platform.speech import say, word
from yinuo.rulepacks import load_pack
from yinuo.workflows import anchors, erasure, integrity, log_watch

DISK_FREE_MB_MIN = 1000
CLOCK_SKEW_SECONDS_MAX = 5.0
# What refuses to change the ledger, and what lets no entry past the public log.
LEDGER_TRIGGERS = ("ledger_entry_no_change", "ledger_entry_no_truncate", "ledger_entry_inbox")
CHANNELS = (("邮件/mail", "MAIL_URL"), ("短信/SMS", "SMS_URL"), ("群机器人/chat", "CHAT_URLS"))
SIGNS = {"ok": "✓", "note": "·", "bad": "✗"}
LAST_CALENDAR_YEAR = max(day.year for day in chinese_calendar.holidays)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `level`: ok, note (works, but know it) or bad."""

    about: str
    level: Literal["ok", "note", "bad"]
    text: str


class Command(BaseCommand):
    """`yinuo doctor`."""

    help = "Look the installation over and say how to mend it."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--json` prints the findings for a program."""
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings; exit with 1 when any is bad."""
        findings = [finding for look in LOOKS for finding in look()]
        if options["json"]:
            rows = [asdict(finding) for finding in findings]
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))
        else:
            for finding in findings:
                self.stdout.write(f"{SIGNS[finding.level]} {finding.about}  {finding.text}")
        bad = sum(finding.level == "bad" for finding in findings)
        if bad:
            say(f"{bad} 项需要处理。", f"{bad} to mend.")
            raise SystemExit(1)
        say("一切正常。", "All is well.")


def look_at_settings() -> Iterator[Finding]:
    """Django's own deployment checks that concern us, and what a public site must not have."""
    errors = [str(message) for message in checks.run_checks() if message.is_serious()]
    about = word("设置", "settings")
    if errors:
        yield Finding(about, "bad", "; ".join(errors))
    else:
        yield Finding(about, "ok", word("可以使用", "usable"))
    local = {"localhost", "127.0.0.1", "[::1]"}
    public = set(settings.ALLOWED_HOSTS) - local
    if settings.DEBUG and public:
        yield Finding(
            "DEBUG", "bad", word("对外网站请设 DEBUG=False", "set DEBUG=False on a public site")
        )
    if public and not settings.SESSION_COOKIE_SECURE:
        yield Finding(
            "HTTPS",
            "bad",
            word("对外网站请设 HTTPS=True", "set HTTPS=True, so that cookies travel encrypted"),
        )


def look_at_database() -> Iterator[Finding]:
    """The server, its version and whether the tables are those of this code."""
    about = word("数据库", "database")
    version = check_server(os.environ["DATABASE_URL"])
    yield Finding(about, "ok", f"PostgreSQL {version // 10000}.{version % 10000}")
    if schema.applied_fingerprint() == schema.fingerprint():
        yield Finding(word("表结构", "tables"), "ok", word("最新", "up to date"))
    else:
        yield Finding(word("表结构", "tables"), "bad", word("请运行", "run") + " yinuo migrate")


def look_at_ledger() -> Iterator[Finding]:
    """Whether the triggers that refuse to change the ledger stand and are always on."""
    about = word("账本", "ledger")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass('ledger_entry')"
            " AND tgname = ANY(%s) AND tgenabled = 'A'",
            [list(LEDGER_TRIGGERS)],
        )
        row = cursor.fetchone()
    if row and row[0] == len(LEDGER_TRIGGERS):
        yield Finding(about, "ok", word("只可追加", "append-only"))
    else:
        yield Finding(
            about,
            "bad",
            word(
                "触发器缺失，账本可被改写：请重新执行 ledger 的迁移",
                "its triggers are gone and it can be rewritten: run the ledger's migration again",
            ),
        )


def look_at_log() -> Iterator[Finding]:
    """Whether entries get their numbers and are published, signed and witnessed."""
    about = word("公开记录", "public log")
    if "ledger_tree" not in connection.introspection.table_names():
        return
    for one in log_watch.look(now=clock.now()):
        yield Finding(about, one.level, word(one.zh, one.en))


def look_at_anchors() -> Iterator[Finding]:
    """Whether an authority of others stamps the log's checkpoints."""
    about, seen = word("时间戳", "time stamps"), anchors.look(now=clock.now())
    if not seen.urls:
        yield Finding(
            about,
            "note",
            word(
                "没有设置 TSA_URLS，没有第三方给公开记录盖时间戳",
                "no TSA_URLS: nobody else stamps the time of the public log",
            ),
        )
    elif seen.late or seen.problem:
        why = seen.problem or word("很久没有新的时间戳", "no new stamp for hours")
        yield Finding(
            about,
            "bad" if seen.late else "note",
            word(f"还在重试：{why}", f"tried again each minute: {why}"),
        )
    else:
        size = seen.size or 0
        yield Finding(about, "ok", word(f"前 {size} 条", f"the first {size} entries"))


def look_at_erasures() -> Iterator[Finding]:
    """Whether anything that was erased came back with a backup."""
    if "ledger_erasure" not in connection.introspection.table_names():
        return
    about, lost = word("已删除的", "erasures"), erasure.count_lost()
    if lost:
        text = word(
            f"公开记录说还删过 {lost} 个，数据库不知道：用最新的 erased.list 再运行 yinuo restore",
            f"the public log speaks of {lost} that are here again: yinuo restore with the newest"
            " erased.list",
        )
        yield Finding(about, "bad", text)
    elif back := erasure.list_back():
        text = word(
            f"{len(back)} 个随备份回来了，今夜会再删：或现在运行 yinuo restore",
            f"{len(back)} came back with a backup and go again tonight, or with yinuo restore now",
        )
        yield Finding(about, "bad", text)
    else:
        yield Finding(about, "ok", word("没有一个回来", "none came back"))


def look_at_references() -> Iterator[Finding]:
    """Whether rows that were written in bulk name rows that are there."""
    about = word("引用", "references")
    if "ledger_entry" not in connection.introspection.table_names():
        # Before the first migration there is nothing to look at.
        return
    found = integrity.check()
    if not found:
        yield Finding(about, "ok", word("都对得上", "all are there"))
    for one in found:
        place, target = f"{one.reference.table}.{one.reference.column}", one.reference.target
        some = ", ".join(map(str, one.named))
        yield Finding(
            about,
            "bad",
            word(
                f"{place} 有 {one.count} 行指向 {target} 里没有的记录：{some}。请从备份里找回",
                f"{one.count} rows of {place} name rows that {target} does not have: {some};"
                " restore them from a backup",
            ),
        )


def look_at_channels() -> Iterator[Finding]:
    """Which ways to a customer are set up; without one, notices stay on the outbox page."""
    for about, name in CHANNELS:
        if os.environ.get(name):
            yield Finding(about, "ok", word("已配置", "set up"))
        else:
            yield Finding(
                about,
                "note",
                word(
                    f"未配置：通知只进发件箱页面，设 {name} 后发出",
                    f"not set up: notices stay on the outbox page until {name} is set",
                ),
            )


def look_at_money() -> Iterator[Finding]:
    """Which ways of paying are set up, and whether the books balance."""
    about = word("收款", "payments")
    try:
        desks = installed_providers(os.environ, site=settings.SITE_URL)
    except ValueError as wrong:
        yield Finding(about, "bad", str(wrong))
        return
    if not desks:
        said = word("没有收款方式，见 docs/how-to/payments.md", "none; see docs/how-to/payments.md")
        yield Finding(about, "note", said)
    elif "SANDBOX" in desks:
        yield Finding(about, "note", word("演示付款，不动真钱", "the sandbox: no real money moves"))
    else:
        yield Finding(about, "ok", " ".join(desks))
    faults = check_books()
    balance = word("账是平的", "the books balance")
    broken = word(
        f"账不平：{len(faults)} 处，见 yinuo money check", f"{len(faults)} faults in the books"
    )
    yield Finding(word("账", "books"), "bad" if faults else "ok", broken if faults else balance)


def look_at_fonts() -> Iterator[Finding]:
    """Chinese fonts on this machine; only screenshots need them."""
    about = word("字体", "fonts")
    if shutil.which("fc-list") is None:
        return
    listed = subprocess.run(["fc-list", ":lang=zh"], check=False, capture_output=True, text=True)
    if listed.stdout.strip():
        yield Finding(about, "ok", word("有中文字体", "a Chinese font is here"))
    else:
        yield Finding(
            about,
            "note",
            word("截图需要中文字体：安装 fonts-noto-cjk", "for screenshots install fonts-noto-cjk"),
        )


def look_at_clock() -> Iterator[Finding]:
    """Whether this machine and the database agree on the time."""
    about = word("时钟", "clock")
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp() - %s)", [clock.machine_now()])
        row = cursor.fetchone()
    skew = abs(float(row[0])) if row else 0.0
    if skew <= CLOCK_SKEW_SECONDS_MAX:
        yield Finding(about, "ok", word("与数据库一致", "agrees with the database"))
    else:
        yield Finding(
            about,
            "bad",
            word(
                f"与数据库相差 {skew:.0f} 秒：请在两台机器上开启 NTP",
                f"{skew:.0f} s off the database's: turn NTP on on both machines",
            ),
        )


def look_at_calendar() -> Iterator[Finding]:
    """Whether the official holidays of the coming year are known, to dates and to the rules."""
    yield _calendar(
        word("节假日", "holidays"),
        LAST_CALENDAR_YEAR,
        word("升级 chinesecalendar", "update chinesecalendar"),
    )
    yield _calendar(
        word("法律工作日", "working days of the law"),
        max(load_pack().schema.calendar.years, default=0),
        word("补进规则包的 calendar.toml", "add them to the rule pack's calendar.toml"),
    )


def _calendar(about: str, last: int, remedy: str) -> Finding:
    """One source of holidays that ends with the year `last`."""
    now = clock.machine_now()
    if now.year < last or (now.year == last and now.month < 11):
        return Finding(about, "ok", word(f"到 {last} 年", f"to {last}"))
    return Finding(
        about,
        "note" if now.year <= last else "bad",
        word(
            f"只到 {last} 年：新年度放假通知公布后{remedy}",
            f"known to {last} only: {remedy} once next year's are out",
        ),
    )


def look_at_disk() -> Iterator[Finding]:
    """Free space where the installation writes."""
    free_mb = shutil.disk_usage(settings.STATE_DIR).free // 2**20
    about = word("磁盘", "disk")
    if free_mb >= DISK_FREE_MB_MIN:
        yield Finding(about, "ok", f"{free_mb} MB")
    else:
        yield Finding(
            about,
            "bad",
            word(
                f"只剩 {free_mb} MB：请至少腾出 {DISK_FREE_MB_MIN} MB",
                f"{free_mb} MB left: free at least {DISK_FREE_MB_MIN} MB",
            ),
        )


LOOKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    look_at_settings,
    look_at_database,
    look_at_ledger,
    look_at_log,
    look_at_anchors,
    look_at_erasures,
    look_at_references,
    look_at_channels,
    look_at_money,
    look_at_fonts,
    look_at_clock,
    look_at_calendar,
    look_at_disk,
)
