"""What others may ask of the record: what was recorded, and where it stands in the public log."""

from yinuo.contexts.ledger.queries.entries import (
    OPENED,
    PAYLOAD,
    WINDOW_KINDS,
    Recorded,
    count_code,
    count_kind,
    count_untold,
    entry_ids_of_cause,
    get_many,
    latest_windows,
    list_of_subject,
    list_of_subjects,
    list_recorded,
    list_to_tell,
    list_untold,
    recorded_keys,
)

__all__ = [
    "OPENED",
    "PAYLOAD",
    "WINDOW_KINDS",
    "Recorded",
    "count_code",
    "count_kind",
    "count_untold",
    "entry_ids_of_cause",
    "get_many",
    "latest_windows",
    "list_of_subject",
    "list_of_subjects",
    "list_recorded",
    "list_to_tell",
    "list_untold",
    "recorded_keys",
]
