"""Staff chat robots: WeCom (企业微信), DingTalk (钉钉) and Feishu (飞书), through apprise."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import apprise

from yinuo.platform.channels.address import Setting
from yinuo.platform.channels.gateway import outcome
from yinuo.platform.channels.pace import Pace, pace
from yinuo.platform.channels.port import Clock, Message, Outcome

# Messages a minute that a robot takes before its provider mutes it, as the providers publish.
PER_MINUTE: Mapping[str, int] = {
    "wecombot": 20,
    "dingtalk": 20,
    "feishu": 100,
    "lark": 100,
    "json": 60,
    "jsons": 60,
}

_SCHEME = re.compile(r"([a-z]+)://")


@dataclass(frozen=True, repr=False)
class Robot:
    """One robot: its name (`feishu`, and `feishu-2` for a second one), its secret URL, its pace."""

    name: str
    url: str
    pace: Pace


def read_robots(setting: Setting, value: str) -> tuple[Robot, ...]:
    """The robots in a list of apprise URLs parted by blanks.

    Raises:
        ValueError: a URL of another kind, or one that apprise cannot use.
    """
    robots: list[Robot] = []
    seen: Counter[str] = Counter()
    for place, url in enumerate(value.split(), start=1):
        match = _SCHEME.match(url)
        if match is None or match[1] not in PER_MINUTE:
            raise setting.wrong(f"has an entry {place} that is none of {', '.join(PER_MINUTE)}")
        if apprise.Apprise.instantiate(url, suppress_exceptions=True) is None:
            raise setting.wrong(f"has an entry {place} that is no usable {match[1]}:// URL")
        seen[match[1]] += 1
        name = match[1] if seen[match[1]] == 1 else f"{match[1]}-{seen[match[1]]}"
        robots.append(Robot(name, url, pace(PER_MINUTE[match[1]])))
    if not robots:
        raise setting.wrong("is empty")
    return tuple(robots)


class Chat:
    """A `Channel` for staff groups. `Message.to` names a robot; empty means every robot.

    Apprise tells only whether the robot's server answered well, not why it did not.
    """

    def __init__(self, robots: tuple[Robot, ...], clock: Clock) -> None:
        self._robots = robots
        self._clock = clock

    @property
    def names(self) -> tuple[str, ...]:
        """The robots' names, in the order of the setting."""
        return tuple(robot.name for robot in self._robots)

    def send(self, message: Message) -> Outcome:
        """Post to the named robots, within their pace.

        `SENT` if at least one took it: repeating for the others would repeat it for that one.
        """
        robots = [robot for robot in self._robots if message.to in ("", robot.name)]
        if not robots:
            return outcome("BOUNCED", "no robot of that name is configured", permanent=True)
        results = {robot.name: self._post(robot, message) for robot in robots}
        detail = ", ".join(f"{name}: {words}" for name, words in results.items())
        if "ok" in results.values():
            return outcome("SENT", detail)
        return outcome("RETRY", detail)

    def look_up(self, message: Message) -> Outcome | None:
        """None: a robot cannot be asked, and a group would rather read a line twice than never."""
        assert message.channel == "CHAT"
        return None

    def _post(self, robot: Robot, message: Message) -> str:
        wait_s = robot.pace.wait_s(self._clock())
        if wait_s > 0:
            return f"wait {wait_s:.0f} s"
        # A fresh object each time: apprise's own throttle would sleep, and the pace is kept here.
        asset = apprise.AppriseAsset(secure_logging=True, http_redirects=False)
        sender = apprise.Apprise(asset=asset)
        sender.add(robot.url)
        taken = sender.notify(
            body=message.text, title=message.subject, body_format=apprise.NotifyFormat.TEXT
        )
        return "ok" if taken else "not taken"
