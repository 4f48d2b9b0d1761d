"""What others may ask the catalogue."""

from __future__ import annotations

from yinuo.contexts.catalogue.models import Spec


def get_spec_ids() -> dict[str, int]:
    """The row of every spec, by code."""
    return dict(Spec.objects.values_list("code", "id"))
