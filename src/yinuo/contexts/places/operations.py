"""What others may order of places: adding and changing them."""

from __future__ import annotations

from yinuo.contexts.places.models import Place


def save_place(
    *,
    code: str,
    kind: str,
    name_zh: str,
    name_en: str,
    city_zh: str,
    city_en: str,
    latitude: float,
    longitude: float,
    timezone: str = "Asia/Shanghai",
) -> int:
    """Add or change a place; its row is given back.

    `kind` is PLANT, YARD, HUB or CENTRE; `latitude` and `longitude` are degrees (WGS 84).

    Raises
    ------
    ValueError
        There is no such kind.
    """
    row, _ = Place.objects.update_or_create(
        code=code,
        defaults={
            "kind": Place.Kind(kind),
            "name_zh": name_zh,
            "name_en": name_en,
            "city_zh": city_zh,
            "city_en": city_en,
            "latitude": latitude,
            "longitude": longitude,
            "timezone": timezone,
        },
    )
    return row.id
