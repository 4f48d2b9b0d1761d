"""A text as a QR code for a page: one SVG path, drawn here, so nothing of it leaves the page."""

from __future__ import annotations

from dataclasses import dataclass

from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

# What the standard asks for around the code, in modules.
QUIET = 4


@dataclass(frozen=True)
class Drawn:
    """A code: `size` modules on each side with its quiet border, `path` the dark ones as SVG."""

    size: int
    path: str


def draw(text: str) -> Drawn:
    """The QR code of `text` in the smallest version that holds it, error correction M."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    rows = [[bool(one) for one in row] for row in code.modules]
    parts = [
        f"M{x + QUIET} {y + QUIET}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark
    ]
    return Drawn(len(rows) + 2 * QUIET, "".join(parts))
