"""The check sign of a company's code, against the standard's own example and a slow twin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yinuo.contexts.orders.rules import company

# Printed in GB 32100-2015 as its example.
EXAMPLE = "91350100M000100Y43"
# Written out as the standard's table has them.
WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
OTHERS = "ABCDEFGHJKLMNPQRTUWXY"
VALUE = {**{str(n): n for n in range(10)}, **{sign: 10 + n for n, sign in enumerate(OTHERS)}}


def slow_check(first: str) -> str:
    """The check sign by trying all of them."""
    for sign, value in VALUE.items():
        total = sum(VALUE[one] * weight for one, weight in zip(first, WEIGHTS, strict=True))
        if (total + value) % 31 == 0:
            return sign
    raise AssertionError(first)


def codes() -> st.SearchStrategy[str]:
    """Seventeen signs with a place in digits."""
    sign = st.sampled_from(company.SIGNS)
    digit = st.sampled_from("0123456789")
    return st.builds(
        lambda head, place, body: "".join([*head, *place, *body]),
        st.lists(sign, min_size=2, max_size=2),
        st.lists(digit, min_size=6, max_size=6),
        st.lists(sign, min_size=9, max_size=9),
    )


def test_example_of_the_standard() -> None:
    assert company.fault_of(EXAMPLE) == company.OK
    assert list(company.WEIGHTS) == WEIGHTS


@given(codes())
def test_twin(first: str) -> None:
    code = first + slow_check(first)
    assert company.fault_of(code) == company.OK


@given(codes(), st.integers(0, 16), st.sampled_from(company.SIGNS))
def test_one_wrong_sign_is_always_found(first: str, at: int, sign: str) -> None:
    code = first + company.check_sign(first)
    wrong = code[:at] + sign + code[at + 1 :]
    assert (company.fault_of(wrong) == company.OK) == (wrong == code)


@given(codes(), st.integers(0, 15))
def test_two_neighbours_swapped_are_found(first: str, at: int) -> None:
    code = first + company.check_sign(first)
    swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    assert (company.fault_of(swapped) == company.OK) == (swapped == code)


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("91350100M000100Y4", company.BAD_LENGTH),
        ("91350100M000100Y433", company.BAD_LENGTH),
        ("", company.BAD_LENGTH),
        *((f"91350100M00010{letter}Y43", company.BAD_SIGN) for letter in "IOSVZ"),
        ("91350100M00010?Y43", company.BAD_SIGN),
        ("9135A100M000100Y43", company.BAD_PLACE),
        ("91350100M000100Y44", company.BAD_CHECK),
        ("９１３５０１００Ｍ０００１００Ｙ４３", company.OK),
        (" 91350100 m000100y-43 ", company.OK),
    ],
)
def test_faults(typed: str, fault: str) -> None:
    assert company.fault_of(company.clean_code(typed)) == fault
