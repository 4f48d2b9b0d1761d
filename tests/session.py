"""The PostgreSQL of this test session: importing this starts it, before Django is set up.

`DATABASE_URL`, when given, names another server.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from django.conf import settings

from yinuo.platform.postgres import ensure_postgres

# Durability is of no use to a test; it is what makes a small commit slow.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def _start() -> str:
    state_dir = Path(tempfile.mkdtemp(prefix="yinuo-test-"))
    # Root's server runs under another account, which must be able to walk in.
    state_dir.chmod(0o755)
    (state_dir / "static").mkdir()
    os.environ["STATE_DIR"] = str(state_dir)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(state_dir / "numba"))
    # Registered first, so it runs last: after the server has been left.
    atexit.register(shutil.rmtree, state_dir, ignore_errors=True)
    os.environ["DATABASE_URL"] = ensure_postgres(state_dir, QUICK)
    os.environ["DJANGO_SETTINGS_MODULE"] = "yinuo.config.settings"
    # A pooled idle connection would keep a database from being copied or dropped.
    options = settings.DATABASES["default"]["OPTIONS"]
    assert isinstance(options, dict)
    options.pop("pool", None)
    return os.environ["DATABASE_URL"]


URL = _start()
