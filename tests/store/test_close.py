"""The close of a day on a real ledger: the same digest however often and however it was cut off."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
import pytest
from sqlalchemy import Connection, select

from adapters.cell import Cell
from adapters.database import Database
from adapters.database.migrate import migrate
from adapters.day_close import COMMANDS, DayCloses
from kernel.application.folds import LIMIT, LOAN
from kernel.bookkeeping import loan_days
from kernel.bookkeeping.loan_amounts import books_of
from kernel.business_date.events import ENTITY, BusinessDateAdvanced, DaySealed
from kernel.business_date.refusals import DayNotEnded
from kernel.close import accounts, tables
from kernel.close.chunks import PREPARE
from kernel.close.commands import COLLECT
from kernel.collateral.events import MarginCallRaised
from kernel.common.policy import PolicyRow, PolicyTable
from kernel.eventstore.log import Log
from kernel.grading.classes import own_grade
from kernel.grading.losses import stage_of
from kernel.loans.columns import Ints, recognised
from kernel.loans.relief_events import LoanRateSet
from kernel.loans.state import LoanState, standing_of
from kernel.projections import loan_books, outlooks
from kernel.projections.checksum import model_checksum
from kernel.projections.loan_chunks import open_chunk
from kernel.projections.loan_cut import Cut, cut_chunk
from kernel.projections.models import READ_MODELS
from kernel.projections.queries.ledger import trial_balance
from kernel.projections.queries.reading import Reader
from kernel.projections.rebuild import rebuild
from kernel.reporting.loan_book import conduct, record_of
from tests.support.bank import Bank, deposit, transfer
from tests.support.closing import DAY, append, drawn_loan, lending_bank, small_parts
from tests.support.credit import item, limit, pledge, value
from tests.support.deposits import company, offer_deposits
from tests.support.lending import contract, drawn, publish
from tests.support.switches import unwinding_from

LOANS = 60
NEXT = DAY + datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    small_parts(monkeypatch)


@pytest.fixture
def database(postgres_url: str, schema_name: str) -> Database:
    """A fresh ledger."""
    return Database(postgres_url, schema_name)


@pytest.fixture
def ledger(database: Database) -> Iterator[tuple[Cell, Bank]]:
    """A running bank with loans."""
    with lending_bank(database, LOANS) as both:
        yield both


@pytest.fixture
def other(postgres_url: str) -> Iterator[Database]:
    """A second fresh ledger."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    migrate(postgres_url, name)
    yield Database(postgres_url, name)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA "{name}" CASCADE')


def closes(cell: Cell) -> DayCloses:
    """Closes of the ledger, in this process."""
    return DayCloses(cell, processes=0)


def seals(log: Log) -> list[DaySealed]:
    """Every seal in the log."""
    facts = log.history({"bank:business-date": 0})["bank:business-date"]
    return [fact.event for fact in facts if isinstance(fact.event, DaySealed)]


def test_a_day_is_closed_once(ledger: tuple[Cell, Bank]) -> None:
    """Sealed with its digest; a second close answers the same and writes nothing."""
    cell, bank = ledger
    digest = closes(cell).close(DAY)
    [seal] = seals(cell.log)
    assert (seal.date, seal.digest, seal.loans, seal.parked) == (DAY, digest, LOANS, 0)
    assert seal.totals[0].debit_minor == seal.totals[0].credit_minor > 0
    head = cell.log.head().position
    bank.done("Transfer", **transfer(5))
    assert closes(cell).close(DAY) == digest
    assert cell.log.head().position == head + 1


def test_what_comes_after_the_cut_changes_nothing(
    ledger: tuple[Cell, Bank], other: Database
) -> None:
    """Money that arrives while the close runs is of the next day; two ledgers, one digest."""
    cell, bank = ledger

    def pay(day: datetime.date, step: str, done: int, total: int) -> None:
        if step != PREPARE:
            bank.done("RepayLoan", loan_id="L-0", amount_minor=100 + done + len(step))

    digest = DayCloses(cell, processes=0).close(DAY, pay)
    with lending_bank(other, LOANS) as (quiet, _):
        assert closes(quiet).close(DAY) == digest
        assert closes(quiet).close(NEXT) != closes(cell).close(NEXT)


def forget(cell: Cell) -> None:
    """Drop everything that the close made beside the log."""
    with cell.sql.begin() as connection:
        for table in (tables.PROGRESS, tables.DAYS, tables.OBSERVATIONS):
            connection.execute(table.delete())
        outlooks.drop(connection)


def test_a_sealed_day_is_worked_out_again(ledger: tuple[Cell, Bank]) -> None:
    """From the log alone, days later, to the same digest; the log is as it was."""
    cell, bank = ledger
    digest = closes(cell).close(DAY)
    bank.done("RepayLoan", loan_id="L-0", amount_minor=777)
    second = closes(cell).close(NEXT)
    head = cell.log.head().position
    forget(cell)
    assert (closes(cell).close(NEXT), closes(cell).close(DAY)) == (second, digest)
    assert cell.log.head().position == head


def test_a_closed_days_totals_never_change(ledger: tuple[Cell, Bank]) -> None:
    """Money dated back into it, and its reversal, are booked on the open day; a rebuild agrees."""
    cell, bank = ledger
    closes(cell).close(DAY)
    [seal] = seals(cell.log)
    assert cell.follower.wait_for(cell.log.head().position, 60)
    before = trial_balance(Reader(cell.sql), DAY).rows
    dated = {"value_date": DAY.isoformat()}
    position = bank.done("RepayLoan", loan_id="L-0", amount_minor=500, **dated)
    bank.done("ReverseLoanEntry", loan_id="L-0", position=position, reason="by mistake")
    bank.done("RepayLoan", loan_id="L-10", amount_minor=700, **dated)
    closes(cell).close(NEXT)
    assert cell.follower.wait_for(cell.log.head().position, 60)
    for _ in range(2):
        assert trial_balance(Reader(cell.sql), DAY).rows == before
        later = {row.subject: row.debit_minor for row in trial_balance(Reader(cell.sql), NEXT).rows}
        assert any(later.values())
        rebuild(cell.sql, cell.log, READ_MODELS.ledger)
    assert sum(row.debit_minor for row in before) == seal.totals[0].debit_minor


def test_missed_days_are_closed_in_order(ledger: tuple[Cell, Bank]) -> None:
    """Days that ended unsealed come first; a day still to come is refused."""
    cell, bank = ledger
    later = DAY + datetime.timedelta(days=3)
    bank.done("AdvanceBusinessDate", date=NEXT.isoformat())
    bank.done("AdvanceBusinessDate", date=later.isoformat())
    asked: dict[str, Any] = {"date": NEXT.isoformat(), "digest": "0" * 64, "cut_position": 1}
    assert bank.refused("SealDay", **asked) == "EARLIER_DAY_NOT_SEALED"
    closes(cell).close(later)
    assert [seal.date for seal in seals(cell.log)] == [DAY, NEXT, later]
    assert bank.refused("SealDay", **asked) == "DAY_ALREADY_SEALED"
    with pytest.raises(DayNotEnded):
        closes(cell).close(later + datetime.timedelta(days=2))


def test_a_broken_contract_is_parked(ledger: tuple[Cell, Bank]) -> None:
    """The rest closes; the contract is named in an alarm and counted in the seal."""
    cell, _ = ledger
    append(cell.log, [drawn_loan(LOANS, method="no such method")], DAY)
    closes(cell).close(DAY)
    [seal] = seals(cell.log)
    assert (seal.loans, seal.parked) == (LOANS + 1, 1)
    with cell.sql.connect() as connection:
        alarms = connection.exec_driver_sql("SELECT check_name, subject FROM alarms").all()
        assert tables.standing(connection, DAY).parked == 1  # type: ignore[union-attr]
    assert ("contract-parked", f"L-{LOANS}") in alarms


def test_columns_say_what_every_loan_says_itself(ledger: tuple[Cell, Bank]) -> None:
    """Day after day, kept or made anew from the log, with money in between."""
    cell, bank = ledger
    for day in (DAY, NEXT, DAY + datetime.timedelta(days=9), DAY + datetime.timedelta(days=40)):
        bank.done("RepayLoan", loan_id="L-0", amount_minor=5_000 + day.day)
        upto = cell.log.head().position
        kept = amounts_of(cell, day, upto)
        if day == NEXT:
            with cell.sql.begin() as connection:
                outlooks.drop(connection)
            assert amounts_of(cell, day, upto).keys() == kept.keys()
        assert len(kept) == LOANS
        for loan_id in ("L-0", "L-1", "L-10", "L-20", "L-33", f"L-{LOANS - 1}"):
            expected = standing_of(bank.states.get(LOAN, loan_id), day).recognised
            assert recognised(kept[loan_id].tolist()) == expected, (loan_id, day)
        bank.states.forget()


def amounts_of(cell: Cell, day: datetime.date, upto: int) -> dict[str, Ints]:
    """Cumulative amounts by loan."""
    with cell.sql.begin() as connection:
        parts = list(outlooks.accrued(connection, cell.log, day, upto))
    return {
        loan_id: row
        for loan_ids, rows in parts
        for loan_id, row in zip(loan_ids, rows, strict=True)
    }


def test_what_followed_is_observed(ledger: tuple[Cell, Bank]) -> None:
    """Fell due, overdue, status and grade changed: per day, against the day before, in pages."""
    cell, bank = ledger
    for day in (DAY, NEXT):
        closes(cell).close(day)
    with cell.sql.connect() as connection:
        first = tables.observations(connection, DAY)
        second = tables.observations(connection, NEXT)
        page = tables.observations(connection, NEXT, limit=2)
        last = page[-1]
        rest = tables.observations(connection, NEXT, (last.step, last.chunk, last.number))
    assert page + rest == second
    assert {one.kind for one in first} >= {
        "OVERDUE",
        "STATUS_CHANGED",
        "GRADE_CHANGED",
        "STAGE_CHANGED",
    }
    fell = {one.loan_id for one in second if one.kind == "FELL_DUE"}
    for loan_id in (f"L-{number}" for number in range(LOANS)):
        found = standing_of(bank.states.get(LOAN, loan_id), NEXT)
        due = {line.due_date for line in found.instalments if line.is_due and line.number}
        assert (loan_id in fell) == (NEXT in due), loan_id
    late = {one.loan_id for one in second if one.kind == "OVERDUE"}
    assert not late & {one.loan_id for one in first if one.kind == "OVERDUE"}


@pytest.mark.parametrize(("provides", "unwinds"), [(0, False), (1, False), (1, True)])
def test_books_by_array_are_those_by_fold(
    ledger: tuple[Cell, Bank], monkeypatch: pytest.MonkeyPatch, provides: int, unwinds: bool
) -> None:
    """The journals of cuts that knew the columns are those of a rebuild that has none; with a
    firm's loans, one of them bad, and with cover that falls."""
    cell, bank = ledger
    secured_bank(cell, bank)
    append(cell.log, [firm(140), firm(141), firm(142, start_date=DAY.isoformat())], DAY)
    enabled = PolicyRow(
        key="allowance.enabled", value=provides, effective_from=datetime.date(2020, 1, 1),
        legal_basis="test", verified=True,
    )  # fmt: skip
    monkeypatch.setattr(loan_days, "LOAN_POLICY", PolicyTable([enabled]))
    if unwinds:
        unwinding_from(monkeypatch, DAY + datetime.timedelta(days=2))
        event, start = drawn_loan(190)
        never_paid = msgspec.structs.replace(event, debit_account_id="A-0")
        append(cell.log, [(never_paid, start)], DAY)
    for number in range(5):
        day = DAY + datetime.timedelta(days=number)
        closes(cell).close(day)
        bank.states.forget()
        bank.done("RepayLoan", loan_id=f"L-{10 * number}", amount_minor=5_000)
        value(bank, "FLAT", 10_500_000 - 500_000 * number)
    bank.done("AdvanceBusinessDate", date=(day + datetime.timedelta(days=2)).isoformat())
    cell.follower.wait_for(cell.log.head().position, 60)
    with cell.sql.begin() as connection:
        top = outlooks.last_row(connection)
        ends = day + datetime.timedelta(days=2)
        chunks = range(top // outlooks.CHUNK + 1)
        cuts = [others_by_array(connection, each, top, ends) for each in chunks]
        before = model_checksum(connection, READ_MODELS.ledger)
    assert 0 < sum(map(len, cuts)) < LOANS / 2
    with cell.sql.begin() as connection:
        outlooks.drop(connection)
    rebuild(cell.sql, cell.log, READ_MODELS.ledger)
    with cell.sql.connect() as connection:
        assert model_checksum(connection, READ_MODELS.ledger) == before
    found = trial_balance(Reader(cell.sql), day).rows
    provided = sum(row.closing_minor for row in found if row.subject == "1304")
    assert (provided < 0) == bool(provides)
    assert any(row.subject == "601104" and row.closing_minor for row in found) == unwinds


def others_by_array(connection: Connection, number: int, top: int, day: datetime.date) -> list[str]:
    """Open loans of a chunk that the columns do not know on a day."""
    of_loans = READ_MODELS.ledger.loans
    chunk = open_chunk(connection, of_loans, of_loans.losses, number, top, day)
    return [one for one, known in zip(chunk.loan_ids, chunk.is_known, strict=True) if not known]


def test_a_loan_that_is_numbered_during_the_cut_is_not_missed(
    ledger: tuple[Cell, Bank], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A close numbers a new loan when the follower has passed the chunk where it comes to lie."""
    cell, bank = ledger
    with cell.sql.begin() as connection:
        outlooks.gather(connection, cell.log.head().position)
    append(cell.log, [drawn_loan(LOANS + 1)], DAY)
    bank.done("AdvanceBusinessDate", date=NEXT.isoformat())
    assert cell.follower.wait_for(cell.log.head().position, 60)

    def numbering(connection: Connection, *others: Any) -> Cut:
        found = cut_chunk(connection, *others)
        outlooks.gather(connection, cell.log.head().position)
        return found

    monkeypatch.setattr(loan_books, "cut_chunk", numbering)
    bank.done("AdvanceBusinessDate", date=(NEXT + datetime.timedelta(days=1)).isoformat())
    assert cell.follower.wait_for(cell.log.head().position, 60)
    with cell.sql.connect() as connection:
        assert outlooks.last_row(connection) == LOANS
        c = READ_MODELS.ledger.loans.amounts.c
        query = select(c.amount_type, c.amount_minor).where(c.loan_id == f"L-{LOANS + 1}")
        found = {kind: minor for kind, minor in connection.execute(query) if minor}
        measured = READ_MODELS.ledger.loans.losses.measures(connection, [f"L-{LOANS + 1}"])
    allowance = measured[f"L-{LOANS + 1}"].allowance_minor
    state = bank.states.get(LOAN, f"L-{LOANS + 1}")
    assert found == books_of(state, NEXT, allowance_minor=allowance).amounts


def test_classes_by_array_are_those_by_fold(ledger: tuple[Cell, Bank]) -> None:
    """Of loans late for days, of a loan that paid after long arrears, and of one with relief."""
    cell, bank = ledger
    relief = {"instalments": 12, "debtor_in_difficulty": True}
    publish(bank)
    bank.done("ExtendLoan", loan_id="L-1", **relief)
    owed = standing_of(bank.states.get(LOAN, "L-40"), DAY)
    assert owed.days_past_due > 90
    bank.done("RepayLoan", loan_id="L-40", amount_minor=owed.due.total_minor)
    bank.states.forget()
    ids = [f"L-{number}" for number in range(LOANS)]
    losses = READ_MODELS.ledger.loans.losses
    for day in (DAY, NEXT, DAY + datetime.timedelta(days=40)):
        while open_date(cell) < day:
            following = min(day, open_date(cell) + datetime.timedelta(days=10))
            bank.done("AdvanceBusinessDate", date=following.isoformat())
        closes(cell).close(day)
        cell.follower.wait_for(cell.log.head().position, 60)
        with cell.sql.connect() as connection:
            measured = losses.measures(connection, ids)
            cut = tables.cut_of(connection, day)
        assert cut is not None
        for loan_id in ids:
            state = known_then(cell.log, loan_id, cut.position)
            found = measured[loan_id]
            shown = conduct(record_of(state), standing_of(state, day))
            grade = own_grade(shown, day).grade
            expected = grade, stage_of(shown, grade, day)
            assert (found.grade, found.stage) == expected, (loan_id, day)


def known_then(log: Log, loan_id: str, position: int) -> LoanState:
    """A loan as it was known at a position."""
    state = LOAN.initial
    for fact in log.history({f"loan:{loan_id}": 0})[f"loan:{loan_id}"]:
        if fact.position <= position:
            state = LOAN.evolve(state, fact)
    return state


def open_date(cell: Cell) -> datetime.date:
    """The open business date."""
    facts = cell.log.history({ENTITY: 0})[ENTITY]
    advanced = [one.event.date for one in facts if isinstance(one.event, BusinessDateAdvanced)]
    return max(advanced, default=DAY)


def events_of(cell: Cell, entity: str) -> list[str]:
    """Names of the kinds of events that touch an entity."""
    return [type(fact.event).__name__ for fact in cell.log.history({entity: 0})[entity]]


def test_accounts_are_settled_once(ledger: tuple[Cell, Bank]) -> None:
    """Interest on the 20th, maturity on its day, dormancy at the first close of a month."""
    cell, bank = ledger
    offer_deposits(bank)
    bank.done(
        "OpenTermDeposit", deposit_id="TD-1", account_id="A-1", product_id="term",
        amount_minor=40_000, term_months=3, at_maturity="PAY_OUT",
    )  # fmt: skip

    def close_on(asked: str) -> None:
        date = datetime.date.fromisoformat(asked)
        while (today := open_date(cell)) < date:
            following = min(date, today + datetime.timedelta(days=10))
            bank.done("AdvanceBusinessDate", date=following.isoformat())
        closes(cell).close(date)

    close_on("2026-03-20")
    assert "InterestSettled" in events_of(cell, "account:A-1")
    head = cell.log.head().position
    forget(cell)
    closes(cell).close(datetime.date(2026, 3, 20))
    assert cell.log.head().position == head
    left = bank.balance("A-1")
    close_on("2026-06-02")
    assert "Matured" in events_of(cell, "deposit:TD-1")[-1]
    assert bank.balance("A-1") > left + 40_000
    assert "AccountLimitedToCounter" not in events_of(cell, "account:A-2")
    close_on("2026-10-01")
    assert events_of(cell, "account:A-2").count("AccountLimitedToCounter") == 1


def test_a_borrower_gets_no_notice(ledger: tuple[Cell, Bank]) -> None:
    """A company that rests for a year is told, unless it owes."""
    cell, bank = ledger
    company(bank)

    def steps() -> list[str]:
        head = cell.log.head().position
        cell.follower.wait_for(head, 60)
        april = datetime.date(2027, 4, 1)
        cut = tables.Cut(april, april - datetime.timedelta(days=1), head, 1)
        found, last = [], ""
        while (page := accounts.page_after(cell.sql, cell.log, cut, NEXT, last)) is not None:
            found += [ask.fields["step"] for ask in page.rounds[-1] if "K-1" in ask.command_id]
            last = page.last
        return found

    assert steps() == ["COUNTER_ONLY"]
    bank.done("Deposit", **deposit(500, "K-1"))
    assert steps() == ["NOTICE"]
    event, start = drawn_loan(LOANS)
    owing = msgspec.structs.replace(event, customer_ids=("C-9",), debit_account_id="K-1")
    append(cell.log, [(owing, start)], DAY)
    assert steps() == []


def test_floating_loans_are_repriced_once(ledger: tuple[Cell, Bank]) -> None:
    """With value date of the repricing day, by the close of the day before; others are left."""
    cell, bank = ledger
    publish(bank, repricing="anniversary", repricing_months=1, index="LPR-1Y")
    bank.done("PublishIndexRate", index_id="LPR-1Y", published_on="2026-02-20", rate_ppm=31_000)
    event, start = drawn_loan(LOANS + 27, start_date="2026-02-03")
    floating = msgspec.structs.replace(event, index_id="LPR-1Y", spread_ppm=4_000)
    append(cell.log, [(floating, start)], DAY)
    for _ in range(2):
        closes(cell).close(DAY)
        facts = cell.log.history({f"loan:L-{LOANS + 27}": 0})[f"loan:L-{LOANS + 27}"]
        repriced = [
            (fact.value_date, fact.event.index_rate_ppm)
            for fact in facts
            if isinstance(fact.event, LoanRateSet)
        ]
        assert repriced == [(NEXT, 31_000)]
        forget(cell)
    assert all("LoanRateSet" not in events_of(cell, f"loan:L-{each}") for each in range(LOANS))


def test_a_late_loan_freezes_its_limit_once(ledger: tuple[Cell, Bank]) -> None:
    """For lateness and, bad as it is, for its class; freed by a person, it stays free."""
    cell, bank = ledger
    bank.done(
        "OpenLimit", limit_id="LIM-1", holder_kind="CUSTOMER", holder_id="C-1",
        limit_kind="REVOLVING", amount_minor=10**9, currency="CNY", valid_from="2026-03-02",
        valid_until="2027-03-02",
    )  # fmt: skip
    event, start = drawn_loan(140)
    append(cell.log, [(msgspec.structs.replace(event, limit_path=("LIM-1",)), start)], DAY)
    for day in (DAY, NEXT):
        closes(cell).close(day)
        bank.states.forget()
        limit = bank.states.get(LIMIT, "LIM-1")
        assert limit.freezes == (("LOAN_CLASS", "OVERDUE") if day == DAY else ())
        for trigger in limit.freezes:
            bank.done("UnfreezeLimit", limit_id="LIM-1", trigger=trigger, reason="agreed")


def test_a_close_that_cannot_go_on_says_why(
    ledger: tuple[Cell, Bank], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failed with its reason; started again, it goes on."""
    cell, _ = ledger
    monkeypatch.setattr(cell.follower, "wait_for", lambda position, seconds: False)
    with pytest.raises(Exception, match="read models"):
        closes(cell).close(DAY)
    with cell.sql.connect() as connection:
        found = tables.standing(connection, DAY)
    assert found is not None
    assert (found.state, found.steps["due"]) == ("FAILED", found.chunks)
    monkeypatch.undo()
    assert closes(cell).close(DAY)


@pytest.mark.skipif(COLLECT not in COMMANDS, reason="nobody collects instalments yet")
def test_what_is_due_is_collected_once(ledger: tuple[Cell, Bank]) -> None:
    """Dated on the day that ended, so nobody is late by the close; a repeat is answered."""
    cell, bank = ledger
    publish(bank)
    digest = closes(cell).close(DAY)
    left = bank.balance("A-1")
    found = standing_of(bank.states.get(LOAN, "L-0"), NEXT)
    assert (found.status, found.due.total_minor) == ("ACTIVE", 0)
    head = cell.log.head().position
    forget(cell)
    assert closes(cell).close(DAY) == digest
    assert (bank.balance("A-1"), cell.log.head().position) == (left, head)


def firm(number: int, **terms: Any) -> tuple[Any, datetime.date]:
    """A loan of a firm, and its value date."""
    event, start = drawn_loan(number, **terms)
    changes = {"customer_ids": ("F-1",), "posting_class": "CORPORATE_LOAN"}
    return msgspec.structs.replace(event, **changes), start


def secured_bank(cell: Cell, bank: Bank) -> None:
    """A contract of which 70,000.00 are drawn under a limit, and a flat that lends 80,000.00."""
    publish(bank, coverage_bp=10_000, needs_limit=True)
    limit(bank, "LIM-S", 10**9)
    contract(bank, "K-S", limit_id="LIM-S")
    item(bank, value_minor=11_428_572)
    pledge(bank, contract_id="K-S")
    drawn(bank, 7_000_000, "L-S", contract_id="K-S")


def test_cover_that_falls_short_is_observed_called_and_freezes_the_limit(
    ledger: tuple[Cell, Bank],
) -> None:
    """Once, on the day of the fall."""
    cell, bank = ledger
    secured_bank(cell, bank)
    closes(cell).close(DAY)
    value(bank, "FLAT", 8_000_000)
    bank.states.forget()
    closes(cell).close(NEXT)
    with cell.sql.connect() as connection:
        first, second = (
            [one for one in tables.observations(connection, day) if one.kind == "COVERAGE_CHANGED"]
            for day in (DAY, NEXT)
        )
    assert [(one.loan_id, one.before, one.after) for one in first] == [("L-S", "", "COVERED")]
    fell = [(one.before, one.after, one.amount_minor) for one in second]
    assert fell == [("COVERED", "CALL", 7_000_000 - 5_600_000)]
    facts = cell.log.history({"contract:K-S": 0})["contract:K-S"]
    [call] = [fact.event for fact in facts if isinstance(fact.event, MarginCallRaised)]
    assert call.due_on == NEXT + datetime.timedelta(days=11)
    assert (call.exposure_minor, call.covered_minor) == (7_000_000, 5_600_000)
    bank.states.forget()
    assert bank.states.get(LIMIT, "LIM-S").freezes == ("SHORTFALL",)
    closes(cell).close(NEXT + datetime.timedelta(days=1))
    assert events_of(cell, "contract:K-S").count("MarginCallRaised") == 1


def test_a_firms_loan_is_classed_with_its_others_at_the_close(ledger: tuple[Cell, Bank]) -> None:
    """A new loan of a firm, of which another is long unpaid, in another chunk."""
    cell, _ = ledger
    late = firm(140)
    others = [drawn_loan(number) for number in range(LOANS, LOANS + 20)]
    append(cell.log, [late, *others, firm(141, start_date=DAY.isoformat())], DAY)
    closes(cell).close(DAY)
    with cell.sql.connect() as connection:
        found = {(one.loan_id, one.kind): one.after for one in tables.observations(connection, DAY)}
    assert found["L-141", "GRADE_CHANGED"] == "3"
    assert found["L-141", "STAGE_CHANGED"] == "3"
    assert ("L-61", "GRADE_CHANGED") not in found
