"""Tags of staff pages."""

from __future__ import annotations

from django import template
from django.template import Context

from yinuo.contexts.ledger.wording import cause_words

register = template.Library()


@register.simple_tag(takes_context=True)
def cause(context: Context, code: str) -> str:
    """The words of a cause of the closed list."""
    return cause_words(code, context["language"])
