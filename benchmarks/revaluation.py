"""How fast many items are priced anew, with coverage and calls: by an index, and by a file.

``python -m benchmarks.revaluation [ITEMS]`` (300,000) on a throw-away embedded server with fsync
on. One item in a hundred also secures a second contract. Wall and processor seconds.
"""

from __future__ import annotations

import datetime
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from adapters.cell import tune_process
from adapters.database.embedded import EmbeddedServer
from adapters.database.migrate import migrate
from benchmarks.results_file import Row, finished, show, write
from kernel.application.books import Books
from kernel.application.clock import SystemClock
from kernel.application.engine import Engine
from kernel.application.folds import FOLDS
from kernel.application.requests import Accepted
from kernel.application.states import States
from kernel.application.use_cases.security import index_value
from kernel.collateral.events import (
    CollateralPledged,
    CollateralRegistered,
    CollateralValued,
    PriceIndexPublished,
)
from kernel.collateral.lending_value import pool_item, pool_pledges
from kernel.collateral.margin import CoverageStatus, coverage_status
from kernel.collateral.pool import Exposure
from kernel.collateral.state import ItemState
from kernel.collateral.sweep import covers
from kernel.common.facts import Event, Fact
from kernel.eventstore.indexer import Indexer
from kernel.eventstore.log import Batch
from kernel.eventstore.postgres import PostgresLog
from kernel.eventstore.snapshots import MemorySnapshots
from tests.support.bank import request

ITEMS = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
CONTRACTS, PER_PART = ITEMS * 2 // 3, 1_000
DAY = datetime.date(2026, 3, 2)
NEXT_YEAR = datetime.date(2027, 3, 2)
DIGEST = "0" * 64
T = TypeVar("T")


def some(many: Iterable[T], size: int) -> Iterator[list[T]]:
    """In lists of so many."""
    rest = iter(many)
    while part := list(islice(rest, size)):
        yield part


def history() -> Iterator[Event]:
    """Every item registered, valued by an index, and pledged."""
    yield PriceIndexPublished(index_id="HOMES", published_on=DAY, index_value=1_000, source="s")
    for n in range(ITEMS):
        item_id = f"I-{n:06}"
        yield CollateralRegistered(
            item_id=item_id, kind="RESIDENTIAL", owner_id=f"C-{n % CONTRACTS}", currency="CNY",
            description="a flat", evidence_digest=DIGEST,
        )  # fmt: skip
        yield CollateralValued(
            item_id=item_id, value_minor=100_000_000 + n, source="s", valuation_method="APPRAISAL",
            confidence_bp=9_000, valid_until=NEXT_YEAR, index_id="HOMES", base_index=1_000,
        )  # fmt: skip
        for rank, number in enumerate([n] if n % 100 else [n, n * 7 + 1], 1):
            yield CollateralPledged(
                item_id=item_id, contract_id=f"K-{number % CONTRACTS}", rank=rank, registered_on=DAY
            )


def seed(log: PostgresLog) -> None:
    """Write the history as it would have been written, in large batches."""
    stamp = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)
    position = log.head().position
    for part in some(history(), 20_000):
        facts = tuple(
            Fact(
                position=position + n, principal="seed", channel="BATCH", method="Seed",
                command_id=f"seed-{position + n}", ordinal=0, fingerprint=b"", recorded_at=stamp,
                booking_date=DAY, value_date=DAY, event=event,
            )
            for n, event in enumerate(part, 1)
        )  # fmt: skip
        log.append(Batch(facts=facts), log.head(), timeout_seconds=60)
        position += len(facts)


def asked(engine: Engine, method: str, number: int = 0, **fields: Any) -> Any:
    """The future of one command."""
    return engine.submit(request(method, f"{method}-{number}", seconds=600, **fields))


def price_file(engine: Engine) -> None:
    """Every item at three quarters of its price, a thousand rows a command, durable."""
    futures = []
    for part, numbers in enumerate(some(range(ITEMS), PER_PART), 1):
        prices = [{"item_id": f"I-{n:06}", "value_minor": 75_000_000 + n} for n in numbers]
        about: dict[str, Any] = {
            "run_id": "R-1",
            "part": part,
            "file_digest": DIGEST,
            "source": "price service",
        }
        about |= {"valuation_method": "MARKET_PRICE", "confidence_bp": 9_000}
        about |= {"valid_until": "2027-03-02", "prices": prices}
        futures.append(asked(engine, "RevalueCollateral", part, **about))
    assert all(isinstance(future.result(600), Accepted) for future in futures)


def publish(engine: Engine, index_value: int) -> None:
    """A value of the index that every item follows."""
    about: dict[str, Any] = {"index_id": "HOMES", "published_on": "2026-03-02", "source": "s"}
    future = asked(engine, "PublishPriceIndex", index_value, **about, index_value=index_value)
    assert isinstance(future.result(60), Accepted)


def watch(items: list[ItemState], books: Books) -> int:
    """How many contracts are to be called, with every item at its value of the day."""
    pool = [pool_item(each, index_value(each, books, DAY), DAY) for each in items]
    owed = (Exposure(loan_id=f"K-{n}", exposure_minor=80_000_000) for n in range(CONTRACTS))
    found = covers(pool, pool_pledges(items), owed)
    return sum(coverage_status(one, DAY) is CoverageStatus.CALL for one in found.values())


class Timed:
    """Rows of a run, a step each."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def __call__(self, what: str, work: Callable[[], object]) -> None:
        """Wall and processor seconds of a step, and what it came to."""
        wall, cpu = time.perf_counter(), time.process_time()
        found = work()
        note = f", {found}" if isinstance(found, str) else ""
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        self.rows.append(Row(what=f"{what}{note}", value=wall, unit="s"))
        self.rows.append(Row(what=f"{what}: processor", value=cpu, unit="s"))


def run(url: str) -> list[Row]:
    """Every step in turn."""
    timed = Timed()
    migrate(url, "bench")
    log, indexer = PostgresLog(url, "bench"), Indexer(url, "bench")
    states = States(log, FOLDS, MemorySnapshots())
    engine, books = Engine(log, states, SystemClock()), Books(states)
    engine.start()
    indexer.start()
    assert isinstance(asked(engine, "OpenBusinessDate", date="2026-03-02").result(60), Accepted)
    engine.stop()
    timed("write the history of all items", lambda: seed(log))
    assert indexer.wait_until(log.head().position, timeout_seconds=120)
    engine = Engine(log, states, SystemClock())
    engine.start()
    publish(engine, 1_000)
    ids = [f"I-{n:06}" for n in range(ITEMS)]

    def load() -> None:
        for part in some(ids, 10_000):
            states.load([f"collateral:{each}" for each in part])

    def items() -> list[ItemState]:
        return [books.collateral(each) for each in ids]

    timed("read all items from the log", load)
    timed("value, coverage, calls", lambda: f"{watch(items(), books):,} to be called")
    timed("an index falls by 30 %: one event", lambda: publish(engine, 700))
    timed("value, coverage, calls", lambda: f"{watch(items(), books):,} to be called")
    timed("a price file with every item, durable", lambda: price_file(engine))
    timed("value, coverage, calls", lambda: f"{watch(items(), books):,} to be called")
    engine.stop()
    indexer.stop()
    log.close()
    return timed.rows


def main() -> None:
    """Run on a throw-away embedded server."""
    tune_process()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        with EmbeddedServer(Path(folder) / "postgresql") as server:
            made = finished(f"revaluation-{ITEMS}", server.url, run(server.url))
    show(made)
    write(made)


if __name__ == "__main__":
    main()
