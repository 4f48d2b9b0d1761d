"""The upload room: what people send is checked by its bytes and kept under its own digest.

A file is written to disk as it arrives, never held in memory; its kind is read from its content;
the place and the camera are taken out; and it lies outside everything that is served, under the
state folder. Who may read it again is decided by the context that keeps its digest.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import FileResponse, HttpRequest, HttpResponse

from yinuo.platform import media
from yinuo.platform.refusals import Refusal

MEGABYTE = 2**20
PAPER_BYTES_MAX = 20 * MEGABYTE
FILM_BYTES_MAX = 200 * MEGABYTE
PAPERS = frozenset({*media.IMAGES, media.PDF})
PICTURES = media.IMAGES
EVIDENCE = frozenset({*media.IMAGES, *media.VIDEOS})
PIECE_BYTES = 2**16
FOLDER_MODE, FILE_MODE = 0o700, 0o600
DIGEST = re.compile(r"[0-9a-f]{64}")
ROOM = re.compile(r"[a-z][a-z-]{1,30}")
# What a browser says when it does not know.
SAYS_NOTHING = frozenset({"", "application/octet-stream", "binary/octet-stream"})
ENDINGS = {
    media.JPEG: "jpg",
    media.PNG: "png",
    media.WEBP: "webp",
    media.PDF: "pdf",
    media.MP4: "mp4",
    media.MOV: "mov",
    media.WEBM: "webm",
}
NAMED = {
    media.JPEG: "JPG",
    media.PNG: "PNG",
    media.WEBP: "WebP",
    media.PDF: "PDF",
    media.MP4: "MP4",
    media.MOV: "MOV",
    media.WEBM: "WebM",
}


class NotWhatItSays(Refusal):
    """The content is of none of the kinds `takes`, or of another kind than its sender says."""

    code = "not_what_it_says"
    zh = "这个文件打不开，或者内容和类型不符。请换一个：{takes}。"
    en = "This file cannot be read, or is not what it says. Please send one of: {takes}."


class TooLarge(Refusal):
    """The file has more than `megabytes` megabytes."""

    code = "too_large"
    zh = "文件太大。最多 {megabytes} MB，请换小一点的。"
    en = "The file is too large. At most {megabytes} MB; please send a smaller one."


class NothingSent(Refusal):
    """No file was chosen, or an empty one."""

    code = "nothing_sent"
    zh = "没有收到文件。请再选一次。"
    en = "No file arrived. Please choose it again."


@dataclass(frozen=True)
class Stored:
    """A kept file: SHA-256 of the bytes as kept and as they came, media type, size in bytes."""

    digest: str
    received_digest: str
    media_type: str
    size_bytes: int


class SizeGuard(FileUploadHandler):
    """Stops reading a file that is larger than any we take; the other fields of the form stay.

    It stands first among the handlers, so no more than the limit ever reaches the disk.
    """

    _size = 0

    def new_file(self, *args: object, **kwargs: object) -> None:
        """A new file of the form begins."""
        self._size = 0
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002 -- Django's
        """Count, and hand on to the handler that writes."""
        self._size += len(raw_data)
        if self._size > FILM_BYTES_MAX:
            assert self.request is not None
            self.request.META["yinuo.too_large"] = self.field_name
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The handler behind this one makes the file."""


def sent(request: HttpRequest, field: str) -> tuple[Iterable[bytes], str]:
    """The pieces of the file in this field of a form, and the media type its sender claims.

    Raises
    ------
    TooLarge
        It was larger than anything we take and was not read to its end.
    NothingSent
        There is no file in the field.
    """
    if request.META.get("yinuo.too_large") == field:
        raise TooLarge(megabytes=FILM_BYTES_MAX // MEGABYTE)
    file = request.FILES.get(field)
    if file is None:
        raise NothingSent
    return file.chunks(PIECE_BYTES), (file.content_type or "").lower()


def keep(
    pieces: Iterable[bytes],
    *,
    claimed: str,
    room: str,
    takes: Collection[str] = PAPERS,
    bytes_max: int = PAPER_BYTES_MAX,
) -> Stored:
    """Keep a file in `room` (a word, such as "licences"); the same content is kept once.

    `claimed` is the media type its sender says, or empty. Pictures are written anew from their
    dots, films lose the boxes that tell where they were made; a PDF is kept as it came.

    Raises
    ------
    NotWhatItSays
        The content is of no kind in `takes`, is damaged, or is of another family than claimed.
    TooLarge
        More than `bytes_max` bytes came.
    NothingSent
        No byte came.
    """
    folder = _folder(room)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".coming-")
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            head, received = _write(pieces, file, bytes_max)
        kind = media.kind_of(head)
        refusal = NotWhatItSays(takes=spoken_kinds(takes))
        if kind not in takes or not _agrees(claimed, kind):
            raise refusal
        try:
            _clean(path, kind)
        except media.Unreadable as problem:
            raise refusal from problem
        digest = _digest_of(path)
        path.chmod(FILE_MODE)
        _sync(path)
        path.replace(folder / digest)
        return Stored(digest, received, kind, (folder / digest).stat().st_size)
    finally:
        path.unlink(missing_ok=True)


def spoken_kinds(takes: Collection[str]) -> str:
    """The kinds as people know them, in a fixed order."""
    return " / ".join(NAMED[kind] for kind in NAMED if kind in takes)


def open_kept(room: str, digest: str) -> BinaryIO:
    """The kept file, for a reader whose right to it was checked.

    Raises
    ------
    FileNotFoundError
        There is none, or this is no digest.
    """
    if not DIGEST.fullmatch(digest):
        raise FileNotFoundError(digest)
    return (_folder(room) / digest).open("rb")


def drop(room: str, digest: str) -> None:
    """Remove a kept file that nothing names any more; nothing happens where there is none."""
    if DIGEST.fullmatch(digest):
        (_folder(room) / digest).unlink(missing_ok=True)


def response(*, room: str, digest: str, media_type: str, name: str) -> HttpResponse:
    """The kept file as an answer that a browser shows or saves and never runs or stores.

    Raises
    ------
    FileNotFoundError
        As `open_kept`.
    """
    answer = FileResponse(
        open_kept(room, digest),
        content_type=media_type,
        # A PDF may carry a program; a browser gets it to save, not to open beside our pages.
        as_attachment=media_type == media.PDF,
        filename=f"{name}.{ENDINGS[media_type]}",
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, no-store"
    # To a door a streamed answer is an answer like any other.
    return cast(HttpResponse, answer)


def _folder(room: str) -> Path:
    if not ROOM.fullmatch(room):
        raise ValueError(f"{room!r} is no room for uploads")
    folder = Path(settings.STATE_DIR) / "uploads" / room
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    return folder


def _write(pieces: Iterable[bytes], file: BinaryIO, bytes_max: int) -> tuple[bytes, str]:
    """Write the pieces as they come; returns the first bytes and the SHA-256 of all."""
    hasher, head, size = hashlib.sha256(), b"", 0
    for piece in pieces:
        size += len(piece)
        if size > bytes_max:
            raise TooLarge(megabytes=bytes_max // MEGABYTE)
        head = head if len(head) >= media.HEAD_BYTES else (head + piece)[: media.HEAD_BYTES]
        hasher.update(piece)
        file.write(piece)
    if size == 0:
        raise NothingSent
    return head, hasher.hexdigest()


def _agrees(claimed: str, kind: str) -> bool:
    """Whether sender and content name the same family; a photo saved as another is still one."""
    if claimed in SAYS_NOTHING:
        return True
    return claimed.split("/")[0] == kind.split("/")[0]


def _clean(path: Path, kind: str) -> None:
    if kind in media.IMAGES:
        media.clean_picture(path, kind)
    elif kind in media.VIDEOS:
        media.clean_film(path, kind)


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    # Its digest is about to be recorded; the file has to survive whatever the record survives.
    with path.open("rb") as file:
        os.fsync(file.fileno())
