"""The upload room: kinds by content, limits, and what is taken out of pictures and films."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from PIL import Image, PngImagePlugin

from yinuo.platform import media, uploads

ROOM = "test-papers"
GPS, MAKE, ORIENTATION = 0x8825, 0x010F, 0x0112


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    """A small picture with a red left half."""
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def with_place() -> bytes:
    """A JPEG that tells where it was taken, by what camera, and that it lies on its side."""
    exif = Image.Exif()
    exif[MAKE], exif[ORIENTATION] = "SpyCam", 6
    exif.get_ifd(GPS)[1] = "N"
    return picture(exif=exif, comment=b"secret note")


def box(name: bytes, body: bytes) -> bytes:
    """One box of an MP4."""
    return (len(body) + 8).to_bytes(4) + name + body


def film(brand: bytes = b"isom") -> bytes:
    """The skeleton of a film with its place under the film and under a track."""
    track = box(b"trak", box(b"tkhd", b"t" * 20) + box(b"udta", b"+31.2304+121.4737/"))
    place = box(b"udta", box(b"\xa9xyz", b"+31.2304+121.4737/"))
    moov = box(b"moov", box(b"mvhd", b"v" * 20) + track + place)
    return box(b"ftyp", brand + b"\0" * 8) + moov + box(b"mdat", b"sound and picture")


def pieces(content: bytes, step: int = 7) -> Iterator[bytes]:
    """The content as a bad line brings it."""
    return (content[at : at + step] for at in range(0, len(content), step))


def read(stored: uploads.Stored) -> bytes:
    """The bytes as they are kept."""
    with uploads.open_kept(ROOM, stored.digest) as file:
        return file.read()


@pytest.mark.parametrize(
    ("content", "claimed", "kind"),
    [
        (picture("JPEG"), "image/jpeg", "image/jpeg"),
        (picture("PNG"), "image/png", "image/png"),
        (picture("WEBP"), "", "image/webp"),
        # Some telephones save a PNG under a JPEG's name: a photo it is all the same.
        (picture("PNG"), "image/jpeg", "image/png"),
        (b"%PDF-1.7\n%%EOF\n", "application/pdf", "application/pdf"),
        (film(), "application/octet-stream", "video/mp4"),
        (film(b"qt  "), "video/quicktime", "video/quicktime"),
        (
            b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm",
            "",
            "video/webm",
        ),
    ],
)
def test_kind_by_content(content: bytes, claimed: str, kind: str) -> None:
    every = uploads.PAPERS | uploads.EVIDENCE
    stored = uploads.keep(pieces(content), claimed=claimed, room=ROOM, takes=every)
    kept = read(stored)
    assert stored.media_type == kind
    assert stored.digest == hashlib.sha256(kept).hexdigest()
    assert stored.received_digest == hashlib.sha256(content).hexdigest()
    assert stored.size_bytes == len(kept)


@pytest.mark.parametrize(
    ("content", "claimed"),
    [
        (b"MZ\x90\0" + b"\0" * 400, "image/jpeg"),
        (b"<html><script>1</script></html>", "image/png"),
        (picture("JPEG")[:200], "image/jpeg"),
        (b"\xff\xd8\xff" + b"\0" * 300, "image/jpeg"),
        (b"%PDF-1.7\n%%EOF\n", "image/jpeg"),
        (picture("JPEG"), "application/pdf"),
        (film(), "video/mp4"),
        (box(b"ftyp", b"heic" + b"\0" * 20), "image/heic"),
        (picture("GIF"), "image/gif"),
    ],
)
def test_file_that_lies_is_refused(content: bytes, claimed: str) -> None:
    with pytest.raises(uploads.NotWhatItSays) as refused:
        uploads.keep(pieces(content, 64), claimed=claimed, room=ROOM)
    assert "JPG / PNG / WebP / PDF" in refused.value.message("zh")
    assert not list((Path(settings.STATE_DIR) / "uploads" / ROOM).glob(".coming-*"))


def test_broken_film_is_refused() -> None:
    cut = film()[:-4]
    empty = box(b"ftyp", b"isom" + b"\0" * 8) + box(b"mdat", b"x")
    for content in (cut, empty):
        with pytest.raises(uploads.NotWhatItSays):
            uploads.keep([content], claimed="", room=ROOM, takes=uploads.EVIDENCE)


def test_picture_forgets_place_and_camera_and_stands_upright() -> None:
    content = with_place()
    assert b"SpyCam" in content
    assert b"secret note" in content
    kept = read(uploads.keep([content], claimed="image/jpeg", room=ROOM))
    assert b"SpyCam" not in kept
    assert b"secret note" not in kept
    assert b"Exif" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert not image.getexif()
        assert image.size == (20, 40), "turned as the camera said"


def test_png_and_webp_forget_their_notes() -> None:
    note = PngImagePlugin.PngInfo()
    note.add_text("Place", "Shanghai 31.2304")
    exif = Image.Exif()
    exif[MAKE] = "SpyCam"
    for content in (picture("PNG", pnginfo=note), picture("WEBP", exif=exif, xmp=b"<x>SpyCam</x>")):
        kept = read(uploads.keep([content], claimed="", room=ROOM))
        assert b"Shanghai" not in kept
        assert b"SpyCam" not in kept


def test_large_picture_is_made_smaller_and_a_huge_one_refused() -> None:
    big = picture("PNG", (5000, 100))
    with Image.open(io.BytesIO(read(uploads.keep([big], claimed="", room=ROOM)))) as image:
        assert image.size[0] == media.SIDE_PIXELS_MAX
    header = bytearray(picture("PNG"))
    header[16:24] = (60_000).to_bytes(4) + (60_000).to_bytes(4)
    with pytest.raises(uploads.NotWhatItSays):
        uploads.keep([bytes(header)], claimed="image/png", room=ROOM)


def test_film_forgets_place_and_nothing_moves() -> None:
    content = film()
    stored = uploads.keep([content], claimed="video/mp4", room=ROOM, takes=uploads.EVIDENCE)
    kept = read(stored)
    assert len(kept) == len(content)
    assert b"+31.2304" in content
    assert b"+31.2304" not in kept
    assert kept.index(b"mdat") == content.index(b"mdat")
    assert b"sound and picture" in kept


def test_limits() -> None:
    content = picture()
    with pytest.raises(uploads.TooLarge):
        uploads.keep(pieces(content), claimed="", room=ROOM, bytes_max=len(content) - 1)
    uploads.keep(pieces(content), claimed="", room=ROOM, bytes_max=len(content))
    with pytest.raises(uploads.NothingSent):
        uploads.keep([], claimed="", room=ROOM)


def test_too_large_stops_early() -> None:
    """No more is read than shows that it is too much: a 300 MB film costs its first pieces."""
    read_count = 0

    def endless() -> Iterator[bytes]:
        nonlocal read_count
        while True:
            read_count += 1
            yield b"\0" * uploads.PIECE_BYTES

    with pytest.raises(uploads.TooLarge) as refused:
        uploads.keep(endless(), claimed="", room=ROOM, bytes_max=uploads.MEGABYTE)
    assert read_count == 17
    assert "1 MB" in refused.value.message("en")


def test_same_content_is_kept_once_and_only_for_us() -> None:
    first = uploads.keep([picture("PNG")], claimed="", room=ROOM)
    again = uploads.keep([picture("PNG")], claimed="", room=ROOM)
    assert first == again
    folder = Path(settings.STATE_DIR) / "uploads" / ROOM
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / first.digest).stat().st_mode & 0o777 == 0o600
    assert settings.STATIC_ROOT not in folder.parents


@pytest.mark.parametrize("digest", ["", "../../secret_key", "0" * 64])
def test_nothing_else_can_be_opened(digest: str) -> None:
    with pytest.raises(FileNotFoundError):
        uploads.open_kept(ROOM, digest)


def test_answer_is_shown_but_never_run() -> None:
    paper = uploads.keep([b"%PDF-1.7\n%%EOF\n"], claimed="", room=ROOM)
    answer = uploads.response(
        room=ROOM, digest=paper.digest, media_type="application/pdf", name="x"
    )
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]


def test_form_keeps_its_words_when_its_file_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "FILM_BYTES_MAX", 100_000)
    large = SimpleUploadedFile("film.mp4", b"\0" * 300_000, "video/mp4")
    request = RequestFactory().post("/x", {"name": "云帆", "film": large, "after": "kept"})
    assert request.POST["name"] == "云帆"
    assert request.POST["after"] == "kept"
    with pytest.raises(uploads.TooLarge):
        uploads.sent(request, "film")
    with pytest.raises(uploads.NothingSent):
        uploads.sent(request, "photo")


def test_form_with_a_file() -> None:
    photo = SimpleUploadedFile("a.png", picture("PNG"), "image/png")
    chunks, claimed = uploads.sent(RequestFactory().post("/x", {"photo": photo}), "photo")
    assert uploads.keep(chunks, claimed=claimed, room=ROOM).media_type == "image/png"
