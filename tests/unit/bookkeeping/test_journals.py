"""Golden journals: what each business event is booked as."""

from __future__ import annotations

import datetime

import msgspec
import pytest

from kernel.accounts.events import AccountFeeCharged, HoldCaptured
from kernel.bookkeeping.chart import CHART, Side, subject
from kernel.bookkeeping.journal import (
    AccountFacts,
    Journal,
    JournalKind,
    UnbalancedEvent,
    journal,
)
from kernel.bookkeeping.rules import POSTING_RULES, PostingRule, PostingRules
from kernel.common.facts import Event
from kernel.common.legs import InternalAccount, Leg, internal
from kernel.payments.commands import MoneySource
from kernel.payments.events import (
    BulkEntry,
    BulkTransferred,
    PaymentReversed,
    StandingOrderPaid,
    two_legs,
)
from tests.support.bank_facts import deposited, fact, opened, transferred, withdrawn

ACCOUNTS = {
    "li": AccountFacts("0755", "PERSONAL_CURRENT"),
    "wang": AccountFacts("0755", "PERSONAL_CURRENT"),
    "far": AccountFacts("0451", "PERSONAL_CURRENT"),
    "works": AccountFacts("0755", "CORPORATE_CURRENT"),
}
THIS_YEAR = datetime.date(2026, 3, 2)
LAST_YEAR = datetime.date(2025, 12, 31)

Entry = tuple[str, str, str, int]


def booked(event: Event, on: datetime.date = THIS_YEAR) -> Journal:
    """The journal of the event by the bank's own rules."""
    made = journal(fact(event, 7, on), ACCOUNTS, POSTING_RULES)
    assert made is not None
    return made


def entries(made: Journal) -> list[Entry]:
    """The lines as a banker writes them: side, subject, branch, amount."""
    return [
        ("Dr", line.subject, line.branch_id, line.debit_minor)
        if line.debit_minor
        else ("Cr", line.subject, line.branch_id, line.credit_minor)
        for line in made.lines
    ]


def test_cash_deposit() -> None:
    assert entries(booked(deposited("li", 500))) == [
        ("Dr", "1001", "0755", 500),
        ("Cr", "201101", "0755", 500),
    ]


def test_cash_withdrawal_of_a_company() -> None:
    assert entries(booked(withdrawn("works", 500))) == [
        ("Dr", "201111", "0755", 500),
        ("Cr", "1001", "0755", 500),
    ]


def test_transfer_in_and_out_over_clearing() -> None:
    assert entries(booked(deposited("li", 500, source=MoneySource.CLEARING))) == [
        ("Dr", "3001", "0755", 500),
        ("Cr", "201101", "0755", 500),
    ]
    assert entries(booked(withdrawn("li", 500, destination=MoneySource.CLEARING))) == [
        ("Dr", "201101", "0755", 500),
        ("Cr", "3001", "0755", 500),
    ]


def test_book_transfer_within_a_branch() -> None:
    assert entries(booked(transferred("li", "works", 500))) == [
        ("Dr", "201101", "0755", 500),
        ("Cr", "201111", "0755", 500),
    ]


def test_transfer_across_branches_balances_each_branch() -> None:
    assert entries(booked(transferred("li", "far", 500))) == [
        ("Dr", "201101", "0755", 500),
        ("Cr", "201101", "0451", 500),
        ("Dr", "300101", "0451", 500),
        ("Cr", "300101", "0755", 500),
    ]


def test_cash_at_another_branch_goes_through_branch_clearing() -> None:
    assert entries(booked(deposited("li", 500, branch_id="0451"))) == [
        ("Dr", "1001", "0451", 500),
        ("Cr", "201101", "0755", 500),
        ("Cr", "300101", "0451", 500),
        ("Dr", "300101", "0755", 500),
    ]


def test_hold_captured_and_standing_order_are_book_transfers() -> None:
    captured = HoldCaptured(
        account_id="li",
        hold_id="h-1",
        amount_minor=40,
        currency="CNY",
        payee_account_id="wang",
    )
    paid = StandingOrderPaid(
        payer_account_id="li",
        payee_account_id="wang",
        amount_minor=40,
        currency="CNY",
        standing_order_id="rent",
        due_on=THIS_YEAR,
    )
    expected = [("Dr", "201101", "0755", 40), ("Cr", "201101", "0755", 40)]
    assert entries(booked(captured)) == expected
    assert entries(booked(paid)) == expected


def test_payroll_is_one_debit_and_a_credit_for_each_payee() -> None:
    payroll = BulkTransferred(
        ordering_customer_id="works-ltd",
        payer_account_id="works",
        currency="CNY",
        items=(
            BulkEntry(payee_account_id="li", amount_minor=300),
            BulkEntry(payee_account_id="far", amount_minor=200),
        ),
    )
    assert entries(booked(payroll)) == [
        ("Dr", "201111", "0755", 500),
        ("Cr", "201101", "0755", 300),
        ("Cr", "201101", "0451", 200),
        ("Dr", "300101", "0451", 200),
        ("Cr", "300101", "0755", 200),
    ]


def reversed_transfer(original: datetime.date, legs: tuple[Leg, ...]) -> PaymentReversed:
    return PaymentReversed(
        payment_id=3, original_booking_date=original, reversing_legs=legs, reason="twice paid"
    )


def test_reversal_in_the_same_year_is_red_on_the_original_sides() -> None:
    made = booked(reversed_transfer(THIS_YEAR, two_legs("far", "li", 500, "CNY", "REVERSAL")))
    assert made.kind is JournalKind.RED
    assert entries(made) == [
        ("Cr", "201101", "0451", -500),
        ("Dr", "201101", "0755", -500),
        ("Dr", "300101", "0451", -500),
        ("Cr", "300101", "0755", -500),
    ]


def test_reversal_of_an_earlier_year_is_blue_on_the_opposite_sides() -> None:
    made = booked(reversed_transfer(LAST_YEAR, two_legs("wang", "li", 500, "CNY", "REVERSAL")))
    assert made.kind is JournalKind.BLUE
    assert entries(made) == [("Dr", "201101", "0755", 500), ("Cr", "201101", "0755", 500)]


FEE = AccountFeeCharged(
    account_id="li", branch_id="0755", currency="CNY", amount_minor=106, tax_minor=6, name="card"
)


def test_a_fee_of_an_account_is_income_and_tax() -> None:
    assert entries(booked(FEE)) == [
        ("Dr", "201101", "0755", 106),
        ("Cr", "602102", "0755", 100),
        ("Cr", "222101", "0755", 6),
    ]


def test_a_fee_taken_back_is_red_and_of_an_earlier_year_a_correction_of_that_year() -> None:
    legs = tuple(msgspec.structs.replace(leg, amount_minor=-leg.amount_minor) for leg in FEE.legs)
    assert entries(booked(reversed_transfer(THIS_YEAR, legs))) == [
        ("Dr", "201101", "0755", -106),
        ("Cr", "602102", "0755", -100),
        ("Cr", "222101", "0755", -6),
    ]
    assert entries(booked(reversed_transfer(LAST_YEAR, legs))) == [
        ("Cr", "201101", "0755", 106),
        ("Dr", "6901", "0755", 100),
        ("Dr", "222101", "0755", 6),
    ]


def test_a_receivable_raised_by_a_reversal_is_a_new_claim_and_never_red() -> None:
    legs = (
        Leg(account="wang", amount_minor=300, currency="CNY", purpose="REVERSAL"),
        Leg(
            account=internal(InternalAccount.RECEIVABLE, "0755"),
            amount_minor=200,
            currency="CNY",
            purpose="REVERSAL",
        ),
        Leg(account="li", amount_minor=-500, currency="CNY", purpose="REVERSAL"),
    )
    assert entries(booked(reversed_transfer(THIS_YEAR, legs))) == [
        ("Cr", "201101", "0755", -300),
        ("Dr", "1221", "0755", 200),
        ("Dr", "201101", "0755", -500),
    ]


def test_money_of_a_closed_payer_is_kept_pending() -> None:
    pending = internal(InternalAccount.PENDING, "0755")
    made = booked(reversed_transfer(THIS_YEAR, two_legs("wang", pending, 500, "CNY", "REVERSAL")))
    assert entries(made) == [("Cr", "201101", "0755", -500), ("Cr", "224102", "0755", 500)]


def test_a_journal_names_its_event_and_the_rule_of_each_line() -> None:
    made = booked(deposited("li", 500))
    assert made.position == 7
    assert [(line.rule_id, line.rule_version) for line in made.lines] == [
        ("internal.cash", 1),
        ("deposit.personal-current", 1),
    ]
    assert made.alarm == ""


def test_an_event_without_money_has_no_journal() -> None:
    assert journal(fact(opened("li")), ACCOUNTS, POSTING_RULES) is None


def test_a_missing_rule_posts_to_suspense_and_alarms() -> None:
    accounts = {"li": AccountFacts("0755", "GOLD_ACCOUNT")}
    into = journal(fact(deposited("li", 500)), accounts, POSTING_RULES)
    out = journal(fact(withdrawn("li", 500)), accounts, POSTING_RULES)
    assert into is not None
    assert out is not None
    assert entries(into)[1] == ("Cr", "224199", "0755", 500)
    assert entries(out)[0] == ("Dr", "122199", "0755", 500)
    assert into.alarm == "GOLD_ACCOUNT/CASH"


def test_an_unbalanced_event_is_a_defect() -> None:
    legs = (Leg(account="li", amount_minor=5, currency="CNY", purpose="REVERSAL"),)
    with pytest.raises(UnbalancedEvent):
        journal(fact(reversed_transfer(THIS_YEAR, legs)), ACCOUNTS, POSTING_RULES)


def rule(subject_code: str, since: datetime.date, version: int, purpose: str = "*") -> PostingRule:
    return PostingRule(
        rule_id="deposits",
        version=version,
        posting_class="PERSONAL_CURRENT",
        purpose=purpose,
        subject=subject_code,
        effective_from=since,
        legal_basis="the bank's own chart",
    )


def test_the_rule_in_force_on_the_booking_date_is_taken() -> None:
    rules = PostingRules([rule("201101", LAST_YEAR, 1), rule("201111", THIS_YEAR, 2)])
    before = rules.find("PERSONAL_CURRENT", "CASH", datetime.date(2026, 3, 1))
    after = rules.find("PERSONAL_CURRENT", "CASH", THIS_YEAR)
    assert before is not None
    assert after is not None
    assert (before.subject, before.version) == ("201101", 1)
    assert (after.subject, after.version) == ("201111", 2)
    assert rules.find("PERSONAL_CURRENT", "CASH", datetime.date(2025, 12, 30)) is None


def test_a_rule_for_the_very_purpose_goes_first() -> None:
    rules = PostingRules([rule("201101", LAST_YEAR, 1), rule("224101", LAST_YEAR, 1, "CASH")])
    for_cash = rules.find("PERSONAL_CURRENT", "CASH", THIS_YEAR)
    for_transfer = rules.find("PERSONAL_CURRENT", "TRANSFER", THIS_YEAR)
    assert for_cash is not None
    assert for_transfer is not None
    assert (for_cash.subject, for_transfer.subject) == ("224101", "201101")


def test_two_rules_that_start_on_one_day_are_refused() -> None:
    with pytest.raises(ValueError, match="same day"):
        PostingRules([rule("201101", LAST_YEAR, 1), rule("201111", LAST_YEAR, 2)])


def test_a_rule_outside_the_chart_is_refused() -> None:
    with pytest.raises(ValueError, match="not in the chart"):
        PostingRules([rule("8888", LAST_YEAR, 1)])


def test_the_chart_knows_the_normal_side_and_the_control_accounts() -> None:
    assert subject("1001").normal_side is Side.DEBIT
    controls = [code for code, one in CHART.items() if one.is_control]
    assert [code for code in controls if code.startswith("2011")] == [
        *("201101", "201102", "201103"),
        *("201111", "201112", "201113", "201114"),
    ]
    assert {"130301", "130304", "113201", "601101", "9102"} <= set(controls)
