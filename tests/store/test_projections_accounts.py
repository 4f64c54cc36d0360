"""Questions about accounts and customers: both clocks, paging of statements."""

from __future__ import annotations

import datetime

from kernel.accounts.commands import RestraintDirection, RestraintKind
from kernel.accounts.events import (
    AccountMarkedDormant,
    HoldPlaced,
    HoldReleased,
    OverdraftLimitSet,
    RestraintLifted,
    RestraintPlaced,
)
from kernel.common.legs import CapUse, Direction
from kernel.common.people import CustomerKind, IdentificationLevel
from kernel.customers.commands import DocumentType
from kernel.customers.events import CustomerIdentified, CustomerRegistered, CustomersMerged
from kernel.payments.commands import MoneySource
from kernel.payments.events import (
    BulkEntry,
    BulkTransferred,
    Deposited,
    PaymentReversed,
    two_legs,
)
from kernel.projections.queries import accounts, bindings, customers, statements
from kernel.projections.queries.reading import Reader
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
    two_days,
    withdrawn,
)

# -- balance


def ledger_minor(reader: Reader, as_of: datetime.date | None, known_at: int | None) -> int:
    return accounts.balance(reader, "li", as_of, known_at).ledger_minor


def test_a_balance_on_both_clocks(ask: Ask) -> None:
    reader = ask(two_days())
    assert ledger_minor(reader, DAY_1, 4) == 1_000
    assert ledger_minor(reader, DAY_1, 5) == 700
    assert ledger_minor(reader, DAY_1, 7) == 700
    assert ledger_minor(reader, DAY_1, None) == 725
    assert ledger_minor(reader, DAY_2, 7) == 660
    assert ledger_minor(reader, None, None) == 685


def test_booked_money_counts_by_booking_date(ask: Ask) -> None:
    reader = ask(two_days())
    backdated = accounts.balance(reader, "li", DAY_1)
    assert (backdated.ledger_minor, backdated.booked_minor) == (725, 700)


def test_money_valued_ahead_is_booked_but_not_yet_in_the_balance(ask: Ask) -> None:
    facts = following(two_days(), withdrawn("li", 600), value_date=DAY_3)
    reader = ask(facts)
    today = accounts.balance(reader, "li", DAY_2)
    assert (today.ledger_minor, today.booked_minor, today.available_minor) == (685, 85, 85)
    assert accounts.balance(reader, "li", DAY_3).ledger_minor == 85


def test_available_is_booked_less_holds_and_freezes_plus_overdraft(ask: Ask) -> None:
    facts = opening_day(
        opened("li"),
        deposited("li", 1_000),
        OverdraftLimitSet(account_id="li", limit_minor=500),
        HoldPlaced(
            account_id="li",
            hold_id="hotel",
            amount_minor=70,
            currency="CNY",
            expires_on=DAY_2,
            reason="room",
        ),
        frozen(30),
    )
    facts = next_day(
        facts,
        DAY_2,
        RestraintLifted(account_id="li", restraint_id="freeze", authority="court", reason="paid"),
    )
    reader = ask(facts)
    then = accounts.balance(reader, "li", DAY_1)
    assert (then.held_minor, then.overdraft_limit_minor, then.available_minor) == (70, 500, 1_400)
    assert accounts.balance(reader, "li", DAY_1, 3).available_minor == 1_000
    assert accounts.balance(reader, "li", DAY_2).available_minor == 1_500


def frozen(amount_minor: int | None) -> RestraintPlaced:
    return RestraintPlaced(
        account_id="li",
        restraint_id="freeze",
        kind=RestraintKind.JUDICIAL_FREEZE,
        authority="court",
        notice_number="2026-1",
        direction=RestraintDirection.DEBIT,
        amount_minor=amount_minor,
        placed_on=DAY_1,
        placed_by="teller-1",
    )


def test_holds_and_restraints_as_they_stood(ask: Ask) -> None:
    hold = HoldPlaced(
        account_id="li",
        hold_id="hotel",
        amount_minor=70,
        currency="CNY",
        expires_on=DAY_3,
        reason="room",
    )
    facts = opening_day(opened("li"), hold, frozen(None))
    released = HoldReleased(account_id="li", hold_id="hotel", amount_minor=70, reason="left")
    lifted = RestraintLifted(account_id="li", restraint_id="freeze", authority="c", reason="paid")
    reader = ask(next_day(facts, DAY_2, released, lifted))
    assert [one.remaining_minor for one in bindings.holds(reader, "li", DAY_1)] == [70]
    assert bindings.holds(reader, "li", DAY_2) == []
    assert [one.remaining_minor for one in bindings.holds(reader, "li", DAY_2, 5)] == [70]
    before = bindings.restraints(reader, "li", DAY_1)
    assert [(one.notice_number, one.is_binding) for one in before] == [("2026-1", True)]
    assert bindings.restraints(reader, "li", DAY_2) == []


def test_the_status_of_an_account_has_its_history(ask: Ask) -> None:
    facts = next_day(two_days(), DAY_3, AccountMarkedDormant(account_id="li", reason="idle"))
    reader = ask(facts)
    assert accounts.balance(reader, "li", DAY_2).status == "ACTIVE"
    assert accounts.balance(reader, "li", DAY_3).status == "DORMANT"


# -- statement


def test_a_statement_adds_up_from_opening_to_closing(ask: Ask) -> None:
    reader = ask(two_days())
    march = statements.statement(reader, "li", DAY_1, DAY_2)
    assert march.opening_minor == 0
    assert [(line.position, line.amount_minor, line.balance_minor) for line in march.lines] == [
        (4, 1_000, 1_000),
        (5, -300, 700),
        (8, 25, 725),
        (7, -40, 685),
    ]
    assert (march.credit_minor, march.debit_minor, march.closing_minor) == (1_025, 340, 685)
    second = statements.statement(reader, "li", DAY_2, DAY_2)
    assert (second.opening_minor, second.closing_minor) == (725, 685)
    before = statements.statement(reader, "li", DAY_2, DAY_2, 7)
    assert (before.opening_minor, before.closing_minor) == (700, 660)


def test_the_pages_of_a_statement_are_the_statement(ask: Ask) -> None:
    reader = ask(two_days())
    whole = statements.statement(reader, "li", DAY_1, DAY_2)
    page = statements.statement(reader, "li", DAY_1, DAY_2, limit=3)
    assert page.next_page is not None
    rest = statements.statement(reader, "li", DAY_1, DAY_2, after=page.next_page, limit=3)
    assert page.lines + rest.lines == whole.lines
    assert rest.next_page is None
    assert (page.closing_minor, page.line_count) == (685, 4)


def test_a_line_names_the_other_side_and_the_text(ask: Ask) -> None:
    payroll = BulkTransferred(
        ordering_customer_id="works-ltd",
        payer_account_id="far",
        currency="CNY",
        items=(
            BulkEntry(payee_account_id="li", amount_minor=10, text="bonus"),
            BulkEntry(payee_account_id="zhao", amount_minor=20),
        ),
        text="March pay",
    )
    reader = ask(following(two_days(), opened("zhao"), payroll))
    paid = statements.statement(reader, "li", DAY_2, DAY_2).lines[-1]
    assert (paid.counter_account, paid.text) == ("far", "bonus")
    other = statements.statement(reader, "zhao", DAY_2, DAY_2).lines[-1]
    assert other.text == "March pay"
    payer = statements.statement(reader, "far", DAY_2, DAY_2).lines[-1]
    assert (payer.amount_minor, payer.counter_account, payer.text) == (-30, "", "March pay")


# -- customers


def test_a_customer_position_sums_accounts_and_those_of_merged_customers(ask: Ask) -> None:
    def registered(customer_id: str) -> CustomerRegistered:
        return CustomerRegistered(
            customer_id=customer_id, kind=CustomerKind.PERSON, name=customer_id, branch_id="0755"
        )

    identified = CustomerIdentified(
        customer_id="li-na",
        level=IdentificationLevel.FACE_TO_FACE,
        document_type=DocumentType.RESIDENT_ID,
        document_digest="d",
        document_last4="1234",
        evidence_id="e-1",
    )
    facts = opening_day(
        registered("li-na"),
        registered("li-na-2"),
        opened("a"),
        opened("usd", currency="USD"),
        opened("b", customer_id="li-na-2"),
        deposited("a", 100),
        deposited("usd", 7, currency="USD"),
        deposited("b", 20),
    )
    merged = CustomersMerged(customer_id="li-na-2", into_customer_id="li-na", evidence_id="e-2")
    reader = ask(next_day(facts, DAY_2, identified, merged))
    now = customers.customer_position(reader, "li-na")
    assert (now.level, now.merged_customers) == ("FACE_TO_FACE", ("li-na-2",))
    assert [one.account_id for one in now.accounts] == ["a", "b", "usd"]
    assert now.ledger_minor == {"CNY": 120, "USD": 7}
    then = customers.customer_position(reader, "li-na", DAY_1)
    assert (then.level, then.ledger_minor) == ("REGISTERED", {"CNY": 100, "USD": 7})
    assert customers.customer_position(reader, "li-na-2").merged_into == "li-na"
    assert customers.customer_position(reader, "li-na-2", None, 10).merged_into is None


# -- usage


def test_cap_usage_by_day_and_year_given_back_on_the_original_day(ask: Ask) -> None:
    capped = Deposited(
        account_id="li",
        amount_minor=100,
        currency="CNY",
        branch_id="0755",
        source=MoneySource.CASH,
        capped=True,
    )
    back = PaymentReversed(
        payment_id=3,
        original_booking_date=DAY_1,
        reversing_legs=two_legs("li", "@CASH:0755", 100, "CNY", "REVERSAL"),
        given_back=(CapUse(account="li", direction=Direction.IN, amount_minor=-100, on=DAY_1),),
        reason="wrong account",
    )
    reader = ask(next_day(opening_day(opened("li"), capped, capped), DAY_2, capped, back))
    first = bindings.usage(reader, "li", DAY_1)
    assert (first.in_day_minor, first.in_year_minor) == (100, 100)
    assert bindings.usage(reader, "li", DAY_1, 6).in_day_minor == 200
    second = bindings.usage(reader, "li", DAY_2)
    assert (second.in_day_minor, second.in_year_minor, second.out_year_minor) == (100, 200, 0)
