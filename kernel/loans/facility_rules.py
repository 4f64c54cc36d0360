"""The decisions on several loans at once, on partners, and on loans taken over.

Units: whole minor units.
Source: 银保监办发〔2021〕24号 (joint loans); bank policy for the rest.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

import msgspec
from pydantic import ValidationError

from kernel.common.legs import InternalAccount, internal
from kernel.common.moment import Moment
from kernel.common.refusals import InvalidInput
from kernel.loans import rules
from kernel.loans.commands import DrawLoan, PayOffLoan, ReverseLoanEntry
from kernel.loans.contract_state import ContractState, ContractStatus
from kernel.loans.dated import Import, ImportedArrears
from kernel.loans.events import (
    FacilityRepaid,
    LoanEntriesReversed,
    LoanImported,
    PartnerSettled,
    PartnerShareSettled,
    Refinanced,
    Repaid,
)
from kernel.loans.money_commands import (
    ImportLoan,
    RefinanceLoan,
    RepayFacility,
    SettleWithPartner,
)
from kernel.loans.product import LoanProduct, faults, stored_terms
from kernel.loans.refusals import ContractExists, LoanExists
from kernel.loans.running_refusals import (
    FacilityPaymentExceedsDebt,
    ImportDoesNotReconcile,
    NoLoansToPay,
    NoPartner,
    NotABorrower,
    NothingToSettle,
)
from kernel.loans.shared_rules import (
    change_fields,
    money_fields,
    require_loan,
    stamp_of,
    with_changes,
)
from kernel.loans.standing import Status
from kernel.loans.state import LoanState, begun, standing_of

WHOLE = {"mode": "in_advance", "option": "shorten_term", "interest": "in_full"}
"""How money pays a loan off, whatever its product does with early money."""


def refinance(
    command: RefinanceLoan,
    contract: ContractState,
    old: LoanState,
    new: LoanState,
    product: LoanProduct,
    at: Moment,
) -> Refinanced:
    """Lend the payoff of an old loan under another contract of the same borrower, in one act."""
    require_loan(old, command.old_loan_id)
    if new.exists:
        raise LoanExists(loan_id=command.loan_id)
    application = contract.application
    assert application is not None, command.contract_id
    if application.customer_id not in old.customer_ids:
        raise NotABorrower(loan_id=old.loan_id, customer_id=application.customer_id)
    through = internal(InternalAccount.LOAN, old.branch_id)
    payoff = PayOffLoan(
        loan_id=old.loan_id, amount_minor=command.amount_minor, value_date=command.value_date
    )
    draw = DrawLoan(
        contract_id=command.contract_id,
        loan_id=command.loan_id,
        amount_minor=command.amount_minor,
        instalments=command.instalments,
        value_date=command.value_date,
    )
    paid = rules.pay_off(payoff, old, through, at)
    drawn = rules.lend(draw, contract, new, product, at)
    here = (drawn.branch_id, drawn.currency)
    if drawn.withheld_minor or here != (old.branch_id, old.currency):
        why = "the new loan must pay out in full, at the branch and in the currency of the old one"
        raise InvalidInput(("contract_id", why))
    drawn = msgspec.structs.replace(drawn, account_id=through, refinances=old.loan_id)
    return Refinanced(new_loan=drawn, old_loan=paid)


def repay_facility(
    command: RepayFacility, loans: Sequence[LoanState], account_id: str, at: Moment
) -> FacilityRepaid:
    """Split one payment over the loans of a contract: oldest due day first, then what comes next.

    No loan gets more than pays it off, and one that gets as much is paid off.
    """
    room: dict[str, int] = {}
    lines: list[tuple[datetime.date, str, int, int]] = []
    for state in loans:
        found = standing_of(state, at.value_date)
        if found.status is Status.WRITTEN_OFF or at.value_date < state.loan_terms.start_date:
            continue
        room[state.loan_id] = found.payoff_minor
        lines += [
            (line.due_date, state.loan_id, line.number, line.outstanding_minor)
            for line in found.instalments
            if line.outstanding_minor
        ]
    whole = sum(room.values())
    if not whole:
        raise NoLoansToPay(contract_id=command.contract_id, on=str(at.value_date))
    if command.amount_minor > whole:
        raise FacilityPaymentExceedsDebt(
            contract_id=command.contract_id, asked_minor=command.amount_minor, payoff_minor=whole
        )
    parts = dict.fromkeys(room, 0)
    left = command.amount_minor
    for _, loan_id, _, owed in sorted(lines):
        part = min(left, owed, room[loan_id] - parts[loan_id])
        parts[loan_id] += part
        left -= part
    for loan_id in room:  # what the plans do not ask for, such as interest accrued since
        part = min(left, room[loan_id] - parts[loan_id])
        parts[loan_id] += part
        left -= part
    repaid = []
    for state in loans:
        if paid := parts.get(state.loan_id):
            one = Repaid(**money_fields(state, account_id, paid))
            if paid == room[state.loan_id]:
                one = msgspec.structs.replace(one, **WHOLE)
            repaid.append(with_changes(one, state, at))
    return FacilityRepaid(repaid=tuple(repaid))


def reverse_entries(
    command: ReverseLoanEntry, states: Sequence[LoanState], at: Moment
) -> LoanEntriesReversed:
    """Undo an act on several loans for all of them."""
    return LoanEntriesReversed(
        reversals=tuple(rules.reverse_entry(command, state, at) for state in states)
    )


def settle_with_partner(
    command: SettleWithPartner, states: Mapping[str, LoanState], at: Moment
) -> PartnerSettled:
    """Pay or get what the partner's share of each loan came to since the last settlement."""
    settled = []
    for loan_id, state in states.items():
        require_loan(state, loan_id)
        if state.partner is None or state.partner.partner_id != command.partner_id:
            raise NoPartner(loan_id=loan_id, partner_id=command.partner_id)
        part = PartnerShareSettled(
            **change_fields(state),
            partner_id=command.partner_id,
            settled_minor=0,
        )
        part = with_changes(part, state, at)
        open_minor = state.partner_minor + part.partner_change_minor - state.partner_settled_minor
        if open_minor:
            settled.append(msgspec.structs.replace(part, settled_minor=open_minor))
    if not settled:
        raise NothingToSettle(partner_id=command.partner_id)
    return PartnerSettled(settled=tuple(settled))


def import_loan(
    command: ImportLoan,
    contract: ContractState,
    state: LoanState,
    product: LoanProduct,
    limit_path: tuple[str, ...],
    branch_id: str,
    at: Moment,
) -> LoanImported:
    """Take a running loan over, if it then stands to the cent as the other system said."""
    if state.exists:
        raise LoanExists(loan_id=command.loan_id)
    if contract.status is not ContractStatus.NONE and contract.application is not None:
        raise ContractExists(contract_id=command.contract_id)
    imported = LoanImported(
        contract_id=command.contract_id,
        loan_id=command.loan_id,
        limit_path=limit_path,
        currency=product.currency,
        customer_ids=command.customer_ids,
        debit_account_id=command.debit_account_id,
        branch_id=branch_id,
        product_id=command.product_id,
        product_version=command.product_version,
        terms=_imported_terms(command, product, at),
        posting_class="PERSONAL_LOAN" if product.is_retail else "CORPORATE_LOAN",
        taken_over=_taken_over(command, at),
    )
    _require_reconciled(command, begun(imported), imported, at)
    return with_changes(imported, begun(imported), at)


def _imported_terms(command: ImportLoan, product: LoanProduct, at: Moment) -> dict[str, object]:
    if command.start_date > at.value_date:
        raise InvalidInput(("start_date", "lies after the day of the take-over"))
    try:
        terms = product.loan_terms(
            principal_minor=command.principal_minor,
            instalments=command.instalments,
            annual_rate_ppm=command.annual_rate_ppm,
            start_date=command.start_date,
            due_day=command.due_day,
            principal_plan_minor=command.principal_plan_minor,
        )
    except ValidationError as error:
        raise InvalidInput(*faults(error, "terms")) from None
    return stored_terms(terms)


def _taken_over(command: ImportLoan, at: Moment) -> Import:
    return Import(
        value_date=at.value_date,
        normal_principal_minor=command.normal_principal_minor,
        next_number=command.next_number,
        principal_repaid_minor=command.principal_repaid_minor,
        accrued_interest_minor=command.accrued_interest_minor,
        instalment_minor=command.instalment_minor,
        arrears=tuple(ImportedArrears(**msgspec.structs.asdict(each)) for each in command.arrears),
    )


def _require_reconciled(
    command: ImportLoan, state: LoanState, imported: LoanImported, at: Moment
) -> None:
    found = standing_of(state, at.value_date, also=(imported.dated(stamp_of(at)),))
    stands = {
        "principal_minor": found.normal_minor + found.due.principal_minor,
        "interest_minor": found.due.interest_minor + found.accrued_interest_minor,
        "penalty_minor": found.due.penalty_minor + found.due.compound_minor,
    }
    expected = {
        "expected_principal_minor": command.expected_principal_minor,
        "expected_interest_minor": command.expected_interest_minor,
        "expected_penalty_minor": command.expected_penalty_minor,
    }
    if list(stands.values()) != list(expected.values()):
        raise ImportDoesNotReconcile(loan_id=command.loan_id, **stands, **expected)
