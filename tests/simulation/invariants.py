"""What must hold of a database when everything has been done, however often something died.

Nothing here calls the code under test: chains, commitments and promises are worked out again from
the rows.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.ledger.kinds import HISTORY, KINDS
from yinuo.contexts.notices.rules import QUIET_KINDS

Rows = list[dict[str, Any]]
Ask = Callable[[str], Rows]
WINDOW_KINDS = ("promise.made", "promise.revised", "promise.kept_as_is")
TELLS = {name for name, kind in KINDS.items() if kind.tells}
ENTRIES = """
    SELECT e.id, e.kind, e.subject_id, e.n, e.body, e.change_key, o.payload
    FROM ledger_entry e LEFT JOIN ledger_opened o ON o.entry_id = e.id ORDER BY e.id
"""


def check_all(ask: Ask) -> None:
    """Everything below, on one database."""
    entries = ask(ENTRIES)
    check_streams(entries, ask)
    check_promises(entries, ask)
    check_causes(entries, ask)
    check_lives(entries, ask)
    check_outcomes(entries, ask)
    check_choices(entries, ask)
    check_notices(entries, ask)
    check_deliveries(entries, ask)
    check_nothing_waits(ask)


def changes(ask: Ask) -> Counter[tuple[str, str]]:
    """How often each cause moved each order, by the ledger."""
    said = (json.loads(row["payload"]) for row in ask(ENTRIES) if row["kind"] == "promise.revised")
    return Counter((payload["cause"], payload["order"]) for payload in said)


def promised(ask: Ask) -> Rows:
    """Each order's promise as its customer sees it."""
    return ask(
        "SELECT o.code, p.from_date, p.until_date, p.latest_date, p.moved_count"
        " FROM promises_promise p JOIN orders_order o ON o.id = p.order_id ORDER BY o.code"
    )


def check_streams(entries: Rows, ask: Ask) -> None:
    """Numbers without gaps, each entry naming the one before, every commitment opened."""
    secrets = {row["subject_id"]: bytes(row["k"]) for row in ask("SELECT * FROM ledger_secret")}
    codes = {row["id"]: row["code"] for row in ask("SELECT id, code FROM orders_order")}
    streams: dict[str, Rows] = defaultdict(list)
    for entry in entries:
        if entry["n"] is not None:
            streams[json.loads(entry["body"])["s"]].append(entry)
    heads = {row["stream"]: row for row in ask("SELECT * FROM ledger_streamhead")}
    assert streams.keys() == heads.keys()
    for stream, rows in streams.items():
        rows.sort(key=lambda row: int(row["n"]))
        assert [row["n"] for row in rows] == list(range(len(rows)))
        secret = secrets[rows[0]["subject_id"]]
        letter = heads[stream]["letter"]
        named = f"pl1/stream/{letter}/{codes[rows[0]['subject_id']]}"
        assert stream == _encode(hmac.digest(secret, named.encode(), "sha256"))
        before = ""
        for row in rows:
            body = json.loads(row["body"])
            assert (body["s"], body["n"], body.get("p", "")) == (stream, row["n"], before)
            key = hmac.digest(secret, f"pl1/open/{stream}/{row['n']}".encode(), "sha256")
            assert body["c"] == _encode(hmac.digest(key, row["payload"].encode(), "sha256"))
            before = _encode(hashlib.sha256(b"\0" + row["body"].encode()).digest())
        assert (heads[stream]["n"], heads[stream]["leaf_hash"]) == (len(rows) - 1, before)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def check_promises(entries: Rows, ask: Ask) -> None:
    """Each promise says what its order's newest entry with a range says, and moved as often."""
    newest: dict[int, dict[str, Any]] = {}
    moves: Counter[int] = Counter()
    for entry in entries:
        if entry["kind"] in WINDOW_KINDS:
            newest[entry["subject_id"]] = json.loads(entry["payload"])
        moves[entry["subject_id"]] += entry["kind"] == "promise.revised"
    rows = ask("SELECT * FROM promises_promise")
    assert {row["order_id"] for row in rows} == newest.keys()
    for row in rows:
        said = newest[row["order_id"]]
        assert said["window_from"] == row["from_date"].isoformat(), said["order"]
        assert said["window_until"] == row["until_date"].isoformat(), said["order"]
        assert said["latest"] == row["latest_date"].isoformat(), said["order"]
        assert said["odds_percent"] == row["odds_percent"]
        assert row["moved_count"] == moves[row["order_id"]], said["order"]
        assert row["version"] == row["moved_count"] + 1


def check_causes(entries: Rows, ask: Ask) -> None:
    """No range ever changed but by a fact that names what it was before and a recorded cause."""
    known = {row["ref"] for row in ask(CAUSE_REFS)}
    standing: dict[int, tuple[str, str, str]] = {}
    for entry in entries:
        if entry["kind"] not in WINDOW_KINDS:
            continue
        said, order = json.loads(entry["payload"]), entry["subject_id"]
        now = (said["window_from"], said["window_until"], said["latest"])
        if entry["kind"] == "promise.revised":
            assert (said["old_from"], said["old_until"], said["old_latest"]) == standing[order]
            assert said["cause"] in CAUSES, said
            assert said["cause_ref"] in known, said
        elif entry["kind"] == "promise.kept_as_is":
            assert now == standing[order], said
        standing[order] = now


CAUSE_REFS = """
    SELECT public_id AS ref FROM transit_carrierevent
    UNION ALL SELECT public_id FROM production_plan WHERE state = 'COMMITTED'
    UNION ALL SELECT public_id FROM production_qualityhold
    UNION ALL SELECT cause_ref FROM promises_forecastrun WHERE cause_ref LIKE 'nightly%'
"""


# What the newest fact of a promise's life says of it, beside moves.
STAGE_AFTER = {
    "promise.made": ("ACTIVE", "COMMITTED"),
    "promise.at_risk": ("ACTIVE", "AT_RISK"),
    "promise.recovered": ("ACTIVE", "RECOVERED"),
    "promise.broken": ("BROKEN", "BROKEN"),
    "promise.kept": ("CLOSED", "KEPT"),
    "promise.late": ("CLOSED", "HANDED_OVER"),
    "promise.cancelled": ("CLOSED", "CANCELLED"),
}


def check_lives(entries: Rows, ask: Ask) -> None:
    """Each promise is at the stage that its facts say; whoever is in danger was not so before."""
    stages: dict[int, tuple[str, str]] = {}
    for entry in entries:
        order, kind = entry["subject_id"], entry["kind"]
        if kind == "promise.at_risk":
            assert stages[order][1] not in ("AT_RISK", "BROKEN"), entry["change_key"]
        if kind == "promise.revised":
            said = json.loads(entry["payload"])
            both = said["days_earlier"] > 0 and said["latest"] < said["old_latest"]
            stages[order] = ("ACTIVE", "PULLED_IN" if both else "RE_PROMISED")
        elif kind in STAGE_AFTER:
            stages[order] = STAGE_AFTER[kind]
    rows = ask("SELECT order_id, state, stage FROM promises_promise")
    assert {row["order_id"]: (row["state"], row["stage"]) for row in rows} == stages


def check_outcomes(entries: Rows, ask: Ask) -> None:
    """Every promise of an order that ended has one outcome, worked out again from the rows."""
    rows = ask(
        "SELECT u.*, p.first_latest_date AS first, p.latest_date AS last, p.moved_count AS moves,"
        " (o.delivered_at AT TIME ZONE 'Asia/Shanghai')::date AS day, o.state, p.state AS open"
        " FROM orders_order o JOIN promises_promise p ON p.order_id = o.id"
        " LEFT JOIN promises_outcome u ON u.order_id = o.id"
    )
    for row in rows:
        if row["state"] != "DELIVERED":
            assert (row["ended_how"], row["open"]) != ("HANDED_OVER", "CLOSED"), row
            continue
        assert (row["ended_how"], row["ended_date"]) == ("HANDED_OVER", row["day"])
        assert row["late_days_first"] == max(0, (row["day"] - row["first"]).days)
        assert row["late_days_last"] == max(0, (row["day"] - row["last"]).days)
        assert row["moved_count"] == row["moves"]
    told = [entry for entry in entries if entry["change_key"].startswith("outcome:")]
    assert len(told) == sum(row["ended_how"] is not None for row in rows)


def check_choices(entries: Rows, ask: Ask) -> None:
    """Every promise that moved, is in danger or broke says until when to choose, and who answers.

    A choice that was made belongs to one of them, and closes when its entry said.
    """
    kinds = ("promise.revised", "promise.at_risk", "promise.broken")
    staff = {row["public_id"] for row in ask("SELECT public_id FROM people_staffmember")}
    opened = {}
    for entry in entries:
        if entry["kind"] in kinds:
            said = json.loads(entry["payload"])
            assert said["answerer"] in staff
            assert said["known_at"] < said["answer_by_at"] < said["choose_by_at"]
            opened[entry["id"]] = (entry["subject_id"], said["choose_by_at"])
    for row in ask(
        "SELECT entry_id, order_id, to_char(choose_by_at AT TIME ZONE 'UTC',"
        ' \'YYYY-MM-DD"T"HH24:MI:SS"Z"\') AS closes FROM promises_choice'
    ):
        assert (row["order_id"], row["closes"]) == opened[row["entry_id"]]


def check_notices(entries: Rows, ask: Ask) -> None:
    """Every entry that must be told is told in exactly one notice, to the order's customer."""
    told = ask(
        "SELECT t.entry_id, n.order_id, n.person_id = o.person_id AS right_person"
        " FROM notices_noticeentry t JOIN notices_notice n ON n.id = t.notice_id"
        " JOIN orders_order o ON o.id = n.order_id"
    )
    assert all(row["right_person"] for row in told)
    due = sorted((entry["id"], entry["subject_id"]) for entry in entries if _is_told(entry))
    assert sorted((row["entry_id"], row["order_id"]) for row in told) == due
    of_nothing = ask(
        "SELECT id FROM notices_notice n WHERE NOT EXISTS"
        " (SELECT 1 FROM ledger_entry e WHERE e.id = n.id AND e.subject_id = n.order_id)"
    )
    assert of_nothing == []


def _is_told(entry: dict[str, Any]) -> bool:
    return entry["kind"] in TELLS and json.loads(entry["body"]).get("code") != HISTORY


def check_deliveries(entries: Rows, ask: Ask) -> None:
    """Each notice went out once on each of its channels, and the ledger says so once.

    Where a message came back, somebody was asked to telephone.
    """
    rows = ask(
        "SELECT n.public_id, p.email,"
        " (SELECT array_agg(d.channel ORDER BY d.channel) FROM notices_delivery d"
        " WHERE d.notice_id = n.id) AS channels,"
        " (SELECT array_agg(d.channel) FROM notices_delivery d"
        " WHERE d.notice_id = n.id AND d.sent_at IS NOT NULL) AS sent,"
        " (SELECT bool_or(d.bounced_at IS NOT NULL) FROM notices_delivery d"
        " WHERE d.notice_id = n.id) AS bounced,"
        " EXISTS (SELECT 1 FROM notices_calltask c WHERE c.notice_id = n.id) AS called,"
        " (SELECT array_agg(e.kind) FROM notices_noticeentry t"
        " JOIN ledger_entry e ON e.id = t.entry_id WHERE t.notice_id = n.id) AS kinds"
        " FROM notices_notice n JOIN people_person p ON p.id = n.person_id"
    )
    wanted = []
    for row in rows:
        channels = ["MAIL"] if row["email"] else []
        channels += ["SMS"] if set(row["kinds"]) - QUIET_KINDS else []
        assert row["channels"] == (channels or ["PAGE"])
        assert row["sent"] or row["bounced"]
        assert row["called"] or not row["bounced"]
        wanted += [(row["public_id"], channel) for channel in row["sent"] or []]
    said = [
        (json.loads(entry["payload"])["notice"], json.loads(entry["body"])["channel"])
        for entry in entries
        if entry["kind"] == "notice.sent"
    ]
    assert sorted(said) == sorted(wanted)


def check_nothing_waits(ask: Ask) -> None:
    """No step of any story is open."""
    for what, question in OPEN_WORK.items():
        assert (what, ask(question)) == (what, [])


OPEN_WORK = {
    "a report is not applied": "SELECT id, state FROM transit_carrierevent"
    " WHERE state = 'RECEIVED' AND kind IN ('DELAYED', 'CANCELLED', 'DAMAGED')",
    "a plan is not applied": "SELECT id FROM production_plan"
    " WHERE state = 'COMMITTED' AND applied_at IS NULL",
    "a hold is not applied": "SELECT id FROM production_qualityhold WHERE applied_at IS NULL",
    # First promises that died half-way are made up for by the next run, under its own name.
    "a run is not finished": "SELECT cause_ref FROM promises_forecastrun"
    " WHERE finished_at IS NULL AND cause_ref NOT LIKE 'first:%'",
    "an entry is untold": "SELECT entry_id FROM ledger_untold",
    "a notice waits": "SELECT id FROM notices_notice WHERE state = 'WAITING'",
    "a delivery is stuck": "SELECT id, state, attempts, problem FROM notices_delivery"
    " WHERE state IN ('QUEUED', 'SENDING')",
    "an alert waits": "SELECT id FROM notices_directmessage"
    " WHERE channel = 'CHAT' AND sent_at IS NULL",
}
