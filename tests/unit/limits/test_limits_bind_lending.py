"""Limits on the ledger: a signature sets aside, a draw uses, every limit above counts it."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from kernel.application.folds import LIMIT
from kernel.application.requests import Refused
from kernel.eventstore.memory import MemoryLog
from kernel.limits.commands import FreezeTrigger
from kernel.limits.state import invariants
from kernel.limits.triggers import Observation, freezes
from tests.support.bank import Bank, running_bank
from tests.support.credit import limit, used
from tests.support.lending import contract, drawn, pass_days, publish


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A bank with a micro loan on sale; today is 2 March 2026."""
    with running_bank(MemoryLog()) as one:
        one.open_day()
        publish(one)
        yield one


def figures(bank: Bank, method: str, **fields: Any) -> dict[str, Any]:
    """Code and figures of a refusal."""
    outcome = bank.ask(method, **fields)
    assert isinstance(outcome, Refused), outcome
    return {"code": outcome.refusal.code, **outcome.refusal.figures}


def sign(bank: Bank, contract_id: str, amount_minor: int, limit_id: str) -> dict[str, Any]:
    """What the signature of a contract is refused with."""
    with pytest.raises(AssertionError) as caught:
        contract(bank, contract_id, amount_minor=amount_minor, limit_id=limit_id)
    return {"code": str(caught.value).partition("code='")[2].partition("'")[0]}


def test_a_signature_sets_aside_and_a_draw_needs_no_more(bank: Bank) -> None:
    limit(bank, "TOP", 20_000_000)
    limit(bank, "LINE", 15_000_000, "TOP")
    contract(bank, amount_minor=12_000_000, limit_id="LINE")
    assert (used(bank, "LINE"), used(bank, "TOP")) == (12_000_000, 12_000_000)
    drawn(bank, 5_000_000)
    assert (used(bank, "LINE"), used(bank, "TOP")) == (12_000_000, 12_000_000)


def test_every_limit_above_must_have_room(bank: Bank) -> None:
    limit(bank, "TOP", 20_000_000)
    limit(bank, "A", 15_000_000, "TOP")
    limit(bank, "B", 15_000_000, "TOP")
    contract(bank, amount_minor=12_000_000, limit_id="A")
    assert sign(bank, "K-2", 9_000_000, "B") == {"code": "LIMIT_EXCEEDED"}
    assert (used(bank, "B"), used(bank, "TOP")) == (0, 12_000_000)
    contract(bank, "K-3", amount_minor=8_000_000, limit_id="B")
    assert used(bank, "TOP") == 20_000_000


def test_what_is_undrawn_counts_at_its_factor_and_the_draw_needs_the_rest(bank: Bank) -> None:
    limit(bank, "LINE", 10_000_000, undrawn_ccf_bp=5_000)
    contract(bank, amount_minor=12_000_000, limit_id="LINE")
    assert used(bank, "LINE") == 6_000_000
    drawn(bank, 8_000_000)
    assert used(bank, "LINE") == 10_000_000
    asked: dict[str, Any] = {"contract_id": "K-1", "loan_id": "L-2", "amount_minor": 2}
    assert figures(bank, "DrawLoan", **asked) == {
        "code": "LIMIT_EXCEEDED",
        "limit_id": "LINE",
        "asked_limit_id": "LINE",
        "asked_minor": 1,
        "available_minor": 0,
    }


def test_a_repayment_gives_back_under_a_revolving_limit_only(bank: Bank) -> None:
    limit(bank, "TOP", 50_000_000)
    limit(bank, "ONCE", 15_000_000, "TOP", limit_kind="SINGLE")
    contract(bank, amount_minor=12_000_000, limit_id="ONCE")
    drawn(bank)
    bank.done("RepayLoan", loan_id="L-1", amount_minor=2_000_000, mode="IN_ADVANCE")
    assert (used(bank, "ONCE"), used(bank, "TOP")) == (12_000_000, 10_000_000)


def test_a_freeze_stops_draws_below_it_until_its_last_reason_is_gone(bank: Bank) -> None:
    limit(bank, "TOP", 50_000_000)
    limit(bank, "LINE", 50_000_000, "TOP")
    contract(bank, limit_id="LINE")
    for trigger in ("OVERDUE", "BANK"):
        bank.done("FreezeLimit", limit_id="TOP", trigger=trigger, reason="12 days past due")
    asked: dict[str, Any] = {"contract_id": "K-1", "loan_id": "L-1", "amount_minor": 1_000_000}
    again: dict[str, Any] = {"limit_id": "TOP", "trigger": "BANK", "reason": "again"}
    assert bank.refused("FreezeLimit", **again) == "LIMIT_FROZEN_ALREADY"
    bank.done("UnfreezeLimit", limit_id="TOP", trigger="BANK", reason="cleared")
    assert figures(bank, "DrawLoan", **asked) == {
        "code": "LIMIT_FROZEN",
        "limit_id": "TOP",
        "asked_limit_id": "LINE",
    }
    bank.done("UnfreezeLimit", limit_id="TOP", trigger="OVERDUE", reason="paid")
    assert bank.refused("UnfreezeLimit", **again) == "LIMIT_NOT_FROZEN"
    drawn(bank, 1_000_000)


def test_a_limit_holds_from_its_first_day_until_its_end(bank: Bank) -> None:
    limit(bank, "SOON", 50_000_000, valid_from="2026-03-05", valid_until="2026-03-20")
    assert sign(bank, "K-1", 1_000_000, "SOON") == {"code": "LIMIT_NOT_YET_VALID"}
    pass_days(bank, "2026-03-05")
    contract(bank, "K-2", limit_id="SOON")
    pass_days(bank, "2026-03-20")
    asked: dict[str, Any] = {"contract_id": "K-2", "loan_id": "L-1", "amount_minor": 1_000_000}
    assert bank.refused("DrawLoan", **asked) == "LIMIT_EXPIRED"
    bank.done("AdjustLimit", limit_id="SOON", valid_until="2026-04-01", reason="renewed")
    bank.done("DrawLoan", **asked)


def test_a_limit_cut_below_its_use_lends_no_more(bank: Bank) -> None:
    limit(bank, "LINE", 20_000_000)
    contract(bank, limit_id="LINE")
    bank.done("AdjustLimit", limit_id="LINE", amount_minor=5_000_000, reason="annual review")
    assert used(bank, "LINE") == 12_000_000
    assert sign(bank, "K-2", 1_000_000, "LINE") == {"code": "LIMIT_EXCEEDED"}
    drawn(bank, 12_000_000)


def test_the_end_of_a_contract_lets_go_what_was_set_aside(bank: Bank) -> None:
    limit(bank, "LINE", 20_000_000)
    publish(bank, "revolving", revolving=True)
    contract(bank, product_id="revolving", limit_id="LINE")
    drawn(bank, 10_000_000)
    bank.done("RepayLoan", loan_id="L-1", amount_minor=4_000_000, mode="IN_ADVANCE")
    bank.done("EndContract", contract_id="K-1", reason="asked by the customer")
    assert used(bank, "LINE") == 6_000_000
    bank.done("RepayLoan", loan_id="L-1", amount_minor=3_000_000, mode="IN_ADVANCE")
    assert used(bank, "LINE") == 3_000_000
    assert bank.refused("CloseLimit", limit_id="LINE", reason="done") == "LIMIT_STILL_USED"


def test_only_an_unused_limit_with_nothing_below_is_closed(bank: Bank) -> None:
    limit(bank, "TOP", 20_000_000)
    limit(bank, "LINE", 20_000_000, "TOP")
    assert bank.refused("CloseLimit", limit_id="TOP", reason="done") == "LIMIT_STILL_USED"
    for limit_id in ("LINE", "TOP"):
        bank.done("CloseLimit", limit_id=limit_id, reason="done")
    assert sign(bank, "K-1", 1_000_000, "LINE") == {"code": "LIMIT_CLOSED"}


def test_a_limit_is_for_its_holder(bank: Bank) -> None:
    limit(bank, "HERS", 20_000_000, holder_id="C-2")
    assert sign(bank, "K-1", 1_000_000, "HERS") == {"code": "LIMIT_HOLDER_MISMATCH"}
    assert sign(bank, "K-2", 1_000_000, "NONE") == {"code": "LIMIT_NOT_FOUND"}


def test_a_group_limit_is_for_its_members_while_they_belong(bank: Bank) -> None:
    bank.done("SetGroupMembers", group_id="MILL", customer_ids=["C-1", "C-2"])
    limit(bank, "MILL-LIMIT", 20_000_000, holder_kind="GROUP", holder_id="MILL")
    limit(bank, "HERS", 10_000_000, "MILL-LIMIT", holder_id="C-2")
    contract(bank, amount_minor=15_000_000, limit_id="MILL-LIMIT")
    assert used(bank, "MILL-LIMIT") == 15_000_000
    bank.done("SetGroupMembers", group_id="MILL", customer_ids=["C-2"])
    assert sign(bank, "K-2", 1_000_000, "MILL-LIMIT") == {"code": "LIMIT_HOLDER_MISMATCH"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"parent_limit_id": "NONE"}, "LIMIT_NOT_FOUND"),
        ({"parent_limit_id": "TOP", "currency": "USD"}, "LIMIT_CURRENCY_MISMATCH"),
        ({"parent_limit_id": "TOP", "holder_id": "C-2"}, "LIMIT_HOLDER_MISMATCH"),
        ({"limit_id": "TOP"}, "LIMIT_DUPLICATE"),
        ({"holder_id": "C-9"}, "CUSTOMER_NOT_FOUND"),
        ({"holder_kind": "GROUP", "holder_id": "NONE"}, "GROUP_NOT_FOUND"),
    ],
)
def test_a_limit_fits_under_the_one_above(bank: Bank, fields: dict[str, Any], code: str) -> None:
    limit(bank, "TOP", 20_000_000)
    usual: dict[str, Any] = {
        "limit_id": "NEW",
        "holder_kind": "CUSTOMER",
        "holder_id": "C-1",
        "limit_kind": "SINGLE",
        "amount_minor": 1,
        "currency": "CNY",
        "valid_from": "2026-03-02",
        "valid_until": "2027-03-02",
    }
    assert bank.refused("OpenLimit", **{**usual, **fields}) == code


def test_limits_do_not_stand_deeper_than_eight(bank: Bank) -> None:
    limit(bank, "L1", 1_000)
    for level in range(2, 9):
        limit(bank, f"L{level}", 1_000, f"L{level - 1}")
    with pytest.raises(AssertionError, match="LIMIT_TOO_DEEP"):
        limit(bank, "L9", 1_000, "L8")


# -- concentration


def test_nothing_is_measured_before_the_bank_said_what_its_capital_is(bank: Bank) -> None:
    contract(bank, amount_minor=50_000_000)
    assert drawn(bank, 50_000_000)


def capital(bank: Bank, net_capital_minor: int, **fields: Any) -> None:
    asked: dict[str, Any] = {"effective_from": "2026-03-02", "source": "return of February"}
    asked |= {"net_capital_minor": net_capital_minor, "tier_1_minor": net_capital_minor}
    bank.done("SetCapital", **{**asked, **fields})


def test_one_borrower_owes_and_is_promised_at_most_a_tenth_of_the_capital(bank: Bank) -> None:
    capital(bank, 200_000_000)
    contract(bank, amount_minor=12_000_000)
    drawn(bank, 2_000_000)
    contract(bank, "K-2", amount_minor=8_000_000)
    with pytest.raises(AssertionError, match=r"CONCENTRATION_EXCEEDED.*BORROWER_LOANS"):
        contract(bank, "K-3", amount_minor=1)
    capital(bank, 300_000_000, effective_from="2026-03-03")
    pass_days(bank, "2026-03-03")
    contract(bank, "K-4", amount_minor=1)


def test_a_group_counts_together(bank: Bank) -> None:
    capital(bank, 200_000_000)
    bank.done("SetGroupMembers", group_id="MILL", customer_ids=["C-1", "C-2"])
    contract(bank, amount_minor=20_000_000)
    asked: dict[str, Any] = {
        "contract_id": "K-2", "customer_id": "C-2", "product_id": "micro", "currency": "CNY",
        "amount_minor": 10_000_001, "instalments": 12, "account_id": "A-2", "purpose": "seed",
    }  # fmt: skip
    bank.done("ApplyForLoan", **asked)
    decision: dict[str, Any] = {"outcome": "APPROVED", "rules": "simple.v1"}
    decision |= {"input_digest": "0" * 64, "annual_rate_ppm": 60_000}
    bank.done("RecordCreditDecision", contract_id="K-2", **decision)
    bank.done("OfferLoan", contract_id="K-2")
    signed: dict[str, Any] = {"document_digest": "0" * 64, "signed_by": "李雷"}
    found = figures(bank, "SignContract", contract_id="K-2", **signed)
    assert (found["code"], found["test"]) == ("CONCENTRATION_EXCEEDED", "GROUP_CREDIT")
    assert (found["exposure_minor"], found["max_minor"]) == (30_000_001, 30_000_000)


def test_a_partner_carries_its_share(bank: Bank) -> None:
    with pytest.raises(AssertionError, match="PARTNER_SHARE_TOO_LOW"):
        contract(bank, partner={"partner_id": "P-1", "share_ppm": 299_999})
    contract(bank, "K-2", partner={"partner_id": "P-1", "share_ppm": 300_000})


# -- what the close of a day freezes


def test_arrears_a_bad_class_and_a_shortfall_freeze_each_for_itself(bank: Bank) -> None:
    limit(bank, "LINE", 20_000_000)
    seen = [
        Observation(limit_id="LINE", days_past_due=1, grade=3, shortfall_minor=7),
        Observation(limit_id="FINE", grade=2),
    ]
    day = datetime.date(2026, 3, 2)
    asked = freezes(seen, {"LINE": bank.states.get(LIMIT, "LINE").freezes}, day)
    for each in asked:
        bank.done("FreezeLimit", limit_id=each.limit_id, trigger=each.trigger, reason=each.reason)
    state = bank.states.get(LIMIT, "LINE")
    assert set(state.freezes) == {*FreezeTrigger} - {FreezeTrigger.BANK}
    assert freezes(seen, {"LINE": state.freezes}, day) == []
    invariants(state)


def test_any_order_of_draws_and_repayments_gives_the_same_utilisation() -> None:
    """Two loans of one contract; three repayments with other value dates, in all six orders."""
    paid = [("L-1", "2026-03-10", 300_000), ("L-2", "2026-03-05", 500_000)]
    paid.append(("L-1", "2026-03-18", 700_000))
    seen = set()
    for order in itertools.permutations(paid):
        with running_bank(MemoryLog()) as bank:
            bank.open_day()
            publish(bank)
            limit(bank, "TOP", 30_000_000)
            limit(bank, "LINE", 20_000_000, "TOP", undrawn_ccf_bp=3_333)
            contract(bank, limit_id="LINE")
            for loan_id in ("L-1", "L-2") if order[0][0] == "L-1" else ("L-2", "L-1"):
                drawn(bank, 2_000_000, loan_id)
            pass_days(bank, "2026-03-20")
            for loan_id, on, minor in order:
                asked: dict[str, Any] = {"amount_minor": minor, "value_date": on}
                bank.done("RepayLoan", f"paid-{on}", loan_id=loan_id, mode="IN_ADVANCE", **asked)
            states = [bank.states.get(LIMIT, one) for one in ("LINE", "TOP")]
            for state in states:
                invariants(state)
            seen.add(tuple(state.used_minor for state in states))
    assert len(seen) == 1
