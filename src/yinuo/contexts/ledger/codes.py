"""Codes that stand in facts, with their words: reasons in the queue, choices, channels."""

from __future__ import annotations

from yinuo.contexts.ledger.claims_codes import ALL as CLAIM_CODES

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
    "BUYER_CHANGE": ("正在改购车人", "the buyer is being changed"),
    "CENTRE_CHANGED": ("客户换了提车中心", "the customer changed the centre"),
    "STOCK_CAR": ("换了现成的车，离开了队伍", "took a car that was there and left the line"),
}

# Why an order that is in no hold may be passed for some batches of its line; the rule says for how
# many. By the codes that `passing` gives them.
RETURN_CODES: dict[str, tuple[str, str]] = {
    "CAME_BACK": ("刚从暂停或退订回到队伍", "just back in the line"),
    "MOVED_IN": ("刚换到这个队伍", "just moved into the line"),
}

# What customers ask to have changed, and what is special about what they need.
AMENDMENTS: dict[str, tuple[str, str]] = {
    "TO_COMPANY": ("购车人改成公司", "a company as the buyer"),
    "TO_PERSON": ("购车人改成个人", "a person as the buyer"),
    "TRANSFER": ("订单转给另一个人", "the order to another person"),
    "WHEELCHAIR": ("轮椅上下车", "getting in with a wheelchair"),
    "CHILD_SEAT": ("装儿童座椅", "fitting a child seat"),
    "HOME_DELIVERY": ("送车上门", "hand-over at home"),
    "PLATE_HELP": ("帮忙上牌", "help with the plate"),
    "OTHER_CENTRE": ("换一个地方交车", "hand-over at another place"),
    "SIGN_LANGUAGE": ("手语讲解", "explained in sign language"),
}

CAR_KINDS: dict[str, tuple[str, str]] = {
    "STOCK": ("现车", "stock car"),
    "DISPLAY": ("展车", "display car"),
    "NEARLY_NEW": ("准新车", "nearly new car"),
}

# On what ground such a change may be refused: the reason and its clause, each in two languages.
GROUNDS: dict[str, tuple[str, str, str, str]] = {
    "LICENCE_UNREADABLE": (
        "营业执照看不清，认不出名称和代码。",
        "The licence cannot be read.",
        "民法典第 544 条（变更内容不明确，视为没有变更）",
        "Civil Code art. 544 (an unclear change is no change)",
    ),
    "NAMES_DIFFER": (
        "填的公司名称和营业执照上的不一样。",
        "The company's name is not the one on the licence.",
        "民法典第 544 条（变更内容不明确，视为没有变更）",
        "Civil Code art. 544 (an unclear change is no change)",
    ),
    "COMPANY_CLOSED": (
        "这家公司已经注销。",
        "The company has been struck off.",
        "民法典第 72 条（完成注销登记，法人终止）",
        "Civil Code art. 72 (a body that is struck off has ended)",
    ),
    "LOAN_RUNS": (
        "贷款已经放款，银行不同意换人。",
        "The loan has been paid out and the bank does not agree.",
        "民法典第 551 条（转移债务要债权人同意）",
        "Civil Code art. 551 (moving a debt needs the creditor's consent)",
    ),
    "NOT_POSSIBLE": (
        "这台车装不了，已经问过工厂。",
        "This car cannot have it; the plant was asked.",
        "民法典第 543 条（变更合同要双方同意）",
        "Civil Code art. 543 (a contract changes by agreement)",
    ),
}

CHOICES: dict[str, tuple[str, str]] = {
    "WAIT": ("继续等", "keep waiting"),
    "OTHER_CAR": ("换一台车", "take another car"),
    "MOVE_VISIT": ("改时间或地点", "change time or place"),
    "CANCEL": ("退订，全额退款", "cancel for a full refund"),
}

# Every code that stands in the public part of a fact and is said in words.
CODE_WORDS = QUEUE_CODES | AMENDMENTS | CAR_KINDS | CLAIM_CODES

CHANNELS: dict[str, tuple[str, str]] = {
    "SMS": ("短信", "SMS"),
    "MAIL": ("邮件", "e-mail"),
    "PAGE": ("页面", "page"),
}
