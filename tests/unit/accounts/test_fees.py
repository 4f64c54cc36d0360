"""Fees of accounts: taken out of money that is free, with the tax that the price holds."""

from __future__ import annotations

import datetime

import msgspec

from kernel.accounts.commands import ChargeAccountFee, PlaceRestraint, RestraintDirection
from kernel.accounts.commands import RestraintKind as Kind
from kernel.accounts.dormancy import INITIAL, evolve
from kernel.accounts.events import AccountFeeCharged, AccountOpened
from kernel.accounts.fees import charge_fee
from kernel.accounts.holds import Hold
from kernel.accounts.restraint_rules import place_restraint
from kernel.accounts.state import AccountState, Status
from kernel.accounts.state import evolve as evolve_account
from kernel.bookkeeping.loan_policy import LOAN_POLICY
from kernel.bookkeeping.vat import tax_on
from kernel.common.legs import are_balanced
from kernel.common.policy import PolicyRow, PolicyTable
from kernel.common.terms import AccountClass
from tests.support.given import DAY, fact, fold, moment, refused
from tests.unit.payments.bank import sums

ACCOUNT = AccountState(
    account_id="A",
    status=Status.ACTIVE,
    customer_id="C",
    branch_id="0755",
    currency="CNY",
    account_class=AccountClass.III,
    ledger_minor=1_000,
)
FEE = ChargeAccountFee(account_id="A", amount_minor=106, name="paper statement")


def test_a_fee_is_income_less_the_tax_that_it_holds() -> None:
    event = charge_fee(FEE, ACCOUNT, 6, moment())
    assert sums(event) == {"A": 106, "@FEE_INCOME:0755": -100, "@OUTPUT_VAT:0755": -6}
    assert are_balanced(event.legs)
    assert event.cap_uses == (), "the bank's own movement uses no cap of its holder"


def test_without_tax_there_are_two_legs() -> None:
    assert sums(charge_fee(FEE, ACCOUNT, 0, moment())) == {"A": 106, "@FEE_INCOME:0755": -106}


def test_a_fee_is_taxed_by_the_policy_of_its_day() -> None:
    later = DAY + datetime.timedelta(days=1)
    on = PolicyRow(
        key="vat.enabled", value=1, effective_from=later, legal_basis="test", verified=True
    )
    policy = PolicyTable((*LOAN_POLICY.rows(), on))
    assert (tax_on(106, DAY, policy), tax_on(106, later, policy)) == (0, 6)


def test_money_that_is_held_or_frozen_pays_no_fee() -> None:
    held = msgspec.structs.replace(
        ACCOUNT,
        holds={"H": Hold(placed_minor=895, left_minor=895, expires_on=datetime.date.max)},
    )
    refused(
        "INSUFFICIENT_FUNDS", charge_fee, FEE, held, 0, moment(),
        asked_minor=106, available_minor=105,
    )  # fmt: skip
    frozen = restrained(amount_minor=900)
    refused("INSUFFICIENT_FUNDS", charge_fee, FEE, frozen, 0, moment(), available_minor=100)


def test_an_account_whose_debits_are_stopped_pays_no_fee() -> None:
    stopped = restrained(amount_minor=None)
    refused("DEBIT_RESTRAINED", charge_fee, FEE, stopped, 0, moment(), account_id="A")


def test_neither_a_dormant_account_nor_one_that_is_not_there_pays() -> None:
    dormant = msgspec.structs.replace(ACCOUNT, status=Status.DORMANT)
    refused("ACCOUNT_DORMANT", charge_fee, FEE, dormant, 0, moment())
    refused("ACCOUNT_NOT_FOUND", charge_fee, FEE, AccountState(), 0, moment())


def test_a_fee_wakes_no_sleeping_account() -> None:
    opened = AccountOpened(
        account_id="A", customer_id="C", product_id="P", product_version=1, branch_id="0755",
        currency="CNY", account_class=AccountClass.I, posting_class="PERSONAL_CURRENT",
    )  # fmt: skip
    charged = AccountFeeCharged(
        account_id="A", branch_id="0755", currency="CNY", amount_minor=10, name="card"
    )
    after = fold(evolve, INITIAL, opened, charged)
    assert (after.last_activity_on, after.balance_minor) == (None, -10)


def restrained(amount_minor: int | None) -> AccountState:
    """The account under a freeze by a court, of an amount or of all debits."""
    asked = PlaceRestraint(
        account_id="A", restraint_id="R", kind=Kind.JUDICIAL_FREEZE, authority="Court 1",
        notice_number="2026-1", direction=RestraintDirection.DEBIT, amount_minor=amount_minor,
    )  # fmt: skip
    return evolve_account(ACCOUNT, fact(place_restraint(asked, ACCOUNT, moment())))
