"""What others may ask the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from yinuo.contexts.catalogue.models import CarModel, Spec


def get_model_ids() -> dict[str, int]:
    """The row of every model, by code."""
    return dict(CarModel.objects.values_list("code", "id"))


@dataclass(frozen=True)
class ModelName:
    """A car as it is sold, in words."""

    code: str
    name_zh: str
    name_en: str


def get_model_names() -> list[ModelName]:
    """Every model, in the order of the codes."""
    rows = CarModel.objects.order_by("code").values_list("code", "name_zh", "name_en")
    return [ModelName(*row) for row in rows]


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


def get_spec_code(spec_id: int) -> str | None:
    """The code of the spec with this row; None if there is none."""
    return Spec.objects.filter(id=spec_id).values_list("code", flat=True).first()


@dataclass(frozen=True)
class SpecSeen:
    """One configuration as it can be bought; `options` are codes with their names."""

    id: int
    code: str
    name_zh: str
    name_en: str
    model_code: str
    model_zh: str
    model_en: str
    price_fen: int
    options: tuple[tuple[str, str, str], ...]


def list_specs() -> list[SpecSeen]:
    """Everything that can be ordered, model by model, in the order of the codes."""
    rows = Spec.objects.select_related("car_model").prefetch_related("options")
    return [
        SpecSeen(
            row.id,
            row.code,
            row.name_zh,
            row.name_en,
            row.car_model.code,
            row.car_model.name_zh,
            row.car_model.name_en,
            row.price_fen,
            tuple(
                sorted(
                    (option.code, option.name_zh, option.name_en) for option in row.options.all()
                )
            ),
        )
        for row in rows.order_by("car_model__code", "code")
    ]
