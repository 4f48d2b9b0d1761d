"""The words of all pages: one key, one sentence in Chinese and one in English.

They stand in `words/*.toml`. A key that does not exist, or has no text in a language, is an
error when the page is made, never an empty place on it.
"""

from __future__ import annotations

import functools
import string
import tomllib
from pathlib import Path

WORDS_DIR = Path(__file__).parent / "words"
LANGUAGES = ("zh", "en")


class UnknownWords(LookupError):
    """A page asked for words that do not exist, or left one of their blanks empty."""


@functools.cache
def all_words() -> dict[str, dict[str, str]]:
    """Every key with its texts by language."""
    words: dict[str, dict[str, str]] = {}
    for path in sorted(WORDS_DIR.glob("*.toml")):
        for key, texts in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if key in words:
                raise UnknownWords(f"{key} stands twice")
            words[key] = texts
    return words


def blanks(text: str) -> set[str]:
    """The names in braces that `text` needs."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _said(name: str, value: object) -> object:
    count = isinstance(value, int) and not isinstance(value, bool) and name != "year"
    return f"{value:,}" if count else value


def say(key: str, language: str, **data: object) -> str:
    """The words of `key` in `language` with their blanks filled; counts as 1,204, years as 2027.

    Raises
    ------
    UnknownWords
        The key or the language has no text, or `data` lacks a blank of it.
    """
    try:
        text = all_words()[key][language]
        return text.format(**{name: _said(name, value) for name, value in data.items()})
    except KeyError as missing:
        raise UnknownWords(f"{key} in {language}: {missing} is missing") from missing
