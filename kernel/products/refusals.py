"""The typed no of products."""

from __future__ import annotations

from kernel.common.refusals import Kind, Refusal


class ProductNotFound(Refusal):
    """No such product or version."""

    code = "PRODUCT_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Product {product_id} has no version {version}."


class VersionOutOfSequence(Refusal):
    """Versions are drafted one after another, from 1."""

    code = "VERSION_OUT_OF_SEQUENCE"
    says = (
        "Product {product_id}: version {asked_version} was asked, the next one is {next_version}."
    )


class AlreadyPublished(Refusal):
    """A version is published once."""

    code = "PRODUCT_ALREADY_PUBLISHED"
    kind = Kind.ALREADY_EXISTS
    says = "Version {version} of product {product_id} is published already."


class FourEyesOnProduct(Refusal):
    """Who drafted a version does not publish it."""

    code = "FOUR_EYES"
    kind = Kind.PERMISSION
    says = "{principal} drafted version {version} of product {product_id} and may not publish it."


class EffectiveInThePast(Refusal):
    """Terms are not put in force backwards."""

    code = "EFFECTIVE_IN_THE_PAST"
    kind = Kind.OUT_OF_RANGE
    says = "Effective date {effective_from} lies before the booking date {booking_date}."


class NotOnSale(Refusal):
    """No version is in force for new contracts."""

    code = "PRODUCT_NOT_ON_SALE"
    says = "Product {product_id} has no version on sale on {on} (asked: {version})."


class ProductNotPublished(Refusal):
    """Only a published version is withdrawn, and once."""

    code = "PRODUCT_NOT_PUBLISHED"
    says = "Version {version} of product {product_id} is not on sale."


class WrongProductKind(Refusal):
    """The product is of another kind than the contract needs."""

    code = "WRONG_PRODUCT_KIND"
    says = "Product {product_id} is {product_kind}; {needed} is needed."
