"""Properties of the books of loans taken over: they come with their claims and with no income."""

from __future__ import annotations

import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.bookkeeping.loan_amounts import books_of
from kernel.bookkeeping.loan_subjects import MEMO, AmountType
from kernel.loans.dated import Import, ImportedArrears, Repayment
from kernel.loans.state import standing_of
from tests.support.loan_books import state_of
from tests.support.loan_facts import FIRST, terms

DAYS = st.integers(0, 150)
MINOR = st.integers(0, 1_000_000)
ARREARS = st.builds(
    lambda late, principal, interest, fee, penalty, compound: ImportedArrears(
        due_date=FIRST - datetime.timedelta(late),
        principal_minor=principal,
        interest_minor=interest,
        fee_minor=fee,
        penalty_minor=penalty,
        compound_minor=compound,
    ),
    DAYS, MINOR, MINOR, MINOR, MINOR, MINOR,
)  # fmt: skip
INCOME = (
    AmountType.INTEREST_INCOME,
    AmountType.PENALTY_INCOME,
    AmountType.COMPOUND_INCOME,
    AmountType.FEE_INCOME,
)


@settings(max_examples=150, deadline=None)
@given(
    normal=st.integers(0, 10_000_000),
    accrued=st.integers(0, 100_000),
    next_number=st.integers(4, 12),
    arrears=st.lists(ARREARS, max_size=3).map(tuple),
    paid=st.integers(1, 12_000_000),
    after=st.integers(0, 300),
)
def test_a_take_over_brings_claims_against_the_take_over_account(
    normal: int,
    accrued: int,
    next_number: int,
    arrears: tuple[ImportedArrears, ...],
    paid: int,
    after: int,
) -> None:
    taken = Import(
        value_date=FIRST,
        event_id="import",
        normal_principal_minor=normal,
        next_number=next_number,
        accrued_interest_minor=accrued,
        arrears=arrears,
    )
    what = terms(FIRST - datetime.timedelta(200))
    state = state_of(what, [taken])
    found = books_of(state, FIRST).amounts
    stands = standing_of(state, FIRST)
    claims = sum(minor for kind, minor in found.items() if minor > 0 and kind not in MEMO)
    assert found.get(AmountType.TAKEN_OVER, 0) == -claims
    assert not [kind for kind in INCOME if kind in found]
    owed = stands.due.total_minor + stands.normal_minor + stands.accrued_interest_minor
    assert claims + stands.recognised.off_balance.total_minor == owed
    day = FIRST + datetime.timedelta(after)
    paying = Repayment(value_date=day, event_id="paid", amount_minor=paid, mode="in_advance")
    for on in (day, day + datetime.timedelta(40)):
        assert AmountType.UNEXPLAINED not in books_of(state_of(what, [taken, paying]), on).amounts
