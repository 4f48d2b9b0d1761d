"""Appointments as an iCalendar file (RFC 5545)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LINE_BYTES = 75


@dataclass(frozen=True)
class Event:
    """One appointment. A later `sequence` of the same `uid` replaces the earlier one."""

    uid: str
    sequence: int
    from_at: dt.datetime
    until_at: dt.datetime
    title: str
    place: str
    made_at: dt.datetime


def write_calendar(events: Sequence[Event]) -> str:
    """The file's text: lines of at most 75 bytes, ended as the standard wants them."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Yinuo//visit//ZH", "METHOD:PUBLISH"]
    for one in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{one.uid}",
            f"SEQUENCE:{one.sequence}",
            f"DTSTAMP:{_utc(one.made_at)}",
            f"DTSTART:{_utc(one.from_at)}",
            f"DTEND:{_utc(one.until_at)}",
            f"SUMMARY:{_text(one.title)}",
            f"LOCATION:{_text(one.place)}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _utc(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r\n", "\\n").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 bytes; each after the first begins with a blank."""
    piece = ""
    for letter in line:
        if len((piece + letter).encode()) > LINE_BYTES:
            yield piece
            piece = " "
        piece += letter
    yield piece
