"""The typed no of customers."""

from __future__ import annotations

from kernel.common.refusals import Kind, Refusal


class CustomerNotFound(Refusal):
    """No such customer."""

    code = "CUSTOMER_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Customer {customer_id} does not exist."


class CustomerExists(Refusal):
    """The customer id is taken."""

    code = "CUSTOMER_EXISTS"
    kind = Kind.ALREADY_EXISTS
    says = "Customer {customer_id} exists already."


class CustomerMerged(Refusal):
    """The record goes on as another one."""

    code = "CUSTOMER_MERGED"
    says = "Customer {customer_id} goes on as {survivor_id}."


class LevelNotHigher(Refusal):
    """Identification only rises; it is renewed at the same level at least."""

    code = "LEVEL_NOT_HIGHER"
    says = "Customer {customer_id} is identified as {level}; {asked_level} was asked."


class DocumentOfAnother(Refusal):
    """One document belongs to one customer."""

    code = "DOCUMENT_OF_ANOTHER"
    kind = Kind.ALREADY_EXISTS
    says = "The document of customer {customer_id} is recorded for another customer."


class WrongDocument(Refusal):
    """A person has no business licence, an organisation no identity card."""

    code = "WRONG_DOCUMENT"
    says = "A {customer_kind} is not identified by a {document_type}."


class NothingToChange(Refusal):
    """The particulars are as asked already."""

    code = "NOTHING_TO_CHANGE"
    says = "Nothing changes for customer {customer_id}."


class RelationToSelf(Refusal):
    """Nobody is related to oneself."""

    code = "RELATION_TO_SELF"
    says = "Customer {customer_id} cannot be named twice."


class RelationExists(Refusal):
    """The relation is recorded already."""

    code = "RELATION_EXISTS"
    kind = Kind.ALREADY_EXISTS
    says = "{customer_id} is recorded as {relation} of {other_customer_id} already."


class RelationNotFound(Refusal):
    """No such relation."""

    code = "RELATION_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "{customer_id} is not recorded as {relation} of {other_customer_id}."


class CustomerRestraintExists(Refusal):
    """The restraint id is taken."""

    code = "RESTRAINT_EXISTS"
    kind = Kind.ALREADY_EXISTS
    says = "Restraint {restraint_id} exists already on customer {customer_id}."


class CustomerRestraintNotFound(Refusal):
    """No such restraint in force."""

    code = "RESTRAINT_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "No restraint {restraint_id} is in force on customer {customer_id}."


class RestraintExpiryInThePast(Refusal):
    """A restraint ends after it began."""

    code = "EXPIRY_OUT_OF_RANGE"
    kind = Kind.OUT_OF_RANGE
    says = "Expiry {expires_on} must lie after {on}."


class FourEyesOnCustomerHold(Refusal):
    """Who placed a bank hold does not lift it."""

    code = "FOUR_EYES"
    kind = Kind.PERMISSION
    says = "{principal} placed restraint {restraint_id} and may not lift it."


class RestrainedCustomer(Refusal):
    """A restrained record is not merged away."""

    code = "CUSTOMER_RESTRAINED"
    says = "Customer {customer_id} is restrained."


class MergeOfKinds(Refusal):
    """A person and an organisation are not one customer."""

    code = "MERGE_OF_KINDS"
    says = "{customer_id} is {kind}, {into_customer_id} is {into_kind}."
