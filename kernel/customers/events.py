"""What can have happened to customers: a stored contract, fields are added and never renamed.

A document's number is not stored: its digest finds it, its last four characters show it.
"""

from __future__ import annotations

import datetime

from kernel.common.facts import Event
from kernel.common.people import CustomerKind, IdentificationLevel
from kernel.customers.commands import CustomerRestraintKind, DocumentType, Relation


class CustomerEvent(Event, frozen=True, kw_only=True):
    """An event of one customer."""

    customer_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The customer."""
        return (f"customer:{self.customer_id}",)


class PairEvent(CustomerEvent, frozen=True, kw_only=True):
    """An event of two customers."""

    other_customer_id: str
    relation: Relation

    @property
    def entities(self) -> tuple[str, ...]:
        """Both customers."""
        return (f"customer:{self.customer_id}", f"customer:{self.other_customer_id}")


class CustomerRegistered(CustomerEvent, frozen=True, kw_only=True):
    """A customer became known to the bank."""

    kind: CustomerKind
    name: str
    branch_id: str
    mobile: str = ""


class CustomerIdentified(CustomerEvent, frozen=True, kw_only=True):
    """A customer was identified by a document."""

    level: IdentificationLevel
    document_type: DocumentType
    document_digest: str
    document_last4: str
    evidence_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The customer and the document."""
        return (f"customer:{self.customer_id}", f"document:{self.document_digest}")


class CustomerUpdated(CustomerEvent, frozen=True, kw_only=True):
    """Particulars changed; None means unchanged."""

    name: str | None = None
    mobile: str | None = None
    address: str | None = None


class CustomersRelated(PairEvent, frozen=True, kw_only=True):
    """A relation between two customers began."""


class RelationEnded(PairEvent, frozen=True, kw_only=True):
    """A relation between two customers ended."""


class CustomerRestrained(CustomerEvent, frozen=True, kw_only=True):
    """A customer is restrained, until a day or until lifted."""

    restraint_id: str
    kind: CustomerRestraintKind
    reason: str
    expires_on: datetime.date | None = None


class CustomerRestraintLifted(CustomerEvent, frozen=True, kw_only=True):
    """A restraint ended before its time."""

    restraint_id: str
    reason: str


class CustomersMerged(CustomerEvent, frozen=True, kw_only=True):
    """One customer's record goes on as another one."""

    into_customer_id: str
    evidence_id: str

    @property
    def entities(self) -> tuple[str, ...]:
        """Both customers."""
        return (f"customer:{self.customer_id}", f"customer:{self.into_customer_id}")
