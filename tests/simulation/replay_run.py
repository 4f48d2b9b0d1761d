"""One story told in an empty database, as a process of its own; prints what came of it.

Run as `python -m tests.simulation.replay_run SEED LANES BATCH`. Everything that is drawn at
random comes from SEED, so that two runs of one seed may be compared to the byte. LANES is how many
parts of a batch are written side by side, each held up for a while of its own.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import secrets
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

from tests.simulation import apps_ready  # noqa: F401 -- before anything that has tables
from tests.simulation.stage import build_story, tell_story
from tests.simulation.world import NOW
from yinuo.contexts.promises.operations import forecasting
from yinuo.jobs import schedule
from yinuo.platform import clock
from yinuo.platform.lanes import side_by_side
from yinuo.workflows import dates

HOUR = dt.timedelta(hours=1)
# The story itself, the night after it, the weekly note.
MOMENTS = (NOW + HOUR / 60, NOW + 3 * HOUR, NOW + 18 * HOUR, NOW + 177 * HOUR)

# What must be equal to the byte, row by row, whoever wrote it first.
SAID = {
    "facts": "SELECT e.change_key, e.kind, e.letter, e.recorded_at::text, o.payload,"
    " e.body::jsonb - ARRAY['c', 'p', 's'] FROM ledger_entry e"
    " LEFT JOIN ledger_opened o ON o.entry_id = e.id"
    " WHERE e.kind NOT LIKE 'notice.%' ORDER BY 1",
    "windows": "SELECT p.order_id, from_date::text, until_date::text, latest_date::text,"
    " encode(dots, 'hex'), first_latest_date::text, stage, state, outside_count, risk_count,"
    " moved_count, version, r.cause_ref FROM promises_promise p"
    " JOIN promises_forecastrun r ON r.id = p.run_id ORDER BY 1",
    "told": "SELECT n.order_id, n.kind, n.send_at::text, d.channel, d.state, count(*)"
    " FROM notices_notice n LEFT JOIN notices_delivery d ON d.notice_id = n.id"
    " GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5",
    "explanations": "SELECT plan_ref, summary, encode(content, 'hex') FROM planning_explanation"
    " ORDER BY 1",
    "snapshots": "SELECT ref, encode(content, 'hex') FROM planning_snapshot ORDER BY 1",
    "quotes": "SELECT cause_ref, worked_out_at::text, encode(tables, 'hex')"
    " FROM promises_quotebase ORDER BY id",
    "figures": "SELECT date::text, figures FROM promises_keptfigures ORDER BY 1",
}
# Also the secrets and the chain, where everything is drawn in one order.
SEALED = {
    "bodies": "SELECT subject_id, letter, n, body FROM ledger_entry"
    " ORDER BY subject_id, letter, n, change_key",
    "codes": "SELECT code, public_id, order_id FROM notices_notice ORDER BY id",
}


def draw_from(seed: int) -> None:
    """Every draw of ids and secrets comes from this seed, byte by byte.

    However many are drawn together, the same number of draws leaves the source at the same place.
    """
    drawn, one_at_a_time = random.Random(seed), threading.Lock()

    def token_bytes(count: int = 32) -> bytes:
        with one_at_a_time:
            return bytes(drawn.randrange(256) for _ in range(count))

    setattr(secrets, "token_bytes", token_bytes)  # noqa: B010 -- a function of another type


def hold_up(lanes: int, seed: int) -> None:
    """Parts are written in `lanes` lanes, each after a pause of its own."""
    pauses = random.Random(seed)

    def beside(work: Callable[[Any], Any], parts: Sequence[Any]) -> list[Any]:
        waits = [pauses.random() * 0.05 if lanes > 1 else 0.0 for _ in parts]

        def late(given: tuple[Any, float]) -> Any:
            time.sleep(given[1])
            return work(given[0])

        return side_by_side(late, list(zip(parts, waits, strict=True)), lanes=lanes)

    setattr(dates, "side_by_side", beside)  # noqa: B010 -- a function of another type


def rows_of(questions: dict[str, str]) -> dict[str, list[list[object]]]:
    """The answer to each question."""
    found = {}
    with connection.cursor() as cursor:
        for name, question in questions.items():
            cursor.execute(question)
            found[name] = [list(row) for row in cursor.fetchall()]
    return found


def main(argv: list[str]) -> None:
    """Tell the story and print what it left behind."""
    seed, lanes, batch = (int(word) for word in argv)
    connection.settings_dict["OPTIONS"].pop("pool", None)
    draw_from(seed)
    hold_up(lanes, time.monotonic_ns())
    forecasting.BATCH = batch
    build_story()
    tell_story()
    for moment in MOMENTS:
        clock.set_test_clock(at=moment, running=False)
        schedule.sweep(moment)
    found = {"said": rows_of(SAID), "sealed": rows_of(SEALED)}
    json.dump(found, sys.stdout, ensure_ascii=False, default=str)


if __name__ == "__main__":
    main(sys.argv[1:])
