"""Staff chat through apprise, and the pace that keeps a robot from being muted."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.platform.channel_peers import NOW, Reply, Request, http_peer, message
from yinuo.platform.channels.chat import Chat
from yinuo.platform.channels.configure import configured_channels
from yinuo.platform.channels.pace import Pace, pace


def chat(urls: str, clock: Callable[[], dt.datetime] = lambda: NOW) -> Chat:
    channel = configured_channels({"CHAT_URLS": urls}, clock=clock)["CHAT"]
    assert isinstance(channel, Chat)
    return channel


class Group:
    """A robot's server."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.targets: list[str] = []
        self.posts: list[dict[str, str]] = []

    def __call__(self, request: Request) -> Reply:
        self.targets.append(request.target)
        self.posts.append(json.loads(request.body or b"{}"))
        return self.status, b"{}", {"Location": "/elsewhere"}


def test_a_group_reads_subject_and_text() -> None:
    group = Group()
    with http_peer(group) as host:
        outcome = chat(f"json://{host}/").send(message(channel="CHAT", to=""))
    assert (outcome.state, outcome.detail) == ("SENT", "json: ok")
    assert group.posts[0]["title"] == message().subject
    assert group.posts[0]["message"] == message().text


def test_text_is_not_taken_for_markup() -> None:
    group = Group()
    text = "*星号* <b>尖括号</b> & _下划线_\n第二行"
    with http_peer(group) as host:
        chat(f"json://{host}/").send(message(channel="CHAT", to="", text=text))
    assert group.posts[0]["message"] == text


def test_a_named_robot_posts_alone() -> None:
    first, second = Group(), Group()
    with http_peer(first) as one, http_peer(second) as two:
        robots = chat(f"json://{one}/ json://{two}/")
        assert robots.names == ("json", "json-2")
        assert robots.send(message(channel="CHAT", to="json-2")).state == "SENT"
        assert (len(first.posts), len(second.posts)) == (0, 1)
        assert robots.send(message(channel="CHAT", to="")).detail == "json: ok, json-2: ok"
        outcome = robots.send(message(channel="CHAT", to="feishu"))
    assert (outcome.state, outcome.permanent) == ("BOUNCED", True)


def test_one_group_that_took_it_is_enough() -> None:
    with http_peer(Group()) as good, http_peer(Group(500)) as bad:
        outcome = chat(f"json://{bad}/ json://{good}/").send(message(channel="CHAT", to=""))
    assert (outcome.state, outcome.detail) == ("SENT", "json: not taken, json-2: ok")


@pytest.mark.parametrize("status", [302, 400, 429, 500])
def test_a_refusal_is_a_retry_and_no_redirect_is_followed(status: int) -> None:
    group = Group(status)
    with http_peer(group) as host:
        robots = chat(f"json://{host}/")
        assert robots.send(message(channel="CHAT", to="")).state == "RETRY"
    assert group.targets == ["/"]
    assert robots.look_up(message(channel="CHAT", to="")) is None


def test_a_robot_is_not_called_faster_than_its_provider_allows() -> None:
    group, times = Group(), [NOW]
    with http_peer(group) as host:
        robots = chat(f"json://{host}/", clock=lambda: times[-1])
        states = [robots.send(message(channel="CHAT", to="")).state for _ in range(6)]
        assert states == ["SENT"] * 4 + ["RETRY"] * 2
        times.append(NOW + dt.timedelta(seconds=2))
        assert robots.send(message(channel="CHAT", to="")).state == "SENT"
    assert len(group.posts) == 5


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("wecombot://693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa", "wecombot"),
        ("dingtalk://SEC0123456789abcdef@abcdef0123456789", "dingtalk"),
        ("dingtalk://abcdef0123456789/13800001234", "dingtalk"),
        ("feishu://abcdef01-2345-6789-abcd-ef0123456789", "feishu"),
    ],
)
def test_the_robots_of_the_three_providers_are_accepted(url: str, name: str) -> None:
    assert chat(url).names == (name,)


@given(
    per_minute=st.integers(2, 120),
    gaps_s=st.lists(st.floats(0, 9, allow_nan=False), min_size=1, max_size=200),
)
def test_no_minute_ever_holds_more_than_the_limit(per_minute: int, gaps_s: list[float]) -> None:
    bucket, now, passed = pace(per_minute), NOW, []
    for gap_s in gaps_s:
        now += dt.timedelta(seconds=gap_s)
        while bucket.wait_s(now) == 0:
            passed.append(now)
    minute = dt.timedelta(seconds=60)
    for begin in passed:
        assert sum(begin <= at <= begin + minute for at in passed) <= per_minute


@pytest.mark.parametrize("per_minute", [2, 3, 20, 60, 100])
def test_a_sender_that_never_rests_gets_the_limit_and_no_more(per_minute: int) -> None:
    bucket = pace(per_minute)
    seconds = [at for at in range(600) for _ in range(5) if not bucket.wait_s(later(at))]
    minutes = [sum(begin <= at <= begin + 60 for at in seconds) for begin in range(540)]
    assert per_minute - 1 <= max(minutes) <= per_minute
    assert max(seconds.count(at) for at in range(600)) <= 5


def later(seconds: int) -> dt.datetime:
    return NOW + dt.timedelta(seconds=seconds)


def test_waiting_as_long_as_told_is_enough() -> None:
    bucket, now = pace(20), NOW
    for _ in range(40):
        wait_s = bucket.wait_s(now)
        if wait_s > 0:
            now += dt.timedelta(seconds=wait_s + 1e-6)
            assert bucket.wait_s(now) == 0
    assert now - NOW >= dt.timedelta(seconds=36 * 60 / 16 / 2)


def test_a_clock_that_steps_back_gives_nothing_away() -> None:
    bucket = pace(20)
    assert [bucket.wait_s(NOW) for _ in range(4)] == [0, 0, 0, 0]
    assert bucket.wait_s(NOW - dt.timedelta(hours=1)) > 0
    assert bucket.wait_s(NOW) > 0


@pytest.mark.parametrize("burst", [0, 20, 21, -1])
def test_a_burst_outside_the_limit_is_refused(burst: int) -> None:
    with pytest.raises(ValueError, match="burst must be 1 to 19"):
        Pace(20, burst)
