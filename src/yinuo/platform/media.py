"""What a file is by its own bytes, and taking out of it what its sender did not mean to tell."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

JPEG, PNG, WEBP, PDF = "image/jpeg", "image/png", "image/webp", "application/pdf"
MP4, MOV, WEBM = "video/mp4", "video/quicktime", "video/webm"
IMAGES = frozenset({JPEG, PNG, WEBP})
VIDEOS = frozenset({MP4, MOV, WEBM})

HEAD_BYTES = 64
# A picture is kept at most this long: enough to read a scratch or a stamp.
SIDE_PIXELS_MAX = 4096
# What is decoded at once; a small file that unpacks into a huge picture is refused.
PIXELS_MAX = 120_000_000
_FORMATS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}
# The fourth bytes name the kind of an ISO file; these are pictures that we do not read.
_STILL_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif")
_BOX_HEAD = 8
_LONG_BOX_HEAD = 16
# Boxes that hold where and with what a film was made, under the film and under each track.
_TELLING = (b"udta", b"meta")
_OUTER = (b"moov", b"trak")


class Unreadable(Exception):
    """The bytes begin like a kind that we know and cannot be read as one."""


def kind_of(head: bytes) -> str:
    """The media type that the first `HEAD_BYTES` bytes of a file show; empty if none we take."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head.startswith(b"%PDF-"):
        return PDF
    if head[4:8] == b"ftyp" and head[8:12] not in _STILL_BRANDS:
        return MOV if head[8:12] == b"qt  " else MP4
    if head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head:
        return WEBM
    return ""


def clean_picture(path: Path, kind: str) -> None:
    """Write the picture anew from its dots alone, upright; place, camera and notes are gone.

    Raises
    ------
    Unreadable
        It is damaged, cut off, or larger than `PIXELS_MAX` dots.
    """
    try:
        with Image.open(path, formats=[_FORMATS[kind]]) as opened:
            if opened.width * opened.height > PIXELS_MAX:
                raise Unreadable
            # A camera's picture is read smaller at once, so that it never fills the memory.
            opened.draft("RGB", (SIDE_PIXELS_MAX, SIDE_PIXELS_MAX))
            picture = ImageOps.exif_transpose(opened)
            picture.thumbnail((SIDE_PIXELS_MAX, SIDE_PIXELS_MAX))
            if kind == JPEG and picture.mode not in ("RGB", "L"):
                picture = picture.convert("RGB")
            # What is left here would be written again: a note, a place, a thumbnail.
            picture.info = {}
            fresh = io.BytesIO()
            picture.save(fresh, _FORMATS[kind], **({"quality": 90} if kind != PNG else {}))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as problem:
        raise Unreadable from problem
    except Image.DecompressionBombError as problem:
        raise Unreadable from problem
    path.write_bytes(fresh.getvalue())


def clean_film(path: Path) -> None:
    """Blank where and with what a film was made; the picture and the sound stay untouched.

    Boxes keep their length and become free room, so nothing else in the file moves.

    Raises
    ------
    Unreadable
        The boxes do not add up to the file, or there is no film in it.
    """
    with path.open("r+b") as film:
        end = film.seek(0, io.SEEK_END)
        if b"moov" not in _blank(film, 0, end):
            raise Unreadable


def _blank(film: BinaryIO, start: int, end: int) -> set[bytes]:
    """Blank the telling boxes between two positions; returns the names of the boxes found."""
    found: set[bytes] = set()
    while start < end:
        film.seek(start)
        head = film.read(_LONG_BOX_HEAD)
        size, name = int.from_bytes(head[:4]), head[4:8]
        body = start + _BOX_HEAD
        if size == 1:
            size, body = int.from_bytes(head[8:16]), start + _LONG_BOX_HEAD
        elif size == 0:
            size = end - start
        if len(name) < 4 or size < body - start or start + size > end:
            raise Unreadable
        found.add(name)
        if name in _OUTER:
            found |= _blank(film, body, start + size)
        elif name in _TELLING:
            _free(film, start, body, start + size)
        start += size
    return found


def _free(film: BinaryIO, start: int, body: int, end: int) -> None:
    film.seek(start + 4)
    film.write(b"free")
    film.seek(body)
    film.write(bytes(end - body))
