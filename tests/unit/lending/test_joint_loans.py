"""Joint loans: the partner funds its part and gets its part of what comes in, to the cent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.common.legs import are_balanced
from kernel.loans.colending import partner_part_minor, partner_position_minor
from tests.support.bank import Bank
from tests.support.lending import (
    contract,
    drawn,
    internal_balance,
    loan,
    pass_days,
    standing_on,
)

PARTNER = "@PARTNER:0755"
ON_L1: dict[str, Any] = {"loan_id": "L-1"}
SETTLE: dict[str, Any] = {"partner_id": "P-1", "loan_ids": ["L-1"]}


def joint(bank: Bank, share_ppm: int = 300_000) -> None:
    contract(bank, partner={"partner_id": "P-1", "share_ppm": share_ppm})
    drawn(bank)


def test_the_partner_funds_its_part_of_a_draw(bank: Bank) -> None:
    joint(bank)
    assert bank.balance("A-1") == 100_000 + 12_000_000
    assert internal_balance(bank, PARTNER) == 3_600_000
    assert internal_balance(bank, "@LOAN:0755") == 8_400_000


def test_the_partner_gets_its_part_of_principal_and_interest(bank: Bank) -> None:
    joint(bank)
    pass_days(bank, "2026-04-02")
    bank.done("CollectInstalment", **ON_L1)
    paid = standing_on(bank, "2026-04-02").instalment(1).paid
    owed = paid.principal_minor * 3 // 10 + paid.interest_minor * 3 // 10
    assert owed > 0
    assert internal_balance(bank, PARTNER) == 3_600_000 - owed


def test_a_payment_dated_back_moves_the_parts_of_later_ones(bank: Bank) -> None:
    """The partner's balance is what the standing says, whatever came in which order."""
    joint(bank, 333_333)
    pass_days(bank, "2026-04-10")
    bank.done("RepayLoan", **ON_L1, amount_minor=1_500_001, mode="IN_ADVANCE")
    first = bank.done(
        "RepayLoan", **ON_L1, amount_minor=700_003, mode="IN_ADVANCE", value_date="2026-03-20"
    )
    for _ in range(2):
        found = standing_on(bank, "2026-04-10")
        assert internal_balance(bank, PARTNER) == partner_position_minor(found, loan(bank).partner)
        if first:
            bank.done("ReverseLoanEntry", **ON_L1, position=first, reason="by mistake")
        first = 0


def test_settling_leaves_nothing_open_with_the_partner(bank: Bank) -> None:
    joint(bank)
    bank.done("SettleWithPartner", **SETTLE)
    assert internal_balance(bank, PARTNER) == 0
    assert internal_balance(bank, "@CLEARING:0755") == 3_600_000
    assert bank.refused("SettleWithPartner", **SETTLE) == "NOTHING_TO_SETTLE"
    bank.done("RepayLoan", **ON_L1, amount_minor=1_000_000, mode="IN_ADVANCE")
    bank.done("SettleWithPartner", **SETTLE)
    assert internal_balance(bank, "@CLEARING:0755") == 3_300_000


def test_money_held_goes_to_the_partner_when_it_is_used(bank: Bank) -> None:
    joint(bank)
    bank.done("RepayLoan", **ON_L1, amount_minor=1_000_000)
    assert internal_balance(bank, PARTNER) == 3_600_000
    pass_days(bank, "2026-04-02")
    bank.done("SettleWithPartner", **SETTLE)
    paid = standing_on(bank, "2026-04-02").instalment(1).paid
    parts = paid.principal_minor * 3 // 10 + paid.interest_minor * 3 // 10
    assert internal_balance(bank, "@CLEARING:0755") == 3_600_000 - parts
    assert internal_balance(bank, PARTNER) == 0


def test_a_partner_lends_at_least_three_tenths(bank: Bank) -> None:
    with pytest.raises(AssertionError, match="PARTNER_SHARE_TOO_LOW"):
        contract(bank, partner={"partner_id": "P-1", "share_ppm": 299_999})


def test_only_the_partner_of_a_loan_settles_it(bank: Bank) -> None:
    joint(bank)
    other: dict[str, Any] = {**SETTLE, "partner_id": "P-2"}
    assert bank.refused("SettleWithPartner", **other) == "NOT_A_JOINT_LOAN"


def test_a_loan_named_twice_is_settled_once(bank: Bank) -> None:
    joint(bank)
    bank.done("SettleWithPartner", partner_id="P-1", loan_ids=["L-1", "L-1"])
    assert internal_balance(bank, "@CLEARING:0755") == 3_600_000


@given(
    flows=st.lists(st.integers(0, 10**12), max_size=20),
    share_ppm=st.integers(300_000, 1_000_000),
)
def test_the_parts_of_all_flows_add_up_exactly(flows: list[int], share_ppm: int) -> None:
    """By difference: no flow's part is negative, none is more than the flow, the sum is exact."""
    whole = taken = 0
    for flow in flows:
        part = partner_part_minor(whole + flow, share_ppm) - partner_part_minor(whole, share_ppm)
        assert 0 <= part <= flow
        whole, taken = whole + flow, taken + part
    assert taken == partner_part_minor(whole, share_ppm)
    assert 0 <= whole * share_ppm - taken * 1_000_000 < 1_000_000


def test_every_event_of_a_joint_loan_is_balanced(bank: Bank) -> None:
    joint(bank, 345_679)
    bank.done("RepayLoan", **ON_L1, amount_minor=99_999, mode="IN_ADVANCE")
    bank.done("SettleWithPartner", **SETTLE)
    facts = bank.log.facts_at(list(range(1, bank.log.head().position + 1)))
    assert all(are_balanced(fact.event.legs) for fact in facts)
