"""The load of a peak over gRPC: a server process and client processes on one machine.

``python -m benchmarks.grpc_load`` prints every figure on a throw-away embedded server, fsync on;
the functions give one figure each, over any database. Server, clients and database share the
machine: the CPU seconds say who had how much of it.
Units: rates per second of the wall; times of calls in milliseconds.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from adapters.cli.client import Client
from adapters.database.embedded import EmbeddedServer
from adapters.database.migrate import migrate
from benchmarks.grpc_client import Job, Sent
from benchmarks.pgbench import transactions_per_second
from kernel.application.requests import Accepted
from kernel.eventstore.postgres import PostgresLog
from tests.support.bank import Bank, deposit, request, running_bank

ACCOUNTS = 2_000
FUNDS_MINOR = 10**12
STOP_SECONDS = 30


class Figures(msgspec.Struct, kw_only=True):
    """One run: ``server_cpu`` and ``client_cpu`` are shares of one core over that time."""

    count: int
    seconds: float
    per_second: float
    server_cpu: float
    client_cpu: float
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    p999_ms: float = 0.0


class Server(msgspec.Struct):
    """A running server process and the ledger behind it."""

    address: str
    process_id: int
    accounts: int

    def cpu_seconds(self) -> float:
        """CPU seconds of the process so far."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def bulk(server: Server, *, count: int = 200_000, hot_merchant: bool = False) -> Figures:
    """Durable transfers a second, 1,000 to a message, over one stream."""
    return _one(server, Job(kind="bulk", tag=_tag("b"), count=count, accounts=server.accounts,
                            hot_merchant=hot_merchant))  # fmt: skip


def unary(server: Server, *, count: int = 10_000, hot_merchant: bool = False) -> Figures:
    """Single transfers a second with 64 in flight, and how long a call takes."""
    return _one(server, Job(kind="unary", tag=_tag("u"), count=count, accounts=server.accounts,
                            hot_merchant=hot_merchant))  # fmt: skip


def echo(server: Server, *, count: int = 10_000) -> Figures:
    """Empty calls a second with 64 in flight: the floor of gRPC on this machine."""
    return _one(server, Job(kind="echo", tag="", count=count, accounts=server.accounts))


def mixed(
    server: Server, *, count: int = 400_000, per_second: float = 200.0, seconds: float = 5.0
) -> tuple[Figures, Figures]:
    """A bulk, and single transfers at a steady pace beside it: figures of the bulk, of the calls.

    ``seconds`` is how long the single ones go on; choose it about as long as the bulk takes.
    """
    jobs = [
        Job(kind="bulk", tag=_tag("m"), count=count, accounts=server.accounts),
        Job(kind="unary", tag=_tag("s"), count=int(per_second * seconds),
            accounts=server.accounts, per_second=per_second),
    ]  # fmt: skip
    many, single = _run(server, jobs)
    return many, single


def _one(server: Server, job: Job) -> Figures:
    [figures] = _run(server, [job])
    return figures


def _run(server: Server, jobs: list[Job]) -> list[Figures]:
    """Each job in a client process of its own; all begin together when all are ready."""
    command = [sys.executable, "-m", "benchmarks.grpc_client", server.address]
    clients = [
        subprocess.Popen(
            [*command, msgspec.json.encode(job).decode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for job in jobs
    ]
    for client in clients:
        assert client.stdout is not None
        assert client.stdout.readline() == "ready\n", "a client failed before it began"
    before, began = server.cpu_seconds(), time.perf_counter()
    for client in clients:
        assert client.stdin is not None
        client.stdin.write("go\n")
        client.stdin.flush()
    printed = [client.communicate()[0] for client in clients]
    used = (server.cpu_seconds() - before) / (time.perf_counter() - began)
    sent = [msgspec.json.decode(one, type=Sent) for one in printed]
    return [_figures(one, used) for one in sent]


def _figures(sent: Sent, server_cpu: float) -> Figures:
    ordered = sorted(sent.call_ms) or [0.0]
    p50, p99, p999 = (ordered[int(part * (len(ordered) - 1))] for part in (0.5, 0.99, 0.999))
    return Figures(
        count=sent.count,
        seconds=sent.seconds,
        per_second=sent.count / sent.seconds,
        server_cpu=server_cpu,
        client_cpu=sent.cpu_seconds / sent.seconds,
        p50_ms=p50,
        p99_ms=p99,
        p999_ms=p999,
    )


def _tag(prefix: str) -> str:
    """Command ids of a run of its own."""
    return f"{prefix}{time.time_ns():x}"


@contextmanager
def serving(url: str, schema: str, *, accounts: int = ACCOUNTS) -> Iterator[Server]:
    """A server process over a fresh ledger with so many funded accounts; stopped afterwards."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'.encode())
    migrate(url, schema)
    open_bank(url, schema, accounts)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.grpc_server", url, schema, address],
        stdin=subprocess.DEVNULL,
    )
    try:
        with Client(address) as client:
            client.wait_until_ready()
        yield Server(address, process.pid, accounts)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def open_bank(url: str, schema: str, accounts: int) -> None:
    """Persons C-1, C-2 … with accounts A-1, A-2 …, all funded; straight through an engine."""
    log = PostgresLog(url, schema)
    with running_bank(log) as bank:
        bank.open_day()
        numbers = range(3, accounts + 1)
        person = {"kind": "PERSON", "name": "王芳", "branch_id": "0755"}
        known = {"level": "FACE_TO_FACE", "document_type": "RESIDENT_ID", "evidence_id": "E-1"}
        opened = {"product_id": "current", "branch_id": "0755"}
        _give(bank, "RegisterCustomer", [{**person, "customer_id": f"C-{n}"} for n in numbers])
        _give(bank, "IdentifyCustomer", [
            {**known, "customer_id": f"C-{n}", "document_number": f"4403011990{n:08d}"}
            for n in numbers
        ])  # fmt: skip
        _give(bank, "OpenAccount", [
            {**opened, "account_id": f"A-{n}", "customer_id": f"C-{n}"} for n in numbers
        ])  # fmt: skip
        _give(bank, "Deposit", [
            deposit(FUNDS_MINOR, f"A-{n}") for n in range(1, accounts + 1)
        ])  # fmt: skip
    log.close()


def _give(bank: Bank, method: str, commands: list[dict[str, Any]]) -> None:
    waiting = [
        bank.engine.submit(request(method, f"{method}-many-{number}", seconds=120, **fields))
        for number, fields in enumerate(commands)
    ]
    for one in waiting:
        answer = one.result(120)
        assert isinstance(answer, Accepted), answer


def main() -> None:
    """Every figure, one after another."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        with EmbeddedServer(Path(folder) / "postgresql") as database:
            base = transactions_per_second(database.url, seconds=5)
            print(f"pgbench {base:,.0f} tx/s")
            with serving(database.url, "load") as server:
                for name, run in (("echo", echo), ("unary", unary), ("bulk", bulk)):
                    print(name, run(server), flush=True)
                print("hot merchant", bulk(server, hot_merchant=True), flush=True)
                print("mixed", *mixed(server), sep="\n  ")


if __name__ == "__main__":
    main()
