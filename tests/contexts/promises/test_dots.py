"""The packed dots say the days that were put in."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from yinuo.contexts.promises.dots import OUT_OF_SIGHT, pack_dates, pack_days, unpack_dates
from yinuo.contexts.promises.models import Promise

LAST = dt.date(2000, 1, 1) + dt.timedelta(days=OUT_OF_SIGHT - 1)
days = st.dates(dt.date(2000, 1, 1), LAST) | st.just(dt.date.max)


@given(st.lists(days, min_size=20, max_size=20))
def test_dates_come_back(dates: list[dt.date]) -> None:
    assert unpack_dates(pack_dates(dates)) == dates
    assert Promise(dots=pack_dates(dates)).dot_dates == dates


@given(st.lists(days, min_size=3, max_size=3))
def test_many_orders_are_packed_as_each_alone(dates: list[dt.date]) -> None:
    table = np.array([[date.toordinal()] * 20 for date in dates])
    assert [row.tobytes() for row in pack_days(table)] == [pack_dates([d] * 20) for d in dates]


def test_what_cannot_be_written_is_out_of_sight() -> None:
    far = LAST + dt.timedelta(days=1)
    assert unpack_dates(pack_dates([far, dt.date.max])) == [dt.date.max] * 2
    assert unpack_dates(pack_dates([dt.date(1999, 12, 31)])) == [dt.date(2000, 1, 1)]
