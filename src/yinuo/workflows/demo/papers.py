"""What comes with an order in the demo's shop: a contract and a deposit that is paid."""

from __future__ import annotations

import datetime as dt

from yinuo.platform import installation
from yinuo.workflows.demo import payments, terms


def bring(*, now: dt.datetime) -> int:
    """Contract and deposit for orders that came without; how many were written. Safe to repeat.

    Nothing happens outside a demo: there a shop's own contracts and money are its own.
    """
    if installation.find_demo() is None:
        return 0
    return terms.adopt(now=now) + payments.adopt()
