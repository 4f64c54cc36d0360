"""What holds for every loan, whatever happened to it and in whatever order it became known."""

from __future__ import annotations

import datetime
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.loans import money as money_module
from kernel.loans.course import Course
from kernel.loans.dated import (
    Acceleration,
    AnyLoanEvent,
    FullPrepayment,
    Recovery,
    Refund,
    Repayment,
    Restructuring,
    Reversal,
    SubsidyClaimed,
    WriteOff,
)
from kernel.loans.fold import quote, standing
from kernel.loans.line import Line
from kernel.loans.standing import Amounts, Standing, Status
from kernel.loans.terms import InstalmentRule, LoanTerms, Method
from tests.support.loan_cases import some_events, some_terms

Case = tuple[LoanTerms, list[AnyLoanEvent], datetime.date]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A loan, its events, and the day of a question."""
    pick = random.Random(draw(st.integers(0, 2**32 - 1)))
    terms = some_terms(pick)
    events = some_events(pick, terms)
    as_of = terms.start_date + datetime.timedelta(pick.choice((0, 30, 200, 500, 1_500)))
    return terms, events, as_of


def require_whole(found: Standing) -> None:
    """No figure below zero; principal complete; the last balance is nothing."""
    for line in found.instalments:
        for amounts in (line.paid, line.waived, line.outstanding):
            assert all(value >= 0 for value in msgspec.structs.astuple(amounts)), line
        assert min(line.principal_minor, line.interest_minor, line.balance_minor) >= 0, line
    kept = sum(
        line.paid.principal_minor + line.outstanding.principal_minor
        for line in found.instalments
    )  # fmt: skip
    capitalised = found.recognised.capitalised_minor
    assert kept == found.disbursed_minor + capitalised, "Σ principal = lent"
    numbers = [line.number for line in found.instalments]
    assert numbers == sorted(numbers)
    if found.disbursed_minor:
        assert found.instalments[-1].balance_minor == 0
    owed = found.normal_minor + found.due.principal_minor
    received = found.recognised.principal_received_minor
    assert owed == found.disbursed_minor + capitalised - received


def require_split(found: Standing, events: list[AnyLoanEvent]) -> None:
    """Each payment was used to the cent, and what is held is what is owed back."""
    used: dict[str, int] = {}
    for entry in found.allocations:
        used[entry.event_id] = used.get(entry.event_id, 0) + entry.amount_minor
    for event in events:
        if (
            isinstance(event, Repayment | SubsidyClaimed | Recovery)
            and event.value_date <= found.as_of
        ):
            assert used.get(event.event_id) == event.amount_minor, event
    held = sum(each.amount_minor for each in found.allocations if each.purpose == "held")
    assert held == found.unapplied_minor


@settings(max_examples=1_500, deadline=None, report_multiple_bugs=False)
@given(cases())
def test_every_loan_has_a_whole_standing(case: Case) -> None:
    terms, events, as_of = case
    found = standing(terms, events, as_of)
    require_whole(found)
    require_split(found, events)
    assert found.accrued_numerator >= 0
    assert found.payoff_minor >= 0


@settings(max_examples=700, deadline=None, report_multiple_bugs=False)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(case: Case, shuffle: random.Random) -> None:
    terms, events, as_of = case
    ranks = list(range(len(events)))
    shuffle.shuffle(ranks)
    arrived = [
        msgspec.structs.replace(event, sequence=rank)
        for event, rank in zip(events, ranks, strict=True)
    ]
    shuffle.shuffle(arrived)
    assert standing(terms, arrived, as_of) == standing(terms, events, as_of)


@settings(max_examples=700, deadline=None, report_multiple_bugs=False)
@given(cases(), st.integers(0, 7))
def test_a_reversal_equals_never_having_had_the_event(case: Case, place: int) -> None:
    terms, events, as_of = case
    if not events:
        return
    gone = events[place % len(events)]
    undo = Reversal(
        value_date=gone.value_date, event_id="undo", sequence=100, reverses=gone.event_id
    )
    redo = Reversal(value_date=as_of, event_id="redo", sequence=101, reverses="undo")
    without = [event for event in events if event is not gone]
    assert standing(terms, [*events, undo], as_of) == standing(terms, without, as_of)
    assert standing(terms, [redo, *events, undo], as_of) == standing(terms, events, as_of)


@settings(max_examples=300, deadline=None, report_multiple_bugs=False)
@given(cases())
def test_what_happens_later_does_not_change_the_past(case: Case) -> None:
    terms, events, as_of = case
    if not any(event.value_date <= terms.start_date for event in events):
        known = [event for event in events if event.value_date <= as_of]
        lent = any(type(event).__name__ == "Disbursement" for event in events)
        if not lent:
            assert standing(terms, events, as_of) == standing(terms, known, as_of)


@settings(max_examples=300, deadline=None, report_multiple_bugs=False)
@given(cases())
def test_paying_off_settles(case: Case) -> None:
    terms, events, as_of = case
    before = standing(terms, events, as_of)
    if not before.payoff_minor:
        return
    pay = FullPrepayment(value_date=as_of, event_id="all", sequence=999)
    later = (Acceleration, WriteOff, Refund, FullPrepayment)
    if not any(event.value_date == as_of and isinstance(event, later) for event in events):
        after = standing(terms, [*events, pay], as_of)
        assert (after.payoff_minor, after.normal_minor) == (0, 0)
        assert after.due == Amounts()
        assert after.status in (Status.SETTLED, Status.NOT_DISBURSED)


@settings(max_examples=300, deadline=None, report_multiple_bugs=False)
@given(cases())
def test_a_quote_repays_what_is_lent(case: Case) -> None:
    terms, _, _ = case
    offer = quote(terms)
    dues = [line.due_date for line in offer.instalments]
    assert dues == sorted(dues)
    require_whole(offer)


def test_a_payment_that_loses_a_cent_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Line.pay
    monkeypatch.setattr(
        Line, "pay", lambda self, part, amount, on: real(self, part, max(0, amount - 1), on)
    )
    with pytest.raises(AssertionError):
        test_every_loan_has_a_whole_standing()


def test_an_allocation_that_is_not_written_down_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(money_module.Money, "write", lambda *_: None)
    with pytest.raises(AssertionError):
        test_every_loan_has_a_whole_standing()


def test_principal_paid_ahead_survives_restructuring(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = LoanTerms(
        principal_minor=10_000, currency="CNY", annual_rate_ppm=70_000, instalments=6,
        method=Method.EQUAL_INSTALMENT, instalment_rule=InstalmentRule.PROGRESSIVE,
        start_date=datetime.date(2024, 1, 1),
    )  # fmt: skip
    early = Repayment(value_date=datetime.date(2024, 1, 15), event_id="e", amount_minor=5_000)
    due = datetime.date(2024, 4, 1)
    anew = Restructuring(
        value_date=datetime.date(2024, 1, 20), event_id="r", instalments=3, first_due_date=due
    )
    require_whole(standing(terms, (early, anew), due))
    monkeypatch.setattr(Course, "gather_ahead", lambda self: self.ahead.clear())
    with pytest.raises(AssertionError):
        require_whole(standing(terms, (early, anew), due))


def test_an_order_by_arrival_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.loans.fold.in_order", list)
    with pytest.raises(AssertionError):
        test_the_order_of_arrival_does_not_matter()
