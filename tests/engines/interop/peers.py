"""The programs of others that read our logs: one in Go, one for Node."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.programs import GO_PATH

GO_SOURCE = Path(__file__).with_name("log.go")
NODE_SOURCE = Path(__file__).with_name("proof.mjs")


class GoProgram:
    """The program that Go's library of such logs is in, built in `folder` with a cache there."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "log"
        settings = {
            "GO111MODULE": "off", "GOPATH": GO_PATH, "GOFLAGS": "", "CGO_ENABLED": "0",
            "GOCACHE": str(folder / "cache"), "GOTOOLCHAIN": "local", "HOME": str(folder),
        }  # fmt: skip
        build = ["go", "build", "-o", str(self.path), str(GO_SOURCE)]
        subprocess.run(build, check=True, env={**os.environ, **settings})

    def __call__(self, *words: object, told: str = "") -> subprocess.CompletedProcess[str]:
        """Run it with these words; `told` is what it reads."""
        command = [str(self.path), *map(str, words)]
        return subprocess.run(command, check=False, capture_output=True, text=True, input=told)


def ask_node(
    folder: Path, policy: str, leaf: bytes, files: Sequence[bytes]
) -> list[dict[str, Any]]:
    """What Node says of each of these proof files of one leaf."""
    (folder / "policy").write_text(policy, encoding="utf-8")
    (folder / "leaf").write_bytes(leaf)
    names = [f"{number}.tlog-proof" for number in range(len(files))]
    for name, data in zip(names, files, strict=True):
        (folder / name).write_bytes(data)
    command = ["node", "--no-warnings", str(NODE_SOURCE), "policy", "leaf", *names]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    return [json.loads(line) for line in done.stdout.splitlines()]
