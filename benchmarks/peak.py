"""The peak: the write path beside pgbench, an empty gRPC method and the eventsourcing library.

``python -m benchmarks.peak [--accounts N] [--events N]``; ``make bench-long`` runs a million
accounts and ten million events. Everything runs on one throw-away embedded server, fsync on,
database, server and clients on the same cores. Writes ``results/DATE-peak.json``, with the number
of events in its name when it is another one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from adapters.cell import tune_process
from adapters.database import Database
from adapters.database.embedded import EmbeddedServer
from adapters.database.migrate import migrate
from benchmarks import grpc_load, library, projections
from benchmarks.audit_rate import audit_rate
from benchmarks.cold_start import cold_start
from benchmarks.engine_load import (
    ACCOUNTS,
    TRANSFERS,
    Pair,
    drive,
    one_pair,
    to_one_merchant,
    transfers,
    uniform,
    warm_engine,
)
from benchmarks.growth import growth, turn_rows
from benchmarks.pgbench import beside_pgbench, run_in
from benchmarks.results_file import Row, finished, show, write
from kernel.eventstore.postgres import PostgresLog
from kernel.projections.follower import Follower

TRANSFERS_OF_THE_PEAK = 400_000
EVENTS = 1_000_000
PROJECTED_SECONDS_MAX = 600


def measured_engine(url: str) -> list[Row]:
    """The engine without gRPC: full rules, durable, many accounts and one hot one."""
    hot: list[float] = []
    with warm_engine(url, fresh(url, "engine")) as engine:

        def rate(pairs: list[Pair]) -> float:
            return drive(engine, transfers(pairs)).per_second

        def to_many_and_to_one() -> float:
            to_many = rate(uniform(TRANSFERS, ACCOUNTS))
            hot.append(rate(to_one_merchant(TRANSFERS, ACCOUNTS)) / to_many)
            return to_many

        found = beside_pgbench(url, to_many_and_to_one)
        pair = rate(one_pair(TRANSFERS))
    return [
        Row(what="pgbench TPC-B, 8 clients, beside the engine", value=found.pgbench, unit="tx/s"),
        Row(what="engine, 10,000 accounts at random", value=found.per_second, unit="transfers/s",
            ratio="engine_over_pgbench", over=found.over_pgbench, least=30),
        Row(what="engine, all to one merchant ÷ at random", value=statistics.median(hot), unit="",
            ratio="hot_over_uniform", over=statistics.median(hot), least=0.8),
        Row(what="engine, one pair of accounts", value=pair, unit="transfers/s"),
    ]  # fmt: skip


def measured_library(url: str, engine_per_second: float) -> list[Row]:
    """The library's own Application.save."""
    rate = library.transfers_per_second(url)
    ratio = engine_per_second / rate
    return [Row(what="the library's Application.save, same work", value=rate, unit="transfers/s",
                ratio="engine_over_library", over=ratio, least=50)]  # fmt: skip


def measured_calls(server: grpc_load.Server) -> list[Row]:
    """Single transfers beside an empty method, in turns."""
    rounds = [(grpc_load.echo(server), grpc_load.unary(server)) for _ in range(5)]
    ratio = statistics.median(single.per_second / echo.per_second for echo, single in rounds)
    echo = statistics.median(echo.per_second for echo, _ in rounds)
    single = sorted((one for _, one in rounds), key=lambda one: one.per_second)[2]
    return [
        Row(what="gRPC, an empty method, 64 in flight", value=echo, unit="calls/s"),
        Row(what="gRPC, single transfers, 64 in flight", value=single.per_second,
            unit="transfers/s", ratio="grpc_unary_over_echo", over=ratio, least=0.6),
        Row(what="… p50 of a call", value=single.p50_ms, unit="ms"),
        Row(what="… p99 of a call", value=single.p99_ms, unit="ms"),
    ]  # fmt: skip


def measured_bulk(url: str, schema: str, server: grpc_load.Server, unary: float) -> list[Row]:
    """Many transfers a message, beside pgbench."""

    def rate() -> float:
        """Also waits for the books, so that pgbench has the machine for itself again."""
        per_second = grpc_load.bulk(server).per_second
        wait_projected(url, schema)
        return per_second

    wait_projected(url, schema)
    found = beside_pgbench(url, rate)
    hot = grpc_load.bulk(server, hot_merchant=True).per_second
    return [
        Row(what="pgbench TPC-B, 8 clients, beside gRPC", value=found.pgbench, unit="tx/s"),
        Row(what="gRPC, single transfers ÷ pgbench", value=unary, unit="transfers/s",
            ratio="grpc_unary_over_pgbench", over=unary / found.pgbench),
        Row(what="gRPC bulk, 1,000 transfers a message", value=found.per_second,
            unit="transfers/s", ratio="grpc_bulk_over_pgbench", over=found.over_pgbench, least=15),
        Row(what="gRPC bulk, all to one merchant", value=hot, unit="transfers/s",
            ratio="grpc_bulk_hot_over_uniform", over=hot / found.per_second),
    ]  # fmt: skip


def measured_grpc(url: str) -> list[Row]:
    """Bulk, single calls beside an empty method, and the peak with its books made to the end."""
    schema = "peak"
    with grpc_load.serving(url, schema) as server:
        calls = measured_calls(server)
        bulk = measured_bulk(url, schema, server, calls[1].value)
        wait_projected(url, schema)
        began = time.perf_counter()
        many, beside = grpc_load.mixed(server, count=TRANSFERS_OF_THE_PEAK)
        wait_projected(url, schema)
        seconds = time.perf_counter() - began
    return [
        *calls,
        *bulk,
        Row(what="400,000 transfers over gRPC, durable", value=many.seconds, unit="s"),
        Row(what="… and every read model at the end", value=seconds, unit="s",
            ratio="peak_projected_seconds", over=seconds, most=40),
        Row(what="… single transfers beside it, p50", value=beside.p50_ms, unit="ms"),
        Row(what="… single transfers beside it, p99", value=beside.p99_ms, unit="ms"),
    ]  # fmt: skip


def wait_projected(url: str, schema: str) -> None:
    """Until the read models hold everything that the log holds."""
    log = PostgresLog(url, schema)
    sql = Database(url, schema).sqlalchemy_engine()
    reached = Follower(sql, log).wait_for(log.head().position, PROJECTED_SECONDS_MAX)
    log.close()
    sql.dispose()
    assert reached, "the read models did not keep up"


def measured_projections(url: str) -> list[Row]:
    """The follower alone."""
    rate = projections.events_per_second(url)
    return [Row(what="all read models, the writer idle", value=rate, unit="events/s")]


def measured_audit(url: str, schema: str) -> list[Row]:
    """The audit over the log that has grown."""
    found = audit_rate(url, schema)
    rate = found.log_per_second
    return [Row(what=f"audit: verify a log of {found.events:,}", value=rate, unit="events/s",
                ratio="audit_events_per_second", over=rate, least=100_000)]  # fmt: skip


def measured_cold_start(url: str, accounts: int) -> list[Row]:
    """A restart over many accounts."""
    found = cold_start(url, fresh(url, "cold"), accounts)
    name = f"{accounts:,} accounts"
    return [
        Row(what=f"restart over {name}: first payment", value=found.first_payment_seconds,
            unit="s", ratio="first_payment_seconds", over=found.first_payment_seconds, most=10),
        Row(what=f"transfers between cold accounts of {name}", value=found.cold_per_second,
            unit="transfers/s"),
        Row(what="memory of a cached account", value=found.state_bytes, unit="bytes"),
        Row(what="… its running form", value=found.running_bytes, unit="bytes"),
    ]  # fmt: skip


def measured_growth(url: str, events: int) -> list[Row]:
    """The cost of a transfer on a ledger that has grown, beside a young one."""
    return turn_rows(growth(url, fresh(url, "growth"), events))


def fresh(url: str, schema: str) -> str:
    """A migrated, empty ledger of that name."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'.encode())
    migrate(url, schema)
    return schema


def measured(url: str, accounts: int, events: int) -> list[Row]:
    """Every figure."""
    rows: list[Row] = []
    steps: list[Callable[[], list[Row]]] = [
        lambda: measured_engine(url),
        lambda: measured_library(url, rows[1].value),
        lambda: measured_grpc(url),
        lambda: measured_projections(url),
        lambda: measured_cold_start(url, accounts),
        lambda: measured_growth(url, events),
        lambda: measured_audit(url, "growth"),
    ]
    for step in steps:
        made = step()
        rows += made
        for row in made:
            sys.stderr.write(f"{row.what}: {row.value:,.2f} {row.unit}\n")
    return rows


def main() -> None:
    """Run, show, and write the results."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--accounts", type=int, default=100_000)
    asked.add_argument("--events", type=int, default=EVENTS)
    given = asked.parse_args()
    tune_process()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        with EmbeddedServer(Path(folder) / "postgresql") as server:
            run_in(server.url)
            rows = measured(server.url, given.accounts, given.events)
            name = "peak" if given.events == EVENTS else f"peak-{given.events}"
            run = finished(name, server.url, rows)
    show(run)
    print(write(run))


if __name__ == "__main__":
    main()
