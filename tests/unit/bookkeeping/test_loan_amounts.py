"""What the books show for a loan through its life, and the entries that bring them there.

120,000.00 at 12 % over twelve months by 30/360: 1 % a month, 40.00 a day.
"""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest

from kernel.bookkeeping.journal import kind_of
from kernel.bookkeeping.loan_amounts import Cumulative, books_of
from kernel.bookkeeping.loan_journal import Place, difference, entries, lines
from kernel.bookkeeping.loan_subjects import LOAN_CLASSES, LOAN_SUBJECTS, MEMO, AmountType
from kernel.bookkeeping.rules import POSTING_RULES
from kernel.common.policy import PolicyRow, PolicyTable
from kernel.loans.dated import (
    AnyLoanEvent,
    Disbursement,
    FeeCharged,
    Import,
    ImportedArrears,
    InterestWaived,
    Recovery,
    Repayment,
    WriteOff,
)
from kernel.loans.product import stored_terms
from kernel.loans.terms import LoanTerms
from tests.support.loan_books import state_of

FIRST = datetime.date(2026, 1, 10)
SINCE = datetime.date(2007, 1, 1)


def policy(enabled: int) -> PolicyTable:
    return PolicyTable(
        PolicyRow(key=key, value=value, effective_from=SINCE, legal_basis="test", verified=True)
        for key, value in (("vat.enabled", enabled), ("vat.rate_ppm", 60_000))
    )


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def terms(**fields: Any) -> LoanTerms:
    usual: dict[str, Any] = {
        "principal_minor": 12_000_000,
        "currency": "CNY",
        "annual_rate_ppm": 120_000,
        "method": "equal_principal",
        "instalments": 12,
        "start_date": "2026-01-10",
        "penalty": {"multiplier_ppm": 1_500_000, "compound": "penalty"},
    }
    return LoanTerms.model_validate({**usual, **fields})


DRAW = Disbursement(value_date=day("2026-01-10"), event_id="draw", amount_minor=12_000_000)


def paid(on: str, minor: int) -> Repayment:
    return Repayment(value_date=day(on), event_id=f"paid-{on}", amount_minor=minor)


def shown(
    as_of: str,
    *events: AnyLoanEvent,
    vat: bool = False,
    partner_ppm: int = 0,
    allowance_minor: int = 0,
    **fields: Any,
) -> dict[str, int]:
    """The books of the loan by name of the amount type; they balance, memo and others."""
    state = state_of(terms(**fields), events or (DRAW,), partner_ppm=partner_ppm)
    found = books_of(
        state, day(as_of), allowance_minor=allowance_minor, policy=policy(int(vat))
    ).amounts
    assert sum(minor for kind, minor in found.items() if kind not in MEMO) == 0
    assert sum(minor for kind, minor in found.items() if kind in MEMO) == 0
    return {kind.value: minor for kind, minor in found.items()}


def test_a_disbursement_is_principal_against_the_settlement_account() -> None:
    assert shown("2026-01-10") == {"NORMAL_PRINCIPAL": 12_000_000, "SETTLEMENT": -12_000_000}


def test_interest_accrues_day_by_day_into_the_loan() -> None:
    found = shown("2026-01-15")
    assert (found["ACCRUED_INTEREST"], found["INTEREST_INCOME"]) == (20_000, -20_000)


def test_interest_due_is_receivable_and_principal_due_is_overdue_the_day_after() -> None:
    found = shown("2026-02-10")
    assert (found["RECEIVABLE_INTEREST"], found["NORMAL_PRINCIPAL"]) == (120_000, 12_000_000)
    found = shown("2026-02-11")
    assert (found["OVERDUE_PRINCIPAL"], found["NORMAL_PRINCIPAL"]) == (1_000_000, 11_000_000)
    assert found["ACCRUED_INTEREST"] == 3_667
    assert (found["PENALTY"], found["COMPOUND"]) == (500, 60)
    assert (found["PENALTY_INCOME"], found["COMPOUND_INCOME"]) == (-500, -60)


def test_a_repayment_takes_interest_and_principal_off_the_books() -> None:
    found = shown("2026-02-10", DRAW, paid("2026-02-10", 1_120_000))
    assert found == {
        "NORMAL_PRINCIPAL": 11_000_000,
        "INTEREST_INCOME": -120_000,
        "SETTLEMENT": -10_880_000,
    }


def test_money_too_much_is_held() -> None:
    assert shown("2026-02-10", DRAW, paid("2026-02-10", 1_120_007))["HELD"] == -7


def test_money_dated_ahead_is_held_until_its_day() -> None:
    assert shown("2026-02-09", DRAW, paid("2026-02-10", 1_120_000))["HELD"] == -1_120_000


def test_a_prepayment_settles_accrued_interest_and_pays_its_fee() -> None:
    whole = 12_000_000 + 20_000 + 120_000
    paying = Repayment(
        value_date=day("2026-01-15"), event_id="early", amount_minor=whole, mode="in_advance"
    )
    found = shown("2026-01-15", DRAW, paying, prepayment={"fee_ppm": 10_000})
    assert found == {"INTEREST_INCOME": -20_000, "FEE_INCOME": -120_000, "SETTLEMENT": 140_000}


def test_a_fee_charged_is_receivable() -> None:
    fee = FeeCharged(value_date=day("2026-01-12"), event_id="fee", amount_minor=300)
    found = shown("2026-01-12", DRAW, fee)
    assert (found["FEE"], found["FEE_INCOME"]) == (300, -300)


def test_fees_at_the_start_are_earned_over_the_days_of_the_loan() -> None:
    fees = [{"name": "arrangement", "amount_minor": 36_500}]
    found = shown("2026-01-10", fees=fees)
    assert (found["UNEARNED"], "FEE_INCOME" in found) == (-36_500, False)
    found = shown("2026-01-20", fees=fees)
    assert (found["UNEARNED"], found["FEE_INCOME"]) == (-35_500, -1_000)


def test_a_loan_in_non_accrual_shows_no_unpaid_interest_but_in_the_memo_accounts() -> None:
    before, after = shown("2026-05-11"), shown("2026-05-12")
    assert before["INTEREST_INCOME"] < 0
    income = ("INTEREST_INCOME", "PENALTY_INCOME", "COMPOUND_INCOME")
    claims = ("RECEIVABLE_INTEREST", "ACCRUED_INTEREST", "PENALTY", "COMPOUND")
    assert not [name for name in (*income, *claims) if name in after]
    assert after["IMPAIRED_PRINCIPAL"] == 12_000_000
    memo = ("OFF_RECEIVABLE_INTEREST", "OFF_ACCRUED_INTEREST", "OFF_PENALTY", "OFF_COMPOUND")
    assert after["MEMO_CONTRA"] == -sum(after[name] for name in memo)
    assert after["OFF_RECEIVABLE_INTEREST"] == 120_000 + 110_000 + 100_000 + 90_000


def test_the_non_accrual_transfer_is_written_in_red() -> None:
    state = state_of(terms(), (DRAW,))
    change = difference(
        books_of(state, day("2026-05-12")).amounts, books_of(state, day("2026-05-11")).amounts
    )
    found = {each.kind: (each.debit_minor, each.credit_minor) for each in entries(change)}
    assert found[AmountType.RECEIVABLE_INTEREST] == (-420_000, 0)
    assert found[AmountType.INTEREST_INCOME][1] < 0
    assert found[AmountType.NORMAL_PRINCIPAL][1] > 0
    assert found[AmountType.OFF_RECEIVABLE_INTEREST] == (420_000, 0)
    made, missing = lines(
        [(Place("0755", "PERSONAL_LOAN", "CNY"), each) for each in entries(change)],
        POSTING_RULES,
        day("2026-05-12"),
    )
    assert (missing, kind_of(made).value) == ("", "RED")
    assert sum(line.debit_minor - line.credit_minor for line in made) == 0


def test_a_write_off_uses_the_allowance_and_keeps_the_claim_in_the_memo_accounts() -> None:
    end = WriteOff(value_date=day("2026-06-01"), event_id="off")
    found = shown("2026-06-01", DRAW, end)
    assert found["ALLOWANCE_USED"] == found["IMPAIRMENT_LOSS"] == 12_000_000
    assert (found["ALLOWANCE_MADE"], found["WRITTEN_OFF_PRINCIPAL"]) == (-12_000_000, 12_000_000)
    assert found["WRITTEN_OFF_INTEREST"] > 0
    assert "IMPAIRED_PRINCIPAL" not in found


def test_what_was_on_the_books_as_interest_is_written_off_with_the_principal() -> None:
    end = WriteOff(value_date=day("2026-02-10"), event_id="off")
    found = shown("2026-03-10", DRAW, end)
    assert found["ALLOWANCE_USED"] == 12_120_000
    assert found["INTEREST_INCOME"] == -120_000


def test_a_recovery_lowers_the_loss_and_the_memo_account() -> None:
    end = WriteOff(value_date=day("2026-06-01"), event_id="off")
    back = Recovery(value_date=day("2026-06-02"), event_id="back", amount_minor=500_000)
    found = shown("2026-06-02", DRAW, end, back)
    assert (found["RECOVERED"], found["WRITTEN_OFF_PRINCIPAL"]) == (-500_000, 11_500_000)


def test_a_recovery_is_posted_in_full_form() -> None:
    """Dr 1303 Cr 1304, Dr the account Cr 1303, Dr 1304 Cr 6702, and the memo account falls."""
    end = WriteOff(value_date=day("2026-06-01"), event_id="off")
    back = Recovery(value_date=day("2026-06-02"), event_id="back", amount_minor=500_000)
    before = books_of(state_of(terms(), (DRAW, end)), day("2026-06-02")).amounts
    after = books_of(state_of(terms(), (DRAW, end, back)), day("2026-06-02")).amounts
    place = Place("0755", "PERSONAL_LOAN", "CNY")
    change = difference(after, before)
    made, missing = lines([(place, each) for each in entries(change)], POSTING_RULES, FIRST)
    assert missing == ""
    found = sorted((line.subject, line.debit_minor, line.credit_minor) for line in made)
    assert found == [
        ("130303", 0, 500_000),
        ("130303", 500_000, 0),
        ("1304", 0, 500_000),
        ("1304", 500_000, 0),
        ("300103", 500_000, 0),
        ("6702", 0, 500_000),
        ("9102", 0, 500_000),
        ("9999", 500_000, 0),
    ]


def test_a_recovery_pays_the_oldest_bill_in_the_order_of_the_loan() -> None:
    """Principal, then interest of the first bill; another order is the product's to choose."""
    end = WriteOff(value_date=day("2026-06-01"), event_id="off")
    back = Recovery(value_date=day("2026-06-02"), event_id="back", amount_minor=1_050_000)
    owed = shown("2026-06-02", DRAW, end)
    found = shown("2026-06-02", DRAW, end, back)
    assert found["WRITTEN_OFF_PRINCIPAL"] == owed["WRITTEN_OFF_PRINCIPAL"] - 1_000_000
    assert found["WRITTEN_OFF_INTEREST"] == owed["WRITTEN_OFF_INTEREST"] - 50_000
    assert found["RECOVERED"] == -1_050_000
    interest_first = ["interest", "principal", "penalty", "compound", "fee"]
    agreed: dict[str, Any] = {"waterfall": [{"status": "non_accrual", "order": interest_first}]}
    owed = shown("2026-06-02", DRAW, end, **agreed)
    found = shown("2026-06-02", DRAW, end, back, **agreed)
    assert found["WRITTEN_OFF_PRINCIPAL"] == owed["WRITTEN_OFF_PRINCIPAL"] - 930_000


def test_an_allowance_rises_and_falls_against_the_loss() -> None:
    found = shown("2026-01-10", allowance_minor=120_000)
    assert (found["ALLOWANCE_MADE"], found["IMPAIRMENT_LOSS"]) == (-120_000, 120_000)


def test_with_tax_income_is_net_and_the_tax_waits_until_interest_is_due() -> None:
    found = shown("2026-01-15", vat=True)
    assert (found["INTEREST_INCOME"], found["DEFERRED_VAT"]) == (-18_868, -1_132)
    found = shown("2026-02-10", vat=True)
    assert (found["INTEREST_INCOME"], found["OUTPUT_VAT"]) == (-113_208, -6_792)
    assert "DEFERRED_VAT" not in found


def test_tax_of_the_first_ninety_days_is_not_taken_back() -> None:
    found = shown("2026-05-12", vat=True)
    assert found["OUTPUT_VAT"] == -(420_000 - round(420_000 / 1.06))
    assert found["INTEREST_INCOME"] == -found["OUTPUT_VAT"]


def test_a_partner_bears_and_earns_its_part() -> None:
    found = shown("2026-01-15", partner_ppm=700_000)
    assert found["NORMAL_PRINCIPAL"] == 3_600_000
    assert (found["ACCRUED_INTEREST"], found["INTEREST_INCOME"]) == (6_000, -6_000)
    assert (found["PARTNER"], found["PARTNER_PRINCIPAL"]) == (8_400_000, 8_400_000)
    found = shown("2026-02-10", DRAW, paid("2026-02-10", 1_120_000), partner_ppm=700_000)
    assert found["PARTNER"] == 8_400_000 - 784_000


def test_a_waiver_gives_up_income() -> None:
    waived = InterestWaived(value_date=day("2026-02-10"), event_id="waived", amount_minor=20_000)
    found = shown("2026-02-10", DRAW, waived)
    assert (found["RECEIVABLE_INTEREST"], found["INTEREST_INCOME"]) == (100_000, -100_000)


@pytest.mark.parametrize(("late", "interest"), [("2025-12-20", 500), ("2025-01-01", 0)])
def test_a_loan_taken_over_comes_with_its_claims(late: str, interest: int) -> None:
    taken = Import(
        value_date=day("2026-01-10"),
        event_id="import",
        normal_principal_minor=11_000_000,
        next_number=2,
        principal_repaid_minor=900_000,
        arrears=(ImportedArrears(due_date=day(late), principal_minor=100_000, interest_minor=500),),
    )
    found = shown("2026-01-10", taken)
    assert found["TAKEN_OVER"] == -(11_100_000 + interest)
    assert found.get("RECEIVABLE_INTEREST", 0) == interest
    assert "INTEREST_INCOME" not in found
    assert "UNEXPLAINED" not in found


def test_money_that_nothing_explains_stands_out() -> None:
    fees = [{"name": "arrangement", "amount_minor": 100}]
    assert "UNEXPLAINED" not in shown("2026-01-10", fees=fees)
    state = state_of(terms(), (DRAW,))
    not_withheld = msgspec.structs.replace(state, terms=stored_terms(terms(fees=fees)))
    found = books_of(not_withheld, day("2026-01-10")).amounts
    assert found[AmountType.UNEXPLAINED] == 100


def test_every_amount_type_has_a_rule_but_the_unexplained() -> None:
    for loan_class in LOAN_CLASSES:
        for kind in AmountType:
            rule = POSTING_RULES.find(loan_class, kind, day("2026-01-10"))
            assert (rule is None) == (kind is AmountType.UNEXPLAINED)
            assert rule is None or rule.subject == LOAN_SUBJECTS[kind]


def test_what_has_no_rule_stands_on_suspense_and_says_so() -> None:
    change: Cumulative = {AmountType.UNEXPLAINED: 5, AmountType.SETTLEMENT: -5}
    place = Place("0755", "PERSONAL_LOAN", "CNY")
    made, missing = lines(
        [(place, each) for each in entries(change)], POSTING_RULES, day("2026-01-10")
    )
    assert missing == "PERSONAL_LOAN/UNEXPLAINED"
    assert [line.subject for line in made] == ["300103", "122199"]
