"""How long the reports of limits and collateral take on a big book.

``python -m benchmarks.credit_reports [CONTRACTS]`` (20,000) on a throw-away embedded server with
fsync on. Every contract has a limit under one of a hundred groups, one loan, and one item; every
tenth item secures the next contract too, and the first 20 contracts share what they pledged.
"""

from __future__ import annotations

import datetime
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters.cell import tune_process
from adapters.database import Database
from adapters.database.embedded import EmbeddedServer
from adapters.database.migrate import migrate
from kernel.business_date.events import BusinessDateOpened
from kernel.collateral.events import CollateralPledged, CollateralRegistered, CollateralValued
from kernel.common.facts import Event
from kernel.eventstore.indexer import Indexer
from kernel.eventstore.postgres import PostgresLog
from kernel.limits.events import LimitOpened
from kernel.loans.contract_events import ContractSigned, LoanApplied
from kernel.projections.follower import Follower
from kernel.projections.queries.reading import Reader
from kernel.projections.reports.asking import Clocks, Sources
from kernel.projections.reports.catalogue import REPORTS
from tests.support.bank_facts import opened as account_opened
from tests.support.closing import DAY, append, drawn_loan

CONTRACTS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
GROUPS, POOL = 100, 20
SCHEMA = "bench"
NEXT_YEAR = datetime.date(2027, 3, 2)
DIGEST = "0" * 64
NAMES = ("limit-use", "collateral-coverage")


def opened(path: tuple[str, ...], holder: str, amount_minor: int) -> LimitOpened:
    """A revolving limit."""
    return LimitOpened(
        path=path, holder_kind="CUSTOMER", holder_id=holder, limit_kind="REVOLVING",
        amount_minor=amount_minor, currency="CNY", valid_from=DAY, valid_until=NEXT_YEAR,
        undrawn_ccf_bp=10_000,
    )  # fmt: skip


def history() -> Iterator[Event]:
    """Limits, contracts, loans and collateral."""
    yield BusinessDateOpened(date=DAY)
    yield account_opened("A-1")
    for group in range(GROUPS):
        yield opened((f"G-{group}",), f"C-{group}", 10**12)
    for n in range(CONTRACTS):
        contract_id, customer_id, path = f"K-{n}", f"C-{n}", (f"LIMIT-{n}", f"G-{n % GROUPS}")
        drawn, _ = drawn_loan(n)
        lent: Any = drawn
        yield opened(path, customer_id, 2 * lent.amount_minor)
        yield LoanApplied(
            contract_id=contract_id, customer_id=customer_id, product_id="micro", product_version=1,
            amount_minor=lent.amount_minor, currency="CNY", instalments=12, account_id="A-1",
            branch_id="0755", purpose="seed",
        )  # fmt: skip
        yield ContractSigned(
            contract_id=contract_id, document_digest=DIGEST, signed_by="x", currency="CNY",
            amount_minor=lent.amount_minor, limit_path=path,
        )  # fmt: skip
        fields = {name: getattr(lent, name) for name in lent.__struct_fields__}
        yield type(lent)(**{**fields, "limit_path": path})
        yield CollateralRegistered(
            item_id=f"I-{n}", kind="RESIDENTIAL", owner_id=customer_id, currency="CNY",
            description="a flat", evidence_digest=DIGEST,
        )  # fmt: skip
        yield CollateralValued(
            item_id=f"I-{n}", value_minor=lent.amount_minor * 3 // 2, source="s",
            valuation_method="APPRAISAL", confidence_bp=9_000, valid_until=NEXT_YEAR,
        )  # fmt: skip
        for rank, secured in enumerate(pledges(n), 1):
            yield CollateralPledged(
                item_id=f"I-{n}", contract_id=f"K-{secured}", rank=rank, registered_on=DAY
            )


def pledges(n: int) -> list[int]:
    """Which contracts an item secures."""
    following = [n, (n + 1) % CONTRACTS]
    return following if n < POOL or n % 10 == 0 else [n]


def main() -> None:
    """Fill a ledger, then ask each report twice."""
    tune_process()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        with EmbeddedServer(Path(folder) / "postgresql") as server:
            migrate(server.url, SCHEMA)
            run(Database(server.url, SCHEMA))


def run(database: Database) -> None:
    """Print what each report took."""
    log, engine = PostgresLog(database.url, SCHEMA), database.sqlalchemy_engine()
    began = time.perf_counter()
    append(log, [(event, DAY) for event in history()], DAY)
    indexer = Indexer(database.url, SCHEMA)
    while indexer.advance():
        pass
    indexer.stop()
    Follower(engine, log).catch_up()
    head = log.head().position
    print(f"{CONTRACTS:,} contracts, {head:,} facts: {time.perf_counter() - began:.1f} s to fill")
    sources = Sources(Reader(engine), log)
    for name in NAMES * 2:
        wall, cpu = time.perf_counter(), time.process_time()
        table = REPORTS[name].ask(sources, {}, Clocks())
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"{name:25} {len(table.rows):>8,} rows {wall:8.2f} s, processor {cpu:.2f} s")
    log.close()
    engine.dispose()


if __name__ == "__main__":
    main()
