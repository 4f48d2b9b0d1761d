"""One line to the staff's chat when an event moves dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.ledger.codes import QUEUE_CODES
from yinuo.contexts.ledger.queue_words import batch_words
from yinuo.contexts.notices.models import DirectMessage


def alert_staff(*, ref: str, cause_code: str, orders_count: int, now: dt.datetime) -> None:
    """Write the alert of this event; once, however often it is asked for."""
    cause = CAUSES[cause_code]
    text = (
        f"{cause.zh}，{orders_count} 位客户的日期有变，通知已排队。"
        f" / {cause.en}: dates of {orders_count} customers moved, notices are queued. [{ref}]"
    )
    _write(f"alert:{ref}", text, now)


def alert_unfair(
    *, ref: str, count: int, line: str, codes: tuple[str, str], now: dt.datetime
) -> None:
    """Write that orders were passed without a recorded reason; once for each check `ref`.

    `codes` are the earlier and the later lock of the widest gap, `line` the line they stand in.
    """
    earlier, later = codes
    text = (
        f"队列里有 {count} 处先后没有原因。差得最远的在 {line}：{earlier} 先锁单，{later} 却更早。"
        f" / {count} orders go before an earlier lock without a reason, the widest gap in {line}:"
        f" {earlier} locked first, {later} goes before. yinuo queue check [{ref}]"
    )
    _write(f"unfair:{ref}", text, now)


def alert_week(
    *, batch: str, pairs: int, over: Sequence[tuple[str, int, int]], now: dt.datetime
) -> None:
    """Write what anybody finds in a closed week of the queue; once for each week.

    `pairs` were passed without a public reason; `over` are reasons with how often each was used
    and how often the rule allows it.
    """
    zh, en = batch_words(batch, "zh"), batch_words(batch, "en")
    said = [(f"{pairs} 处先后没有公开原因", f"{pairs} pairs without a public reason")]
    said = said if pairs else []
    for code, used, most in over:
        why_zh, why_en = QUEUE_CODES[code]
        said.append((f"“{why_zh}”用了 {used} 次，最多 {most} 次", f"{why_en}: {used} of {most}"))
    text = (
        f"{zh}的队伍已经结清，谁都查得到：{'；'.join(one for one, _ in said)}。见 /public/queue。"
        f" / The queue of {en} is closed and anybody can find: {'; '.join(one for _, one in said)}."
        " See /public/queue."
    )
    _write(f"unfair:week:{batch}", text, now)


def alert_no_owed_table(*, ref: str, orders_count: int, now: dt.datetime) -> None:
    """Write that cars are late and no table says what is owed; once for each `ref`."""
    text = (
        f"{orders_count} 台车过了第一次承诺的日期，但没有晚到补偿表，什么也没有记。"
        "请用 yinuo owed set 设置。"
        f" / {orders_count} cars are past their first promise and no table says what is owed, so"
        " nothing is credited. Set one with yinuo owed set."
    )
    _write(f"owed:{ref}", text, now)


def alert_drift(
    *, ref: str, names: tuple[str, str], late: int, due: int, weeks: int, now: dt.datetime
) -> None:
    """Write that dates of a plant or centre come true too late; once for each alarm `ref`."""
    text = (
        f"{names[0]}：最近 {weeks} 周到期的 {due} 台，{late} 台过了承诺的最晚日期，不像是偶然。"
        "请到“特殊情况”页决定要不要放宽新的范围。"
        f" / {names[1]}: of {due} cars due in the last {weeks} weeks {late} missed the promised"
        f" date, more than chance explains. Decide on /staff/unusual whether to widen. [{ref}]"
    )
    _write(f"drift:{ref}", text, now)


def alert_orphans(
    *, ref: str, count: int, place: str, target: str, named: list[int], now: dt.datetime
) -> None:
    """Write that rows name rows that are not there; once for each check `ref`."""
    some = ", ".join(map(str, named))
    text = (
        f"{place} 有 {count} 行指向 {target} 里没有的记录：{some}。"
        "请先备份，再用 yinuo doctor 查看。"
        f" / {count} rows of {place} name rows that {target} does not have: {some}. Make a backup,"
        f" then see yinuo doctor. [{ref}]"
    )
    _write(f"orphans:{ref}", text, now)


def alert_safety(
    *,
    ref: str,
    car: tuple[str, str],
    check: tuple[str, str],
    batch: tuple[str, int, int],
    now: dt.datetime,
) -> None:
    """Write to quality that a check on which life depends failed; once for each signal `ref`.

    `car` is the order's code and the VIN, `check` its names, `batch` the car's batch, in how many
    of its cars this check failed, and how many it has.
    """
    code, vin = car
    name, failed, cars = batch
    zh = f"批次 {name}：{cars} 台里 {failed} 台。" if name else ""
    en = f" Batch {name}: {failed} of {cars} cars." if name else ""
    text = (
        f"安全检查没有通过：{check[0]}。订单 {code}，{vin} 已停交。{zh}请质量人员现在看。"
        f" / Safety check failed: {check[1]}. Order {code}, {vin} is held.{en}"
        f" Quality, please look now. [{ref}]"
    )
    _write(f"alert:{ref}", text, now)


def _write(key: str, text: str, now: dt.datetime) -> None:
    DirectMessage.objects.bulk_create(
        [DirectMessage(key=key, channel="CHAT", address="", text=text, created_at=now)],
        ignore_conflicts=True,
    )
