"""A witness of logs, for anybody to run: a key, a folder and one address; no database.

`python -m yinuo.notary.witness` does what `yinuo witness` does.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from yinuo.engines.tlog.notes import NoteError
from yinuo.notary import clocks, serving, witnessing
from yinuo.notary.keeping import KeepingError, hold_folder
from yinuo.platform.speech import say, word

PORT = 8790


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one verb; 0 when it is done, 1 with a sentence when it cannot be."""
    words = _parser().parse_args(argv)
    try:
        match words.verb:
            case "new":
                print(witnessing.create(words.folder, words.name).verifier.vkey())
            case "vkey":
                print(witnessing.load_key(words.folder).verifier.vkey())
            case "trust":
                witnessing.trust(words.folder, words.vkey)
                say("已开始见证这把公钥的日志。", "The log of this key is witnessed from now on.")
            case "distrust":
                witnessing.distrust(words.folder, words.vkey)
                say("不再接受这把公钥。", "This key is accepted no longer.")
            case "run":
                run(words.folder, (words.host, words.port), words.clock_file)
    except (KeepingError, NoteError, OSError, OverflowError) as failure:
        why = tell_why(failure)
        say(f"见证没有做成：{why}", f"The witness cannot do this: {why}")
        return 1
    return 0


def tell_why(failure: Exception) -> str:
    """What went wrong, without the numbers of errors."""
    if isinstance(failure, OSError) and failure.filename is not None:
        return f"{failure.filename}: {failure.strerror}"
    return str(failure)


def run(folder: Path, address: tuple[str, int], clock_file: Path | None = None) -> None:
    """Serve the witness of `folder` until told to stop.

    Raises KeepingError when the folder or the address cannot be used.
    """
    with hold_folder(folder):
        clock = clocks.by_file(clock_file) if clock_file else clocks.machine
        witness = witnessing.Witness(folder, clock)
        witness.logs()
        try:
            serving.serve(address, witness)
        except (OSError, OverflowError) as failure:
            why = getattr(failure, "strerror", None) or failure
            where = f"{address[0]}:{address[1]}"
            raise KeepingError(
                f"不能在 {where} 应答：{why}。请用 --host 和 --port 另选地址。",
                f"{where} cannot be served at: {why}. Choose another by --host and --port.",
            ) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="yinuo witness",
        description=word(
            "给日志做见证：只在新内容接着上次那一份时签名。不需要数据库。",
            "Witness logs: sign only what continues what was signed last. It needs no database.",
        ),
    )
    verbs = parser.add_subparsers(dest="verb", required=True)

    def verb(name: str, zh: str, en: str) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=word(zh, en))
        made.add_argument("folder", type=Path, help=word("见证的文件夹", "the witness's folder"))
        return made

    new = verb("new", "新建密钥，打印公钥", "make a key and print its public half")
    new.add_argument("name", help=word("名字，如 witness.example/1", "e.g. witness.example/1"))
    verb("vkey", "打印公钥", "print the public key")
    trusted = word("日志的公钥", "the log's public key")
    trust = verb("trust", "开始见证这个公钥的日志", "witness the log of this key")
    trust.add_argument("vkey", help=trusted)
    distrust = verb("distrust", "不再接受这个公钥", "accept this key no longer")
    distrust.add_argument("vkey", help=trusted)
    running = verb("run", "开始见证，直到叫停", "witness until told to stop")
    running.add_argument("--host", default="127.0.0.1")
    running.add_argument("--port", type=int, default=PORT)
    running.add_argument(
        "--clock-file",
        type=Path,
        help=word("演示用：由这个文件拨钟", "for a demo: this file sets the clock"),
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
