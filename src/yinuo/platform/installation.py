"""What this database is for. A demo may be wiped and may have a test clock; nothing else may."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from yinuo.platform.models import Installation
from yinuo.platform.refusals import Refusal


class NotADemo(Refusal):
    """What was asked for is done to demo databases only."""

    code = "not_a_demo"
    zh = "这不是演示数据库，不能这样做。"
    en = "This is not a demo database, so this is not done."


class NotEmpty(Refusal):
    """A demo is loaded into an empty database only."""

    code = "not_empty"
    zh = "数据库里已经有数据。先运行 yinuo demo reset。"
    en = "The database holds data already. Run yinuo demo reset first."


@dataclass(frozen=True)
class Demo:
    """The demo this database holds."""

    seed: int
    scale: int
    started_at: dt.datetime


def find_demo() -> Demo | None:
    """The demo this database holds, or None when it holds no demo."""
    row = Installation.objects.filter(singleton=1, kind=Installation.Kind.DEMO).first()
    if row is None or row.seed is None or row.scale is None:
        return None
    return Demo(row.seed, row.scale, row.started_at)


def get_demo() -> Demo:
    """The demo this database holds.

    Raises
    ------
    NotADemo
        It holds none.
    """
    demo = find_demo()
    if demo is None:
        raise NotADemo
    return demo


def mark_demo(*, seed: int, scale: int, started_at: dt.datetime) -> None:
    """Say that this database holds a demo.

    Raises
    ------
    NotEmpty
        It was said before what it holds.
    """
    if Installation.objects.exists():
        raise NotEmpty
    Installation.objects.create(
        kind=Installation.Kind.DEMO, seed=seed, scale=scale, started_at=started_at
    )


def wipe_demo() -> None:
    """Drop everything in the database.

    Raises
    ------
    NotADemo
        The database is neither a demo nor empty.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename IN ('platform_installation', 'people_person')"
        )
        tables = {row[0] for row in cursor.fetchall()}
        used = False
        if "people_person" in tables:
            cursor.execute("SELECT EXISTS (SELECT 1 FROM people_person)")
            used = bool(cursor.fetchone()[0])
        kind = ""
        if "platform_installation" in tables:
            cursor.execute("SELECT kind FROM platform_installation")
            row = cursor.fetchone()
            kind = row[0] if row else ""
        if kind != Installation.Kind.DEMO and (used or kind):
            raise NotADemo
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
