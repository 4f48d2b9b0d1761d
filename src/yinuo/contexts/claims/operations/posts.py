"""Posts that the maker's community hid: under which rule, by whom, and the author's appeal."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import secrets
from dataclasses import asdict, dataclass
from typing import Final

from django.db import IntegrityError, transaction

from yinuo.contexts.claims import rules
from yinuo.contexts.claims.models import Appeal, Evidence, HiddenPost
from yinuo.contexts.ledger.claims_codes import POST_RULES
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.people.queries.staff import StaffCard, list_staff, list_with_roles
from yinuo.platform import ids
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant

# Who decides appeals, in this order; whoever has the fewest open ones is named.
DECIDERS: Final = ("LEGAL", "MANAGER", "EXECUTIVE")
SHA256: Final = re.compile(r"[0-9a-f]{64}")
POST_REF: Final = re.compile(r"[!-~]{1,300}")
WORDS_CHARS_MAX: Final = 1000


class ReportNotReadable(Refusal):
    """A field of a report is not what it should be; `field` names it."""

    code = "report_not_readable"
    zh = "{field} 不对：{why_zh}。"
    en = "{field} is wrong: {why_en}."


class NoSuchRule(Refusal):
    """Posts are hidden only under a rule of the published list."""

    code = "no_such_rule"
    zh = "没有 {rule} 这条规则。能用的：{known}。"
    en = "There is no rule {rule}; there are {known}."


class CriticismIsNoReason(Refusal):
    """A post that criticises us stays."""

    code = "criticism_is_no_reason"
    zh = "批评不是隐藏帖子的理由。理由要写它违反了哪条规则、怎么违反的。"
    en = "Criticism is no reason to hide a post. Say how it breaks the rule."


class BotsNeedEvidence(Refusal):
    """Who says that machines or paid people wrote a post shows it in public first."""

    code = "bots_need_published_evidence"
    zh = "说是机器或水军，要先公开证据，再写上证据编号。"
    en = "To call it bots or paid posts, publish the evidence first and name it."


class AnotherReport(Refusal):
    """The same request key came with other content."""

    code = "another_report"
    zh = "这个请求编号用过了，内容不一样。"
    en = "This request key was used before with other content."


class WrongCode(Refusal):
    """The author's code does not fit the post."""

    code = "wrong_code"
    zh = "申诉码不对。请看帖子被隐藏时收到的消息。"
    en = "The code is wrong; it stands in the message that told of the hiding."


class AppealNeedsWords(Refusal):
    """An appeal says something."""

    code = "appeal_needs_words"
    zh = "请写几句为什么应该恢复，最多 1000 字。"
    en = "Say why it should be shown again, in at most 1,000 characters."


class NobodyElse(Refusal):
    """Nobody but the reviewer could decide."""

    code = "nobody_else"
    zh = "现在没有另一个人可以复核。"
    en = "There is nobody else who could look at it now."


class NotYours(Refusal):
    """Who hid the post does not decide the appeal."""

    code = "not_yours_to_decide"
    zh = "隐藏这条帖子的人不能决定申诉。"
    en = "Who hid the post does not decide its appeal."


class AppealNotOpen(Refusal):
    """There is no open appeal."""

    code = "appeal_not_open"
    zh = "没有等着决定的申诉。"
    en = "No appeal waits for a decision."


class DecisionNeedsReason(Refusal):
    """A decision says why."""

    code = "decision_needs_reason"
    zh = "请写明为什么，不带个人信息；批评不是维持隐藏的理由。"
    en = "Say why, without personal data; criticism is no reason to keep a post hidden."


@dataclass(frozen=True)
class Report:
    """What the community's system says of one post; its text never comes here, only its SHA-256.

    `reviewer` is the public id of who decided it, `evidence` that of published evidence, empty
    where the rule needs none.
    """

    post_ref: str
    act: str
    rule: str
    reviewer: str
    reason: str
    text_sha256: str
    acted_at: dt.datetime
    evidence: str = ""


@dataclass(frozen=True)
class Reported:
    """The answer to a report; `code` is for the author, and the same when it is repeated."""

    public_id: str
    code: str
    again: bool


def report(*, sender: str, key: str, said: Report, now: dt.datetime) -> Reported:
    """Record that a post was hidden or removed. Safe to repeat under the same `key`.

    Raises
    ------
    ReportNotReadable, NoSuchRule, CriticismIsNoReason, BotsNeedEvidence, AnotherReport
    """
    digest = _digest(said)
    if before := _reported(sender, key, digest):
        return before
    reviewer = _check(said, now)
    try:
        with transaction.atomic():
            return _record(sender, key, said, digest, reviewer.id, now)
    except IntegrityError:
        # The same request came twice at once, and the other one is recorded.
        if before := _reported(sender, key, digest):
            return before
        raise


def appeal(*, public_id: str, code: str, words: str, now: dt.datetime) -> Appeal:
    """The author asks somebody else to look; the second time the first one stands.

    Raises
    ------
    WrongCode, AppealNeedsWords, NobodyElse
    """
    with transaction.atomic():
        post = HiddenPost.objects.select_for_update().filter(public_id=public_id).first()
        right = rules.author_code(bytes(post.salt)) if post else ""
        if not post or not secrets.compare_digest(right, ids.clean_code(code)):
            raise WrongCode
        if before := Appeal.objects.filter(post=post).first():
            return before
        if not 0 < len(words.strip()) <= WORDS_CHARS_MAX:
            raise AppealNeedsWords
        return Appeal.objects.create(
            post=post,
            words=words.strip(),
            asked_at=now,
            due_at=now + rules.APPEAL_TIME,
            decider_id=_decider(post.reviewer_id).id,
        )


def decide(*, public_id: str, restore: bool, why: str, staff_id: int, now: dt.datetime) -> Appeal:
    """Decide an appeal; whoever has a deciding role and did not hide the post may.

    Raises
    ------
    AppealNotOpen, NotYours, DecisionNeedsReason
    """
    with transaction.atomic():
        rows = Appeal.objects.select_for_update(of=("self",)).select_related("post")
        row = rows.filter(post__public_id=public_id, outcome="").first()
        if row is None:
            raise AppealNotOpen
        if staff_id == row.post.reviewer_id:
            raise NotYours
        why = why.strip()
        if not why or rules.find_personal(why) or (not restore and rules.is_about_criticism(why)):
            raise DecisionNeedsReason
        row.outcome = Appeal.Outcome.RESTORED if restore else Appeal.Outcome.UPHELD
        row.why, row.decided_by_id, row.decided_at = why, staff_id, now
        row.entry_id = record(
            Fact(
                "post.appealed",
                f"post:{public_id}:appeal",
                {"post": public_id, "code": str(row.outcome)},
            ),
            now=now,
        )
        row.save()
    return row


def _reported(sender: str, key: str, digest: str) -> Reported | None:
    """What was answered to this request before."""
    before = HiddenPost.objects.filter(sender=sender, request_key=key).first()
    if before is None:
        return None
    if before.request_digest != digest:
        raise AnotherReport
    return Reported(before.public_id, rules.author_code(bytes(before.salt)), True)


def _check(said: Report, now: dt.datetime) -> StaffCard:
    """The reviewer of a report that can be taken."""
    if said.rule not in POST_RULES:
        raise NoSuchRule(rule=said.rule, known=", ".join(POST_RULES))
    _must(bool(POST_REF.fullmatch(said.post_ref)), "post", "1 到 300 个字符", "1 to 300 in ASCII")
    _must(said.act in HiddenPost.Act.values, "action", "HIDDEN 或 REMOVED", "HIDDEN or REMOVED")
    _must(bool(SHA256.fullmatch(said.text_sha256)), "text_sha256", "64 位十六进制", "64 hex digits")
    _must(said.acted_at <= now, "at", "不能晚于现在", "not after now")
    reason = said.reason.strip()
    if rules.is_about_criticism(reason):
        raise CriticismIsNoReason
    long = rules.REASON_CHARS_MIN <= len(reason) <= rules.REASON_CHARS_MAX
    _must(long, "reason", "写 6 到 500 个字", "6 to 500 characters")
    _must(
        not rules.find_personal(reason, said.post_ref),
        "reason",
        "不能带个人信息",
        "no personal data",
    )
    named = next((one for one in list_staff() if one.public_id == said.reviewer), None)
    _must(named is not None, "reviewer", "要写在职员工的编号", "somebody who works here")
    assert named is not None
    return named


def _must(holds: bool, field: str, zh: str, en: str) -> None:
    if not holds:
        raise ReportNotReadable(field=field, why_zh=zh, why_en=en)


def _evidence(said: Report) -> Evidence | None:
    if not said.evidence and said.rule != "BOTS":
        return None
    row = Evidence.objects.filter(
        public_id=said.evidence, published_at__isnull=False, dropped_at=None
    ).first()
    if row is None:
        raise BotsNeedEvidence
    return row


def _digest(said: Report) -> str:
    fields = {**asdict(said), "acted_at": write_instant(said.acted_at)}
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _record(
    sender: str, key: str, said: Report, digest: str, reviewer_id: int, now: dt.datetime
) -> Reported:
    evidence = _evidence(said)
    public_id, salt = ids.new_id("pst"), secrets.token_bytes(32)
    sealed = rules.seal(salt, said.text_sha256)
    entry_id = record(
        Fact(
            "post.hidden",
            f"post:{public_id}",
            {"post": public_id, "code": said.rule, "seal": sealed},
        ),
        now=now,
    )
    HiddenPost.objects.create(
        public_id=public_id,
        sender=sender,
        request_key=key,
        request_digest=digest,
        post_ref=said.post_ref,
        act=said.act,
        rule=said.rule,
        reason=said.reason.strip(),
        reviewer_id=reviewer_id,
        evidence=evidence,
        salt=salt,
        text_sha256=said.text_sha256,
        seal=sealed,
        acted_at=said.acted_at,
        reported_at=now,
        entry_id=entry_id,
    )
    return Reported(public_id, rules.author_code(salt), False)


def _decider(reviewer_id: int) -> StaffCard:
    """Somebody else, with the fewest appeals to decide."""
    able = [one for one in list_with_roles(DECIDERS) if one.id != reviewer_id]
    if not able:
        raise NobodyElse
    open_ = list(Appeal.objects.filter(outcome="").values_list("decider_id", flat=True))
    return min(able, key=lambda one: (DECIDERS.index(one.role), open_.count(one.id), one.id))
