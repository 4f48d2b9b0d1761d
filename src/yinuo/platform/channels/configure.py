"""The channels that an installation's environment variables describe."""

from __future__ import annotations

from collections.abc import Mapping

from yinuo.platform.channels.address import Setting
from yinuo.platform.channels.aliyun import AliyunSms
from yinuo.platform.channels.chat import Chat, read_robots
from yinuo.platform.channels.gateway import read_gateway
from yinuo.platform.channels.mail import Mail, read_mail_server
from yinuo.platform.channels.port import Channel, ChannelName, Clock
from yinuo.platform.channels.tencent import TencentSms

MAIL_URL = Setting("MAIL_URL", "smtp://user:password@mail.example.cn:587?from=notice@example.cn")
SMS_URL = Setting(
    "SMS_URL",
    "aliyun://KEY:SECRET@dysmsapi.aliyuncs.com/?sign=NAME&template=SMS_123"
    " or tencent://ID:KEY@sms.tencentcloudapi.com/?app=1400000000&sign=NAME&template=123",
)
CHAT_URLS = Setting("CHAT_URLS", "wecombot://KEY dingtalk://SECRET@TOKEN feishu://TOKEN")

SMS_OPTIONS = ("sign", "template", "region", "app", "https")


def configured_channels(settings: Mapping[str, str], *, clock: Clock) -> dict[ChannelName, Channel]:
    """The channels named in `settings`; those whose variable is absent or empty are left out.

    Nothing is contacted. `clock` gives the machine's own time: providers refuse a request whose
    date is minutes off.

    Raises:
        ValueError: one sentence that names the variable, what is wrong with it and what is right.
    """
    channels: dict[ChannelName, Channel] = {}
    if value := settings.get("MAIL_URL", "").strip():
        channels["MAIL"] = Mail(read_mail_server(MAIL_URL, value), clock)
    if value := settings.get("SMS_URL", "").strip():
        channels["SMS"] = _sms(value, clock)
    if value := settings.get("CHAT_URLS", "").strip():
        channels["CHAT"] = Chat(read_robots(CHAT_URLS, value), clock)
    return channels


def _sms(value: str, clock: Clock) -> Channel:
    address = SMS_URL.read(value, schemes=("aliyun", "tencent"), options=SMS_OPTIONS)
    if address.scheme == "aliyun":
        return AliyunSms(read_gateway(SMS_URL, address, region="cn-hangzhou"), clock)
    SMS_URL.needed(address, "app")
    return TencentSms(read_gateway(SMS_URL, address, region="ap-guangzhou"), clock)
