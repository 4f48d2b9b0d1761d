"""The only place that reads a clock. Only `web` and `jobs` call it; the rest is given `now`."""

from __future__ import annotations

import datetime as dt

from yinuo.platform.models import ClockSetting


def machine_now() -> dt.datetime:
    """This machine's own time, whatever the installation's clock says."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 -- the one place where the machine's clock is read


def now() -> dt.datetime:
    """The installation's time: the machine's clock, or the test clock of a demo."""
    setting = ClockSetting.objects.filter(singleton=1).first()
    if setting is None:
        return machine_now()
    if setting.mode == ClockSetting.Mode.FROZEN:
        return setting.at
    return setting.at + (machine_now() - setting.set_at)


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
