"""What a contract promises with the car: configuration, options and features, as the page says it.

The features are those that are tried at the inspection of the model, so that what was promised and
what is delivered are compared under the same names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yinuo.contexts.catalogue.queries import SpecSeen, list_specs
from yinuo.contexts.handover.queries.sold_with import list_features


def promised_with(spec: SpecSeen) -> dict[str, Any]:
    """The facts of a contract on this configuration; each thing has `code`, `zh` and `en`."""
    return {
        "model": _named(spec.model_code, spec.model_zh, spec.model_en),
        "spec": _named(spec.code, spec.name_zh, spec.name_en),
        "options": [_named(*option) for option in spec.options],
        "features": [_named(one.code, one.zh, one.en) for one in list_features(spec.model_code)],
    }


def promised_with_spec(spec_code: str) -> dict[str, Any]:
    """The same for the configuration with this code, which exists."""
    return promised_with(next(one for one in list_specs() if one.code == spec_code))


def is_of_other_spec(facts: Mapping[str, Any], spec_code: str) -> bool:
    """Whether a contract with these facts promises another configuration than this one.

    No contract of before configurations were kept in it does.
    """
    kept = facts.get("spec")
    return kept is not None and kept["code"] != spec_code


def _named(code: str, zh: str, en: str) -> dict[str, str]:
    return {"code": code, "zh": zh, "en": en}
