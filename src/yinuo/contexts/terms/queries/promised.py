"""The clauses of a contract as its customer reads them today."""

from __future__ import annotations

from dataclasses import dataclass

from yinuo.contexts.terms.models import Contract
from yinuo.contexts.terms.queries.clauses import list_wordings


@dataclass(frozen=True)
class ClauseAgreed:
    """A clause of a contract; a void one binds nobody."""

    code: str
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    void: bool


def list_clauses_of(contract_id: int) -> list[ClauseAgreed]:
    """The clauses of a contract in their order."""
    contract = Contract.objects.get(id=contract_id)
    return [
        ClauseAgreed(one.code, one.title_zh, one.title_en, one.text_zh, one.text_en, one.void)
        for one in list_wordings(contract.template_id)
    ]
