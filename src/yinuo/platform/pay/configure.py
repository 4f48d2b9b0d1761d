"""The payment providers that an installation's environment variables describe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from yinuo.platform.installation import find_demo
from yinuo.platform.pay.alipay import Alipay, AlipayKeys
from yinuo.platform.pay.bank import Bank
from yinuo.platform.pay.port import Provider
from yinuo.platform.pay.sandbox import Sandbox
from yinuo.platform.pay.wechat import Wechat, WechatKeys

WECHAT = (
    "WECHAT_MERCHANT_ID",
    "WECHAT_APP_ID",
    "WECHAT_SERIAL",
    "WECHAT_PRIVATE_KEY_FILE",
    "WECHAT_API_V3_KEY_FILE",
    "WECHAT_PUBLIC_KEY_FILE",
    "WECHAT_PUBLIC_KEY_ID",
)
ALIPAY = (
    "ALIPAY_APP_ID",
    "ALIPAY_SELLER_ID",
    "ALIPAY_PRIVATE_KEY_FILE",
    "ALIPAY_PUBLIC_KEY_FILE",
)
MODES = ("sandbox", "live")


def is_live(settings: Mapping[str, str], *, real: bool) -> bool:
    """Whether money really moves: a provider is set up, PAY_MODE=live, or no demo is run here.

    `real` says that the database belongs to a maker and not to a demo.

    Raises
    ------
    ValueError
        PAY_MODE is another word, or says sandbox beside a provider's keys.
    """
    mode = settings.get("PAY_MODE", "").strip()
    if mode and mode not in MODES:
        raise ValueError(f"PAY_MODE must be sandbox or live, not {mode!r}")
    keys = any(_keys(settings))
    if mode == "sandbox" and keys:
        raise ValueError("PAY_MODE=sandbox does not go with a real provider's keys")
    return keys or mode == "live" or (real and mode != "sandbox")


def configured_providers(
    settings: Mapping[str, str], *, site: str, real: bool
) -> dict[str, Provider]:
    """The providers named in `settings`; the sandbox alone where no money really moves.

    `site` is this installation's own address, to which providers send what happened. Nothing is
    contacted.

    Raises
    ------
    ValueError
        One sentence that names the variable that is missing or wrong.
    """
    if not is_live(settings, real=real):
        return {"SANDBOX": Sandbox()}
    providers: dict[str, Provider] = {}
    if given := _read(settings, WECHAT):
        providers["WECHAT"] = Wechat(
            WechatKeys(
                merchant_id=given["WECHAT_MERCHANT_ID"],
                app_id=given["WECHAT_APP_ID"],
                serial=given["WECHAT_SERIAL"],
                private_key=given["WECHAT_PRIVATE_KEY_FILE"],
                api_v3_key=given["WECHAT_API_V3_KEY_FILE"],
                public_key=given["WECHAT_PUBLIC_KEY_FILE"],
                public_key_id=given["WECHAT_PUBLIC_KEY_ID"],
                notify_url=f"{site}/api/v1/payments/wechat/notify",
                gateway=settings.get("WECHAT_GATEWAY", ""),
            )
        )
    if given := _read(settings, ALIPAY):
        providers["ALIPAY"] = Alipay(
            AlipayKeys(
                app_id=given["ALIPAY_APP_ID"],
                seller_id=given["ALIPAY_SELLER_ID"],
                private_key=given["ALIPAY_PRIVATE_KEY_FILE"],
                alipay_public_key=given["ALIPAY_PUBLIC_KEY_FILE"],
                notify_url=f"{site}/api/v1/payments/alipay/notify",
                gateway=settings.get("ALIPAY_GATEWAY", ""),
            )
        )
    if account := settings.get("BANK_ACCOUNT", "").strip():
        providers["BANK"] = Bank(account)
    return providers


def installed_providers(settings: Mapping[str, str], *, site: str) -> dict[str, Provider]:
    """`configured_providers` for this database: a demo plays with the sandbox.

    Raises
    ------
    ValueError
    """
    # Only where nothing else says it, the database is asked.
    said = settings.get("PAY_MODE", "").strip() or any(_keys(settings))
    return configured_providers(settings, site=site, real=bool(said) or find_demo() is None)


def _keys(settings: Mapping[str, str]) -> list[str]:
    return [settings.get(name, "").strip() for name in (*WECHAT, *ALIPAY)]


def _read(settings: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """The values of all of these, files read; empty when none is set."""
    given = {name: settings.get(name, "").strip() for name in names}
    if not any(given.values()):
        return {}
    for name, value in given.items():
        if not value:
            raise ValueError(f"{name} is missing; all of {', '.join(names)} belong together")
        if name.endswith("_FILE"):
            try:
                given[name] = Path(value).read_text(encoding="utf-8").strip()
            except OSError as failed:
                raise ValueError(f"{name}: {failed}") from None
    return given
