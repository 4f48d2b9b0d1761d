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


def note_of_place() -> Image.Exif:
    """Where it was taken, by what camera, and that it lies on its side."""
    exif = Image.Exif()
    exif[MAKE], exif[ORIENTATION] = "SpyCam", 6
    exif.get_ifd(GPS)[1] = "N"
    return exif


def with_place() -> bytes:
    """A JPEG that tells all that."""
    return picture(exif=note_of_place(), comment=b"secret note")


def box(name: bytes, body: bytes) -> bytes:
    """One box of an MP4."""
    return (len(body) + 8).to_bytes(4) + name + body


def film(brand: bytes = b"isom") -> bytes:
    """The skeleton of a film with its place under the film and under a track."""
    track = box(b"trak", box(b"tkhd", b"t" * 20) + box(b"udta", b"+31.2304+121.4737/"))
    place = box(b"udta", box(b"\xa9xyz", b"+31.2304+121.4737/"))
    moov = box(b"moov", box(b"mvhd", b"v" * 20) + track + place)
    return box(b"ftyp", brand + b"\0" * 8) + moov + box(b"mdat", b"sound and picture")


def numbers(*each: int, width: int = 4) -> bytes:
    return b"".join(one.to_bytes(width) for one in each)


def diary(alike: bool = False, wide: bool = False) -> bytes:
    """A film whose third track says where it was, in two chunks of its media data."""
    begins = box(b"ftyp", b"isom" + b"\0" * 8)
    data = b"picture." + b"N31.2304" + b"sound..." + b"E121.473" + b"N31.2305"

    def track(handler: bytes, *offsets: int) -> bytes:
        sizes = numbers(0, 8, 3) if alike else numbers(0, 0, 3, 8, 8, 8)
        table = box(b"stsc", numbers(0, 2, 1, 1, 1, 2, 2, 1)) + box(b"stsz", sizes)
        width = 8 if wide else 4
        chunks = numbers(0, len(offsets)) + numbers(*offsets, width=width)
        table += box(b"co64" if wide else b"stco", chunks)
        head = box(b"hdlr", b"\0" * 8 + handler + b"\0" * 12)
        return box(b"trak", box(b"mdia", head + box(b"minf", box(b"stbl", table))))

    mdat = len(begins) + 8
    return (
        begins
        + box(b"mdat", data)
        + box(b"moov", track(b"vide", mdat, mdat) + track(b"meta", mdat + 8, mdat + 24))
    )


def element(name: str, body: bytes) -> bytes:
    """One element of a WebM film, its length in eight bytes."""
    return bytes.fromhex(name) + ((1 << 56) | len(body)).to_bytes(8) + body


OPEN = bytes.fromhex("01ffffffffffffff")


def web_film(live: bool = False, note: bytes = b"LOCATION +31.2304") -> bytes:
    """A WebM film with a note of its place; a live one does not say how long its parts are."""
    head = element("1a45dfa3", bytes.fromhex("428284") + b"webm")
    cluster = element("e7", b"\0") + element("a3", b"sound and picture")
    if live:
        parts = bytes.fromhex("1f43b675") + OPEN + cluster + element("1254c367", note)
        return head + bytes.fromhex("18538067") + OPEN + parts
    parts = element("1254c367", note) + element("1f43b675", cluster)
    return head + element("18538067", parts)


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
        (web_film(), "", "video/webm"),
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


@pytest.mark.parametrize(
    "telling",
    [
        box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + b"<x>+31.2304</x>"),
        box(b"free", b"+31.2304"),
        b"\0\0\0\0meta+31.2304",
    ],
)
def test_film_forgets_place_beside_and_in_its_boxes(telling: bytes) -> None:
    inner = box(b"moov", box(b"trak", box(b"mdia", box(b"udta", b"+31.2304"))))
    content = box(b"ftyp", b"isom" + b"\0" * 8) + inner + telling
    kept = read(uploads.keep([content], claimed="", room=ROOM, takes=uploads.EVIDENCE))
    assert b"31.2304" not in kept
    assert len(kept) == len(content)


@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("wide", [False, True])
def test_film_loses_the_track_that_says_where_it_was(alike: bool, wide: bool) -> None:
    content = diary(alike, wide)
    kept = read(uploads.keep([content], claimed="", room=ROOM, takes=uploads.EVIDENCE))
    assert kept[:28] == content[:28]
    assert kept[28:].startswith(b"picture." + b"\0" * 8 + b"sound..." + b"\0" * 16)
    assert kept.count(b"trak") == 1


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("note", [b"LOCATION +31.2304", b""])
def test_web_film_forgets_its_notes_and_nothing_moves(live: bool, note: bytes) -> None:
    content = web_film(live, note)
    kept = read(uploads.keep([content], claimed="", room=ROOM, takes=uploads.EVIDENCE))
    assert len(kept) == len(content)
    assert b"31.2304" not in kept
    assert bytes.fromhex("1254c367") not in kept
    assert kept.index(b"sound and picture") == content.index(b"sound and picture")


def nested(times: int) -> bytes:
    """Boxes in boxes."""
    content = b""
    for _ in range(times):
        content = box(b"moov", content)
    return content


@pytest.mark.parametrize(
    "content",
    [
        box(b"ftyp", b"isom" + b"\0" * 8) + nested(3_000),
        diary().replace(numbers(2, 36), numbers(2, 2**30)),
        web_film()[:-4],
        web_film()[:30],
        b"\x1aE\xdf\xa3\x87webm\0\0\0" + b"\0" * 40,
    ],
    ids=["nested", "chunk past the end", "cut off", "no film", "no elements"],
)
def test_film_made_to_break_us_is_refused(content: bytes) -> None:
    with pytest.raises(uploads.NotWhatItSays):
        uploads.keep([content], claimed="", room=ROOM, takes=uploads.EVIDENCE)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_picture_whose_note_is_broken_is_kept_without_it(kind: str) -> None:
    """One wrong byte in the note about its place was an error of the program."""
    content = bytearray(picture(kind, exif=note_of_place()))
    content[content.index(b"SpyCam") - 39] = 0
    kept = read(uploads.keep([bytes(content)], claimed="", room=ROOM))
    assert b"SpyCam" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert image.size == (40, 20), "as it lay"


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
