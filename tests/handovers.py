"""A car at its centre with a contract and a paid deposit, for tests of the hand-over."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping

from PIL import Image

from tests import factories
from tests.contexts.terms.drafts import make_clause, make_template, shown
from yinuo.contexts.handover.models import Inspection
from yinuo.contexts.handover.operations.inspecting import Inspector, Said
from yinuo.contexts.handover.queries.seen import InspectionSeen, read_handover
from yinuo.contexts.handover.rules import checking
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import Bill, Charge
from yinuo.contexts.payments.operations import bills, settle
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.production.models import Build
from yinuo.contexts.terms.models import Contract, Ruling, VoidClause
from yinuo.contexts.terms.operations import contracts
from yinuo.workflows import handover, inspecting

NOW, DAY = factories.NOW, factories.DAY
PRICE, DEPOSIT = 24_590_000, 500_000
VIN = "LYNS7ANC0S0000001"


def make_car(
    world: factories.World,
    code: str = "SH26XN",
    *,
    state: str = "AT_CENTRE",
    batch: str = "B17",
    vin: str = VIN,
) -> Order:
    """An order whose car stands at the centre."""
    order = factories.make_order(world, code, state=state)
    Build.objects.create(order=order, vin=vin, batch=batch, built_at=NOW - 20 * DAY)
    return order


def make_contract(
    world: factories.World,
    order: Order,
    facts: Mapping[str, object] | None = None,
    *,
    price_fen: int = PRICE,
    **clause: bool,
) -> None:
    """A contract of sale; `clause` changes what its clause of the balance does."""
    clauses = [
        make_clause(f"deposit-{order.code}", "定金 5,000 元，抵作车款。", NOW),
        make_clause(
            f"balance-{order.code}", f"验车签字之后付尾款（{order.code}）。", NOW, **clause
        ),
    ]
    template = f"sale-{order.code}"
    make_template(template, clauses, NOW)
    contracts.agree(
        order_id=order.id,
        template_code=template,
        language="zh",
        price_fen=price_fen,
        deposit_fen=DEPOSIT,
        shown=[shown(one.clause.code, NOW) for one in clauses],
        person_id=order.person_id,
        facts=facts,
        now=NOW,
    )


def pay_deposit(order: Order, amount_fen: int = DEPOSIT) -> None:
    """The deposit was asked for and is with the provider."""
    bill = bills.open_bill(
        kind="DEPOSIT",
        amount_fen=amount_fen,
        contract_amount_fen=amount_fen,
        price_fen=PRICE,
        order_id=order.id,
        request_key=f"deposit:{order.code}",
        now=NOW,
    )
    pay(bill.id)


def pay(bill_id: int, now: dt.datetime = NOW) -> None:
    """The provider has what this bill asks for."""
    bill = Bill.objects.get(id=bill_id)
    attempt = Charge.objects.create(
        number=f"C{bill_id:020}",
        bill=bill,
        provider="WECHAT",
        request_key=f"charge:{bill_id}",
        amount_fen=bill.amount_fen,
        link="https://pay.example.cn/x",
        started_at=now,
        expires_at=now + dt.timedelta(minutes=30),
    )
    came = settle.charge_paid(
        provider="WECHAT",
        number=attempt.number,
        ref=f"ref-{attempt.number}",
        amount_fen=bill.amount_fen,
        now=now,
    )
    assert came == "PAID"


def make_ready(world: factories.World, code: str = "SH26XN", **contract: bool) -> Order:
    """A car at the centre with its contract and its deposit paid."""
    order = make_car(world, code)
    make_contract(world, order, None, **contract)
    pay_deposit(order)
    return order


def void_clause(order: Order) -> VoidClause:
    """A court holds the first clause of the order's contract void, after it was made."""
    contract = Contract.objects.get(order=order)
    ruling = Ruling.objects.create(
        public_id="rul_1",
        court="海口市美兰区人民法院",
        case_no="（2025）琼0108民初1号",
        ruled_date=dt.date(2025, 11, 20),
        source="court",
        summary_zh="条款无效",
        summary_en="void",
        recorded_at=NOW,
    )
    contract.template.state, contract.template.withdrawn_at = "WITHDRAWN", NOW
    contract.template.withdrawn_why = ruling.case_no
    contract.template.save(update_fields=["state", "withdrawn_at", "withdrawn_why"])
    place = contract.template.places.order_by("position").first()
    assert place is not None
    return VoidClause.objects.create(ruling=ruling, clause_version=place.clause_version)


def quality(number: int = 1) -> StaffMember:
    """Somebody of quality."""
    return StaffMember.objects.create(
        public_id=f"stf_quality{number}",
        name_zh="周检",
        name_en="Zhou Jian",
        phone=f"1000000910{number}",
        role="QUALITY",
    )


def begin(order: Order, world: factories.World, now: dt.datetime = NOW) -> Inspection:
    """The car is put before its customer."""
    number = inspecting.begin(order_id=order.id, staff_id=world.dora.id, now=now)
    return Inspection.objects.get(id=number)


def answer_all(inspection: Inspection, now: dt.datetime = NOW, **problems: str) -> InspectionSeen:
    """Every check good but those named, which have these words as their problem."""
    return answer_with(inspection, problems, now)


def answer_with(
    inspection: Inspection, problems: Mapping[str, str], now: dt.datetime = NOW
) -> InspectionSeen:
    """Every check good but those named, which have these words as their problem."""
    for group in checking.from_record(inspection.checklist):
        inspecting.answer(
            inspection_id=inspection.id,
            group=group.code,
            answers={
                check.code: Said("PROBLEM", problems[check.code])
                if check.code in problems
                else Said("GOOD")
                for check in group.checks
            },
            by=Inspector(inspection.order.person_id),
            now=now,
        )
    return look(inspection.order)


def look(order: Order) -> InspectionSeen:
    """The newest inspection of an order as people see it."""
    seen = read_handover(order.id).inspection
    assert seen is not None
    return seen


def decide(order: Order, taken: str = "TAKE", words: str = "", now: dt.datetime = NOW) -> None:
    """The owner decides on what the page shows now."""
    handover.decide(
        order_id=order.id,
        version=look(order).version,
        taken=taken,
        words=words,
        person_id=order.person_id,
        now=now,
    )


def sign(order: Order, now: dt.datetime = NOW) -> handover.Payable:
    """The owner signs what the page shows now."""
    seen = look(order)
    _, payable = handover.sign(
        order_id=order.id,
        version=seen.version,
        document_sha256=seen.document_sha256,
        name="陈安",
        drawing="",
        person_id=order.person_id,
        now=now,
    )
    return payable


def photo(colour: str = "red", place: bool = True) -> bytes:
    """A small JPEG, with the place where it was taken unless told not to."""
    image = Image.new("RGB", (64, 48), colour)
    exif = Image.Exif()
    if place:
        exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 0.0), 3: "E", 4: (121.0, 28.0, 0.0)})
        exif[0x0110] = "a telephone"
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif)
    return file.getvalue()


def film(size: int = 400) -> bytes:
    """An MP4 of `size` bytes or more, with the place where it was made."""

    def box(kind: bytes, body: bytes) -> bytes:
        return (len(body) + 8).to_bytes(4, "big") + kind + body

    place = box(b"udta", box(b"\xa9xyz", b"+31.2+121.5/"))
    moov = box(b"moov", box(b"mvhd", b"v" * 20) + place)
    return box(b"ftyp", b"isom" + b"\0" * 8) + moov + box(b"mdat", b"s" * size)
