"""Codes of what is said in public, with their words: closed lists without “other”."""

from __future__ import annotations

Words = dict[str, tuple[str, str]]

# How a version came out.
PUBLISHED: Words = {
    "FIRST": ("第一次发布", "first published"),
    "CHANGED": ("改了说法", "the wording was changed"),
    "CORRECTED": ("更正了错误", "an error was corrected"),
    "UNREVIEWED": ("没有经过审核就说了", "said without any review"),
}
# Why a statement stands no more.
ENDED: Words = {
    "WITHDRAWN": ("我们撤回了", "we withdrew it"),
    "DELETED": ("原处已经删除", "deleted where it stood"),
    "REPLACED": ("换成了另一个说法", "another statement took its place"),
    "RAN_OUT": ("有效期到了", "its time ran out"),
    "WRONG": ("说错了", "it was wrong"),
}
CLOSED: Words = {
    "DONE": ("做到了", "it was done"),
    "GIVEN_UP": ("没有做到，不做了", "not done, and given up"),
}
# Rules under which a post may be hidden. Criticism is not among them and cannot be.
POST_RULES: Words = {
    "UNLAWFUL": ("法律禁止发布的内容", "content that the law forbids"),
    "PRIVACY": ("泄露别人的个人信息", "somebody's personal data"),
    "THREAT": ("威胁或煽动伤害", "threats or calls to hurt somebody"),
    "INSULT": ("辱骂其他车友", "abuse of another member"),
    "FRAUD": ("诈骗链接或冒充别人", "a fraudulent link or a false name"),
    "ADVERTISING": ("推销无关的商品", "advertising of something else"),
    "REPEATED": ("同一内容反复刷屏", "the same content again and again"),
    "BOTS": ("机器批量发布，证据已公开", "posted by machines, on published evidence"),
    "COURT_ORDER": ("法院或主管机关要求", "an order of a court or an authority"),
}
APPEALED: Words = {
    "RESTORED": ("恢复显示", "shown again"),
    "UPHELD": ("维持隐藏", "stays hidden"),
}
ALL: Words = {**PUBLISHED, **ENDED, **CLOSED, **POST_RULES, **APPEALED}
