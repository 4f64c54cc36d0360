"""Questions to the ledger and to standing orders, and what is refused instead of guessed."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from kernel.common.refusals import Refusal
from kernel.payments.commands import Every
from kernel.payments.events import (
    PaymentReversed,
    StandingOrderCancelled,
    StandingOrderPaid,
    StandingOrderSet,
    two_legs,
)
from kernel.projections.queries import accounts, bindings, customers, ledger, orders, statements
from kernel.projections.queries.orders import OrderCursor
from kernel.projections.queries.reading import Reader
from kernel.projections.refusals import (
    AccountNotFound,
    CustomerNotFound,
    JournalNotFound,
    StandingOrderNotFound,
    Unanswerable,
)
from tests.store.conftest import Ask
from tests.support.bank_facts import (
    DAY_1,
    DAY_2,
    DAY_3,
    deposited,
    following,
    next_day,
    opened,
    opening_day,
    transferred,
    two_days,
)

# -- what cannot be answered


@pytest.mark.parametrize(
    ("as_of", "known_at"),
    [
        (DAY_1 - datetime.timedelta(days=1), None),
        (DAY_3, None),
        (DAY_2, 5),
        (DAY_1, 9),
        (DAY_1, -1),
        (None, 0),
    ],
    ids=["before the first day", "not accepted yet", "not known then", "ahead", "negative", "void"],
)
def test_a_question_outside_what_is_known_is_refused(
    ask: Ask, as_of: datetime.date | None, known_at: int | None
) -> None:
    reader = ask(two_days())
    for question in (
        lambda: accounts.balance(reader, "li", as_of, known_at),
        lambda: bindings.usage(reader, "li", as_of, known_at),
        lambda: ledger.trial_balance(reader, as_of, known_at),
        lambda: statements.statement(reader, "li", DAY_1, as_of or DAY_1, known_at),
        lambda: orders.standing_orders_due(reader, as_of, known_at),
    ):
        with pytest.raises(Unanswerable):
            question()


@pytest.mark.parametrize(
    ("question", "refused"),
    [
        (lambda reader: accounts.balance(reader, "nobody"), AccountNotFound),
        (lambda reader: accounts.balance(reader, "far", None, 2), AccountNotFound),
        (lambda reader: bindings.usage(reader, "nobody"), AccountNotFound),
        (lambda reader: statements.statement(reader, "nobody", DAY_1, DAY_2), AccountNotFound),
        (lambda reader: customers.customer_position(reader, "nobody"), CustomerNotFound),
        (lambda reader: ledger.journal_at(reader, 1), JournalNotFound),
        (lambda reader: orders.standing_order(reader, "none"), StandingOrderNotFound),
        (lambda reader: statements.statement(reader, "li", DAY_2, DAY_1), Unanswerable),
        (lambda reader: ledger.trial_balance(reader, DAY_1, from_date=DAY_2), Unanswerable),
    ],
)
def test_what_is_not_there_is_refused(
    ask: Ask, question: Callable[[Reader], object], refused: type[Refusal]
) -> None:
    reader = ask(two_days())
    with pytest.raises(refused):
        question(reader)


def test_a_day_before_the_account_was_opened_is_refused(ask: Ask) -> None:
    reader = ask(next_day(two_days(), DAY_3, opened("late")))
    with pytest.raises(Unanswerable) as refusal:
        accounts.balance(reader, "late", DAY_2)
    assert refusal.value.figures["limit"] == DAY_3.isoformat()


# -- general ledger


Row = tuple[str, str, int, int, int, int]


def rows(balance: ledger.TrialBalance) -> list[Row]:
    return [
        (
            row.branch_id,
            row.subject,
            row.opening_minor,
            row.debit_minor,
            row.credit_minor,
            row.closing_minor,
        )
        for row in balance.rows
    ]


FIRST_DAY: list[Row] = [
    ("0451", "201101", 0, 0, 300, -300),
    ("0451", "300101", 0, 300, 0, 300),
    ("0755", "1001", 0, 1_000, 0, 1_000),
    ("0755", "201101", 0, 300, 1_000, -700),
    ("0755", "300101", 0, 0, 300, -300),
]


def test_a_trial_balance_by_booking_date(ask: Ask) -> None:
    reader = ask(two_days())
    assert rows(ledger.trial_balance(reader, DAY_1)) == FIRST_DAY
    assert rows(ledger.trial_balance(reader, DAY_2, branch_id="0755")) == [
        ("0755", "1001", 1_000, 25, 40, 985),
        ("0755", "201101", -700, 40, 25, -685),
        ("0755", "300101", -300, 0, 0, -300),
    ]
    both = ledger.trial_balance(reader, DAY_2, from_date=DAY_1, branch_id="0755")
    assert rows(both)[0] == ("0755", "1001", 0, 1_025, 40, 985)


def test_a_trial_balance_as_it_was_known(ask: Ask) -> None:
    reader = ask(two_days())
    assert rows(ledger.trial_balance(reader, DAY_1, 5)) == FIRST_DAY
    assert rows(ledger.trial_balance(reader, DAY_1, 4)) == [
        ("0755", "1001", 0, 1_000, 0, 1_000),
        ("0755", "201101", 0, 0, 1_000, -1_000),
    ]
    assert rows(ledger.trial_balance(reader, DAY_2, 7, branch_id="0755"))[:2] == [
        ("0755", "1001", 1_000, 0, 40, 960),
        ("0755", "201101", -700, 40, 0, -660),
    ]


def test_a_red_reversal_takes_the_turnover_back(ask: Ask) -> None:
    reversal = PaymentReversed(
        payment_id=5,
        original_booking_date=DAY_1,
        reversing_legs=two_legs("far", "li", 300, "CNY", "REVERSAL"),
        reason="twice paid",
    )
    reader = ask(
        following(
            opening_day(
                opened("li"), opened("far"), deposited("li", 1_000), transferred("li", "far", 300)
            ),
            reversal,
        )
    )
    assert rows(ledger.trial_balance(reader, DAY_1)) == [
        ("0755", "1001", 0, 1_000, 0, 1_000),
        ("0755", "201101", 0, 0, 1_000, -1_000),
    ]
    assert ledger.journal_at(reader, 6).kind == "RED"


def test_journals_page_by_position_and_filter(ask: Ask) -> None:
    reader = ask(two_days())
    first = ledger.journals(reader, limit=3)
    assert [one.position for one in first.journals] == [4, 5, 7]
    assert first.next_after == 7
    rest = ledger.journals(reader, after=7, limit=3)
    assert ([one.position for one in rest.journals], rest.next_after) == ([8], None)
    assert [one.position for one in ledger.journals(reader, known_at=5).journals] == [4, 5]
    of_day_2 = ledger.journals(reader, booking_date=DAY_2)
    assert [one.position for one in of_day_2.journals] == [7, 8]
    of_branch = ledger.journals(reader, branch_id="0451")
    assert [one.position for one in of_branch.journals] == [5]
    of_cash = ledger.journals(reader, subject_code="1001")
    assert [one.position for one in of_cash.journals] == [4, 7, 8]


# -- standing orders


def order(standing_order_id: str, first_on: datetime.date) -> StandingOrderSet:
    return StandingOrderSet(
        standing_order_id=standing_order_id,
        ordering_customer_id="li-na",
        payer_account_id="li",
        payee_account_id="far",
        amount_minor=30,
        currency="CNY",
        first_on=first_on,
        every=Every.MONTHS,
        interval=1,
    )


def test_standing_orders_fall_due_and_move_on(ask: Ask) -> None:
    paid = StandingOrderPaid(
        payer_account_id="li",
        payee_account_id="far",
        amount_minor=30,
        currency="CNY",
        standing_order_id="rent",
        due_on=DAY_1,
    )
    facts = next_day(
        following(two_days(), order("rent", DAY_1), order("gym", DAY_2), order("tax", DAY_3)),
        DAY_3,
        paid,
        StandingOrderCancelled(standing_order_id="tax"),
    )
    reader = ask(facts)

    def due(on: datetime.date, known_at: int | None) -> list[str]:
        found = orders.standing_orders_due(reader, on, known_at)
        return [one.standing_order_id for one in found.orders]

    assert due(DAY_2, 11) == ["rent", "gym"]
    assert due(DAY_3, 12) == ["rent", "gym", "tax"]
    assert due(DAY_3, None) == ["gym"]
    rent = orders.standing_order(reader, "rent")
    assert (rent.status, rent.next_due_on) == ("ACTIVE", datetime.date(2026, 4, 2))
    assert orders.standing_order(reader, "tax").status == "CANCELLED"
    page = orders.standing_orders_due(reader, DAY_3, 12, limit=1)
    assert page.next_page == OrderCursor(DAY_1, "rent")
    rest = orders.standing_orders_due(reader, DAY_3, 12, after=page.next_page)
    assert [one.standing_order_id for one in rest.orders] == ["gym", "tax"]
