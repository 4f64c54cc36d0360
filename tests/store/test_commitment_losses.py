"""What undrawn commitments may lose: measured at each cut, provided by difference."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, select

from adapters.database import Database
from kernel.audit.recomputed import Recomputed
from kernel.bookkeeping import loan_policy
from kernel.common.policy import PolicyRow, PolicyTable
from kernel.eventstore.memory import MemoryLog
from kernel.projections import commitments
from kernel.projections.checksum import model_checksum
from kernel.projections.commitments import Line, commitment_of
from kernel.projections.follower import Follower
from kernel.projections.memo_books import NotedContract
from kernel.projections.models import READ_MODELS
from kernel.projections.positions import alarms
from kernel.projections.queries.reading import Reader
from kernel.projections.rebuild import rebuild
from kernel.projections.reports.asking import Clocks, Sources
from kernel.projections.reports.catalogue import REPORTS
from kernel.reporting.commitment_losses import BEST, Commitment
from tests.support.bank import Bank, running_bank
from tests.support.books import wiped
from tests.support.credit import limit
from tests.support.lending import contract, drawn, pass_days, publish

DAY_2 = datetime.date(2026, 3, 3)
RATE_PPM = 5_040
"""Class and stage 1: PD 1 % a year over the scenarios (1.12 %), LGD 45 %, in parts per million."""


@pytest.fixture
def engine(postgres_url: str, schema_name: str) -> Iterator[Engine]:
    """Connections to a fresh ledger."""
    made = Database(postgres_url, schema_name).sqlalchemy_engine()
    yield made
    made.dispose()


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A bank with a micro loan on sale; today is 2 March 2026."""
    with running_bank(MemoryLog()) as one:
        one.open_day()
        publish(one)
        yield one


def totals(engine: Engine, bank: Bank) -> dict[tuple[str, str, str], int]:
    """Balances by branch, subject and currency as the books have them."""
    Follower(engine, bank.log, batch_size=7).catch_up()
    with engine.connect() as connection:
        assert alarms(connection) == []
        rows = connection.execute(select(READ_MODELS.ledger.ledger_totals)).all()
    return {
        (row.branch_id, row.subject, row.currency): row.debit_minor - row.credit_minor
        for row in rows
        if row.debit_minor != row.credit_minor
    }


def again(bank: Bank) -> dict[tuple[str, str, str], int]:
    """The same by the audit's own fold of the log."""
    made = Recomputed()
    made.take(bank.log.read(0, bank.log.head().position))
    return made.ledger()


def provided(engine: Engine, bank: Bank) -> int:
    """What 2801 shows; the audit says the same of every subject."""
    stored = totals(engine, bank)
    assert again(bank) == stored
    return -sum(minor for (_, code, _), minor in stored.items() if code == "2801")


def rows(engine: Engine, bank: Bank, name: str, **parameters: str) -> list[dict[str, Any]]:
    clocks = Clocks()
    table = REPORTS[name].ask(Sources(Reader(engine), bank.log), parameters, clocks)
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_a_signed_contract_is_provided_for_until_it_is_drawn_or_ends(
    engine: Engine, bank: Bank
) -> None:
    contract(bank)
    assert provided(engine, bank) == 0, "measured at the cut"
    pass_days(bank, "2026-03-03")
    assert provided(engine, bank) == 12 * RATE_PPM
    assert totals(engine, bank)["0755", "6702", "CNY"] == 12 * RATE_PPM
    drawn(bank, 5_000_000)
    assert provided(engine, bank) == 12 * RATE_PPM, "between two cuts it stays"
    pass_days(bank, "2026-03-04")
    assert provided(engine, bank) == 7 * RATE_PPM
    assert totals(engine, bank)["0755", "1304", "CNY"] == -5 * RATE_PPM
    bank.done("EndContract", contract_id="K-1", reason="not wanted")
    pass_days(bank, "2026-03-05")
    assert provided(engine, bank) == 0
    assert rows(engine, bank, "commitment-losses") == []


def test_it_counts_at_the_conversion_factor_of_its_limit(engine: Engine, bank: Bank) -> None:
    limit(bank, "LINE", 20_000_000, undrawn_ccf_bp=5_000)
    contract(bank, limit_id="LINE")
    pass_days(bank, "2026-03-03")
    assert provided(engine, bank) == 6 * RATE_PPM
    [row] = rows(engine, bank, "commitment-losses")
    assert (row["undrawn_minor"], row["factor_bp"], row["exposure_minor"]) == (
        12_000_000, 5_000, 6_000_000,
    )  # fmt: skip


def test_it_is_of_the_class_and_stage_of_what_was_drawn(engine: Engine, bank: Bank) -> None:
    limit(bank, "LINE", 20_000_000, valid_until="2028-01-01")
    contract(bank, amount_minor=16_000_000, limit_id="LINE", annual_rate_ppm=0)
    drawn(bank, 12_000_000)
    bank.done("Withdraw", ordering_customer_id="C-1", account_id="A-1", amount_minor=12_100_000,
              currency="CNY", destination="CASH", branch_id="0755")  # fmt: skip
    pass_days(bank, "2026-05-10")
    ppm = 89_600 + 81_127
    """PD of the two years over the scenarios: 8 %, 5.6 % and 12 % of those who survive."""
    assert abs(provided(engine, bank) - 1_800_000 * ppm // 1_000_000) <= 1
    [row] = rows(engine, bank, "commitment-losses")
    assert (row["grade"], row["stage"], row["years"]) == (2, 2, 2)
    bank.done("AdjustLimit", limit_id="LINE", amount_minor=20_000_000, valid_until="2027-01-01",
              reason="watched")  # fmt: skip
    pass_days(bank, "2026-05-11")
    assert provided(engine, bank) == 1_800_000 * 89_600 // 1_000_000, "one year"
    pass_days(bank, "2026-07-20")
    assert provided(engine, bank) == 4_000_000 * 45 // 100
    [row] = rows(engine, bank, "commitment-losses")
    assert (row["grade"], row["stage"]) == (3, 3)


def test_a_partners_part_is_the_partners(engine: Engine, bank: Bank) -> None:
    contract(bank, partner={"partner_id": "P-1", "share_ppm": 500_000})
    pass_days(bank, "2026-03-03")
    assert provided(engine, bank) == 6 * RATE_PPM


def test_the_roll_forward_holds_loans_and_commitments(engine: Engine, bank: Bank) -> None:
    contract(bank)
    drawn(bank, 2_000_000)
    pass_days(bank, "2026-03-04")
    contract(bank, "K-2", amount_minor=1_000_000)
    pass_days(bank, "2026-03-06")
    now = provided(engine, bank)
    found = {
        row["what"]: row for row in rows(engine, bank, "allowance-movement", from_date="2026-03-03")
    }
    moved = found["commitments"]
    assert (moved["opening_minor"], moved["new_minor"], moved["closing_minor"]) == (
        10 * RATE_PPM, RATE_PPM, 11 * RATE_PPM,
    )  # fmt: skip
    assert now == moved["closing_minor"]
    assert found["loans"]["closing_minor"] == -totals(engine, bank)["0755", "1304", "CNY"]
    listed = rows(engine, bank, "commitment-losses")
    assert sum(row["provision_minor"] for row in listed) == now


def test_a_rebuild_gives_the_same(engine: Engine, bank: Bank) -> None:
    limit(bank, "LINE", 20_000_000, undrawn_ccf_bp=5_000)
    contract(bank, limit_id="LINE")
    drawn(bank, 2_000_000)
    pass_days(bank, "2026-03-08")
    provided(engine, bank)
    with engine.connect() as connection:
        before = model_checksum(connection, READ_MODELS.ledger)
    rebuild(engine, bank.log, READ_MODELS.ledger, batch_size=5)
    with engine.connect() as connection:
        assert model_checksum(connection, READ_MODELS.ledger) == before


def test_a_bank_that_provides_for_no_commitment_from_a_day_on_lets_provisions_go(
    engine: Engine, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract(bank)
    pass_days(bank, "2026-03-03")
    assert provided(engine, bank) == 12 * RATE_PPM
    rows_ = (*loan_policy.LOAN_POLICY.rows(), off())
    monkeypatch.setattr("kernel.bookkeeping.commitments.LOAN_POLICY", PolicyTable(rows_))
    pass_days(bank, "2026-03-04")
    assert provided(engine, bank) == 0


def off() -> PolicyRow:
    """From 3 March on nothing is provided for."""
    return PolicyRow(
        key="commitments.enabled", value=0, effective_from=DAY_2, legal_basis="test", verified=True
    )


CORPORATE = {"is_retail": False}


def in_default(bank: Bank, draw: int = 12_000_000, **signed: Any) -> None:
    """A contract K-1 of a debtor who is no retail one, drawn and never repaid."""
    publish(bank, "works", **CORPORATE)
    contract(bank, amount_minor=16_000_000, product_id="works", **signed)
    drawn(bank, draw)
    bank.done("Withdraw", ordering_customer_id="C-1", account_id="A-1", amount_minor=draw + 100_000,
              currency="CNY", destination="CASH", branch_id="0755")  # fmt: skip


def test_another_contract_of_the_debtor_lowers_it(engine: Engine, bank: Bank) -> None:
    """As it lowers the debtor's loans: K-2 has none, K-3 is retail and stands alone."""
    in_default(bank)
    contract(bank, "K-2", amount_minor=1_000_000, product_id="works")
    contract(bank, "K-3", amount_minor=1_000_000)
    pass_days(bank, "2026-07-20")
    assert provided(engine, bank) == 5_000_000 * 45 // 100 + RATE_PPM
    found = {row["contract_id"]: row for row in rows(engine, bank, "commitment-losses")}
    shown = {each: (row["grade"], row["stage"]) for each, row in found.items()}
    assert shown == {"K-1": (3, 3), "K-2": (3, 3), "K-3": (1, 1)}


def test_a_small_part_that_is_not_performing_lowers_it_to_special_mention(
    engine: Engine, bank: Bank
) -> None:
    in_default(bank, draw=1_000_000)
    terms = {"method": "bullet", "penalty": {"multiplier_ppm": 1_500_000}}
    publish(bank, "bullet", **CORPORATE, terms=terms)
    for contract_id in ("K-2", "K-4"):
        contract(bank, contract_id, amount_minor=49_000_000, product_id="bullet")
    drawn(bank, 48_000_000, "L-2", contract_id="K-2")
    pass_days(bank, "2026-07-20")
    provided(engine, bank)
    found = {row["contract_id"]: row for row in rows(engine, bank, "commitment-losses")}
    assert (found["K-4"]["grade"], found["K-4"]["stage"]) == (2, 2)


def test_a_cut_reads_what_stands_and_nothing_of_what_is_over(engine: Engine, bank: Bank) -> None:
    """One row a contract that may be drawn, as its last row of ``commitment_losses`` says."""
    books = READ_MODELS.ledger.loans.commitments
    for number in range(1, 4):
        contract(bank, f"K-{number}", amount_minor=1_000_000)
        drawn(bank, 100_000, f"L-{number}", contract_id=f"K-{number}")
        pass_days(bank, f"2026-03-0{number + 2}")
    bank.done("EndContract", contract_id="K-2", reason="not wanted")
    pass_days(bank, "2026-03-06")
    totals(engine, bank)
    with engine.connect() as connection:
        standing = connection.execute(select(books.last).order_by("contract_id")).all()
        every = connection.execute(select(books.table).order_by("position")).all()
    last = {row.contract_id: tuple(row)[6:] for row in every}
    assert {row.contract_id: tuple(row)[1:] for row in standing} == {
        each: last[each] for each in ("K-1", "K-3")
    }
    assert last["K-2"][0] == 0, "what it went to is kept"


def for_the_bank_alone(
    noted: NotedContract, lines: Mapping[str, Line], on: datetime.date
) -> Commitment:
    return msgspec.structs.replace(commitment_of(noted, lines, on), share_ppm=0)


DEFECTS: dict[str, Callable[..., Any]] = {
    "class_of": lambda *_: BEST,
    "line_after": lambda _, event: Line(10_000, event.valid_until),
    "commitment_of": for_the_bank_alone,
}
"""Books that take every commitment for the best, the factor of a limit for the whole, a partner's
part for the bank's."""


@pytest.mark.parametrize("name", DEFECTS)
def test_the_audit_finds_a_defect_of_what_the_books_measure_with(
    engine: Engine, bank: Bank, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    limit(bank, "LINE", 40_000_000, undrawn_ccf_bp=5_000)
    in_default(bank, limit_id="LINE")
    partner = {"partner_id": "P-1", "share_ppm": 500_000}
    contract(bank, "K-2", amount_minor=1_000_000, limit_id="LINE", partner=partner)
    pass_days(bank, "2026-07-20")
    assert totals(engine, bank) == again(bank)
    monkeypatch.setattr(commitments, name, DEFECTS[name])
    wiped(engine)
    assert totals(engine, bank) != again(bank)
