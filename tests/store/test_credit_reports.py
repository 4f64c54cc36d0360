"""Use of limits and cover of contracts, on a ledger that a bank has lent from."""

from __future__ import annotations

from typing import Any

from adapters.database import Database
from kernel.application.books import Books
from kernel.application.past import PastStates
from kernel.application.use_cases.security import secured
from kernel.eventstore.postgres import PostgresLog
from kernel.projections.follower import Follower
from kernel.projections.queries.reading import Reader
from kernel.projections.reports.asking import Clocks, Sources
from kernel.projections.reports.catalogue import REPORTS
from tests.support.bank import running_bank
from tests.support.credit import item, limit, pledge
from tests.support.lending import contract, drawn, publish


def test_limits_and_cover_as_of_what_was_known(postgres_url: str, schema_name: str) -> None:
    engine = Database(postgres_url, schema_name).sqlalchemy_engine()
    log = PostgresLog(postgres_url, schema_name)
    with running_bank(log) as bank:
        bank.open_day()
        publish(bank)
        limit(bank, "TOP", 20_000_000)
        limit(bank, "LINE", 15_000_000, "TOP")
        contract(bank, amount_minor=12_000_000, limit_id="LINE")
        before = drawn(bank, 5_000_000)
        item(bank, value_minor=4_000_000)
        pledge(bank)
        alone = bank.log.head().position
        contract(bank, "K-2", amount_minor=3_000_000, limit_id="LINE")
        drawn(bank, 1_000_000, "L-2", contract_id="K-2")
        pledge(bank, contract_id="K-2", rank=2)
        item(bank, "SHOP", 2_000_000, collateral_kind="COMMERCIAL")
        pledge(bank, "SHOP", "K-2")
        contract(bank, "K-3", amount_minor=1_000_000)
        limit(bank, "SPARE", 3_000_000)
        limit(bank, "GONE", 3_000_000)
        bank.done("CloseLimit", limit_id="GONE", reason="not wanted")
    Follower(engine, log).catch_up()
    sources = Sources(Reader(engine), log)

    def rows(name: str, known_at: int | None = None) -> list[dict[str, Any]]:
        table = REPORTS[name].ask(sources, {}, Clocks(known_at=known_at))
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]

    assert [
        (one["limit_id"], one["used_minor"], one["left_minor"], one["use_bp"], one["status"])
        for one in rows("limit-use", alone)
    ] == [
        ("LINE", 12_000_000, 3_000_000, 8_000, "OPEN"),
        ("TOP", 12_000_000, 8_000_000, 6_000, "OPEN"),
    ]
    assert [(one["limit_id"], one["used_minor"]) for one in rows("limit-use")] == [
        ("LINE", 15_000_000), ("SPARE", 0), ("TOP", 15_000_000),
    ], "also a limit that nothing counts on; not one that is closed"  # fmt: skip
    [bare], [covered] = rows("collateral-coverage", before), rows("collateral-coverage", alone)
    assert (bare["covered_minor"], bare["status"], bare["items"]) == (0, "CALL", 0)
    assert (covered["exposure_minor"], covered["covered_minor"]) == (5_000_000, 2_800_000)
    assert covered["coverage_bp"] == 5_600
    head = log.head().position
    books = Books(PastStates(log, head))
    today = books.business_date().date
    assert today is not None
    shared = rows("collateral-coverage")
    assert [(one["contract_id"], one["items"]) for one in shared] == [("K-1", 1), ("K-2", 2)]
    for one in shared:  # as the decision on one contract sees it
        cover = secured(one["contract_id"], books, today).cover(one["contract_id"])
        assert (one["covered_minor"], one["spare_minor"], one["shortfall_minor"]) == (
            cover.covered_minor, cover.spare_minor, cover.shortfall_minor,
        )  # fmt: skip
    assert shared[1]["covered_minor"] == 1_000_000
    log.close()
    engine.dispose()
