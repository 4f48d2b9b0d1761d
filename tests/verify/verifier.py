"""The verifier as a module, as anybody would load the one file."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

FILE = Path(__file__).parents[2] / "verify" / "verify.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_file", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # What is kept between two watches names its classes by their module.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


VERIFY: Any = _load()


def run(*words: object, lang: str = "zh") -> tuple[int, str]:
    """Exit code and output of the verifier with these words."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        code = VERIFY.main([*map(str, words), "--lang", lang])
    return code, told.getvalue()


def run_json(*words: object) -> tuple[int, dict[str, Any]]:
    """The same with the output read as JSON."""
    code, told = run(*words, "--json")
    return code, json.loads(told)
