"""The tidy rules hold, and each of them catches what it is for."""

from __future__ import annotations

import pytest

from tests.architecture import tidy


def test_the_repository_is_tidy() -> None:
    findings = [found for path, text in tidy.repository_files() for found in tidy.check(path, text)]
    assert not findings, "\n" + "\n".join(map(str, findings))


def test_every_kind_of_file_is_looked_at() -> None:
    seen = {path for path, _ in tidy.repository_files()}
    assert {"run", "pyproject.toml", ".importlinter", "requirements.lock"} <= seen
    assert "src/yinuo/config/cli.py" in seen
    assert not any(path.startswith((".git/", ".venv/", "var/")) for path in seen)


def lines(count: int) -> str:
    return "x = 1\n" * count


def function(count: int, words: str = "") -> str:
    return f"def f({words}):\n" + "    x = 1\n" * (count - 1)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/yinuo/engines/queue/sort.py", lines(401)),
        ("tests/engines/test_queue.py", lines(601)),
        ("src/yinuo/workflows/delay.py", function(61)),
        ("src/yinuo/web/customer/orders.py", function(26, "request")),
        ("src/yinuo/platform/utils.py", ""),
        ("src/yinuo/contexts/services/models.py", ""),
        ("src/yinuo/web/console/today.py", "order.save()\n"),
        ("src/yinuo/web/console/today.py", "Order.objects.filter(id=1).update(state='X')\n"),
        ("src/yinuo/jobs/management/commands/demo.py", "with transaction.atomic():\n    pass\n"),
        ("src/yinuo/jobs/tasks.py", "Order.objects.bulk_create(orders)\n"),
        ("docs/ARCHITECTURE.md", "TO" + "DO: say why\n"),
        ("src/yinuo/config/cli.py", "# FIX" + "ME\n"),
        ("README.md", "cd /wo" + "rk/main\n"),
        ("tools/boot.py", "index = 'https://pypi" + ".org/simple'\n"),
        ("requirements.lock", "--index-url https:" + "//mirror.example/simple\n"),
        ("tools/vendor/package-lock.json", '{"resolved": "x"}\n'),
    ],
)
def test_a_broken_rule_is_found(path: str, text: str) -> None:
    assert len(tidy.check(path, text)) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/yinuo/engines/queue/sort.py", lines(400)),
        ("src/yinuo/workflows/delay.py", function(60)),
        ("src/yinuo/web/customer/orders.py", function(25, "request")),
        ("src/yinuo/web/customer/orders.py", function(26, "order")),
        ("src/yinuo/contexts/orders/migrations/0001_tables.py", function(300)),
        ("src/yinuo/engines/queue/sort.py", 'def f():\n    """' + lines(80) + '    """\n'),
        ("src/yinuo/contexts/orders/operations.py", "order.save()\n"),
        ("src/yinuo/contexts/service/models.py", ""),
        ("src/yinuo/web/kit/pages.py", "context.update(more)\n"),
        ("src/yinuo/jobs/management/commands/worker.py", "asyncio.create_task(look())\n"),
        ("README.md", "https:" + "//www.postgresql.org works\n"),
    ],
)
def test_what_is_allowed_is_left_alone(path: str, text: str) -> None:
    assert tidy.check(path, text) == []
