"""Words of what is said in public: codes, subjects, places, what is missing."""

from __future__ import annotations

from django import template
from django.template import Context

from yinuo.contexts.claims.rules import CHANNELS, MISSING, TOPICS
from yinuo.contexts.ledger.claims_codes import ALL

register = template.Library()


def _pick(context: Context, pair: tuple[str, str]) -> str:
    return pair[0 if context["language"] == "zh" else 1]


@register.simple_tag(takes_context=True)
def code_words(context: Context, code: str) -> str:
    """A code of a fact about something public, in words."""
    return _pick(context, ALL[code])


@register.simple_tag(takes_context=True)
def topic_words(context: Context, code: str) -> str:
    """What a statement is about."""
    topic = TOPICS[code]
    return _pick(context, (topic.zh, topic.en))


@register.simple_tag(takes_context=True)
def channel_words(context: Context, code: str) -> str:
    """Where it was said."""
    return _pick(context, CHANNELS[code])


@register.simple_tag(takes_context=True)
def missing_words(context: Context, codes: tuple[str, ...]) -> str:
    """What was missing when something was said without review; details were not kept."""
    words = [_pick(context, MISSING[code]).split("：{")[0].split(": {")[0] for code in codes]
    return ("、" if context["language"] == "zh" else "; ").join(words)


@register.filter
def megabytes(size: int) -> str:
    """The size of a file as people say it."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{max(1, round(size / 1000))} KB"
