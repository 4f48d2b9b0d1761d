"""Texts put together as bytes are the texts that Python puts together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yinuo.platform.weaving import WOVEN_FROM, Texts, spread, texts_of, weave

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
counts = st.sampled_from([0, 1, 3, WOVEN_FROM - 1, WOVEN_FROM, WOVEN_FROM + 7])


@given(st.lists(words))
def test_words_come_back_as_they_are(given_words: list[str]) -> None:
    texts = texts_of(given_words)
    assert texts.words() == given_words
    assert len(texts) == len(given_words)
    assert texts.lengths().tolist() == [len(word.encode()) for word in given_words]


def test_numbers_are_written_in_decimal() -> None:
    assert texts_of([7, -12, 0, 10**18]).words() == ["7", "-12", "0", str(10**18)]
    assert texts_of(["a", 5]).words() == ["a", "5"]


@settings(max_examples=60, deadline=None)
@given(st.data(), counts)
def test_pieces_are_put_together_row_by_row(data: st.DataObject, count: int) -> None:
    few = data.draw(st.lists(words, min_size=1, max_size=4))
    kinds = data.draw(st.lists(st.one_of(words, st.integers(0, 3)), min_size=1, max_size=6))
    columns: list[list[str]] = []
    pieces: list[str | Texts] = []
    for kind in kinds:
        if isinstance(kind, str):
            pieces.append(kind)
            columns.append([kind] * count)
        else:
            column = [few[(row * 7 + kind) % len(few)] for row in range(count)]
            pieces.append(texts_of(column))
            columns.append(column)
    woven = weave(pieces, count)
    assert woven.words() == ["".join(row) for row in zip(*columns, strict=True)]


@pytest.mark.parametrize("count", [0, 1, WOVEN_FROM - 1, WOVEN_FROM, WOVEN_FROM + 7])
def test_few_words_are_spread_over_many_rows(count: int) -> None:
    few = ["2026-W20", "", "五月"]
    rows = np.arange(count, dtype=np.int64) * 5 % 3
    assert spread(few, rows).words() == [few[row] for row in rows.tolist()]


@pytest.mark.parametrize("count", [2, WOVEN_FROM])
def test_a_column_of_another_length_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="rows"):
        weave(["a", texts_of(["b"] * (count + 1))], count)
