"""Orders: who locked what, when, to be handed over where."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from yinuo.contexts.catalogue.queries import get_spec_ids
from yinuo.contexts.orders.operations.intake import record_orders
from yinuo.contexts.orders.queries.intake import (
    get_digests,
    get_ordered_quotes,
    get_taken_codes,
)
from yinuo.contexts.orders.rules import OrderRecord
from yinuo.contexts.people.queries.staff import get_staff_ids
from yinuo.contexts.places.queries import get_place_ids
from yinuo.contexts.promises.queries.quotes import QuoteSeen, get_quotes
from yinuo.platform import outbox
from yinuo.platform.ids import clean_code
from yinuo.platform.phones import clean_phone
from yinuo.platform.records.problems import RowProblem, Wrong
from yinuo.platform.records.schema import Field, Kind, Row, Schema, unknown
from yinuo.platform.spoken import say_instant
from yinuo.workflows.intake.handler import Handler, Written, not_in_future

OLDEST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
ORDER_CODE = re.compile(r"[0-9A-Z]{4,12}")
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Quotes:
    """The quotes that some rows name, and which of them were ordered from before."""

    given: Mapping[str, QuoteSeen]
    ordered: Set[str]


class Orders(Handler):
    """One pass over locked orders."""

    zh = "锁定的订单"
    en = "Locked orders"
    schema = Schema(
        (
            Field("id", Kind.CODE, "发送方自己的订单号", "the sender's own id of the order"),
            Field("locked_at", Kind.INSTANT, "锁单时间", "when it was locked"),
            Field("spec", Kind.CODE, "配置代码", "code of the spec"),
            Field("centre", Kind.CODE, "交付中心代码", "code of the delivery centre"),
            Field("name", Kind.TEXT, "客户姓名", "the customer's name"),
            Field("phone", Kind.CODE, "客户手机号", "the customer's telephone"),
            Field("email", Kind.TEXT, "客户邮箱", "the customer's e-mail", required=False),
            Field(
                "language",
                Kind.CHOICE,
                "客户的语言",
                "the customer's language",
                required=False,
                choices=("zh", "en"),
            ),
            Field(
                "code",
                Kind.CODE,
                "客户知道的订单码；不填则自动生成",
                "the order code its customer knows; made when absent",
                required=False,
            ),
            Field(
                "days_told",
                Kind.INTEGER,
                "锁单时承诺的天数",
                "days promised at the lock",
                required=False,
                most=2000,
            ),
            Field(
                "owner",
                Kind.CODE,
                "负责员工的编号（stf_…）",
                "public id of the member of staff who owns it",
                required=False,
            ),
            Field(
                "quote",
                Kind.CODE,
                "下单时用的报价编号（quo_…）",
                "id of the quote that the order was made from (quo_…)",
                required=False,
            ),
        )
    )

    def __init__(self, sender: str, now: dt.datetime) -> None:
        super().__init__(sender, now)
        self.specs = get_spec_ids()
        self.centres = get_place_ids("CENTRE")
        self.staff = get_staff_ids()
        self.codes: set[str] = set()
        self.quotes: set[str] = set()

    def digests(self, keys: Sequence[str]) -> dict[str, str]:
        return get_digests(self.sender, keys)

    def check(self, rows: Sequence[Row]) -> list[RowProblem]:
        wanted = [clean_code(row.values["code"]) for row in rows if row.values["code"]]
        taken = get_taken_codes(wanted) if wanted else set()
        quotes = _load_quotes(rows)
        problems = []
        for row in rows:
            for name, check in (
                ("locked_at", self._check_locked_at),
                ("spec", self._check_spec),
                ("centre", self._check_centre),
                ("phone", _check_phone),
                ("email", _check_mail),
                ("owner", self._check_owner),
            ):
                try:
                    check(row)
                except Wrong as wrong:
                    problems.append(wrong.at(row.line, name))
            try:
                self._check_quote(row, quotes)
            except Wrong as wrong:
                problems.append(wrong.at(row.line, "quote"))
            if row.values["code"]:
                try:
                    self._check_code(clean_code(row.values["code"]), taken)
                except Wrong as wrong:
                    problems.append(wrong.at(row.line, "code"))
        return problems

    def _check_locked_at(self, row: Row) -> None:
        locked_at = row.values["locked_at"]
        not_in_future(locked_at, self.now)
        if locked_at < OLDEST:
            raise Wrong("早于 2020 年，请检查", "it is before 2020; check it")

    def _check_spec(self, row: Row) -> None:
        if row.values["spec"] not in self.specs:
            raise unknown("配置", "spec", row.values["spec"], list(self.specs))

    def _check_centre(self, row: Row) -> None:
        if row.values["centre"] not in self.centres:
            raise unknown("交付中心", "delivery centre", row.values["centre"], list(self.centres))

    def _check_owner(self, row: Row) -> None:
        owner = row.values["owner"]
        if owner is not None and owner not in self.staff:
            raise unknown("员工", "member of staff", owner, [])

    def _check_quote(self, row: Row, quotes: Quotes) -> None:
        said, locked_at = row.values, row.values["locked_at"]
        ref = said["quote"]
        if not ref:
            return
        quote = quotes.given.get(ref)
        if quote is None:
            raise unknown("报价", "quote", ref, [])
        meant = (self.specs.get(said["spec"]), self.centres.get(said["centre"]))
        if None not in meant and meant != (quote.spec_id, quote.centre_id):
            raise Wrong(
                f"报价 {ref} 是另一个配置或交付中心的",
                f"quote {ref} is for another spec or delivery centre",
            )
        if locked_at < quote.made_at:
            raise Wrong(f"报价 {ref} 在锁单之后才给出", f"quote {ref} was given after the lock")
        if locked_at > quote.valid_until_at:
            until = quote.valid_until_at
            raise Wrong(
                f"报价 {ref} 到 {say_instant(until, 'zh')} 为止有效，锁单时已经过期",
                f"quote {ref} was valid until {say_instant(until, 'en')}; it had expired",
            )
        if ref in quotes.ordered or ref in self.quotes:
            raise Wrong(f"报价 {ref} 已经下过单了", f"quote {ref} has an order already")
        self.quotes.add(ref)

    def _check_code(self, code: str, taken: set[str]) -> None:
        if not ORDER_CODE.fullmatch(code):
            raise Wrong("应为 4 到 12 个字母或数字", "it should be 4 to 12 letters or digits")
        if code in taken or code in self.codes:
            raise Wrong(f"订单码 {code} 已经有别的订单用了", f"another order has the code {code}")
        self.codes.add(code)

    def write(self, rows: Sequence[Row]) -> Written:
        records = [self._record(row) for row in rows]
        return Written(record_orders(records, sender=self.sender, now=self.now))

    def _record(self, row: Row) -> OrderRecord:
        said = row.values
        phone = clean_phone(said["phone"])
        assert phone is not None
        return OrderRecord(
            external_id=said["id"],
            digest=row.digest,
            locked_at=said["locked_at"],
            spec_id=self.specs[said["spec"]],
            centre_id=self.centres[said["centre"]],
            line_code=f"{said['spec']}@{said['centre']}",
            phone=phone,
            name=said["name"],
            email=said["email"] or "",
            language=said["language"] or "zh",
            code=clean_code(said["code"] or ""),
            days_told=said["days_told"],
            owner_id=self.staff[said["owner"]] if said["owner"] else None,
            quote_ref=said["quote"] or "",
        )

    def finish(self) -> Written:
        outbox.nudge("promises.first")
        return Written([])


def _load_quotes(rows: Sequence[Row]) -> Quotes:
    refs = [row.values["quote"] for row in rows if row.values["quote"]]
    return Quotes(get_quotes(refs), get_ordered_quotes(refs)) if refs else Quotes({}, set())


def _check_phone(row: Row) -> None:
    if clean_phone(row.values["phone"]) is None:
        raise Wrong(
            "不是电话号码，应为 6 到 15 位数字，例如 13800138000",
            "it is no telephone number; 6 to 15 digits such as 13800138000",
        )


def _check_mail(row: Row) -> None:
    if row.values["email"] is not None and not MAIL.fullmatch(row.values["email"]):
        raise Wrong("不是邮箱地址", "it is no e-mail address")
