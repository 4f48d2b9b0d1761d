"""What a server must be able to do, asked of it before the product relies on it."""

from __future__ import annotations

import psycopg

from yinuo.platform.postgres.errors import LauncherError

# 15 brought UNIQUE NULLS NOT DISTINCT and MERGE; nothing newer is used.
SERVER_VERSION_MIN = 150000
EXTENSIONS = ("pg_trgm", "btree_gist")


def check_server(url: str) -> int:
    """Prove that the database at `url` suits the product; returns its version, e.g. 180006.

    Adds the two extensions the product uses when they are missing. Raises LauncherError with
    one sentence for a server that is away, too old, not UTF-8, or blind to Chinese.
    """
    try:
        with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
            return _check(connection)
    except psycopg.ProgrammingError as failure:
        first = str(failure).strip().splitlines()[0]
        raise LauncherError(f"DATABASE_URL is no address of a database ({first}).") from failure
    except psycopg.OperationalError as failure:
        first = str(failure).strip().splitlines()[0]
        raise LauncherError(
            f"The database does not answer ({first}): check DATABASE_URL and the server."
        ) from failure


def _check(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    version = connection.info.server_version
    if version < SERVER_VERSION_MIN:
        raise LauncherError(
            f"The server is PostgreSQL {version // 10000}; "
            f"Yinuo needs {SERVER_VERSION_MIN // 10000} or newer."
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise LauncherError(f"The database is in {encoding}: create it with ENCODING 'UTF8'.")
    for extension in EXTENSIONS:
        _ensure_extension(connection, extension)
    row = connection.execute("SELECT cardinality(show_trgm('张伟'))").fetchone()
    if row is None or not row[0]:
        raise LauncherError(
            "This database cannot search Chinese: create it with a UTF-8 character type, "
            "e.g. CREATE DATABASE yinuo TEMPLATE template0 LOCALE 'C.UTF-8'."
        )
    return version


def _ensure_extension(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_extension WHERE extname = %s", [name]).fetchone()
    if known:
        return
    try:
        connection.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    except psycopg.errors.UniqueViolation:
        # Two processes asked at the same moment; the other one made it.
        return
    except psycopg.Error as failure:
        raise LauncherError(
            f"The database lacks {name}: let its owner run CREATE EXTENSION {name}."
        ) from failure
