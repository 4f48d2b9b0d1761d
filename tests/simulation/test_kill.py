"""`kill -9` at random moments of the story; afterwards nothing is missing and nothing is double."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from django.db import connections

from tests.platform.channel_peers import AliyunPeer, CutOffError, Reply, http_peer
from tests.platform.test_channels_mail import Box, smtp_peer
from tests.simulation.server import ROOT
from tests.simulation.stage import (
    STORY,
    Stage,
    check,
    finish,
    moment_on,
    moments,
    set_stage,
    step_of,
    tell_story,
    tell_until,
    tend,
    told,
    wait_for_worker,
)
from tests.simulation.world import NOW
from yinuo.contexts.people.operations.keys import create_key
from yinuo.platform import clock

SEED = 20260211
pytestmark = [pytest.mark.need(1), pytest.mark.need(12)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[Stage]:
    """A durable server with the story in it; Django may reach databases in these tests."""
    with django_db_blocker.unblock(), set_stage(tmp_path_factory.mktemp("nursery")) as ready:
        yield ready


def test_the_story_moves_everybody_it_should(stage: Stage) -> None:
    causes = Counter(cause for cause, _ in stage.changes)
    assert causes["TRAIN_CANCELLED"] == 60
    assert causes["QUALITY_HOLD"] == 30
    assert causes["PLANT_STOPPED"] >= 290
    assert set(stage.changes.values()) == {1}


def test_a_killed_worker(stage: Stage) -> None:
    steps: list[str] = []
    for number, moment in enumerate(moments(10, SEED, stage.rows)):
        with (
            told(f"seed {SEED}, worker killed at {moment}; steps so far: {steps}"),
            moment_on(stage, f"worker_{number}") as name,
        ):
            pid = stage.nursery.start(name)
            wait_for_worker(stage.server, name)
            tell_until(stage, name, moment)
            stage.nursery.kill(pid)
            steps.append(step_of(stage.server, name))
            finish(stage, name)
            check(stage, name)
    assert len(set(steps)) >= 4, steps


def test_a_killed_postgres(stage: Stage) -> None:
    steps: list[str] = []
    for number, moment in enumerate(moments(5, SEED + 1, stage.rows)):
        with (
            told(f"seed {SEED + 1}, PostgreSQL killed at {moment}; steps so far: {steps}"),
            moment_on(stage, f"postgres_{number}") as name,
        ):
            pid = stage.nursery.start(name)
            wait_for_worker(stage.server, name)
            tell_until(stage, name, moment)
            stage.server.kill()
            connections.close_all()
            stage.server.revive()
            steps.append(step_of(stage.server, name))
            stage.nursery.kill(tend(stage, name, pid))
            finish(stage, name)
            check(stage, name)
    assert len(set(steps)) >= 3, steps


BEFORE, AFTER = "before it was taken", "before the answer was read"


@dataclass
class DeadlyPeer(AliyunPeer):
    """An SMS gateway in whose hands the sender dies with message number `fatal`."""

    fatal: int = 0
    when: str = AFTER
    strike: Callable[[], None] = lambda: None
    heard: int = 0

    def send_sms(self, query: dict[str, str]) -> Reply:
        """Take it, or not, and the sender is gone."""
        self.heard += 1
        if self.heard != self.fatal:
            return super().send_sms(query)
        if self.when == AFTER:
            super().send_sms(query)
        self.strike()
        raise CutOffError


@dataclass
class DeadlyBox(Box):
    """A mail server in whose hands the sender dies with mail number `fatal`."""

    fatal: int = 0
    strike: Callable[[], None] = lambda: None
    heard: int = field(default=0)

    def __post_init__(self) -> None:
        super().__init__()

    async def handle_DATA(self, *call: Any) -> str:  # noqa: N802 -- the server calls it so
        """Take it, and the sender is gone."""
        answer = await super().handle_DATA(*call)
        self.heard += 1
        if self.heard == self.fatal:
            self.strike()
        return answer


def test_a_worker_killed_while_it_sends(stage: Stage) -> None:
    """No SMS is accepted twice; a mail may be, under one Message-ID that receivers join."""
    lots = random.Random(SEED + 2)
    for number, (fatal_sms, when, fatal_mail) in enumerate(
        [
            (lots.randint(1, 60), AFTER, 0),
            (lots.randint(1, 60), BEFORE, 0),
            (0, AFTER, lots.randint(1, 30)),
            (lots.randint(61, 90), AFTER, 0),
        ]
    ):
        what = f"seed {SEED + 2}: SMS {fatal_sms} {when}, mail {fatal_mail}"
        with told(what), moment_on(stage, f"sending_{number}") as name:
            _kill_while_sending(stage, name, fatal_sms, when, fatal_mail)


def _kill_while_sending(
    stage: Stage, name: str, fatal_sms: int, when: str, fatal_mail: int
) -> None:
    gateway = DeadlyPeer(now=clock.machine_now(), fatal=fatal_sms, when=when)
    box = DeadlyBox(fatal=fatal_mail)
    with http_peer(gateway) as sms, smtp_peer(box) as port:
        environment = {
            "SMS_URL": f"aliyun://{gateway.key}:{gateway.secret.replace('/', '%2F')}@{sms}/"
            "?sign=云帆汽车&template=SMS_1&https=0",
            "MAIL_URL": f"smtp://127.0.0.1:{port}?from=notice@example.cn&starttls=0",
        }
        pid = stage.nursery.start(name, environment=environment)
        gateway.strike = box.strike = partial(os.kill, pid, signal.SIGKILL)
        tell_story(with_plan=False)
        assert stage.nursery.wait(pid, 60) == -signal.SIGKILL, stage.nursery.said()
        step = step_of(stage.server, name)
        assert "a message at the gateway" in step
        open_mails = {row["id"] for row in stage.server.ask(name, SENDING_MAILS)}
        finish(stage, name, environment)
    check(stage, name, frozenset({"TRAIN_CANCELLED", "QUALITY_HOLD"}))
    sent = stage.server.ask(name, SENT_IDS)
    texts = [row["id"] for row in sent if row["channel"] == "SMS"]
    letters = [row["id"] for row in sent if row["channel"] == "MAIL"]
    assert sorted(row["OutId"] for row in gateway.sent) == sorted(texts)
    mails = Counter(str(mail["Message-ID"]) for mail in box.mails)
    assert sorted(said[said.index("ntc_") : said.index("@")] for said in mails) == sorted(letters)
    twice = [said for said, count in mails.items() if count > 1]
    assert set(mails.values()) <= {1, 2}
    # Twice only what was on its way in that very moment: SMS and mail go out side by side.
    assert {said[said.index("ntc_") : said.index("@")] for said in twice} <= open_mails
    assert len(twice) >= (1 if fatal_mail else 0)


SENDING_MAILS = """
SELECT n.public_id || '-mail' AS id FROM notices_delivery d
JOIN notices_notice n ON n.id = d.notice_id WHERE d.state = 'SENDING' AND d.channel = 'MAIL'
"""
SENT_IDS = """
SELECT d.channel, n.public_id || '-' || lower(d.channel) AS id
FROM notices_delivery d JOIN notices_notice n ON n.id = d.notice_id
"""


class Web:
    """The product's web server on a free port, and what a carrier's system does with it."""

    def __init__(self, url: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._url = url
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it; it leads a process group of its own."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
             "--port", str(self.port), "--workers", "1", "--blocking-threads", "4", "--no-ws",
             "--log-level", "error", "yinuo.config.wsgi:application"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": self._url,
                 "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def kill(self) -> None:
        """`kill -9` of the server and its workers."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def post(self, key: str, record: dict[str, str]) -> int:
        """Send one report; the answer's status, 0 where there was none."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request(
                "POST",
                "/api/v1/feeds/events",
                json.dumps([record]),
                {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            )
            return line.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            line.close()


class Carrier(threading.Thread):
    """Reports again and again, each report until it is answered, as carriers' systems do."""

    def __init__(self, web: Web, key: str, cancel_at: int) -> None:
        super().__init__(daemon=True)
        self.web, self.key, self.cancel_at = web, key, cancel_at
        self.enough = threading.Event()
        self.answered = 0
        self.unanswered: list[str] = []
        self.strange: list[int] = []

    def run(self) -> None:
        """One report after the other, some of them twice."""
        while not (self.enough.is_set() and self.answered > self.cancel_at):
            record = self._record(self.answered)
            while (status := self.web.post(self.key, record)) != 202:
                self.unanswered.append(record["id"])
                if status:
                    self.strange.append(status)
                time.sleep(0.05)
            if self.answered % 10 == 0:
                self.web.post(self.key, record)
            self.answered += 1

    def _record(self, number: int) -> dict[str, str]:
        at = NOW.isoformat()
        if number == self.cancel_at:
            return {"id": "cancelled", "shipment": "X8321", "kind": "CANCELLED", "at": at,
                    "cause": "TRAIN_CANCELLED", "place": "ZZ", "condition": "INTACT"}  # fmt: skip
        return {"id": f"seen-{number}", "shipment": "X8400", "kind": "POSITION", "at": at,
                "place": "ZZ"}  # fmt: skip


def test_a_killed_web_server(stage: Stage) -> None:
    lots = random.Random(SEED + 3)
    delays = [lots.uniform(0.05, 0.4) for _ in range(4)]
    with told(f"seed {SEED + 3}, killed after {delays}"), moment_on(stage, "web", STORY) as name:
        key = create_key(sender="rail", feeds=["events"], signed=False, now=NOW).key
        connections.close_all()
        web = Web(stage.server.url(name))
        carrier = Carrier(web, key, cancel_at=lots.randint(5, 30))
        try:
            carrier.start()
            for delay in delays:
                reached = carrier.answered
                while carrier.answered < reached + 3:
                    time.sleep(0.005)
                time.sleep(delay)
                web.kill()
                web.start()
            carrier.enough.set()
            carrier.join(60)
            assert not carrier.is_alive()
        finally:
            web.kill()
        assert carrier.strange == []
        # The server died with reports on the way, or none of this shows anything.
        assert len(set(carrier.unanswered)) >= len(delays)
        stored = stage.server.ask(
            name, "SELECT external_id, count(*) AS times FROM transit_carrierevent GROUP BY 1"
        )
        assert {row["times"] for row in stored} == {1}
        sent = {"cancelled", *(f"seen-{n}" for n in range(carrier.answered))}
        assert {row["external_id"] for row in stored} == sent - {f"seen-{carrier.cancel_at}"}
        finish(stage, name)
        check(stage, name, frozenset({"TRAIN_CANCELLED"}))
