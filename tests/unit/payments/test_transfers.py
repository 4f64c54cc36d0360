"""Transfers, deposits, withdrawals and bulk transfers."""

from __future__ import annotations

from typing import Any

import pytest

from kernel.common.fields import MAX_AMOUNT_MINOR, shaped
from kernel.common.legs import Direction, are_balanced
from kernel.common.refusals import InvalidInput
from kernel.payments import transfers
from kernel.payments.commands import ITEMS_MAX, BulkTransfer, Deposit, MoneySource, Withdraw
from kernel.payments.refusals import BulkTooLarge, SameAccount
from tests.unit.payments.bank import LAN, MEI, figures, sums, transfer_order


def counter(kind: type[Deposit] | type[Withdraw], **fields: Any) -> dict[str, Any]:
    where = "source" if kind is Deposit else "destination"
    who = {} if kind is Deposit else {"ordering_customer_id": "mei"}
    account = {"account_id": MEI, "amount_minor": 300, "currency": "CNY", "branch_id": "0755"}
    return {**account, **who, where: "CASH", **fields}


def bulk(*items: tuple[str, int], payer: str = MEI) -> BulkTransfer:
    return shaped(
        BulkTransfer,
        {
            "ordering_customer_id": "mei",
            "payer_account_id": payer,
            "currency": "CNY",
            "items": [{"payee_account_id": to, "amount_minor": minor} for to, minor in items],
        },
    )


def test_a_transfer_debits_the_payer_and_credits_the_payee() -> None:
    event = transfers.transfer(transfer_order(), payer_capped=False, payee_capped=False)
    assert sums(event) == {MEI: 500, LAN: -500}
    assert event.cap_uses == ()
    assert event.entities == (f"account:{MEI}", f"account:{LAN}")


def test_a_transfer_uses_the_caps_of_the_sides_that_are_capped() -> None:
    event = transfers.transfer(transfer_order(), payer_capped=True, payee_capped=True)
    uses = [(use.account, use.direction, use.amount_minor) for use in event.cap_uses]
    assert uses == [(MEI, Direction.OUT, 500), (LAN, Direction.IN, 500)]


def test_nobody_transfers_to_the_same_account() -> None:
    with pytest.raises(SameAccount) as refused:
        transfers.transfer(
            transfer_order(payee_account_id=MEI), payer_capped=False, payee_capped=False
        )
    assert figures(refused.value) == {"account_id": MEI}


@pytest.mark.parametrize("amount_minor", [0, -1, MAX_AMOUNT_MINOR + 1, 1.5, "5"])
def test_an_amount_that_is_none_has_no_shape(amount_minor: Any) -> None:
    with pytest.raises(InvalidInput) as wrong:
        transfer_order(amount_minor=amount_minor)
    assert wrong.value.violations[0][0] == "amount_minor"


def test_cash_paid_in_is_a_debit_of_cash_at_the_branch() -> None:
    event = transfers.deposit(shaped(Deposit, counter(Deposit)), capped=True)
    assert sums(event) == {"@CASH:0755": 300, MEI: -300}
    assert [(use.direction, use.amount_minor) for use in event.cap_uses] == [(Direction.IN, 300)]


def test_money_sent_out_over_clearing_is_a_credit_of_clearing() -> None:
    command = shaped(Withdraw, counter(Withdraw, destination="CLEARING"))
    event = transfers.withdraw(command, capped=True)
    assert event.destination is MoneySource.CLEARING
    assert sums(event) == {MEI: 300, "@CLEARING:0755": -300}
    assert [(use.direction, use.amount_minor) for use in event.cap_uses] == [(Direction.OUT, 300)]


def test_a_bulk_transfer_debits_the_sum_once_and_credits_each_item() -> None:
    command = bulk((LAN, 200), ("wang-account", 100), (LAN, 50))
    event = transfers.bulk_transfer(command, payer_capped=True, capped_payees={LAN})
    assert [leg.amount_minor for leg in event.legs] == [350, -200, -100, -50]
    assert are_balanced(event.legs)
    assert event.entities == (f"account:{MEI}", f"account:{LAN}", "account:wang-account")
    uses = [(use.account, use.amount_minor) for use in event.cap_uses]
    assert uses == [(MEI, 350), (LAN, 200), (LAN, 50)]


def test_a_payee_may_stand_in_a_bulk_twice_and_is_credited_the_sum() -> None:
    assert transfers.credited_minor(bulk((LAN, 200), (LAN, 50))) == {LAN: 250}


def test_the_payer_is_no_payee_of_its_own_bulk() -> None:
    with pytest.raises(SameAccount):
        transfers.bulk_transfer(bulk((LAN, 1), (MEI, 1)), payer_capped=False)


def test_the_sum_of_a_bulk_is_bounded() -> None:
    assert transfers.total_minor(bulk((LAN, MAX_AMOUNT_MINOR))) == MAX_AMOUNT_MINOR
    with pytest.raises(BulkTooLarge) as refused:
        transfers.bulk_transfer(bulk((LAN, MAX_AMOUNT_MINOR), (LAN, 1)), payer_capped=False)
    assert figures(refused.value) == {
        "asked_minor": MAX_AMOUNT_MINOR + 1,
        "max_minor": MAX_AMOUNT_MINOR,
    }


@pytest.mark.parametrize("count", [0, ITEMS_MAX + 1])
def test_a_bulk_has_one_item_to_ten_thousand(count: int) -> None:
    with pytest.raises(InvalidInput):
        bulk(*[(LAN, 1)] * count)


def test_a_bulk_of_ten_thousand_items_is_one_event() -> None:
    event = transfers.bulk_transfer(bulk(*[(LAN, 1)] * ITEMS_MAX), payer_capped=False)
    assert sums(event) == {MEI: ITEMS_MAX, LAN: -ITEMS_MAX}
