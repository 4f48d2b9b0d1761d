"""What a file is by its own bytes, and taking out of it what its sender did not mean to tell."""

from __future__ import annotations

import io
import struct
from pathlib import Path

from PIL import Image, ImageOps

from yinuo.platform import films

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
            picture = _upright(opened)
            picture.thumbnail((SIDE_PIXELS_MAX, SIDE_PIXELS_MAX))
            if kind == JPEG and picture.mode not in ("RGB", "L"):
                picture = picture.convert("RGB")
            # What is left here would be written again: a note, a place, a thumbnail.
            picture.info = {}
            fresh = io.BytesIO()
            picture.save(fresh, _FORMATS[kind], **({"quality": 90} if kind != PNG else {}))
    except Unreadable:
        raise
    except Exception as problem:
        # A decoder that meets bytes made to break it fails in more ways than its makers list.
        raise Unreadable from problem
    path.write_bytes(fresh.getvalue())


def _upright(opened: Image.Image) -> Image.Image:
    """The picture as it was held, or as it lies where the note about that is broken."""
    try:
        return ImageOps.exif_transpose(opened)
    except (OSError, ValueError, SyntaxError, TypeError, LookupError, struct.error):
        # Whatever is wrong with the dots themselves shows when they are written anew.
        return opened


def clean_film(path: Path, kind: str) -> None:
    """Blank where and with what a film was made; the picture and the sound stay untouched.

    Raises
    ------
    Unreadable
        Its parts do not add up to the file, or there is no film in it.
    """
    try:
        if kind == WEBM:
            films.clean_elements(path)
        else:
            films.clean_boxes(path)
    except films.BrokenFilm as problem:
        raise Unreadable from problem
