"""What others may ask about places."""

from __future__ import annotations

from dataclasses import dataclass

from yinuo.contexts.places.models import Place


@dataclass(frozen=True)
class PlaceFacts:
    """One place. `timezone` is the zone in which its days are reckoned."""

    id: int
    code: str
    kind: str
    name_zh: str
    name_en: str
    city_zh: str
    city_en: str
    timezone: str


def _facts(place: Place) -> PlaceFacts:
    return PlaceFacts(
        place.id,
        place.code,
        place.kind,
        place.name_zh,
        place.name_en,
        place.city_zh,
        place.city_en,
        place.timezone,
    )


def get_place_ids(kind: str | None = None) -> dict[str, int]:
    """The row of every place by code; only of one `kind` when given."""
    rows = Place.objects.all() if kind is None else Place.objects.filter(kind=kind)
    return dict(rows.values_list("code", "id"))


def get_place(place_id: int) -> PlaceFacts:
    """The place with this row."""
    return _facts(Place.objects.get(id=place_id))


def get_places() -> dict[int, PlaceFacts]:
    """Every place, by row."""
    return {place.id: _facts(place) for place in Place.objects.all()}
