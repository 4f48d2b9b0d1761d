"""What others may ask the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from yinuo.contexts.catalogue.models import Spec


def get_spec_ids() -> dict[str, int]:
    """The row of every spec, by code."""
    return dict(Spec.objects.values_list("code", "id"))


@dataclass(frozen=True)
class SpecFacts:
    """One spec with the model it belongs to, in words."""

    code: str
    name_zh: str
    name_en: str


def get_specs() -> dict[int, SpecFacts]:
    """Every spec, by row."""
    return {row.id: SpecFacts(row.code, row.name_zh, row.name_en) for row in Spec.objects.all()}
