"""The record of an inspection as a paper for both sides: A4, Chinese and English, digests in it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Protocol
from xml.sax.saxutils import escape

from django.http import HttpResponse
from reportlab.graphics.shapes import Drawing, PolyLine
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from yinuo.contexts.handover.queries.seen import HandoverSeen, InspectionSeen
from yinuo.contexts.terms.queries.decisions import Told
from yinuo.platform.spoken import say_date, say_instant
from yinuo.web.kit.wording import say

FONT = "STSong-Light"
BODY = ParagraphStyle("body", fontName=FONT, fontSize=9.5, leading=14, wordWrap="CJK")
SMALL = ParagraphStyle("small", parent=BODY, fontSize=7.5, leading=10, textColor=colors.grey)
HEAD = ParagraphStyle("head", parent=BODY, fontSize=12.5, leading=18, spaceBefore=8, spaceAfter=3)
TITLE = ParagraphStyle("title", parent=BODY, fontSize=17, leading=24)
CANVAS = (600, 200)
LANGUAGES = ("zh", "en")


class Ordered(Protocol):
    """What the paper names of an order."""

    @property
    def code(self) -> str: ...
    @property
    def car_zh(self) -> str: ...
    @property
    def car_en(self) -> str: ...


def paper_of(
    order: Ordered, seen: HandoverSeen, laws: Mapping[str, Sequence[Told]]
) -> HttpResponse:
    """The record as a PDF to show or print; the same content gives the same bytes."""
    answer = HttpResponse(write_paper(order, seen, laws), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{order.code}-handover.pdf"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def write_paper(order: Ordered, seen: HandoverSeen, laws: Mapping[str, Sequence[Told]]) -> bytes:
    """The bytes of the PDF; there is an inspection."""
    inspection = seen.inspection
    assert inspection is not None
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    file = io.BytesIO()
    paper = SimpleDocTemplate(
        file,
        pagesize=A4,
        title=f"{order.code} handover",
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=16 * mm,
        invariant=1,
    )
    paper.build(
        [
            *_top(order, inspection),
            *_damages(seen),
            *_checks(inspection),
            *_words(inspection),
            *_outcome(inspection),
            *_laws(laws),
            *_signature(inspection),
        ]
    )
    return file.getvalue()


def _both(key: str, **data: object) -> str:
    return " / ".join(say(f"paper.{key}", language, **data) for language in LANGUAGES)


def _line(text: str, style: ParagraphStyle = BODY) -> Paragraph:
    return Paragraph(escape(text), style)


def _top(order: Ordered, inspection: InspectionSeen) -> list[Flowable]:
    at = [say_instant(inspection.opened_at, language) for language in LANGUAGES]
    return [
        _line(_both("title"), TITLE),
        _line(f"{order.code} · {order.car_zh} / {order.car_en} · {inspection.vin}"),
        _line(f"{_both('opened')}: {at[0]} / {at[1]}"),
        _line(f"{_both('version')}: {inspection.version}"),
        _line(f"SHA-256: {_digest(inspection)}", SMALL),
    ]


def _digest(inspection: InspectionSeen) -> str:
    """Of what was signed; before the signature, of what stands there now."""
    signature = inspection.signature
    return signature.document_sha256 if signature else inspection.document_sha256


def _damages(seen: HandoverSeen) -> list[Flowable]:
    if not seen.damages:
        return []
    rows: list[Flowable] = [_line(_both("damages"), HEAD)]
    for one in seen.damages:
        told = [say_instant(one.told_at, language) for language in LANGUAGES] if one.told_at else []
        rows.append(_line(f"{one.spot_zh}：{one.words_zh} / {one.spot_en}: {one.words_en}"))
        rows.append(_line(f"{_both('told')}: {' / '.join(told)}", SMALL))
        rows += [_line(f"{file.media_type} {file.sha256}", SMALL) for file in one.photos]
    return rows


def _checks(inspection: InspectionSeen) -> list[Flowable]:
    rows: list[Flowable] = []
    for group in inspection.groups:
        rows.append(_line(f"{group.name_zh} / {group.name_en}", HEAD))
        table = []
        for one in group.checks:
            verdict = _both(f"verdict.{one.verdict}") if one.verdict else _both("verdict.none")
            by = f"（{one.helper}）" if one.helper else ""
            cells: list[Flowable] = [_line(f"{verdict}{by}")]
            if one.words:
                cells.append(_line(one.words))
            if one.feature and one.feature.enabled_by_date:
                day = one.feature.enabled_by_date
                dates = [say_date(day, language) for language in LANGUAGES]
                cells.append(_line(f"{_both('enabled_by')}: {' / '.join(dates)}"))
            cells += [_line(f"{file.media_type} {file.sha256}", SMALL) for file in one.evidence]
            cells += [
                _line(f"{_both('finding.' + made.finding)}: {made.words}") for made in one.diagnoses
            ]
            table.append([_line(f"{one.zh} / {one.en}"), cells])
        drawn = Table(table, colWidths=[58 * mm, 116 * mm])
        drawn.setStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.lightgrey),
            ]
        )
        rows.append(drawn)
    return rows


def _words(inspection: InspectionSeen) -> list[Flowable]:
    if not inspection.statements:
        return []
    names = {one.code: one.zh for group in inspection.groups for one in group.checks}
    return [
        _line(_both("statements"), HEAD),
        *(
            _line(
                f"{say_instant(one.said_at, 'zh')} {names.get(one.code, '')}"
                f"{f'（{one.helper}）' if one.helper else ''}：{one.words}"
            )
            for one in inspection.statements
        ),
    ]


def _outcome(inspection: InspectionSeen) -> list[Flowable]:
    outcome = inspection.outcome
    if outcome is None:
        return [_line(_both("outcome"), HEAD), _line(_both("undecided"))]
    rows = [_line(_both("outcome"), HEAD), _line(_both(f"way.{outcome.taken}"))]
    if outcome.fix_by_date:
        dates = [say_date(outcome.fix_by_date, language) for language in LANGUAGES]
        rows.append(_line(f"{_both('fix_by')}: {' / '.join(dates)}"))
    if outcome.answer_by_at:
        times = [say_instant(outcome.answer_by_at, language) for language in LANGUAGES]
        rows.append(_line(f"{_both('three_ways')}: {' / '.join(times)}"))
    return rows


def _laws(laws: Mapping[str, Sequence[Told]]) -> list[Flowable]:
    rows: list[Flowable] = []
    for language in LANGUAGES:
        told = [one for one in laws.get(language, ()) if one.at in ("handover", "balance")]
        if told:
            rows.append(_line(say("paper.laws", language), HEAD))
        for one in told:
            rows += [_line(line, SMALL) for line in one.lines]
    return rows


def _signature(inspection: InspectionSeen) -> list[Flowable]:
    signature = inspection.signature
    rows: list[Flowable] = [_line(_both("signature"), HEAD)]
    if signature is None:
        return [*rows, _line(_both("unsigned"))]
    if signature.drawing:
        rows.append(_drawn(signature.drawing))
    at = [say_instant(signature.signed_at, language) for language in LANGUAGES]
    rows += [
        _line(f"{signature.name} · {' / '.join(at)}"),
        _line(_both("meaning")),
        Spacer(1, 4),
        _line(f"{signature.public_id} · SHA-256 {signature.document_sha256}", SMALL),
    ]
    return rows


def _drawn(drawing: str) -> Drawing:
    """The strokes as they were drawn, at half their size."""
    width, height = CANVAS
    made = Drawing(width / 3, height / 3)
    for stroke in json.loads(drawing):
        points = [value / 3 for x, y in stroke for value in (x, height - y)]
        if len(points) >= 4:
            made.add(PolyLine(points, strokeWidth=1.2))
    return made
