"""The catalogue of facts: what each entry carries in clear, what it commits to, how it is said.

A fact is worded here and nowhere else, so a page, a mail and a webhook cannot disagree.
"""

from __future__ import annotations

from yinuo.contexts.ledger.change_kinds import CHANGE_KINDS
from yinuo.contexts.ledger.claims_kinds import CLAIMS_KINDS
from yinuo.contexts.ledger.draw_kinds import DRAW_KINDS
from yinuo.contexts.ledger.eta_kinds import ETA_KINDS
from yinuo.contexts.ledger.handover_kinds import HANDOVER_KINDS
from yinuo.contexts.ledger.kind import Kind
from yinuo.contexts.ledger.life_kinds import LIFE_KINDS
from yinuo.contexts.ledger.log_kinds import LOG_KINDS
from yinuo.contexts.ledger.money_kinds import MONEY_KINDS
from yinuo.contexts.ledger.promise_kinds import PROMISE_KINDS
from yinuo.contexts.ledger.queue_kinds import QUEUE_KINDS
from yinuo.contexts.ledger.terms_kinds import TERMS_KINDS
from yinuo.contexts.ledger.visit_kinds import VISIT_KINDS

__all__ = ["HISTORY", "KINDS", "Kind"]

# The public code of a fact that was true before we could tell it in time: a date promised to an
# order of long ago, a step reported weeks later. It is recorded, and nobody is told of it as news.
HISTORY = "HISTORY"

KINDS = {
    kind.name: kind
    for kind in (
        *QUEUE_KINDS,
        *LOG_KINDS,
        *DRAW_KINDS,
        *ETA_KINDS,
        *PROMISE_KINDS,
        *LIFE_KINDS,
        *HANDOVER_KINDS,
        *MONEY_KINDS,
        *TERMS_KINDS,
        *CHANGE_KINDS,
        *VISIT_KINDS,
        *CLAIMS_KINDS,
        Kind(
            "car.built",
            "step",
            "p",
            ("code",),
            ("order", "at", "known_at"),
            True,
            "您的车下线了（{at}）。",
            "Your car has been built ({at}).",
        ),
        Kind(
            "car.left_plant",
            "step",
            "p",
            ("code",),
            ("order", "at", "known_at"),
            False,
            "车离开工厂，在路上了（{at}）。",
            "The car left the plant and is on its way ({at}).",
        ),
        Kind(
            "car.arrived",
            "step",
            "p",
            ("code",),
            ("order", "at", "known_at", "place_zh", "place_en"),
            True,
            "车到了{place}（{at}）。",
            "The car arrived at {place} ({at}).",
        ),
        Kind(
            "car.handed_over",
            "deliver",
            "q",
            (),
            ("order", "at"),
            False,
            "交车完成（{at}）。",
            "Handed over ({at}).",
        ),
        Kind(
            "choice.made",
            "choice",
            "p",
            ("code",),
            ("order", "chosen", "chosen_at", "answer_by_at", "answerer"),
            False,
            "您选了“{chosen_words}”。",
            "You chose: {chosen_words}.",
        ),
        Kind(
            "choice.answered",
            "choice",
            "p",
            ("code",),
            ("order", "chosen", "answer", "answerer", "further_by", "known_at"),
            True,
            "“{chosen_words}”有答复了：{answer}。",
            "Answer to “{chosen_words}”: {answer}.",
        ),
        Kind(
            "notice.corrected",
            "notice",
            "n",
            ("code",),
            (
                "order",
                "notice",
                "said",
                "cause",
                "evidence",
                "answerer",
                "answer_by_at",
                "known_at",
            ),
            True,
            "更正：上次说是“{said_words}”。其实是“{cause_words}”。",
            "Correction: we said “{said_words}”; it was “{cause_words}”.",
        ),
        Kind(
            "notice.sent",
            "notice",
            "n",
            ("code", "channel"),
            ("order", "notice", "text_sha256", "sent_at", "known_at"),
            False,
            "通知已发出（{channel_words}，{sent_at}）。",
            "Notice sent ({channel_words}, {sent_at}).",
        ),
        Kind(
            "notice.delivered",
            "notice.ack",
            "n",
            ("code", "channel"),
            ("order", "notice", "at"),
            False,
            "通知已送达（{channel_words}，{at}）。",
            "Notice delivered ({channel_words}, {at}).",
        ),
        Kind(
            "notice.bounced",
            "notice.ack",
            "n",
            ("code", "channel"),
            ("order", "notice", "at"),
            False,
            "通知没有送到（{channel_words}，{at}），改为打电话。",
            "Notice not delivered ({channel_words}, {at}); we call instead.",
        ),
        Kind(
            "notice.read",
            "notice.ack",
            "n",
            ("code", "channel"),
            ("order", "notice", "at"),
            False,
            "通知已打开（{at}）。",
            "Notice opened ({at}).",
        ),
        Kind(
            "plan.committed",
            "plan",
            "",
            ("plan", "cause", "digest"),
            (),
            False,
            "生产计划 {plan} 生效，原因：{cause_words}。",
            "Plan {plan} committed; reason: {cause_words}.",
        ),
        Kind(
            "unusual.declared",
            "unusual",
            "",
            ("period", "factor_percent", "digest"),
            (),
            False,
            "宣布情况特殊（{period}），新的范围放宽到 {factor_percent}%。",
            "Declared unusual ({period}); new ranges widen to {factor_percent}%.",
        ),
        Kind(
            "unusual.ended",
            "unusual",
            "",
            ("period",),
            (),
            False,
            "特殊情况结束（{period}）。",
            "No longer unusual ({period}).",
        ),
        Kind(
            "reference.stated",
            "reference",
            "",
            ("plant", "launches", "digest"),
            (),
            False,
            "工厂 {plant} 的投产参照：以前 {launches} 次投产。",
            "Plant {plant}: {launches} earlier launches stated as reference.",
        ),
        Kind(
            "hold.placed",
            "hold.line",
            "",
            ("hold", "cause", "digest"),
            (),
            False,
            "批次 {hold} 暂停交付，原因：{cause_words}。",
            "Batch {hold} held; reason: {cause_words}.",
        ),
    )
}
