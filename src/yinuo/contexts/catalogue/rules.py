"""How a car is called."""

from __future__ import annotations


def full_name(model: str, spec: str) -> str:
    """Model and configuration in one name; what both say where they meet is said once.

    `云帆 A7` and `A7 标准版` are `云帆 A7 标准版`.
    """
    first, _, rest = spec.partition(" ")
    said_already = rest != "" and model.split()[-1:] == [first]
    return f"{model} {rest if said_already else spec}".strip()
