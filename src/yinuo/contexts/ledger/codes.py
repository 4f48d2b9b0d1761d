"""Codes that stand in facts, with their words: reasons in the queue, choices, channels."""

from __future__ import annotations

# Why an order may be passed by a later one. "Paid" is not on this list and cannot be.
QUEUE_CODES: dict[str, tuple[str, str]] = {
    "TRANSIT_DELAYED": ("运输延误", "delayed on the way"),
    "QUALITY_HOLD": ("质量检查", "held for a quality check"),
    "DAMAGE_REPAIR": ("运输受损", "damaged on the way"),
    "CUSTOMER_WAITS": ("客户要求等待", "the customer asked to wait"),
    "RECORDED_LATE": ("系统补录", "recorded late"),
    "ALREADY_BUILT": ("车已下线", "already built"),
    "RETURNED_CAR_SAME_CITY": ("退订车给了同城订单", "a cancelled car given to a same-city order"),
    "ACCIDENT_REPLACEMENT": ("事故换车", "replacement after an accident"),
}

CHOICES: dict[str, tuple[str, str]] = {
    "WAIT": ("继续等", "keep waiting"),
    "OTHER_CAR": ("换一台车", "take another car"),
    "MOVE_VISIT": ("改时间或地点", "change time or place"),
    "CANCEL": ("退订，全额退款", "cancel for a full refund"),
}

CHANNELS: dict[str, tuple[str, str]] = {
    "SMS": ("短信", "SMS"),
    "MAIL": ("邮件", "e-mail"),
    "PAGE": ("页面", "page"),
}
