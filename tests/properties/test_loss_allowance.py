"""The allowance in the books against a plain reference, over small books of any make."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from adapters.database import Database
from kernel.common.facts import Event
from kernel.grading.classes import Grade
from kernel.projections import loan_links, securities
from kernel.projections.follower import Follower
from kernel.projections.models import READ_MODELS
from kernel.projections.queries import ledger
from kernel.projections.queries.reading import Reader
from kernel.projections.reports.asking import Clocks, Sources
from kernel.projections.reports.catalogue import REPORTS
from kernel.projections.reports.one_loan import graded_loan
from kernel.reporting import loan_losses as pure
from tests.support import books
from tests.support.bank_facts import log_of
from tests.support.loan_facts import FIRST
from tests.support.loss_books import day_book, signed
from tests.support.loss_reference import PlainItem, PlainLoan, allowances, undrawn_class


@pytest.fixture
def engine(postgres_url: str, schema_name: str) -> Iterator[Engine]:
    """Connections to a fresh ledger."""
    made = Database(postgres_url, schema_name).sqlalchemy_engine()
    yield made
    made.dispose()


def plain(loan_id: str, **fields: object) -> PlainLoan:
    usual = PlainLoan(loan_id, f"K-{loan_id}", f"C-{loan_id}", True, 3_600_000, 36, FIRST)
    return replace(usual, **fields)  # type: ignore[arg-type]


BOOK = [
    plain("good"),
    plain("late", paid=0),
    plain("covered", principal=7_200_000),
    plain("short", contract_id="K-covered-2", paid=1),
    plain("firm-bad", debtor_id="F", is_retail=False, principal=720_000, paid=0),
    plain("firm-good", debtor_id="F", is_retail=False, contract_id="K-firm"),
    plain("firm-more", debtor_id="F", is_retail=False, contract_id="K-firm", principal=360_000),
    plain("big-bad", debtor_id="G", is_retail=False, principal=360_000, paid=0),
    plain("big-good", debtor_id="G", is_retail=False, principal=36_000_000),
    plain("watched", floor=2),
    plain("joint", partner_percent=30, paid=0),
    plain("gone", paid=0, written_off_on=FIRST + datetime.timedelta(days=60)),
]
ITEMS = [
    PlainItem(8_000_000, [("K-covered", None), ("K-covered-2", 700_000)]),
    PlainItem(1_000_001, [("K-firm", None)]),
    PlainItem(90_000, [("K-big-good", 50_000), ("K-nobody", None)]),
]


def posted(
    engine: Engine,
    loans: list[PlainLoan],
    items: list[PlainItem],
    days: int,
    before: Iterable[Event] = (),
) -> None:
    """The books of so many days, and the same by the audit's own fold."""
    book = day_book(loans, items, FIRST + datetime.timedelta(days=days), before)
    books.posted(books.wiped(engine), book, 97)


def held(engine: Engine) -> dict[str, int]:
    """The allowance that the sub-ledger shows for each loan."""
    amounts = READ_MODELS.ledger.loans.amounts.c
    kinds = ("ALLOWANCE_MADE", "ALLOWANCE_USED")
    query = select(amounts.loan_id, amounts.amount_minor).where(amounts.amount_type.in_(kinds))
    found: dict[str, int] = {}
    with engine.connect() as connection:
        for row in connection.execute(query):
            found[row.loan_id] = found.get(row.loan_id, 0) - row.amount_minor
    return found


def closing(engine: Engine, days: int, subject: str) -> int:
    last = FIRST + datetime.timedelta(days=days - 1)
    rows = ledger.trial_balance(Reader(engine), last).rows
    return sum(row.closing_minor for row in rows if row.subject == subject)


@pytest.mark.parametrize("days", [1, 40, 75, 130])
def test_a_book_with_everything_in_it(engine: Engine, days: int) -> None:
    """Performing, late, covered, shared, of a firm that fails, watched, joint, written off."""
    posted(engine, BOOK, ITEMS, days)
    expected = allowances(BOOK, ITEMS, FIRST + datetime.timedelta(days=days - 1))
    assert held(engine) == {loan.loan_id: expected[loan.loan_id] for loan in BOOK}
    assert closing(engine, days, "1304") == -sum(expected.values())


def test_what_is_provided_less_what_was_used_is_the_loss_of_the_year(engine: Engine) -> None:
    posted(engine, BOOK, ITEMS, 75)
    gone = next(loan for loan in BOOK if loan.loan_id == "gone")
    used = closing(engine, 75, "6702") + closing(engine, 75, "1304")
    assert used >= gone.principal, "the principal that left, and the interest with it"


def test_reports_say_what_the_books_hold(engine: Engine) -> None:
    """The allowance of each loan in the report of the day that ended last."""
    book = day_book(BOOK, ITEMS, FIRST + datetime.timedelta(days=75))
    log = log_of(book.facts)
    Follower(engine, log).catch_up()
    clocks = Clocks(as_of=FIRST + datetime.timedelta(days=74))
    table = REPORTS["loans"].ask(Sources(Reader(engine), log), {}, clocks)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert {str(row["loan_id"]): row["allowance_minor"] for row in rows} == held(engine)
    covered = {str(row["loan_id"]): row["covered_minor"] for row in rows}
    assert (covered["short"], covered["late"]) == (700_000, 0)
    for loan_id in ("short", "firm-more", "joint"):
        found = graded_loan(Sources(Reader(engine), log), loan_id, clocks)[-1]
        assert found.allowance_minor == held(engine)[loan_id]
        assert found.covered_minor == covered[loan_id]


SIZES = st.sampled_from([360_000, 3_600_000, 36_000_000])
LOANS = st.lists(
    st.builds(
        PlainLoan,
        loan_id=st.just(""),
        contract_id=st.sampled_from(["K-1", "K-2", "K-3"]),
        debtor_id=st.sampled_from(["C-1", "C-2"]),
        is_retail=st.booleans(),
        principal=SIZES,
        instalments=st.sampled_from([12, 36]),
        start=st.just(FIRST),
        paid=st.sampled_from([0, 1, 99]),
        partner_percent=st.sampled_from([0, 30]),
        floor=st.sampled_from([1, 1, 1, 2, 3]),
    ),
    min_size=1,
    max_size=5,
)
MOST = st.sampled_from([None, 1, 999_999])
ITEM = st.builds(
    PlainItem,
    lends=st.integers(1, 40_000_000),
    pledges=st.lists(st.tuples(st.sampled_from(["K-1", "K-2"]), MOST), unique_by=lambda p: p[0]),
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(loans=LOANS, item=ITEM, days=st.sampled_from([1, 35, 62, 125]))
def test_any_small_book(engine: Engine, loans: list[PlainLoan], item: PlainItem, days: int) -> None:
    numbered = [replace(loan, loan_id=f"L-{number}") for number, loan in enumerate(loans)]
    posted(engine, numbered, [item], days)
    expected = allowances(numbered, [item], FIRST + datetime.timedelta(days=days - 1))
    assert held(engine) == expected


CONTRACTS = st.dictionaries(
    st.sampled_from(["K-1", "K-2", "K-8", "K-9"]),
    st.tuples(st.sampled_from(["C-1", "C-2", "C-3"]), st.booleans()),
    min_size=1,
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(loans=LOANS, contracts=CONTRACTS, days=st.sampled_from([1, 35, 62, 125]))
def test_what_is_undrawn_is_of_the_class_that_a_plain_reference_says(
    engine: Engine, loans: list[PlainLoan], contracts: dict[str, tuple[str, bool]], days: int
) -> None:
    """By the loans of the contract and, but for a retail one, all of its debtor."""
    numbered = [replace(loan, loan_id=f"L-{number}") for number, loan in enumerate(loans)]
    events = [
        event
        for contract_id, (debtor_id, is_retail) in contracts.items()
        for event in signed(contract_id, debtor_id, is_retail=is_retail)
    ]
    posted(engine, numbered, [], days, events)
    on, last = FIRST + datetime.timedelta(days=days - 1), READ_MODELS.ledger.loans.commitments.last
    with engine.connect() as connection:
        rows = connection.execute(select(last)).all()
    assert {row.contract_id: (row.grade, row.stage) for row in rows} == {
        each: undrawn_class(each, None if is_retail else debtor_id, numbered, on)
        for each, (debtor_id, is_retail) in contracts.items()
    }


@pytest.mark.parametrize("defect", ["contagion", "cover", "apart"])
def test_each_part_of_the_measurement_is_seen(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, defect: str
) -> None:
    """The seeded defects: no contagion, no cover, loans that belong together measured apart."""
    if defect == "contagion":
        monkeypatch.setattr(pure, "contagion", lambda *_: Grade.NORMAL)
    elif defect == "cover":
        monkeypatch.setattr(securities, "pool_pledges", lambda _: [])
    else:
        monkeypatch.setattr(loan_links, "BATCH_LOANS", 1)
        monkeypatch.setattr(loan_links, "together", lambda loans, _: [[x.loan_id] for x in loans])
    book = day_book(BOOK, ITEMS, FIRST + datetime.timedelta(days=125))
    Follower(engine, log_of(book.facts)).catch_up()
    expected = allowances(BOOK, ITEMS, FIRST + datetime.timedelta(days=124))
    assert held(engine) != expected
