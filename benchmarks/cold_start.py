"""After a restart: how soon the first payment, how fast a batch of cold accounts, how much memory.

Units: seconds of wall time; bytes are resident memory of the process (``/proc/self/statm``).
Every measurement runs in a process of its own, since a warm one would flatter it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from benchmarks.engine_load import Pair, drive, running_engine, transfers
from benchmarks.filled import account_id, accounts, fill
from kernel.application.folds import ACCOUNT, FOLDS
from kernel.application.states import States
from kernel.eventstore.postgres import PostgresLog
from kernel.eventstore.snapshots import MemorySnapshots, PostgresSnapshots

ACCOUNTS = 1_000_000
COLD_TRANSFERS = 100_000
STATES_AT_ONCE = 10_000
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class ColdStart(msgspec.Struct, frozen=True, kw_only=True):
    """What a restart over ``accounts`` accounts costs.

    ``first_payment_seconds`` go from the start of the process to the answer. ``cold_per_second``
    are transfers between accounts of which none was in memory. ``state_bytes`` is what one cached
    account takes, ``running_bytes`` the short form beside it of one that pays or is paid.
    """

    accounts: int
    first_payment_seconds: float
    cold_per_second: float
    state_bytes: float
    running_bytes: float


def cold_pairs(count: int, among: int, seed: int = 1) -> list[Pair]:
    """Payers and payees, none of them twice."""
    drawn = random.Random(seed).sample(range(among), 2 * count)
    return list(zip(drawn[:count], drawn[count:], strict=True))


def first_payment(url: str, schema: str, among: int) -> None:
    """Start an engine and make one payment."""
    with running_engine(url, schema) as engine:
        drive(engine, transfers(cold_pairs(1, among, seed=os.getpid())))
        sys.stdout.write(f"{time.time()}\n")


def cold_transfers(url: str, schema: str, among: int) -> None:
    """Transfers between cold accounts, in batches as large as the engine takes."""
    requests = transfers(cold_pairs(min(COLD_TRANSFERS, among // 2), among))
    with running_engine(url, schema) as engine:
        sys.stdout.write(f"{drive(engine, requests).per_second}\n")


def memory(url: str, schema: str, among: int) -> None:
    """Load every account, then make each one run."""
    states = States(PostgresLog(url, schema), FOLDS, MemorySnapshots(), limit=among)
    states.load([f"account:{account_id(0)}"])
    empty = resident_bytes()
    for first in range(0, among, STATES_AT_ONCE):
        numbers = range(first, min(first + STATES_AT_ONCE, among))
        states.load([f"account:{account_id(number)}" for number in numbers])
    loaded = resident_bytes()
    assert states.get(ACCOUNT, account_id(among - 1)).exists
    for number in range(among):
        states.run(account_id(number))
    running = resident_bytes()
    sys.stdout.write(f"{(loaded - empty) / among}\n{(running - loaded) / among}\n")


def busiest_load(url: str, schema: str, number: int = 0) -> tuple[int, float]:
    """How many facts touch an account, and the seconds in which its state comes back, as kept."""
    log, kept = PostgresLog(url, schema), PostgresSnapshots(url, schema)
    log.head()
    began = time.perf_counter()
    state = States(log, FOLDS, kept).get(ACCOUNT, account_id(number))
    seconds = time.perf_counter() - began
    assert state.exists
    facts = sum(
        len(page.get(f"account:{account_id(number)}", ()))
        for page in log.history_pages({f"account:{account_id(number)}": 0})
    )
    kept.close()
    log.close()
    return facts, seconds


def resident_bytes() -> int:
    """Memory of this process that is in use now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


MEASUREMENTS = {one.__name__: one for one in (first_payment, cold_transfers, memory)}


def measured(name: str, url: str, schema: str, among: int) -> list[float]:
    """The figures that a measurement prints, in a new process."""
    words = [sys.executable, "-m", "benchmarks.cold_start", name, schema, str(among)]
    done = subprocess.run(
        words, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "BENCH_URL": url}
    )
    return [float(line) for line in done.stdout.split()]


def cold_start(url: str, schema: str, among: int = ACCOUNTS) -> ColdStart:
    """Fill the migrated, empty schema with accounts of two events each, and measure."""
    fill(url, schema, accounts(among))
    return restarted(url, schema, among)


def restarted(url: str, schema: str, among: int) -> ColdStart:
    """Measure over a schema that was filled."""
    [cold_per_second] = measured("cold_transfers", url, schema, among)
    began = time.time()
    [answered] = measured("first_payment", url, schema, among)
    state_bytes, running_bytes = measured("memory", url, schema, among)
    return ColdStart(
        accounts=among,
        first_payment_seconds=answered - began,
        cold_per_second=cold_per_second,
        state_bytes=state_bytes,
        running_bytes=running_bytes,
    )


if __name__ == "__main__":
    MEASUREMENTS[sys.argv[1]](os.environ["BENCH_URL"], sys.argv[2], int(sys.argv[3]))
