"""How the bytes of a file are written: UTF-8, UTF-16 or GB18030 (which holds GBK and GB2312).

A spreadsheet saves Chinese CSV as GBK without a word. Nearly every text that is valid UTF-8 was
written as UTF-8, and nearly no GBK text is, so the whole file is looked at before one line is read.
"""

from __future__ import annotations

import codecs
import io
import re
import shutil
import tempfile
from pathlib import Path
from typing import IO, cast

from yinuo.platform.records.problems import Wrong

BLOCK = 1 << 20
IN_MEMORY_MAX = 4 << 20
# A character of two or more bytes in UTF-8; bytes of GBK seldom look like one.
WIDE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
HIGH = re.compile(rb"[\x80-\xff]")
# A character that was cut off at the end of the file.
CUT = re.compile(rb"(?:[\xc2-\xf4]|[\xe0-\xf4][\x80-\xbf]{1,2})\Z")

Source = Path | bytes | IO[bytes]


def open_bytes(source: Source) -> IO[bytes]:
    """`source` as a stream that can be read twice; what cannot is first put on disk."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if isinstance(source, Path):
        return source.open("rb")
    if source.seekable():
        return source
    # Whoever reads it to its end lets go of it, and then it is closed and gone.
    spool = cast("IO[bytes]", tempfile.SpooledTemporaryFile(IN_MEMORY_MAX))  # noqa: SIM115
    shutil.copyfileobj(source, spool, BLOCK)
    spool.seek(0)
    return spool


def open_text(stream: IO[bytes]) -> io.TextIOWrapper:
    """The text of `stream` from its beginning, with line ends as they stand.

    Raises
    ------
    Wrong
        The bytes are in none of the encodings; the sentence names the line.
    """
    name = _find_encoding(stream)
    stream.seek(0)
    return io.TextIOWrapper(stream, encoding=name, newline="")


def _find_encoding(stream: IO[bytes]) -> str:
    head = stream.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        _check(stream, "utf-16")
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        _check(stream, "utf-8-sig")
        return "utf-8-sig"
    if b"\x00" in head:
        raise Wrong(
            "看不懂这个文件的编码，请另存为 UTF-8 的 CSV",
            "the encoding of this file is not known; save it as CSV in UTF-8",
        )
    try:
        _check(stream, "utf-8")
    except Wrong:
        if _mostly_utf8(stream):
            raise
        _check(stream, "gb18030")
        return "gb18030"
    return "utf-8"


def _check(stream: IO[bytes], encoding: str) -> None:
    """Decode everything once, keeping nothing."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    while True:
        block = stream.read(BLOCK)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as problem:
            good = problem.object[: problem.start].decode(encoding, errors="ignore")
            line = lines + good.count("\n")
            byte = problem.object[problem.start]
            raise Wrong(
                f"第 {line} 行的字节 0x{byte:02X} 不是 {encoding.upper()} 文字，请另存为 UTF-8",
                f"line {line} has a byte (0x{byte:02X}) that is not {encoding.upper()} text;"
                " save the file as UTF-8",
            ) from None
        lines += text.count("\n")
        if not block:
            return


def _mostly_utf8(stream: IO[bytes]) -> bool:
    """Whether a file that is not valid UTF-8 is one all the same, with a few bytes wrong."""
    stream.seek(0)
    wide_bytes = high_bytes = cut_bytes = 0
    while block := stream.read(BLOCK):
        wide_bytes += sum(len(found) for found in WIDE.findall(block))
        high_bytes += len(HIGH.findall(block))
        cut_bytes = len(found[0]) if (found := CUT.search(block)) else 0
        if high_bytes > BLOCK:
            break
    return wide_bytes * 10 > (high_bytes - cut_bytes) * 8
