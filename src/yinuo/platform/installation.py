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


def wipe() -> None:
    """Drop everything in the database; who asks for it has made sure that it may go.

    Raises
    ------
    NotADemo
        The database says of itself that it is no demo.
    """
    if Installation.objects.exclude(kind=Installation.Kind.DEMO).exists():
        raise NotADemo
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
