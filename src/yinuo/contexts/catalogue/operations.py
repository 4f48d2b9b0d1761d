"""What others may order of the catalogue: adding and changing what can be bought."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from yinuo.contexts.catalogue.models import CarModel, Option, Spec


def save_car_model(*, code: str, name_zh: str, name_en: str) -> int:
    """Add or change a car model; its row is given back."""
    row, _ = CarModel.objects.update_or_create(
        code=code, defaults={"name_zh": name_zh, "name_en": name_en}
    )
    return row.id


def save_option(*, code: str, name_zh: str, name_en: str) -> int:
    """Add or change an option; its row is given back."""
    row, _ = Option.objects.update_or_create(
        code=code, defaults={"name_zh": name_zh, "name_en": name_en}
    )
    return row.id


def save_spec(
    *,
    code: str,
    car_model_code: str,
    name_zh: str,
    name_en: str,
    price_fen: int,
    option_codes: Sequence[str] = (),
) -> int:
    """Add or change a spec with its options; its row is given back.

    Raises
    ------
    ValueError
        The car model or an option is not in the catalogue.
    """
    car_model = CarModel.objects.filter(code=car_model_code).first()
    options = list(Option.objects.filter(code__in=option_codes))
    missing = set(option_codes) - {option.code for option in options}
    if car_model is None or missing:
        raise ValueError(f"{code}: not in the catalogue: {car_model_code}, {sorted(missing)}")
    with transaction.atomic():
        row, _ = Spec.objects.update_or_create(
            code=code,
            defaults={
                "car_model": car_model,
                "name_zh": name_zh,
                "name_en": name_en,
                "price_fen": price_fen,
            },
        )
        row.options.set(options)
    return row.id
