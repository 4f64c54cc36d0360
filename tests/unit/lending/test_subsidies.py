"""Interest subsidies: a fiscal office owes interest that is due, and pays it later."""

from __future__ import annotations

import datetime
from typing import Any

from kernel.loans.subsidies import open_minor
from tests.support.bank import Bank, deposit
from tests.support.lending import (
    contract,
    drawn,
    internal_balance,
    loan,
    pass_days,
    standing_on,
)

BY: dict[str, Any] = {"loan_id": "L-1", "office": "Finance Bureau 0755", "programme": "start-up"}
ON_L1: dict[str, Any] = {"loan_id": "L-1"}
DUE = "2026-04-02"
INTEREST = 60_000
"""Interest of the first instalment: 120,000.00 at 6 % for a month."""


def lent(bank: Bank, until: str = DUE) -> None:
    contract(bank)
    drawn(bank)
    pass_days(bank, until)


def test_the_office_owes_the_interest_and_the_debtor_the_rest(bank: Bank) -> None:
    lent(bank)
    before = standing_on(bank, DUE).due
    assert before.interest_minor == INTEREST
    bank.done("ClaimInterestSubsidy", **BY, amount_minor=40_000)
    after = standing_on(bank, DUE).due
    assert (after.interest_minor, after.principal_minor) == (20_000, before.principal_minor)
    assert internal_balance(bank, "@SUBSIDY:0755") == 40_000
    assert open_minor(loan(bank)) == 40_000
    bank.done("CollectInstalment", **ON_L1)
    assert standing_on(bank, DUE).due.total_minor == 0
    assert standing_on(bank, DUE).recognised.interest_received_minor == INTEREST


def test_only_interest_that_is_due_is_claimed(bank: Bank) -> None:
    lent(bank, "2026-03-20")
    assert bank.refused("ClaimInterestSubsidy", **BY, amount_minor=1) == "MORE_THAN_INTEREST_DUE"
    pass_days(bank, DUE)
    asked = bank.refused("ClaimInterestSubsidy", **BY, amount_minor=INTEREST + 1)
    assert asked == "MORE_THAN_INTEREST_DUE"
    pass_days(bank, "2026-04-05")
    bank.done("CollectInstalment", **ON_L1)
    late = {**BY, "value_date": DUE}
    assert bank.refused("ClaimInterestSubsidy", **late, amount_minor=1) == (
        "MORE_THAN_INTEREST_DUE"
    ), "the debtor paid it since"


def test_the_office_pays_what_was_claimed_and_no_more(bank: Bank) -> None:
    lent(bank)
    bank.done("ClaimInterestSubsidy", **BY, amount_minor=INTEREST)
    assert bank.refused("SettleInterestSubsidy", **ON_L1, amount_minor=INTEREST + 1) == (
        "MORE_THAN_CLAIMED"
    )
    earlier = {**ON_L1, "value_date": "2026-04-01"}
    assert bank.refused("SettleInterestSubsidy", **earlier, amount_minor=1) == "MORE_THAN_CLAIMED"
    stood = standing_on(bank, DUE)
    bank.done("SettleInterestSubsidy", **ON_L1, amount_minor=45_000, reference="treasury 7")
    bank.done("Deposit", **deposit(15_000, "A-2"))
    bank.done("SettleInterestSubsidy", **ON_L1, amount_minor=15_000, account_id="A-2")
    assert standing_on(bank, DUE) == stood, "nothing to the debtor"
    assert internal_balance(bank, "@SUBSIDY:0755") == 0
    assert internal_balance(bank, "@CLEARING:0755") == 45_000
    assert bank.balance("A-2") == 0


def test_a_claim_that_was_paid_is_taken_back_after_its_settlement(bank: Bank) -> None:
    lent(bank)
    claimed = bank.done("ClaimInterestSubsidy", **BY, amount_minor=INTEREST)
    settled = bank.done("SettleInterestSubsidy", **ON_L1, amount_minor=1, reference="treasury")
    back: dict[str, Any] = {**ON_L1, "reason": "not eligible"}
    assert bank.refused("ReverseLoanEntry", **back, position=claimed) == "SUBSIDY_IS_SETTLED"
    undone = bank.done("ReverseLoanEntry", **back, position=settled)
    bank.done("ReverseLoanEntry", **back, position=claimed)
    assert bank.refused("ReverseLoanEntry", **back, position=undone) == "SUBSIDY_IS_SETTLED"
    assert standing_on(bank, DUE).due.interest_minor == INTEREST
    assert internal_balance(bank, "@SUBSIDY:0755") == internal_balance(bank, "@CLEARING:0755") == 0
    assert open_minor(loan(bank), datetime.date(2026, 4, 2)) == 0
