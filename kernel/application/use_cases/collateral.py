"""Use cases of collateral: items and their values, pledges, margin calls, sales.

Units: whole minor units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from kernel.application.books import Books
from kernel.application.use_cases.lending import existing_loan, require_payment
from kernel.application.use_cases.pinned import product_of
from kernel.application.use_cases.security import secured, term_months
from kernel.collateral import commands, pledge_rules, rules
from kernel.collateral.policy import POLICY
from kernel.common.commands import Command
from kernel.common.facts import Event
from kernel.common.moment import Moment
from kernel.customers.rules import require_customer
from kernel.loans import rules as loan_rules
from kernel.loans.commands import RepayLoan, RepaymentMode
from kernel.loans.contract_state import ContractState
from kernel.loans.refusals import ContractNotFound
from kernel.loans.state import standing_of

Events = tuple[Event, ...]
WHOLE_BP = 10_000


def register_collateral(command: commands.RegisterCollateral, books: Books, at: Moment) -> Events:
    """Make an item of a known owner known."""
    require_customer(books.customer(command.owner_id), command.owner_id)
    return (rules.register_collateral(command, books.collateral(command.item_id)),)


def value_collateral(command: commands.ValueCollateral, books: Books, at: Moment) -> Events:
    """Value an item, by itself or by an index from today on."""
    base = None
    if command.index_id is not None:
        base = books.price_index(command.index_id).on(at.booking_date)
    return (rules.value_collateral(command, books.collateral(command.item_id), base, at),)


def revalue_collateral(command: commands.RevalueCollateral, books: Books, at: Moment) -> Events:
    """Take one part of a price file, whole or not at all."""
    for each in command.prices:
        rules.require_item(books.collateral(each.item_id), each.item_id)
    return (rules.revalue_collateral(command, at),)


def publish_price_index(command: commands.PublishPriceIndex, books: Books, at: Moment) -> Events:
    """Publish a value of an index."""
    return (rules.publish_price_index(command),)


def set_prior_claim(command: commands.SetPriorClaim, books: Books, at: Moment) -> Events:
    """Say what another creditor gets first."""
    return (rules.set_prior_claim(command, books.collateral(command.item_id)),)


def record_insurance(command: commands.RecordInsurance, books: Books, at: Moment) -> Events:
    """Record an insurance."""
    return (rules.record_insurance(command, books.collateral(command.item_id)),)


def record_custody(command: commands.RecordCustody, books: Books, at: Moment) -> Events:
    """Record where an item is kept."""
    return (rules.record_custody(command, books.collateral(command.item_id)),)


def existing_contract(contract_id: str, books: Books) -> ContractState:
    """A contract that was applied for; refused when there is none."""
    contract = books.contract(contract_id)
    if contract.application is None:
        raise ContractNotFound(contract_id=contract_id)
    return contract


def pledge_collateral(command: commands.PledgeCollateral, books: Books, at: Moment) -> Events:
    """Let an item secure a contract."""
    contract = existing_contract(command.contract_id, books)
    product = product_of(contract, books)
    item = books.collateral(command.item_id)
    months = term_months(product, contract.instalments)
    return (pledge_rules.pledge_collateral(command, item, product.currency, months, at),)


def perfect_pledge(command: commands.PerfectPledge, books: Books, at: Moment) -> Events:
    """Record that the register took a pledge."""
    return (pledge_rules.perfect_pledge(command, books.collateral(command.item_id), at),)


def release_pledge(command: commands.ReleasePledge, books: Books, at: Moment) -> Events:
    """Let a pledge go, if what is owed stays covered as the product asks (else in whole).

    Items are shared, so this is asked of every contract that would lose cover.
    """
    item = books.collateral(command.item_id)
    pledge_rules.require_pledge(command, item)
    contract = existing_contract(command.contract_id, books)
    needed_bp = product_of(contract, books).coverage_bp or WHOLE_BP
    found = secured(command.contract_id, books, at.booking_date)
    without = found.without(command.item_id, command.contract_id, command.rank).allocation()
    for before in found.allocation().loans:
        if without.loan(before.loan_id).covered_minor < before.covered_minor:
            other = existing_contract(before.loan_id, books)
            other_bp = product_of(other, books).coverage_bp or WHOLE_BP
            pledge_rules.require_cover(before.loan_id, without.loan(before.loan_id), other_bp)
    cover = without.loan(command.contract_id)
    return (pledge_rules.release_pledge(command, item, cover, needed_bp),)


def raise_margin_call(command: commands.RaiseMarginCall, books: Books, at: Moment) -> Events:
    """Call for cover."""
    existing_contract(command.contract_id, books)
    found = secured(command.contract_id, books, at.booking_date)
    called = pledge_rules.raise_margin_call(
        command,
        books.security(command.contract_id),
        found.cover(command.contract_id),
        found.cure(command.contract_id),
        at,
    )
    return (called,)


def close_margin_call(command: commands.CloseMarginCall, books: Books, at: Moment) -> Events:
    """Take a call back that was answered."""
    existing_contract(command.contract_id, books)
    cover = secured(command.contract_id, books, at.booking_date).cover(command.contract_id)
    needed_bp = POLICY.value("coverage.call_bp", at.booking_date)
    security = books.security(command.contract_id)
    return (pledge_rules.close_margin_call(command, security, cover, needed_bp),)


def liquidate_collateral(command: commands.LiquidateCollateral, books: Books, at: Moment) -> Events:
    """Sell an item of a loan in default; what it brought repays the loan in the same act."""
    item = books.collateral(command.item_id)
    rules.require_item(item, command.item_id)
    asked = RepayLoan(
        loan_id=command.loan_id,
        amount_minor=command.proceeds_minor,
        account_id=command.account_id,
        mode=RepaymentMode.IN_ADVANCE,
    )
    loan = existing_loan(asked, books)
    found = standing_of(loan, at.value_date)
    contract_id = loan.contract_id
    pledge_rules.require_default(
        command.loan_id, contract_id, books.security(contract_id), found.days_past_due, at
    )
    owed = {
        each.contract_id: books.contract(each.contract_id).outstanding_minor
        for each in item.pledges
    }
    pledge = pledge_rules.require_turn(item, contract_id, owed)
    minor = pledge_rules.for_the_loan_minor(
        command.proceeds_minor, item, pledge, found.payoff_minor
    )
    sold = pledge_rules.liquidate_collateral(command, item, contract_id, minor)
    if not minor:
        return (sold,)
    asked = msgspec.structs.replace(asked, amount_minor=minor)
    repaid = loan_rules.repay(asked, loan, command.account_id, at)
    require_payment(books, command.account_id, minor, repaid.currency, at)
    return (repaid, sold)


USE_CASES: dict[type[Command], Callable[[Any, Books, Moment], Events]] = {
    commands.RegisterCollateral: register_collateral,
    commands.ValueCollateral: value_collateral,
    commands.RevalueCollateral: revalue_collateral,
    commands.PublishPriceIndex: publish_price_index,
    commands.SetPriorClaim: set_prior_claim,
    commands.RecordInsurance: record_insurance,
    commands.RecordCustody: record_custody,
    commands.PledgeCollateral: pledge_collateral,
    commands.PerfectPledge: perfect_pledge,
    commands.ReleasePledge: release_pledge,
    commands.RaiseMarginCall: raise_margin_call,
    commands.CloseMarginCall: close_margin_call,
    commands.LiquidateCollateral: liquidate_collateral,
}
