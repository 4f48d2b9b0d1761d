"""What happens by the clock: the sweep that finds work whose nudge was lost."""

from __future__ import annotations

from datetime import datetime


def beat(now: datetime) -> None:
    """One look a minute at what is due at `now`; safe to repeat."""
