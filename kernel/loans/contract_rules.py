"""The decisions on a credit contract: application, decision, offer, signature, end.

Units: whole minor units, rates in ppm a year.
Source: 金规〔2025〕9号 (annual cost shown before signing), 银监会令2010年第2号 (application and
contract).
"""

from __future__ import annotations

import datetime

from kernel.common.moment import Moment
from kernel.common.refusals import InvalidInput
from kernel.loans.commands import (
    ApplyForLoan,
    CreditOutcome,
    EndContract,
    OfferLoan,
    RecordCreditDecision,
    SignContract,
)
from kernel.loans.contract_state import ContractState, ContractStatus
from kernel.loans.costs import all_in_apr_ppm
from kernel.loans.events import (
    ContractEnded,
    ContractSigned,
    CreditApproved,
    CreditDeclined,
    Evidence,
    Guarantee,
    LoanApplied,
    LoanOffered,
    Share,
)
from kernel.loans.fold import quote
from kernel.loans.product import LoanProduct, stored_terms
from kernel.loans.refusals import (
    AmountOutOfProduct,
    ConsentMissing,
    ContractExists,
    ContractNotFound,
    ContractNotInStatus,
    EvidenceExpired,
    MoreThanApproved,
    NotAGuarantor,
    OfferExpired,
    RateOutOfProduct,
    TermOutOfProduct,
)


def require_status(state: ContractState, contract_id: str, *needed: ContractStatus) -> None:
    """The contract exists and stands where the step begins."""
    if state.status is ContractStatus.NONE:
        raise ContractNotFound(contract_id=contract_id)
    if state.status not in needed:
        raise ContractNotInStatus(
            contract_id=contract_id, status=state.status.value, needed=" or ".join(needed)
        )


def require_within_product(
    product: LoanProduct, amount_minor: int, instalments: int, annual_rate_ppm: int | None = None
) -> None:
    """Amount, term and rate are what the product lends at."""
    if not product.amount_min_minor <= amount_minor <= product.amount_max_minor:
        raise AmountOutOfProduct(
            asked_minor=amount_minor,
            min_minor=product.amount_min_minor,
            max_minor=product.amount_max_minor,
        )
    if not product.instalments_min <= instalments <= product.instalments_max:
        raise TermOutOfProduct(
            asked=instalments, least=product.instalments_min, most=product.instalments_max
        )
    if annual_rate_ppm is None:
        return
    if not product.rate_min_ppm <= annual_rate_ppm <= product.rate_max_ppm:
        raise RateOutOfProduct(
            asked_ppm=annual_rate_ppm, min_ppm=product.rate_min_ppm, max_ppm=product.rate_max_ppm
        )


def apply_for_loan(
    command: ApplyForLoan,
    state: ContractState,
    product: LoanProduct,
    version: int,
    branch_id: str,
    at: Moment,
) -> LoanApplied:
    """Take an application with its evidence and consents."""
    if state.status is not ContractStatus.NONE:
        raise ContractExists(contract_id=command.contract_id)
    require_within_product(product, command.amount_minor, command.instalments)
    for consent in product.consents:
        if consent not in command.consents:
            raise ConsentMissing(consent=consent)
    for one in command.evidence:
        if one.valid_until is not None and one.valid_until < at.booking_date:
            raise EvidenceExpired(
                kind=one.kind, reference=one.reference, valid_until=str(one.valid_until)
            )
    return LoanApplied(
        contract_id=command.contract_id,
        customer_id=command.customer_id,
        product_id=command.product_id,
        product_version=version,
        amount_minor=command.amount_minor,
        currency=command.currency,
        instalments=command.instalments,
        account_id=command.account_id,
        branch_id=branch_id,
        purpose=command.purpose,
        co_borrower_ids=command.co_borrower_ids,
        guarantor_ids=command.guarantor_ids,
        evidence=tuple(
            Evidence(
                kind=one.kind,
                reference=one.reference,
                digest=one.digest,
                valid_until=one.valid_until,
            )
            for one in command.evidence
        ),
        consents=command.consents,
    )


def record_credit_decision(
    command: RecordCreditDecision, state: ContractState, product: LoanProduct
) -> CreditApproved | CreditDeclined:
    """Record a decision; an approval stays within the application and the product."""
    require_status(state, command.contract_id, ContractStatus.APPLIED)
    application = state.application
    assert application is not None
    if command.outcome is CreditOutcome.DECLINED:
        if not command.reasons:
            raise InvalidInput(("reasons", "a decline says why"))
        return CreditDeclined(
            contract_id=command.contract_id,
            rules=command.rules,
            input_digest=command.input_digest,
            reasons=command.reasons,
        )
    if command.annual_rate_ppm is None:
        raise InvalidInput(("annual_rate_ppm", "an approval names the rate"))
    amount_minor = command.amount_minor or application.amount_minor
    instalments = command.instalments or application.instalments
    if amount_minor > application.amount_minor:
        raise MoreThanApproved(
            contract_id=command.contract_id,
            asked_minor=amount_minor,
            available_minor=application.amount_minor,
        )
    require_within_product(product, amount_minor, instalments, command.annual_rate_ppm)
    return CreditApproved(
        contract_id=command.contract_id,
        amount_minor=amount_minor,
        annual_rate_ppm=command.annual_rate_ppm,
        instalments=instalments,
        rules=command.rules,
        input_digest=command.input_digest,
        reasons=command.reasons,
    )


def offer_loan(
    command: OfferLoan, state: ContractState, product: LoanProduct, at: Moment
) -> LoanOffered:
    """The approved terms, with what they cost a year; an expired offer may be made anew."""
    require_status(state, command.contract_id, ContractStatus.APPROVED, ContractStatus.OFFERED)
    terms = product.loan_terms(
        principal_minor=state.amount_minor,
        instalments=state.instalments,
        annual_rate_ppm=state.annual_rate_ppm,
        start_date=at.booking_date,
    )
    return LoanOffered(
        contract_id=command.contract_id,
        terms=stored_terms(terms),
        expires_on=at.booking_date + datetime.timedelta(days=product.offer_days),
        all_in_ppm=all_in_apr_ppm(terms, quote(terms)),
    )


def sign_contract(
    command: SignContract,
    state: ContractState,
    product: LoanProduct,
    limit_path: tuple[str, ...],
    spread_ppm: int,
    at: Moment,
) -> ContractSigned:
    """The customer accepts the offer in time; the amount is set aside under the limit.

    A floating contract keeps ``spread_ppm`` over the product's index for its life.
    """
    require_status(state, command.contract_id, ContractStatus.OFFERED)
    if at.booking_date >= state.offer_expires_on:
        raise OfferExpired(contract_id=command.contract_id, expired_on=str(state.offer_expires_on))
    if product.needs_limit and not limit_path:
        raise InvalidInput(("limit_id", "the product needs a limit"))
    partner = command.partner
    return ContractSigned(
        contract_id=command.contract_id,
        document_digest=command.document_digest,
        signed_by=command.signed_by,
        amount_minor=state.amount_minor,
        currency=product.currency,
        limit_path=limit_path,
        due_day=command.due_day,
        partner=Share(partner_id=partner.partner_id, share_ppm=partner.share_ppm)
        if partner
        else None,
        index_id=product.index or "",
        spread_ppm=spread_ppm,
        guarantees=_guarantees(command, state),
    )


def _guarantees(command: SignContract, state: ContractState) -> tuple[Guarantee, ...]:
    """What guarantors of the application answer for at most, each named once."""
    named = [one.guarantor_id for one in command.guarantees]
    if len(set(named)) < len(named):
        raise InvalidInput(("guarantees", "a guarantor is named twice"))
    for guarantor_id in named:
        require_guarantor(state, command.contract_id, guarantor_id)
    return tuple(
        Guarantee(guarantor_id=one.guarantor_id, max_minor=one.max_minor)
        for one in command.guarantees
    )


def require_guarantor(state: ContractState, contract_id: str, customer_id: str) -> None:
    """The customer guarantees what is owed under the contract."""
    application = state.application
    if application is None or customer_id not in application.guarantor_ids:
        raise NotAGuarantor(contract_id=contract_id, customer_id=customer_id)


def end_contract(command: EndContract, state: ContractState) -> ContractEnded:
    """Let go all that was set aside; loans under the contract live on.

    A limit counts what is drawn by itself, so nothing of the reservation is needed any more: what
    is repaid later under a revolving limit must not count as promised.
    """
    alive = tuple(
        one
        for one in ContractStatus
        if one not in (ContractStatus.NONE, ContractStatus.DECLINED, ContractStatus.ENDED)
    )
    require_status(state, command.contract_id, *alive)
    reserved = state.amount_minor if state.limit_path else 0
    application = state.application
    assert application is not None
    return ContractEnded(
        contract_id=command.contract_id,
        reason=command.reason,
        released_minor=reserved,
        currency=application.currency,
        limit_path=state.limit_path,
    )
