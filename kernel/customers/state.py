"""The state of a customer, and who owns a document."""

from __future__ import annotations

import datetime

import msgspec

from kernel.common.facts import Fact
from kernel.common.people import CustomerKind, IdentificationLevel
from kernel.customers.commands import CustomerRestraintKind, Relation
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


class CustomerRestraint(msgspec.Struct, frozen=True, kw_only=True):
    """One restraint; ``expires_on`` is the first day it no longer binds."""

    kind: CustomerRestraintKind
    placed_by: str
    expires_on: datetime.date | None = None


class CustomerState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the rules know of a customer. ``relations`` holds pairs (relation, other customer)."""

    customer_id: str = ""
    exists: bool = False
    kind: CustomerKind = CustomerKind.PERSON
    name: str = ""
    mobile: str = ""
    address: str = ""
    branch_id: str = ""
    level: IdentificationLevel = IdentificationLevel.REGISTERED
    relations: frozenset[tuple[Relation, str]] = frozenset()
    restraints: dict[str, CustomerRestraint] = {}
    merged_into: str = ""

    def is_restrained(self, on: datetime.date) -> bool:
        """Whether any restraint binds on the business date."""
        return any(
            one.expires_on is None or on < one.expires_on for one in self.restraints.values()
        )


class DocumentState(msgspec.Struct, frozen=True):
    """Whose document it is; empty when nobody's yet."""

    customer_id: str = ""


INITIAL = CustomerState()
NO_DOCUMENT = DocumentState()


def evolve_document(state: DocumentState, fact: Fact) -> DocumentState:
    """A document belongs to whom it identified last."""
    if isinstance(fact.event, CustomerIdentified):
        return DocumentState(fact.event.customer_id)
    return state


def evolve(state: CustomerState, fact: Fact) -> CustomerState:
    """Fold one fact of this customer; events of other areas change nothing.

    An event of two customers reaches both; only the one whom it says something of changes.
    """
    event = fact.event
    replace = msgspec.structs.replace
    if isinstance(event, CustomerRegistered):
        return CustomerState(
            customer_id=event.customer_id,
            exists=True,
            kind=event.kind,
            name=event.name,
            mobile=event.mobile,
            branch_id=event.branch_id,
        )
    if getattr(event, "customer_id", "") != state.customer_id:
        return state
    match event:
        case CustomerIdentified():
            return replace(state, level=event.level)
        case CustomerUpdated():
            given = {"name": event.name, "mobile": event.mobile, "address": event.address}
            changed = {field: value for field, value in given.items() if value is not None}
            return replace(state, **changed)
        case CustomersRelated():
            pair = (event.relation, event.other_customer_id)
            return replace(state, relations=state.relations | {pair})
        case RelationEnded():
            pair = (event.relation, event.other_customer_id)
            return replace(state, relations=state.relations - {pair})
        case CustomerRestrained():
            one = CustomerRestraint(
                kind=event.kind, placed_by=fact.principal, expires_on=event.expires_on
            )
            return replace(state, restraints={**state.restraints, event.restraint_id: one})
        case CustomerRestraintLifted():
            left = {k: one for k, one in state.restraints.items() if k != event.restraint_id}
            return replace(state, restraints=left)
        case CustomersMerged():
            return replace(state, merged_into=event.into_customer_id)
        case _:
            return state


def invariants(state: CustomerState) -> None:
    """Raise AssertionError for a state that no accepted history may lead to."""
    assert state.exists or state == INITIAL, "something happened to a customer nobody registered"
    assert state.merged_into != state.customer_id or not state.exists, "merged into itself"
    assert all(other != state.customer_id for _, other in state.relations), "related to itself"
