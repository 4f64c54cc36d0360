"""The decisions about customers.

Source: PBoC/NFRA/CSRC Order 11 of 2025 (identification by risk); 银发〔2019〕85号 (punished
parties: five years without new accounts).
"""

from __future__ import annotations

import datetime

from kernel.common.moment import Moment
from kernel.common.people import CustomerKind, IdentificationLevel
from kernel.common.policy import PolicyRow, PolicyTable
from kernel.customers.commands import (
    CustomerRestraintKind,
    DocumentType,
    EndRelation,
    IdentifyCustomer,
    LiftCustomerRestraint,
    MergeCustomers,
    RegisterCustomer,
    RelateCustomers,
    RestrainCustomer,
    UpdateCustomer,
)
from kernel.customers.events import (
    CustomerIdentified,
    CustomerRegistered,
    CustomerRestrained,
    CustomerRestraintLifted,
    CustomersMerged,
    CustomersRelated,
    CustomerUpdated,
    RelationEnded,
)
from kernel.customers.refusals import (
    CustomerExists,
    CustomerMerged,
    CustomerNotFound,
    CustomerRestraintExists,
    CustomerRestraintNotFound,
    DocumentOfAnother,
    FourEyesOnCustomerHold,
    LevelNotHigher,
    MergeOfKinds,
    NothingToChange,
    RelationExists,
    RelationNotFound,
    RelationToSelf,
    RestrainedCustomer,
    RestraintExpiryInThePast,
    WrongDocument,
)
from kernel.customers.state import CustomerState, DocumentState

POLICY = PolicyTable(
    [
        PolicyRow(
            key="customer.punished_party.years",
            value=5,
            effective_from=datetime.date(2019, 4, 1),
            legal_basis="银发〔2019〕85号",
            verified=True,
        )
    ]
)


def register_customer(command: RegisterCustomer, state: CustomerState) -> CustomerRegistered:
    """Make a customer known under an id that is free."""
    if state.exists:
        raise CustomerExists(customer_id=command.customer_id)
    return CustomerRegistered(
        customer_id=command.customer_id,
        kind=command.kind,
        name=command.name,
        branch_id=command.branch_id,
        mobile=command.mobile,
    )


def require_customer(state: CustomerState, customer_id: str) -> None:
    """The customer exists and was not merged into another one."""
    if not state.exists:
        raise CustomerNotFound(customer_id=customer_id)
    if state.merged_into:
        raise CustomerMerged(customer_id=customer_id, survivor_id=state.merged_into)


def identify_customer(
    command: IdentifyCustomer, state: CustomerState, document: DocumentState
) -> CustomerIdentified:
    """Record an identification: the level does not sink, the document is nobody else's."""
    require_customer(state, command.customer_id)
    if command.level is IdentificationLevel.REGISTERED or command.level.rank < state.level.rank:
        raise LevelNotHigher(
            customer_id=command.customer_id,
            level=state.level.value,
            asked_level=command.level.value,
        )
    for_person = state.kind is CustomerKind.PERSON
    if for_person == (command.document_type is DocumentType.BUSINESS_LICENCE):
        raise WrongDocument(
            customer_kind=state.kind.value, document_type=command.document_type.value
        )
    if document.customer_id not in ("", command.customer_id):
        raise DocumentOfAnother(customer_id=command.customer_id)
    return CustomerIdentified(
        customer_id=command.customer_id,
        level=command.level,
        document_type=command.document_type,
        document_digest=command.document_digest,
        document_last4=command.document_number[-4:],
        evidence_id=command.evidence_id,
    )


def update_customer(command: UpdateCustomer, state: CustomerState) -> CustomerUpdated:
    """Change particulars; refused when nothing would change."""
    require_customer(state, command.customer_id)
    asked = (
        (command.name, state.name),
        (command.mobile, state.mobile),
        (command.address, state.address),
    )
    if all(new in (None, old) for new, old in asked):
        raise NothingToChange(customer_id=command.customer_id)
    return CustomerUpdated(
        customer_id=command.customer_id,
        name=command.name,
        mobile=command.mobile,
        address=command.address,
    )


def relate_customers(
    command: RelateCustomers, state: CustomerState, other: CustomerState
) -> CustomersRelated:
    """Record a relation of two customers, once."""
    require_customer(state, command.customer_id)
    require_customer(other, command.other_customer_id)
    if command.customer_id == command.other_customer_id:
        raise RelationToSelf(customer_id=command.customer_id)
    if (command.relation, command.other_customer_id) in state.relations:
        raise RelationExists(
            customer_id=command.customer_id,
            relation=command.relation.value,
            other_customer_id=command.other_customer_id,
        )
    return CustomersRelated(
        customer_id=command.customer_id,
        other_customer_id=command.other_customer_id,
        relation=command.relation,
    )


def end_relation(command: EndRelation, state: CustomerState) -> RelationEnded:
    """End a relation that is recorded."""
    require_customer(state, command.customer_id)
    if (command.relation, command.other_customer_id) not in state.relations:
        raise RelationNotFound(
            customer_id=command.customer_id,
            relation=command.relation.value,
            other_customer_id=command.other_customer_id,
        )
    return RelationEnded(
        customer_id=command.customer_id,
        other_customer_id=command.other_customer_id,
        relation=command.relation,
    )


def restrain_customer(
    command: RestrainCustomer, state: CustomerState, at: Moment
) -> CustomerRestrained:
    """Restrain a customer; a punished party for five years unless a day is given."""
    require_customer(state, command.customer_id)
    if command.restraint_id in state.restraints:
        raise CustomerRestraintExists(
            restraint_id=command.restraint_id, customer_id=command.customer_id
        )
    on, expires_on = at.booking_date, command.expires_on
    if expires_on is None and command.kind is CustomerRestraintKind.PUNISHED_PARTY:
        years = POLICY.value("customer.punished_party.years", on)
        expires_on = datetime.date(on.year + years, on.month, min(on.day, 28))
    if expires_on is not None and expires_on <= on:
        raise RestraintExpiryInThePast(expires_on=str(expires_on), on=str(on))
    return CustomerRestrained(
        customer_id=command.customer_id,
        restraint_id=command.restraint_id,
        kind=command.kind,
        reason=command.reason,
        expires_on=expires_on,
    )


def lift_customer_restraint(
    command: LiftCustomerRestraint, state: CustomerState, at: Moment
) -> CustomerRestraintLifted:
    """End a restraint; a bank hold is lifted by a second person."""
    require_customer(state, command.customer_id)
    one = state.restraints.get(command.restraint_id)
    if one is None:
        raise CustomerRestraintNotFound(
            restraint_id=command.restraint_id, customer_id=command.customer_id
        )
    if one.kind is CustomerRestraintKind.BANK_HOLD and one.placed_by == at.principal:
        raise FourEyesOnCustomerHold(principal=at.principal, restraint_id=command.restraint_id)
    return CustomerRestraintLifted(
        customer_id=command.customer_id, restraint_id=command.restraint_id, reason=command.reason
    )


def merge_customers(
    command: MergeCustomers, state: CustomerState, into: CustomerState, at: Moment
) -> CustomersMerged:
    """Let one record go on as another one of the same kind; neither is restrained."""
    require_customer(state, command.customer_id)
    require_customer(into, command.into_customer_id)
    if command.customer_id == command.into_customer_id:
        raise RelationToSelf(customer_id=command.customer_id)
    if state.kind is not into.kind:
        raise MergeOfKinds(
            customer_id=command.customer_id,
            kind=state.kind.value,
            into_customer_id=command.into_customer_id,
            into_kind=into.kind.value,
        )
    for one in (state, into):
        if one.is_restrained(at.booking_date):
            raise RestrainedCustomer(customer_id=one.customer_id)
    return CustomersMerged(
        customer_id=command.customer_id,
        into_customer_id=command.into_customer_id,
        evidence_id=command.evidence_id,
    )
