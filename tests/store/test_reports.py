"""Every report of the catalogue on a real ledger: answers, both clocks, and what cannot be said."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

from adapters.database import Database
from kernel.common.people import CustomerKind
from kernel.common.refusals import InvalidInput
from kernel.customers.events import CustomerRegistered
from kernel.eventstore.log import Batch
from kernel.eventstore.postgres import PostgresLog
from kernel.grading.commands import FloorGrade
from kernel.grading.events import GradeFloorSet
from kernel.loans.events import LoanRestructured, LoanWrittenOff
from kernel.projections.follower import Follower
from kernel.projections.queries import loan_records
from kernel.projections.queries.loan_records import loan_ids
from kernel.projections.queries.reading import Reader
from kernel.projections.refusals import Unanswerable
from kernel.projections.reports.asking import Clocks, Sources
from kernel.projections.reports.catalogue import REPORTS
from kernel.projections.reports.one_loan import graded_loan
from kernel.projections.reports.what_if import run_what_if
from kernel.reporting.table import Table
from kernel.reporting.what_if import change_of
from tests.support.loan_facts import FIRST, DayBook, about


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def a_life() -> DayBook:
    """L-1 pays, L-2 is late and written off, L-3 is taken back, L-4 is restructured."""
    book = DayBook()
    book.add(
        CustomerRegistered(
            customer_id="C-1", kind=CustomerKind.PERSON, name="王芳", branch_id="0755"
        )
    )
    book.draw("L-1")
    book.draw("L-2", partner_ppm=300_000)
    wrong = book.draw("L-3")
    book.draw("L-4", partner_ppm=400_000)
    book.pass_days(day("2026-01-15"))
    book.reverse(wrong)
    book.pass_days(day("2026-02-10"))
    book.repay(1_120_000)
    book.pass_days(day("2026-03-20"))
    book.repay(1_110_000, day("2026-03-10"))
    book.add(
        LoanRestructured(
            **about("L-4"), instalments=12, first_due_date=day("2026-04-20"), capitalise=True
        )
    )
    book.pass_days(day("2026-06-01"))
    book.add(GradeFloorSet(loan_id="L-1", reason="misuse", grade=FloorGrade.DOUBTFUL))
    book.pass_days(day("2026-06-20"))
    book.add(LoanWrittenOff(**about("L-2"), approval="AP-1"))
    book.pass_days(day("2026-06-24"))
    return book


LIFE = a_life()


@pytest.fixture
def sources(postgres_url: str, schema_name: str) -> Iterator[Sources]:
    """The ledger of a life, in the log and in the read models."""
    engine = Database(postgres_url, schema_name).sqlalchemy_engine()
    log = PostgresLog(postgres_url, schema_name)
    log.append(Batch(facts=tuple(LIFE.facts)), log.head(), timeout_seconds=10)
    Follower(engine, log).catch_up()
    yield Sources(Reader(engine), log)
    log.close()
    engine.dispose()


PARAMETERS: dict[str, dict[str, str]] = {
    "migration": {"from_date": "2026-02-28"},
    "roll-rates": {"from_date": "2026-02-28"},
    "allowance-movement": {"from_date": "2026-02-28"},
    "loan-schedule": {"loan_id": "L-1"},
    "loan-allocations": {"loan_id": "L-1"},
    "loan-history": {"loan_id": "L-1"},
    "statement": {"account_id": "A-1", "from_date": "2026-01-10", "to_date": "2026-03-20"},
    "customer": {"customer_id": "C-1"},
    "customer-tags": {"customer_id": "C-1"},
    "customer-stars": {"customer_id": "C-1"},
}


WITHOUT_CREDIT = {"limit-use", "collateral-coverage", "commitment-losses"}
"""Loans that came without an application and a limit have no row there."""


def ask(sources: Sources, name: str, as_of: str = "", known_at: int | None = None) -> Table:
    clocks = Clocks(as_of=day(as_of) if as_of else None, known_at=known_at)
    return REPORTS[name].ask(sources, PARAMETERS.get(name, {}), clocks)


def rows(table: Table) -> list[dict[str, object]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_every_report_answers_and_says_what_it_cannot(sources: Sources) -> None:
    for name in REPORTS:
        table = ask(sources, name)
        assert bool(table.rows) is (name not in WITHOUT_CREDIT), name
        assert table.known_at == len(LIFE.facts)
        assert all(len(row) == len(table.columns) for row in table.rows), name
        for impossible in (Clocks(known_at=10**6), Clocks(known_at=-1)):
            with pytest.raises(Unanswerable):
                REPORTS[name].ask(sources, PARAMETERS.get(name, {}), impossible)
        if name != "statement":
            for never in ("2020-01-01", "2099-01-01"):
                with pytest.raises(Unanswerable):
                    ask(sources, name, never)
    with pytest.raises(InvalidInput, match="as_of"):
        ask(sources, "statement", "2026-03-20")


def test_what_a_report_said_it_says_again(postgres_url: str, schema_name: str) -> None:
    """As far as was known then, the answer is the one given then, whatever was booked since."""
    engine = Database(postgres_url, schema_name).sqlalchemy_engine()
    log = PostgresLog(postgres_url, schema_name)
    half = next(n for n, one in enumerate(LIFE.facts) if one.booking_date == day("2026-03-19"))
    said: dict[str, Table] = {}
    for facts in (LIFE.facts[:half], LIFE.facts[half:]):
        log.append(Batch(facts=tuple(facts)), log.head(), timeout_seconds=10)
        Follower(engine, log).catch_up()
        sources = Sources(Reader(engine), log)
        for name in REPORTS:
            if name == "statement":
                continue
            again = ask(sources, name, "2026-03-18", half)
            assert again == said.setdefault(name, again), name
    now = ask(sources, "loans", "2026-03-18")
    assert now.rows != said["loans"].rows, "the backdated repayment changes the day"
    log.close()
    engine.dispose()


def test_a_loan_taken_back_is_in_no_report(sources: Sources) -> None:
    assert [row["loan_id"] for row in rows(ask(sources, "loans"))] == ["L-1", "L-2", "L-4"]


def test_loans_are_read_in_pages_of_any_size(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ask(sources, "loans")
    monkeypatch.setattr(loan_records, "LOANS_AT_ONCE", 1)
    assert ask(sources, "loans") == whole


def test_loans_of_a_debtor(sources: Sources) -> None:
    with sources.reader.at(None, sources.reader.models.ledger) as view:
        assert loan_ids(view, "C-1") == ("L-1", "L-2", "L-3", "L-4")
        assert loan_ids(view, "C-2") == ()


def test_the_sub_ledger_is_the_control_account_on_every_day(sources: Sources) -> None:
    for on in ("2026-01-10", "2026-02-09", "2026-02-11", "2026-03-19", "2026-03-20", "2026-06-24"):
        found = rows(ask(sources, "sub-ledger", on))
        assert {row["subject"] for row in found} >= {"1303", "201101"}
        assert [row for row in found if row["difference_minor"]] == [], on


def test_a_floor_counts_from_its_day(sources: Sources) -> None:
    """And the relief of a debtor in difficulty begins an observation."""
    for on, counts in (("2026-05-31", False), ("2026-06-01", True)):
        _, _, graded, _ = graded_loan(sources, "L-1", Clocks(as_of=day(on)))
        assert ("misuse" in graded.reasons, graded.grade.name == "DOUBTFUL") == (counts, counts)
    _, seen, graded, _ = graded_loan(sources, "L-4", Clocks(as_of=day("2026-04-10")))
    assert seen.conduct.restructured_on == (day("2026-03-20"),)
    assert "observed since 2026-03-20" in graded.reasons, graded


def test_the_bureau_reads_months(sources: Sources) -> None:
    found = {row["loan_id"]: row["status"] for row in rows(ask(sources, "bureau-status"))}
    assert found["L-2"] == "N1234B"
    assert str(found["L-4"])[:3] == "N1N"


def test_what_if_names_the_path_and_sums_up(sources: Sources) -> None:
    change = change_of({"loan_ids": ["L-1"], "rate_path": [
        {"from_date": "2026-01-10", "annual_rate_ppm": 240_000}]})  # fmt: skip
    head = sources.log.head()
    table = run_what_if(sources, change, Clocks(as_of=day("2026-06-24")))
    one, whole = rows(table)
    assert int(str(one["income_change_minor"])) > 0
    assert one["income_change_minor"] == whole["income_change_minor"]
    assert sources.log.head() == head
    with pytest.raises(InvalidInput) as caught:
        run_what_if(sources, change_of({"terms": {"method": "magic"}}), Clocks())
    assert caught.value.violations[0][0] == "L-1.terms.method"


@pytest.mark.parametrize(
    ("name", "raw", "path"),
    [
        ("ageing", {"colour": "red"}, "parameters.colour"),
        ("migration", {}, "parameters.from_date"),
        ("migration", {"from_date": "yesterday"}, "parameters.from_date"),
        ("vintage", {"months": "0"}, "parameters.months"),
        ("vintage", {"months": "many"}, "parameters.months"),
        ("loan-schedule", {"loan_id": "no such id!"}, "parameters.loan_id"),
    ],
)
def test_a_wrong_parameter_is_named(name: str, raw: dict[str, str], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        REPORTS[name].ask(Sources(None, None), raw, Clocks())  # type: ignore[arg-type]
    assert caught.value.violations[0][0] == path


def test_a_report_cannot_end_before_it_begins(sources: Sources) -> None:
    with pytest.raises(Unanswerable):
        ask(sources, "migration", FIRST.isoformat())
