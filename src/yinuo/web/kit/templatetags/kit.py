"""Template tags of every page: words, dates and names in the reader's language."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from yinuo.contexts.catalogue.rules import full_name
from yinuo.contexts.ledger.queries import Recorded
from yinuo.contexts.ledger.wording import amount_words
from yinuo.contexts.ledger.wording import say as say_fact
from yinuo.platform.plain_language import HAN
from yinuo.platform.spoken import say_month
from yinuo.web.kit import dates, wording

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: Context, key: str, **data: Any) -> str:
    """The words of `key` in the page's language."""
    return wording.say(key, context["language"], **data)


@register.simple_tag
def words(key: str, language: str, **data: Any) -> str:
    """The words of `key` in the language named, for what says both."""
    return wording.say(key, language, **data)


@register.simple_tag
def fact(recorded: Recorded, language: str) -> str:
    """The sentence of a fact in the language named."""
    return say_fact(recorded, language)


@register.simple_tag(takes_context=True)
def gap(context: Context) -> str:
    """What stands between two sentences: a blank in English, nothing in Chinese."""
    return "" if context["language"] == "zh" else " "


@register.simple_tag(takes_context=True)
def colon(context: Context) -> str:
    """What stands between a thing and what is said of it."""
    return "：" if context["language"] == "zh" else ": "


@register.simple_tag(takes_context=True)
def say_of(context: Context, prefix: str, code: str, **data: Any) -> str:
    """The words of a code: those of the key `prefix` + `code`."""
    return wording.say(prefix + code, context["language"], **data)


@register.simple_tag(takes_context=True)
def day(context: Context, date: dt.date) -> str:
    """A date."""
    return dates.day(date, context["language"], context["now"])


@register.simple_tag(takes_context=True)
def weekday(context: Context, date: dt.date) -> str:
    """A date with its weekday."""
    return dates.day(date, context["language"], context["now"], weekday=True)


@register.simple_tag(takes_context=True)
def days(context: Context, first: dt.date, last: dt.date) -> str:
    """A range, both days included."""
    return dates.days(first, last, context["language"], context["now"])


@register.simple_tag(takes_context=True)
def moment(context: Context, at: dt.datetime) -> SafeString:
    """A date and time, readable for programs too."""
    said = dates.moment(at, context["language"], context["now"])
    return format_html('<time datetime="{}">{}</time>', at.astimezone(dt.UTC).isoformat(), said)


@register.simple_tag(takes_context=True)
def plain_moment(context: Context, at: dt.datetime) -> str:
    """A date and time as text only, for a sentence's blank."""
    return dates.moment(at, context["language"], context["now"])


@register.simple_tag(takes_context=True)
def deadline(context: Context, at: dt.datetime) -> str:
    """By when, as text only: a midnight is said as the day that ends with it."""
    return dates.deadline(at, context["language"], context["now"])


@register.simple_tag(takes_context=True)
def car_name(context: Context, car: object, model: str = "model") -> str:
    """Model and configuration of a car, or of an order whose model is called its `car`."""
    said = (str(getattr(car, f"{part}_{context['language']}")) for part in (model, "spec"))
    return full_name(*said)


@register.simple_tag(takes_context=True)
def named(context: Context, thing: object, what: str = "name") -> str:
    """`what` of a thing in the page's language: its `name_zh` or `name_en`."""
    return str(getattr(thing, f"{what}_{context['language']}"))


@register.simple_tag(takes_context=True)
def text(context: Context, pair: dict[str, str]) -> str:
    """The text of a pair `zh` and `en` in the page's language."""
    return pair["zh" if context["language"] == "zh" else "en"]


@register.simple_tag(takes_context=True)
def money(context: Context, fen: int) -> str:
    """A sum of money."""
    return amount_words(fen, "FEN", context["language"])


@register.simple_tag
def difference(more: int, less: int) -> int:
    """How much larger the first number is."""
    return more - less


@register.simple_tag(takes_context=True)
def month(context: Context, written: str) -> str:
    """A month written 2028-03, as it is said."""
    return say_month(written, context["language"])


@register.simple_tag(takes_context=True)
def quarter(context: Context, written: str) -> str:
    """A quarter written 2025-Q4, as it is said."""
    year, number = written.split("-Q")
    return f"{year}年第 {number} 季度" if context["language"] == "zh" else f"Q{number} {year}"


@register.simple_tag(takes_context=True)
def number(context: Context, n: int | None) -> SafeString:
    """The number of an entry of the public log, as a link to it; None is still being written."""
    if n is None:
        said = wording.say("log.waiting", context["language"])
        return format_html('<span class="no soft">{}</span>', said)
    said = wording.say("log.number", context["language"], n=n)
    return format_html('<a class="no" href="/log/{}">{}</a>', n, said)


@register.simple_tag(takes_context=True)
def number_of(context: Context, what: str, name: object = "") -> SafeString:
    """The number of the newest entry of the page's order that states it; see `EntryNumbers.of`.

    Nothing where no entry states it, and on pages of no order.
    """
    entries = context.get("entries")
    if entries is None:
        return SafeString("")
    stated, n = entries.of(what, str(name))
    return number(context, n) if stated else SafeString("")


@register.simple_tag(takes_context=True)
def zh(context: Context, text: str) -> SafeString:
    """What somebody wrote, in whichever language: marked as Chinese where it is."""
    if context["language"] == "zh" or not HAN.search(text):
        return conditional_escape(text)
    return format_html('<span lang="zh">{}</span>', text)


@register.simple_tag(takes_context=True)
def maker(context: Context) -> str:
    """The maker's name."""
    return str(settings.MAKER_ZH if context["language"] == "zh" else settings.MAKER_EN)


@register.filter
def masked(phone: str) -> str:
    """A telephone number with its middle hidden."""
    return dates.masked_phone(phone)
