"""The `yinuo` command: finds the verb, sees to the database, hands over.

Exit codes: 0 all is well, 1 a finding or a refusal, 2 the command was not understood.
"""

from __future__ import annotations

import errno
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import django
from django.core.management import ManagementUtility, load_command_class
from django.core.management.base import OutputWrapper
from django.db import OperationalError

from yinuo.config import supervisor
from yinuo.config.installation import ROOT, set_environment, state_dir
from yinuo.notary import witness
from yinuo.notary.keeping import KeepingError
from yinuo.platform import schema
from yinuo.platform.postgres import LauncherError, ensure_postgres
from yinuo.platform.refusals import Refusal
from yinuo.platform.speech import say, terminal_language, word

COMMANDS = ROOT / "src" / "yinuo" / "jobs" / "management" / "commands"
VERIFIER = ROOT / "verify" / "verify.py"
# A disk, a quota or a limit of the file system has no room left.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# What each verb does, in both languages.
WORDS = Path(__file__).with_name("verbs.toml")
# `import` is a word of Python's own and cannot name a module.
MODULES = {"import": "import_records"}
# What reads files only must also run where no database can.
WITHOUT_DATABASE = {"backtest", "rules"}


class PlainWords(OutputWrapper):
    """What a command refuses is said without the name of the exception."""

    def write(  # type: ignore[override]
        self,
        msg: str = "",
        style_func: Callable[[str], str] | None = None,
        ending: str | None = None,
    ) -> None:
        """Write `msg` as any output does."""
        super().write(msg.removeprefix("CommandError: "), style_func, ending)


def main(argv: list[str]) -> int:
    """Carry out `yinuo ARGV` and return the exit code; argparse exits 2 by itself."""
    verb, words = (argv[0], argv[1:]) if argv else ("--help", [])
    if verb in ("-h", "--help", "help"):
        print_help()
        return 0 if argv else 2
    if verb not in list_verbs():
        say(
            f"没有“{verb}”这个命令，运行 yinuo --help 查看全部命令。",
            f"There is no command “{verb}”; yinuo --help lists them.",
        )
        return 2
    try:
        return carry_out(verb, words)
    except LauncherError as failure:
        say(f"数据库无法使用：{failure}", str(failure))
    except Refusal as refusal:
        print(refusal.message(terminal_language()), file=sys.stderr)
    except KeepingError as failure:
        print(failure, file=sys.stderr)
    except OperationalError as failure:
        why = str(failure).partition("\n")[0]
        say(f"数据库没有应答（{why}）。", f"The database does not answer ({why}).")
    except OSError as failure:
        tell_file(failure)
    except KeyboardInterrupt:
        return 130
    return 1


def tell_file(failure: OSError) -> None:
    """Say in a line which file or folder cannot be used, and why.

    Raises the failure again when it names none, unless a disk is full: then it is a fault of ours.
    """
    if failure.filename is None and failure.errno not in FULL:
        raise failure
    said = ": ".join(str(one) for one in (failure.filename, failure.strerror) if one)
    say(f"用不了这个文件或文件夹：{said}", f"This file or folder cannot be used: {said}")


def carry_out(verb: str, words: list[str]) -> int:
    """Run one known verb with the database up."""
    if verb in OWN_VERBS:
        return OWN_VERBS[verb](words)
    if verb not in WITHOUT_DATABASE and not {"-h", "--help"} & set(words):
        open_installation()
        schema.ensure_schema()
    else:
        set_environment("dbname=yinuo")
        django.setup()
    command = load_command_class("yinuo.jobs", MODULES.get(verb, verb))
    command.help = list_verbs()[verb]
    command.stderr = PlainWords(sys.stderr)
    command.run_from_argv(["yinuo", verb, *words])
    return 0


def open_installation() -> None:
    """Start or join the database and set Django up.

    Raises LauncherError when there is no database to be had.
    """
    set_environment(ensure_postgres(state_dir()))
    django.setup()


def migrate(words: list[str]) -> int:
    """Bring the tables up to date; with words, Django's own `migrate` gets them."""
    open_installation()
    if words:
        return manage(["migrate", *words])
    done = schema.ensure_schema()
    say(*(("表结构已更新。", "Migrated.") if done else ("表结构已是最新。", "Up to date.")))
    return 0


def manage(words: list[str]) -> int:
    """Pass `words` to Django's own command line, for those who build the product."""
    open_installation()
    ManagementUtility(["yinuo manage", *words]).execute()
    return 0


def verify(words: list[str]) -> int:
    """Hand `words` to the independent verifier, as anybody would run it: no database, no network
    but the address it is given."""
    return subprocess.run([sys.executable, str(VERIFIER), *words], check=False).returncode


OWN_VERBS: dict[str, Callable[[list[str]], int]] = {
    "run": supervisor.main,
    "migrate": migrate,
    "manage": manage,
    # Whoever runs a witness has no database of ours.
    "witness": witness.main,
    "verify": verify,
}


def list_verbs() -> dict[str, str]:
    """Each verb with its line of help in the terminal's language, importing no command."""
    said = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    names = {module: verb for verb, module in MODULES.items()}
    modules = (path.stem for path in sorted(COMMANDS.glob("[!_]*.py")))
    verbs = [*OWN_VERBS, *(names.get(module, module) for module in modules)]
    return {verb: word(**said[verb]) for verb in verbs}


def print_help() -> None:
    """Print the verbs on standard output."""
    print(word("用法：yinuo 命令 [参数]", "Usage: yinuo COMMAND [WORDS]"))
    for verb, text in list_verbs().items():
        print(f"  {verb:12}{text}")
    print(word("yinuo 命令 --help 说明各自的参数。", "yinuo COMMAND --help explains its words."))
