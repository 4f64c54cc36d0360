"""How fast the read models follow the log: everyday transfers, all models, the writer idle.

Units: events a second, over one run from an unprojected log to its head.
"""

from __future__ import annotations

import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import psycopg

from adapters.cell import tune_process
from adapters.database import Database
from adapters.database.embedded import EmbeddedServer
from adapters.database.migrate import migrate
from kernel.common.facts import Event, Fact
from kernel.eventstore.log import Batch
from kernel.eventstore.postgres import PostgresLog
from kernel.projections.follower import Follower
from tests.support.bank_facts import DAY_1, deposited, fact, opened, opening_day, transferred

TRANSFERS = 100_000
ACCOUNTS = 1_000
FACTS_APPENDED = 10_000


def events_per_second(url: str, transfers: int = TRANSFERS) -> float:
    """Speed of a follower over a log of so many transfers, in a schema made and dropped for it."""
    schema = f"bench_{uuid.uuid4().hex[:12]}"
    migrate(url, schema)
    sql = Database(url, schema).sqlalchemy_engine()
    log = PostgresLog(url, schema)
    try:
        fill(log, transfers)
        follower = Follower(sql, log)
        tune_process()
        began = time.perf_counter()
        follower.catch_up()
        seconds = time.perf_counter() - began
        assert set(follower.lag().values()) == {0}, follower.standings()
        return log.head().position / seconds
    finally:
        log.close()
        sql.dispose()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP SCHEMA "{schema}" CASCADE'.encode())


def fill(log: PostgresLog, transfers: int) -> None:
    """Append a bank of ``ACCOUNTS`` accounts and so many transfers between them."""
    names = [f"6217-{number:08d}" for number in range(ACCOUNTS)]
    begun = opening_day(
        *(opened(name, customer_id=f"C-{name}") for name in names),
        *(deposited(name, 10**9) for name in names),
    )
    every = _and_transfers(begun, names, transfers)
    while facts := tuple(islice(every, FACTS_APPENDED)):
        log.append(Batch(facts=facts), log.head(), timeout_seconds=60)


def _and_transfers(begun: list[Fact], names: list[str], transfers: int) -> Iterator[Fact]:
    yield from begun
    for number in range(transfers):
        payer, payee = names[number * 7 % ACCOUNTS], names[(number * 13 + 1) % ACCOUNTS]
        event: Event = transferred(payer, payee, 1 + number % 1_000)
        yield fact(event, len(begun) + number + 1, DAY_1)


def main() -> None:
    """Run on a throw-away embedded server with fsync on."""
    transfers = int(sys.argv[1]) if len(sys.argv) > 1 else TRANSFERS
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        with EmbeddedServer(Path(folder) / "postgresql") as server:
            rate = events_per_second(server.url, transfers)
    print(f"projection of all read models: {rate:,.0f} events/s")


if __name__ == "__main__":
    main()
