"""What a public statement is about, from a closed list, and what each subject promises."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """A subject of statements.

    `zh` and `en` say what a statement on it promises. `forbids` is the fact of a contract's clause
    that would break this promise, empty where no clause can; with `open_evidence` the statement
    accuses somebody and is out only with evidence that everybody can read.
    """

    zh: str
    en: str
    forbids: str = ""
    open_evidence: bool = False


TOPICS: dict[str, Topic] = {
    "BALANCE": Topic("先验车，后付尾款", "inspect first, pay after", "balance_before_inspection"),
    "QUALITY": Topic("签收不等于认可质量", "a receipt accepts no quality", "receipt_is_acceptance"),
    "COMPLAINT": Topic(
        "可以投诉，可以起诉", "complaints and suits are open", "bars_complaint_or_suit"
    ),
    "READING": Topic("条款不由我们单方解释", "we alone do not construe", "final_interpretation"),
    "REMEDY": Topic("退、换、赔的权利都在", "all remedies stand", "excludes_remedy"),
    "DELIVERY": Topic("什么时候交车", "when cars are handed over"),
    "PRICE": Topic("价格和优惠", "prices and offers"),
    "PERFORMANCE": Topic("性能", "performance"),
    "RANGE": Topic("续航和补能", "range and charging"),
    "SAFETY": Topic("安全", "safety"),
    "ASSISTANCE": Topic("辅助驾驶", "driver assistance"),
    "SERVICE": Topic("维修和服务", "repair and service"),
    "INCIDENT": Topic("事故和质量事件", "an accident or a fault"),
    "ATTACK": Topic(
        "说有人雇水军、用机器发帖", "that posts are paid for or made by machines", "", True
    ),
}

# Where a statement came out.
CHANNELS: dict[str, tuple[str, str]] = {
    "WEBSITE": ("官网", "website"),
    "APP": ("官方应用", "app"),
    "SOCIAL": ("社交媒体", "social media"),
    "LIVE": ("直播", "live show"),
    "EVENT": ("发布会", "event"),
    "PRESS": ("媒体采访", "press"),
    "STORE": ("门店", "shop"),
    "ADVERT": ("广告", "advertisement"),
}
