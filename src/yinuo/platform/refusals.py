"""Expected failures. A `Refusal` is what the world may do; anything else is a bug and crashes."""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """An order that cannot be carried out, with words for the person who gave it.

    A subclass stands above the operation that raises it and sets `code`, `zh` and `en`; the
    texts may name `data` fields in braces.
    """

    code: ClassVar[str] = "refused"
    zh: ClassVar[str] = "这一步现在不能办。"
    en: ClassVar[str] = "This cannot be done now."

    def __init__(self, **data: Any) -> None:
        self.data = data
        super().__init__(self.message("en"))

    def message(self, language: str) -> str:
        """The sentence for the person, in `zh` or `en`."""
        template = self.zh if language == "zh" else self.en
        return template.format(**self.data)
