"""Use cases of loans that move money otherwise than by draw, repayment and payoff.

Units: whole minor units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from kernel.accounts import movements
from kernel.application.books import Books
from kernel.application.use_cases.lending import (
    existing_loan,
    require_borrowers_or,
    require_payment,
)
from kernel.application.use_cases.limits import exceeded, path_for, require_room
from kernel.application.use_cases.pinned import pinned_product, product_of
from kernel.application.use_cases.security import require_covered_draw
from kernel.common.commands import Command
from kernel.common.facts import Event
from kernel.common.legs import is_internal
from kernel.common.moment import Moment
from kernel.customers.rules import require_customer
from kernel.loans import (
    collection,
    contract_rules,
    end_rules,
    facility_rules,
    guarantees,
    money_commands,
    subsidies,
)
from kernel.loans.contract_state import ContractStatus
from kernel.loans.refusals import ContractNotFound

Events = tuple[Event, ...]


def collect_instalment(
    command: money_commands.CollectInstalment, books: Books, at: Moment
) -> Events:
    """Take what is due out of the agreed account; refused when there is nothing to take."""
    loan = existing_loan(command, books)
    product = pinned_product(loan.product_id, loan.product_version, books)
    account = books.open_account(loan.debit_account_id)
    available = account.available_minor(at.booking_date)
    collected = collection.collect(command, loan, product, available, at)
    require_payment(books, collected.account_id, collected.amount_minor, loan.currency, at)
    return (collected,)


def debited(command: money_commands.CollectInstalment, books: Books) -> tuple[str, ...]:
    """The account that is collected from; the loan names it, not the command."""
    account_id = books.loan(command.loan_id).debit_account_id
    return (f"account:{account_id}",) if account_id else ()


def receive_loan_payment(
    command: money_commands.ReceiveLoanPayment, books: Books, at: Moment
) -> Events:
    """Book money that arrived over clearing."""
    return (end_rules.receive(command, existing_loan(command, books), at),)


def record_recovery(command: money_commands.RecordRecovery, books: Books, at: Moment) -> Events:
    """Book money on a claim that left the books."""
    loan = existing_loan(command, books)
    recovered = end_rules.recover(command, loan, at)
    if command.account_id is not None:
        require_borrowers_or(None, command.account_id, loan, books)
        require_payment(books, command.account_id, command.amount_minor, loan.currency, at)
    return (recovered,)


def refund_overpayment(
    command: money_commands.RefundOverpayment, books: Books, at: Moment
) -> Events:
    """Pay back what is unapplied."""
    loan = existing_loan(command, books)
    account_id = command.account_id or loan.debit_account_id
    refunded = end_rules.refund(command, loan, account_id, at)
    require_receipt(books, account_id, refunded.amount_minor, loan.currency, at)
    return (refunded,)


def charge_back_repayment(
    command: money_commands.ChargeBackRepayment, books: Books, at: Moment
) -> Events:
    """Send a repayment back."""
    loan = existing_loan(command, books)
    charged = end_rules.charge_back(command, loan, at)
    require_receipt(books, charged.account_id, charged.amount_minor, loan.currency, at)
    return (charged,)


def compensate_loan(command: money_commands.CompensateLoan, books: Books, at: Moment) -> Events:
    """Let a guarantor pay what is overdue."""
    loan = existing_loan(command, books)
    contract = books.contract(loan.contract_id)
    loans = [books.loan(loan_id) for loan_id in contract.loan_ids]
    compensated = guarantees.compensate(command, loan, contract, loans, at)
    movements.require_holder(books.open_account(command.account_id), command.guarantor_id)
    require_payment(books, command.account_id, command.amount_minor, loan.currency, at)
    return (compensated,)


def claim_interest_subsidy(
    command: money_commands.ClaimInterestSubsidy, books: Books, at: Moment
) -> Events:
    """Claim interest from a fiscal office."""
    return (subsidies.claim(command, existing_loan(command, books), at),)


def settle_interest_subsidy(
    command: money_commands.SettleInterestSubsidy, books: Books, at: Moment
) -> Events:
    """Book what a fiscal office paid."""
    loan = existing_loan(command, books)
    settled = subsidies.settle(command, loan, at)
    if command.account_id is not None:
        require_payment(books, command.account_id, command.amount_minor, loan.currency, at)
    return (settled,)


def take_foreclosed_asset(
    command: money_commands.TakeForeclosedAsset, books: Books, at: Moment
) -> Events:
    """Take an asset for the debt."""
    return (end_rules.take_asset(command, existing_loan(command, books), at),)


def refinance_loan(command: money_commands.RefinanceLoan, books: Books, at: Moment) -> Events:
    """Pay an old loan off out of a new one: a draw as any other, but that no account moves.

    Limits and pledges that bore the old loan bear the new one.
    """
    contract = books.contract(command.contract_id)
    contract_rules.require_status(contract, command.contract_id, ContractStatus.SIGNED)
    old, new = books.loan(command.old_loan_id), books.loan(command.loan_id)
    product = product_of(contract, books)
    refinanced = facility_rules.refinance(command, contract, old, new, product, at)
    require_room(refinanced, books, at)
    instalments = command.instalments or contract.instalments
    paid = {old.contract_id: refinanced.old_loan.principal_change_minor}
    require_covered_draw(refinanced.new_loan, product, instalments, books, at, paid)
    return (refinanced,)


def repay_facility(command: money_commands.RepayFacility, books: Books, at: Moment) -> Events:
    """One payment on all loans of a contract."""
    contract = books.contract(command.contract_id)
    if not contract.loan_ids:
        raise ContractNotFound(contract_id=command.contract_id)
    loans = [books.loan(loan_id) for loan_id in contract.loan_ids]
    account_id = command.account_id or loans[0].debit_account_id
    repaid = facility_rules.repay_facility(command, loans, account_id, at)
    require_borrowers_or(None, account_id, loans[0], books)
    require_payment(books, account_id, command.amount_minor, loans[0].currency, at)
    return (repaid,)


def settle_with_partner(
    command: money_commands.SettleWithPartner, books: Books, at: Moment
) -> Events:
    """Settle joint loans with a partner, each once."""
    loans = {loan_id: books.loan(loan_id) for loan_id in command.loan_ids}
    return (facility_rules.settle_with_partner(command, loans, at),)


def import_loan(command: money_commands.ImportLoan, books: Books, at: Moment) -> Events:
    """Take over a running loan of customers who are known.

    It is owed already, so a limit is no reason to refuse it: the event says what it exceeds.
    """
    for customer_id in command.customer_ids:
        require_customer(books.customer(customer_id), customer_id)
    account = books.open_account(command.debit_account_id)
    movements.require_holder(account, command.customer_ids[0])
    product = pinned_product(command.product_id, command.product_version, books)
    movements.require_currency(account, product.currency)
    contract, loan = books.contract(command.contract_id), books.loan(command.loan_id)
    path = path_for(command.limit_id, command.customer_ids, books)
    imported = facility_rules.import_loan(
        command, contract, loan, product, path, account.branch_id, at
    )
    over = exceeded(imported, books)
    return (
        msgspec.structs.replace(
            imported, exceeded_limit_id=over.limit_id, exceeded_by_minor=over.minor
        ),
    )


def require_receipt(
    books: Books, account_id: str, amount_minor: int, currency: str, at: Moment
) -> None:
    """The account, unless it is the bank's own, can take money back from a loan."""
    if not is_internal(account_id):
        account = books.open_account(account_id)
        movements.require_credit(account, amount_minor, currency, at, capped=False)


USE_CASES: dict[type[Command], Callable[[Any, Books, Moment], Events]] = {
    money_commands.CollectInstalment: collect_instalment,
    money_commands.ReceiveLoanPayment: receive_loan_payment,
    money_commands.RecordRecovery: record_recovery,
    money_commands.RefundOverpayment: refund_overpayment,
    money_commands.ChargeBackRepayment: charge_back_repayment,
    money_commands.CompensateLoan: compensate_loan,
    money_commands.ClaimInterestSubsidy: claim_interest_subsidy,
    money_commands.SettleInterestSubsidy: settle_interest_subsidy,
    money_commands.TakeForeclosedAsset: take_foreclosed_asset,
    money_commands.RefinanceLoan: refinance_loan,
    money_commands.RepayFacility: repay_facility,
    money_commands.SettleWithPartner: settle_with_partner,
    money_commands.ImportLoan: import_loan,
}
