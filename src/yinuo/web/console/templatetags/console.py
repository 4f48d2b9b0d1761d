"""Tags of staff pages."""

from __future__ import annotations

import datetime as dt

from django import template
from django.template import Context

from yinuo.contexts.ledger.wording import cause_words
from yinuo.contexts.orders.queries.staff import StaffOrder
from yinuo.contexts.planning.rules import Parameter
from yinuo.platform.spoken import CHINA
from yinuo.web.kit import wording
from yinuo.web.kit.templatetags.kit import zh

register = template.Library()


@register.simple_tag(takes_context=True)
def cause(context: Context, code: str) -> str:
    """The words of a cause of the closed list."""
    return cause_words(code, context["language"])


@register.simple_tag(takes_context=True)
def person(context: Context, order: StaffOrder) -> str:
    """The name of who ordered, or that it was erased and why."""
    if order.hidden:
        return wording.say(f"erased.person.{order.erased}", context["language"])
    return zh(context, order.person_name)


@register.simple_tag
def clock(at: dt.datetime) -> str:
    """The time of day in China, such as 09:30."""
    return f"{at.astimezone(CHINA):%H:%M}"


@register.filter
def iso_day(text: str) -> dt.date:
    """A date that was kept as text, such as 2026-03-06."""
    return dt.date.fromisoformat(text)


@register.filter
def count(number: int | None) -> str:
    """A count in a table as sentences write it: 1,204; a dash where there is none."""
    return "–" if number is None else f"{number:,}"


@register.simple_tag
def share(part: float) -> str:
    """A share as a percentage with one decimal, such as 93.8%."""
    return f"{100 * part:.1f}%"


@register.simple_tag
def times(factor: float) -> str:
    """A factor with two decimals, such as 1.05."""
    return f"{factor:.2f}"


@register.simple_tag
def points(part: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return f"{100 * part:+.3f}"


@register.simple_tag(takes_context=True)
def figure_label(context: Context, labels: dict[str, Parameter], name: str) -> str:
    """What a figure of the growth study is called."""
    one = labels[name]
    return one.zh if context["language"] == "zh" else one.en
