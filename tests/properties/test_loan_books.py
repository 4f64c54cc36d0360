"""Properties of the books of loans: they balance, explain all money, and forget arrival."""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from kernel.bookkeeping import loan_facts
from kernel.bookkeeping.loan_amounts import Cumulative, books_of
from kernel.bookkeeping.loan_journal import Place, difference, entries, lines
from kernel.bookkeeping.loan_subjects import MEMO, AmountType
from kernel.bookkeeping.rules import POSTING_RULES
from kernel.common.facts import Event
from kernel.eventstore.memory import MemoryLog
from kernel.loans.dated import (
    Acceleration,
    AnyLoanEvent,
    Disbursement,
    DueDateChange,
    Extension,
    FullPrepayment,
    RateSet,
    Refund,
    Restructuring,
    WriteOff,
)
from kernel.loans.events import ClaimWaived, LoanFeeCharged, LoanRateSet, LoanWrittenOff
from kernel.loans.state import LoanState
from kernel.loans.terms import LoanTerms, Method
from kernel.projections import checks
from kernel.projections.follower import Follower
from kernel.projections.models import READ_MODELS
from kernel.projections.positions import alarms
from kernel.projections.queries import ledger
from kernel.projections.queries.reading import Reader
from tests.support.bank import running_bank
from tests.support.bank_facts import log_of
from tests.support.lending import contract, pass_days, publish
from tests.support.lending import drawn as drawn_at_the_bank
from tests.support.loan_books import day_after, drawn_at_start, state_of
from tests.support.loan_cases import some_events, some_terms
from tests.support.loan_facts import FIRST, DayBook, about, drawn, recovered, repaid, terms
from tests.support.loss_books import secured
from tests.support.loss_reference import PlainItem
from tests.support.switches import effective_fees_from, unwinding_from


def some_state(pick: random.Random, *, partner_ppm: int | None = None) -> LoanState:
    """A loan of any kind with money that its events can account for.

    A refund of more than is held, or a fee that is financed when the schedule is over, cannot be
    explained; the one is refused before it is recorded, the other needs a second draw. Rate and
    term of a discounted loan do not change either, since its interest was paid for them; what is
    drawn and taken from the draw behind a write-off is refused before it is recorded, and behind a
    restructuring or an acceleration nothing is taken from a draw, which these cases do not know.
    """
    what = some_terms(pick)
    events = [each for each in some_events(pick, what) if not isinstance(each, Refund)]
    if what.method is Method.DISCOUNTED:
        fixed, ended = (Extension, DueDateChange, RateSet), (Acceleration, Restructuring, WriteOff)
        events = [each for each in events if not isinstance(each, (*fixed, *ended))]
    if any(fee.when == "start" for fee in what.fees):
        events = [each for each in events if not isinstance(each, Disbursement)]
    if not any(isinstance(each, Disbursement) for each in events):
        events.insert(0, drawn_at_start(what))
    share = pick.choice((0, 0, 700_000)) if partner_ppm is None else partner_ppm
    return state_of(what, [_with_amount(each, what) for each in events], partner_ppm=share)


def _with_amount(event: AnyLoanEvent, what: LoanTerms) -> AnyLoanEvent:
    if isinstance(event, FullPrepayment) and event.amount_minor is None:
        return msgspec.structs.replace(event, amount_minor=what.principal_minor)
    return event


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**9), days=st.lists(st.integers(0, 1200), min_size=1, max_size=4))
def test_the_books_of_any_loan_balance_and_explain_its_money(seed: int, days: list[int]) -> None:
    state = some_state(random.Random(seed))
    for after in days:
        found = books_of(state, day_after(state.loan_terms, after)).amounts
        assert AmountType.UNEXPLAINED not in found
        assert sum(minor for kind, minor in found.items() if kind not in MEMO) == 0
        assert sum(minor for kind, minor in found.items() if kind in MEMO) == 0


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**9), stops=st.lists(st.integers(0, 1200), min_size=1, max_size=6))
def test_journals_by_difference_lead_to_the_cumulative_amounts(seed: int, stops: list[int]) -> None:
    """However the days are cut, and red or not, the lines add up to what should be shown."""
    state = some_state(random.Random(seed))
    place = Place("0755", "PERSONAL_LOAN", "CNY")
    posted: dict[AmountType, int] = {}
    subjects: dict[str, int] = {}
    for after in sorted(stops):
        on = day_after(state.loan_terms, after)
        now = books_of(state, on).amounts
        made, _ = lines(
            [(place, each) for each in entries(difference(now, posted))], POSTING_RULES, on
        )
        for line in made:
            moved = line.debit_minor - line.credit_minor
            subjects[line.subject] = subjects.get(line.subject, 0) + moved
        posted = now
    shown: dict[str, int] = {}
    for kind, minor in posted.items():
        rule = POSTING_RULES.find("PERSONAL_LOAN", kind, FIRST)
        assert rule is not None
        shown[rule.subject] = shown.get(rule.subject, 0) + minor
    assert {code: minor for code, minor in subjects.items() if minor} == {
        code: minor for code, minor in shown.items() if minor
    }


# -- on a real database


Dated = tuple[Event, int]
"""An event of a loan and its value date, in days after the first."""

LOANS = st.sampled_from(["L-1", "L-2"])
HAPPENINGS = st.one_of(
    st.builds(repaid, LOANS, st.sampled_from([1, 70_000, 1_120_000, 5_000_000])),
    st.builds(
        lambda loan, minor: repaid(loan, minor, mode="in_advance"),
        LOANS,
        st.sampled_from([300_000, 15_000_000]),
    ),
    st.builds(lambda loan: LoanFeeCharged(**about(loan), amount_minor=300, name="letter"), LOANS),
    st.builds(
        lambda loan, what: ClaimWaived(**about(loan), what=what, amount_minor=50, reason="relief"),
        LOANS,
        st.sampled_from(["interest", "penalty", "fee"]),
    ),
    st.builds(
        lambda loan, rate: LoanRateSet(**about(loan), annual_rate_ppm=rate),
        LOANS,
        st.sampled_from([90_000, 240_000]),
    ),
    st.builds(lambda loan: LoanWrittenOff(**about(loan), approval="AP"), LOANS),
    st.builds(recovered, LOANS, st.just(40_000)),
)
HISTORY = st.lists(st.tuples(HAPPENINGS, st.integers(0, 45)), min_size=2, max_size=6)


def books_after(
    engine: Engine,
    happened: Sequence[tuple[int, Dated]],
    waits: Sequence[int],
    size: int,
    fee_minor: int = 0,
) -> tuple[tuple[object, ...], list[object]]:
    """Closing trial balance of the last day, amounts and measurement of each loan.

    The loans are a firm's under one contract, so each moves the class and the cover of the other.
    A fee is taken out of each draw.

    Each event arrives ``waits`` days after its value date, or with the arrival before if later,
    under a command id that is its own in any order.
    """
    tables = [table.name for model in READ_MODELS.all for table in model.tables]
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(tables)}, projections, alarms"))
    book = DayBook()
    fees = [{"name": "arrangement", "amount_minor": fee_minor}] if fee_minor else []
    what = terms(non_accrual_days=20, fees=fees)
    for event in secured("FLAT", PlainItem(9_000_000, [("K-1", None)])):
        book.add(event)
    for loan_id, partner_ppm in (("L-1", 0), ("L-2", 300_000)):
        paid_out = what.principal_minor - fee_minor
        event = drawn(loan_id, what, partner_ppm=partner_ppm, minor=paid_out)
        firm = msgspec.structs.replace(
            event, posting_class="CORPORATE_LOAN", withheld_minor=fee_minor
        )
        book.add(firm, None, f"draw-{loan_id}")
    for (number, (event, after)), wait in zip(happened, waits, strict=True):
        value_date = FIRST + datetime.timedelta(after)
        book.pass_days(max(book.today, value_date + datetime.timedelta(wait)))
        book.add(event, value_date, f"command-of-event-{number}")
    book.pass_days(FIRST + datetime.timedelta(71))
    Follower(engine, log_of(book.facts), batch_size=size).catch_up()
    last = book.today - datetime.timedelta(1)
    models = READ_MODELS
    with engine.connect() as connection:
        audit = checks.audit(connection, models.balances, models.statements, models.ledger, last)
        assert audit == []
        assert alarms(connection) == []
        amounts = models.ledger.loans.amounts
        query = select(amounts).where(amounts.c.amount_minor != 0)
        each = sorted(tuple(row) for row in connection.execute(query))
    rows = ledger.trial_balance(Reader(engine), last).rows
    closing = tuple((row.subject, row.closing_minor) for row in rows if row.closing_minor)
    with engine.connect() as connection:
        measured = connection.execute(select(models.ledger.loans.losses.last)).all()
    each += sorted(tuple(row) for row in measured)
    return closing, list(each)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    history=HISTORY,
    order=st.randoms(use_true_random=False),
    waits=st.lists(st.integers(0, 20), min_size=6, max_size=6),
    switched=st.booleans(),
)
def test_any_order_of_arrival_gives_the_same_closing_books(
    engine: Engine, history: list[Dated], order: random.Random, waits: list[int], switched: bool
) -> None:
    """Also where allowances unwind and fees are earned by the effective rate."""
    with pytest.MonkeyPatch.context() as patch:
        if switched:
            unwinding_from(patch, FIRST + datetime.timedelta(60))
            effective_fees_from(patch)
        same_in_any_order(engine, history, order, waits, 90_000 if switched else 0)


def same_in_any_order(
    engine: Engine,
    history: list[Dated],
    order: random.Random,
    waits: list[int],
    fee_minor: int,
) -> None:
    """The books of the events on time, and as they come late and shuffled."""
    numbered = list(enumerate(history))
    on_time = sorted(numbered, key=lambda each: each[1][1])
    shuffled = numbered.copy()
    order.shuffle(shuffled)
    straight = books_after(engine, on_time, [0] * len(history), 50, fee_minor)
    assert books_after(engine, shuffled, waits[: len(history)], 13, fee_minor) == straight


# -- through the engine


def asked_of_the_bank(
    engine: Engine, arrivals: Sequence[tuple[int, int, str, int]]
) -> tuple[object, ...]:
    """Closing books after payments (number, day of value, loan, amount) in this order.

    The first half arrives on 20 March, the second on the 25th; the last day is 10 April.
    """
    with running_bank(MemoryLog()) as bank:
        bank.open_day()
        publish(bank)
        for number in ("1", "2"):
            contract(bank, f"K-{number}")
            drawn_at_the_bank(bank, loan_id=f"L-{number}", contract_id=f"K-{number}")
        for part, until in ((arrivals[::2], "2026-03-20"), (arrivals[1::2], "2026-03-25")):
            pass_days(bank, until)
            for payment, after, loan_id, minor in part:
                value_date = datetime.date(2026, 3, 3) + datetime.timedelta(after)
                bank.done(
                    "RepayLoan",
                    f"payment-{payment}",
                    loan_id=loan_id,
                    amount_minor=minor,
                    mode="IN_ADVANCE",
                    value_date=value_date.isoformat(),
                )
        pass_days(bank, "2026-04-10")
        tables = [table.name for model in READ_MODELS.all for table in model.tables]
        with engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {', '.join(tables)}, projections, alarms"))
        Follower(engine, bank.log, batch_size=7).catch_up()
    last = datetime.date(2026, 4, 9)
    with engine.connect() as connection:
        assert alarms(connection) == []
    rows = ledger.trial_balance(Reader(engine), last).rows
    return tuple((row.subject, row.closing_minor) for row in rows if row.closing_minor)


PAYMENTS = st.lists(
    st.tuples(
        st.integers(0, 16),
        st.sampled_from(["L-1", "L-2"]),
        st.sampled_from([1, 30_000, 1_000_000, 3_000_000]),
    ),
    min_size=2,
    max_size=3,
)


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(payments=PAYMENTS, order=st.randoms(use_true_random=False))
def test_commands_in_any_order_give_the_same_closing_books(
    engine: Engine, payments: list[tuple[int, str, int]], order: random.Random
) -> None:
    numbered = [(number, *payment) for number, payment in enumerate(payments)]
    shuffled = numbered.copy()
    order.shuffle(shuffled)
    assert asked_of_the_bank(engine, numbered) == asked_of_the_bank(engine, shuffled)


def test_books_that_never_take_back_depend_on_the_order(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seeded defect: interest that an event dated back makes too much stays posted."""

    def keeps(now: Cumulative, before: Cumulative) -> Cumulative:
        change = difference(now, before)
        back = change.get(AmountType.INTEREST_INCOME, 0)
        if back > 0:
            accrued = change.get(AmountType.ACCRUED_INTEREST, 0)
            change[AmountType.INTEREST_INCOME] = 0
            change[AmountType.ACCRUED_INTEREST] = accrued + back
        return {kind: minor for kind, minor in change.items() if minor}

    history: list[tuple[int, Dated]] = [(0, (repaid("L-1", 5_000_000, mode="in_advance"), 3))]
    assert books_after(engine, history, [0], 50) == books_after(engine, history, [20], 50)
    monkeypatch.setattr(loan_facts, "difference", keeps)
    late = books_after(engine, history, [20], 50)
    monkeypatch.undo()
    assert books_after(engine, history, [0], 50) != late
