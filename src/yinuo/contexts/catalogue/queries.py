"""What others may ask the catalogue."""

from __future__ import annotations

from yinuo.contexts.catalogue.models import CarModel, Option, Spec


def get_spec_ids() -> dict[str, int]:
    """The row of every spec, by code."""
    return dict(Spec.objects.values_list("code", "id"))


def get_spec_names() -> dict[int, tuple[str, str]]:
    """The Chinese and English name of every spec, by row."""
    return {
        row[0]: (row[1], row[2]) for row in Spec.objects.values_list("id", "name_zh", "name_en")
    }


def get_option_ids() -> dict[str, int]:
    """The row of every option, by code."""
    return dict(Option.objects.values_list("code", "id"))


def get_car_model_ids() -> dict[str, int]:
    """The row of every car model, by code."""
    return dict(CarModel.objects.values_list("code", "id"))
