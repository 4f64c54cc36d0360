"""What can be asked of customers."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from kernel.common.commands import Command
from kernel.common.fields import Day, Id, RequiredText, Text
from kernel.common.people import CustomerKind, IdentificationLevel


class DocumentType(StrEnum):
    """Kind of identity document."""

    RESIDENT_ID = "RESIDENT_ID"
    PASSPORT = "PASSPORT"
    BUSINESS_LICENCE = "BUSINESS_LICENCE"
    OTHER = "OTHER"


class Relation(StrEnum):
    """What a customer is to another one: ``customer`` is the <relation> of ``other``."""

    SPOUSE = "SPOUSE"
    PARENT = "PARENT"
    GUARDIAN = "GUARDIAN"
    SHAREHOLDER = "SHAREHOLDER"
    CONTROLLER = "CONTROLLER"
    GUARANTOR = "GUARANTOR"


class CustomerRestraintKind(StrEnum):
    """Why a customer may not open accounts or act outside the counter."""

    PUNISHED_PARTY = "PUNISHED_PARTY"
    CASE_ACCOUNT_HOLDER = "CASE_ACCOUNT_HOLDER"
    BANK_HOLD = "BANK_HOLD"


class CustomerCommand(Command, frozen=True, kw_only=True):
    """A command about one customer."""

    customer_id: Id

    @property
    def touches(self) -> tuple[str, ...]:
        """The customer."""
        return (f"customer:{self.customer_id}",)


class RegisterCustomer(CustomerCommand, frozen=True, kw_only=True):
    """Make a customer known to the bank."""

    kind: CustomerKind
    name: RequiredText
    branch_id: Id
    mobile: Text = ""


class IdentifyCustomer(CustomerCommand, frozen=True, kw_only=True):
    """Record that a customer was identified, by which document and how well."""

    level: IdentificationLevel
    document_type: DocumentType
    document_number: RequiredText
    evidence_id: Id

    @property
    def document_digest(self) -> str:
        """SHA-256 of type and number: finds a document without storing its number."""
        content = f"{self.document_type}:{self.document_number.upper()}"
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def touches(self) -> tuple[str, ...]:
        """The customer and the document."""
        return (f"customer:{self.customer_id}", f"document:{self.document_digest}")


class UpdateCustomer(CustomerCommand, frozen=True, kw_only=True):
    """Change what is given; what is absent stays."""

    name: RequiredText | None = None
    mobile: Text | None = None
    address: Text | None = None


class RelateCustomers(CustomerCommand, frozen=True, kw_only=True):
    """Record what a customer is to another one."""

    other_customer_id: Id
    relation: Relation

    @property
    def touches(self) -> tuple[str, ...]:
        """Both customers."""
        return (f"customer:{self.customer_id}", f"customer:{self.other_customer_id}")


class EndRelation(CustomerCommand, frozen=True, kw_only=True):
    """Record that a relation ended."""

    other_customer_id: Id
    relation: Relation

    @property
    def touches(self) -> tuple[str, ...]:
        """Both customers."""
        return (f"customer:{self.customer_id}", f"customer:{self.other_customer_id}")


class RestrainCustomer(CustomerCommand, frozen=True, kw_only=True):
    """Restrain a customer; ``expires_on`` is the first day it no longer binds."""

    restraint_id: Id
    kind: CustomerRestraintKind
    reason: RequiredText
    expires_on: Day | None = None


class LiftCustomerRestraint(CustomerCommand, frozen=True, kw_only=True):
    """End a restraint before its time."""

    restraint_id: Id
    reason: RequiredText


class MergeCustomers(CustomerCommand, frozen=True, kw_only=True):
    """Two records are one customer: ``customer_id`` goes on as ``into_customer_id``."""

    into_customer_id: Id
    evidence_id: Id

    @property
    def touches(self) -> tuple[str, ...]:
        """Both customers."""
        return (f"customer:{self.customer_id}", f"customer:{self.into_customer_id}")
