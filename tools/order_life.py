"""Write the table of order lives into docs/order-life.md."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from yinuo.contexts.orders.rules.diagram import render  # noqa: E402

MANUAL = ROOT / "docs" / "order-life.md"

if __name__ == "__main__":
    MANUAL.write_text(render(MANUAL.read_text(encoding="utf-8")), encoding="utf-8")
