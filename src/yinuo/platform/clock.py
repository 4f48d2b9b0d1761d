"""The only place that reads a clock. Only `web` and `jobs` call it; the rest is given `now`."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from yinuo.platform.models import ClockSetting


def machine_now() -> dt.datetime:
    """This machine's own time, whatever the installation's clock says."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 -- the one place where the machine's clock is read


def now() -> dt.datetime:
    """The installation's time: the machine's clock, or the test clock of a demo."""
    # Asked with every request, so as plainly as it can be.
    with connection.cursor() as cursor:
        cursor.execute("SELECT mode, at, set_at FROM platform_clocksetting WHERE singleton = 1")
        row = cursor.fetchone()
    if row is None:
        return machine_now()
    mode, at, set_at = row
    moment: dt.datetime = at if mode == ClockSetting.Mode.FROZEN else at + (machine_now() - set_at)
    return moment.astimezone(dt.UTC)


def set_test_clock(*, at: dt.datetime, running: bool) -> None:
    """Put the test clock at `at`; `running` lets it count on from there."""
    mode = ClockSetting.Mode.RUNNING if running else ClockSetting.Mode.FROZEN
    ClockSetting.objects.update_or_create(
        singleton=1, defaults={"mode": mode, "at": at, "set_at": machine_now()}
    )


def clear_test_clock() -> None:
    """Go back to the machine's clock."""
    ClockSetting.objects.all().delete()


def is_frozen() -> bool:
    """Whether a test clock stands still."""
    return ClockSetting.objects.filter(singleton=1, mode=ClockSetting.Mode.FROZEN).exists()
