"""The unified social credit code of a company (GB 32100-2015): eighteen signs, the last one checks.

Signs 1 and 2 name the registering office and the kind of body, 3 to 8 the place, 9 to 17 the body,
18 is worked out from the others: weights are powers of 3 modulo 31, the sum with the check sign is
a multiple of 31. The letters I, O, S, V and Z are not used, as they look like digits or others.
"""

from __future__ import annotations

import unicodedata

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
# Where the place is written: digits only.
PLACE = slice(2, 8)
WEIGHTS = tuple(pow(3, n, 31) for n in range(LENGTH - 1))

OK, BAD_LENGTH, BAD_SIGN, BAD_PLACE, BAD_CHECK = "", "LENGTH", "SIGN", "PLACE", "CHECK"


def clean_code(typed: str) -> str:
    """What was typed or pasted, without blanks and hyphens, in half-width capitals."""
    flat = unicodedata.normalize("NFKC", typed).upper()
    return "".join(sign for sign in flat if not sign.isspace() and sign != "-")


def check_sign(first: str) -> str:
    """The eighteenth sign for the first seventeen, each of which is one of `SIGNS`."""
    total = sum(SIGNS.index(sign) * weight for sign, weight in zip(first, WEIGHTS, strict=True))
    return SIGNS[-total % 31]


def fault_of(code: str) -> str:
    """What is wrong with a cleaned code: `OK` for nothing, else the first fault found."""
    if len(code) != LENGTH:
        return BAD_LENGTH
    if any(sign not in SIGNS for sign in code):
        return BAD_SIGN
    if not code[PLACE].isdigit():
        return BAD_PLACE
    return OK if check_sign(code[:-1]) == code[-1] else BAD_CHECK
