"""Taking out of a film where and with what it was made; picture and sound stay untouched.

Whatever tells a place keeps its length and becomes free room, so nothing else in the file moves.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path
from typing import BinaryIO

BOX_HEAD = 8
LONG_BOX_HEAD = 16
DEPTH_MAX = 6
PARTS_MAX = 100_000
TABLE_BYTES_MAX = 2**23
ZEROS = bytes(2**16)
# Boxes that hold where and with what a film was made, wherever they stand; a `uuid` box holds the
# notes of a camera or an editing program, and free room may hold what a program took out badly.
TELLING = (b"udta", b"meta", b"uuid", b"free", b"skip")
OUTER = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf")
# What a film is seen and heard by. Any other track is a diary: place by place, second by second.
SEEN_AND_HEARD = (b"vide", b"soun", b"tmcd")
SEGMENT, CLUSTER, VOID = 0x18538067, 0x1F43B675, b"\xec"
# Notes and attached files of a WebM film.
TELLING_ELEMENTS = (0x1254C367, 0x1941A469)


class BrokenFilm(Exception):
    """The parts do not add up to the file, or there is no film in it."""


@dataclass(frozen=True)
class Box:
    """One box of an MP4 or MOV file: its name, and where it begins, holds its body and ends."""

    name: bytes
    start: int
    body: int
    end: int


def clean_boxes(path: Path) -> None:
    """Blank the telling boxes and tracks of an MP4 or MOV film.

    Raises
    ------
    BrokenFilm
        The boxes do not add up to the file, nest without end, or there is no film in them.
    """
    with path.open("r+b") as film:
        walk = _walk(film, 0, film.seek(0, io.SEEK_END))
        boxes = list(islice(walk, PARTS_MAX))
        if next(walk, None) or not any(box.name == b"moov" for box in boxes):
            raise BrokenFilm
        for place, box in enumerate(boxes):
            if box.name == b"trak":
                _clean_track(film, box, boxes, place + 1)
        for box in boxes:
            if box.name in TELLING:
                _free(film, box)


def _clean_track(film: BinaryIO, track: Box, boxes: list[Box], first: int) -> None:
    """Blank a track that is neither seen nor heard; its boxes stand from the place `first` on."""
    inside = list(takewhile(lambda box: box.start < track.end, islice(boxes, first, None)))
    if _handler(film, inside) not in SEEN_AND_HEARD:
        for start, end in _chunks(film, inside):
            _zero(film, start, end)
        _free(film, track)


def _walk(film: BinaryIO, start: int, end: int, depth: int = 0) -> Iterator[Box]:
    """Every box between two positions, the outer before what stands in it."""
    while start < end:
        film.seek(start)
        head = film.read(LONG_BOX_HEAD)
        size, name, body = int.from_bytes(head[:4]), head[4:8], start + BOX_HEAD
        if size == 1:
            size, body = int.from_bytes(head[8:16]), start + LONG_BOX_HEAD
        elif size == 0:
            size = end - start
        if len(name) < 4 or size < body - start or start + size > end:
            raise BrokenFilm
        yield Box(name, start, body, start + size)
        if name in OUTER:
            if depth == DEPTH_MAX:
                raise BrokenFilm
            yield from _walk(film, body, start + size, depth + 1)
        start += size


def _handler(film: BinaryIO, boxes: list[Box]) -> bytes:
    """What kind of track these boxes are; `vide` where they do not say, so that it stays."""
    found = next((box for box in boxes if box.name == b"hdlr"), None)
    return _content(film, found, 12)[8:12] if found else b"vide"


def _chunks(film: BinaryIO, boxes: list[Box]) -> Iterator[tuple[int, int]]:
    """Where the samples of a track lie in the file."""
    tables = {box.name: _content(film, box) for box in boxes if box.name[:2] in (b"st", b"co")}
    wide = b"co64" in tables
    offsets = _numbers(tables.get(b"co64" if wide else b"stco", b"")[8:], 8 if wide else 4)
    sizes = tables.get(b"stsz", b"")
    alike, each = int.from_bytes(sizes[4:8]), _numbers(sizes[12:], 4)
    runs = _numbers(tables.get(b"stsc", b"")[8:], 4)
    per_chunk = dict(zip(runs[::3], runs[1::3], strict=False))
    end, sample, count = film.seek(0, io.SEEK_END), 0, 0
    for number, offset in enumerate(offsets, 1):
        count = per_chunk.get(number, count)
        length = alike * count if alike else sum(each[sample : sample + count])
        sample += count
        if offset + length > end:
            raise BrokenFilm
        yield offset, offset + length


def _numbers(raw: bytes, width: int) -> list[int]:
    whole = len(raw) - len(raw) % width
    return [int.from_bytes(raw[at : at + width]) for at in range(0, whole, width)]


def _content(film: BinaryIO, box: Box, most: int = TABLE_BYTES_MAX) -> bytes:
    if box.end - box.body > max(most, TABLE_BYTES_MAX):
        raise BrokenFilm
    film.seek(box.body)
    return film.read(min(box.end - box.body, most))


def _free(film: BinaryIO, box: Box) -> None:
    film.seek(box.start + 4)
    film.write(b"free")
    _zero(film, box.body, box.end)


def _zero(film: BinaryIO, start: int, end: int) -> None:
    film.seek(start)
    while start < end:
        start += film.write(ZEROS[: end - start])


def clean_elements(path: Path) -> None:
    """Blank the notes and attached files of a WebM film.

    Raises
    ------
    BrokenFilm
        The elements do not add up to the file, or there is no film in them.
    """
    with path.open("r+b") as film:
        at, end, seen, count = 0, film.seek(0, io.SEEK_END), False, 0
        while at < end:
            name, size, body = _element(film, at)
            count += 1
            if count > PARTS_MAX:
                raise BrokenFilm
            if name == SEGMENT or (name == CLUSTER and size is None):
                # A film that was sent while it was made does not know how long it will be.
                seen, at = True, body
                continue
            if size is None or body + size > end:
                raise BrokenFilm
            if name in TELLING_ELEMENTS:
                _void(film, at, body + size)
            at = body + size
        if not seen:
            raise BrokenFilm


def _element(film: BinaryIO, at: int) -> tuple[int, int | None, int]:
    """Name, size (None where it is left open) and begin of the body of the element there."""
    film.seek(at)
    head = film.read(12)
    width = 9 - head[0].bit_length()
    rest = head[width:]
    if width > 4 or not rest or not rest[0]:
        raise BrokenFilm
    length = 9 - rest[0].bit_length()
    if len(rest) < length:
        raise BrokenFilm
    size = int.from_bytes(rest[:length]) & ((1 << 7 * length) - 1)
    left_open = size == (1 << 7 * length) - 1
    return int.from_bytes(head[:width]), None if left_open else size, at + width + length


def _void(film: BinaryIO, start: int, end: int) -> None:
    """An element of the same length that means nothing."""
    length = end - start
    film.seek(start)
    if length >= 9:
        film.write(VOID + ((1 << 56) | (length - 9)).to_bytes(8))
    else:
        film.write(VOID + (0x80 | (length - 2)).to_bytes(1))
    _zero(film, film.tell(), end)
