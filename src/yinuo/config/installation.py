"""What must hold before Django starts: the state folder, the environment, the database."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def state_dir() -> Path:
    """The folder for everything this installation writes: `STATE_DIR`, or `var` in the clone."""
    return Path(os.environ.get("STATE_DIR", ROOT / "var")).resolve()


def set_environment(database_url: str) -> None:
    """Point Django and numba at this installation, for us and for every child."""
    state = state_dir()
    os.environ["STATE_DIR"] = str(state)
    os.environ["DATABASE_URL"] = database_url
    os.environ["DJANGO_SETTINGS_MODULE"] = "yinuo.config.settings"
    # Compiled kernels are kept between starts; an installed package may be read-only.
    os.environ.setdefault("NUMBA_CACHE_DIR", str(state / "numba"))
