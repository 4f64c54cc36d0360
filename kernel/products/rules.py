"""The decisions about products: terms are drafted by one person and published by another."""

from __future__ import annotations

from typing import Any

from kernel.common.moment import Moment
from kernel.common.terms import CurrentAccountTerms
from kernel.products.commands import (
    DefineProduct,
    DraftProduct,
    ProductCommand,
    ProductKind,
    PublishProduct,
    WithdrawProduct,
)
from kernel.products.events import (
    ProductDefined,
    ProductDrafted,
    ProductPublished,
    ProductWithdrawn,
)
from kernel.products.refusals import (
    AlreadyPublished,
    EffectiveInThePast,
    FourEyesOnProduct,
    NotOnSale,
    ProductNotFound,
    ProductNotPublished,
    VersionOutOfSequence,
    WrongProductKind,
)
from kernel.products.state import ProductState, Version


def draft_product(command: DraftProduct, state: ProductState) -> ProductDrafted:
    """Write down the next version of a current-account product."""
    require_next_version(command, state)
    return ProductDrafted(
        product_id=command.product_id, version=command.version, terms=command.terms
    )


def define_product(
    command: DefineProduct, state: ProductState, definition: dict[str, Any]
) -> ProductDefined:
    """Write down the next version of a loan or deposit product; its definition was checked."""
    require_next_version(command, state)
    return ProductDefined(
        product_id=command.product_id,
        version=command.version,
        product_kind=command.product_kind,
        definition=definition,
    )


def require_next_version(command: ProductCommand, state: ProductState) -> None:
    """Versions are written down one after another, from 1."""
    next_version = len(state.versions) + 1
    if command.version != next_version:
        raise VersionOutOfSequence(
            product_id=command.product_id,
            asked_version=command.version,
            next_version=next_version,
        )


def publish_product(command: PublishProduct, state: ProductState, at: Moment) -> ProductPublished:
    """Put a draft in force, today or later, by a second person."""
    version = require_version(state, command.product_id, command.version)
    if version.effective_from is not None:
        raise AlreadyPublished(product_id=command.product_id, version=command.version)
    if version.drafted_by == at.principal:
        raise FourEyesOnProduct(
            principal=at.principal, product_id=command.product_id, version=command.version
        )
    if command.effective_from < at.booking_date:
        raise EffectiveInThePast(
            effective_from=str(command.effective_from), booking_date=str(at.booking_date)
        )
    return ProductPublished(
        product_id=command.product_id,
        version=command.version,
        effective_from=command.effective_from,
    )


def withdraw_product(command: WithdrawProduct, state: ProductState) -> ProductWithdrawn:
    """Take a published version off sale."""
    version = require_version(state, command.product_id, command.version)
    if version.effective_from is None or version.is_withdrawn:
        raise ProductNotPublished(product_id=command.product_id, version=command.version)
    return ProductWithdrawn(
        product_id=command.product_id, version=command.version, reason=command.reason
    )


def require_version(state: ProductState, product_id: str, version: int) -> Version:
    """The version, in whatever state it is."""
    if version not in state.versions:
        raise ProductNotFound(product_id=product_id, version=version)
    return state.versions[version]


def version_on_sale(
    state: ProductState, product_id: str, version: int | None, at: Moment
) -> tuple[int, Version]:
    """The version asked for, or the newest one on sale; refused when it is not on sale."""
    if version is not None:
        require_version(state, product_id, version)
    on_sale = [
        number
        for number, one in state.versions.items()
        if one.is_on_sale(at.booking_date) and version in (None, number)
    ]
    if not on_sale:
        raise NotOnSale(product_id=product_id, on=str(at.booking_date), version=version or "newest")
    return on_sale[-1], state.versions[on_sale[-1]]


def terms_on_sale(
    state: ProductState, product_id: str, version: int | None, at: Moment
) -> tuple[int, CurrentAccountTerms]:
    """As ``version_on_sale``, of a current-account product."""
    number, found = version_on_sale(state, product_id, version, at)
    if found.terms is None:
        raise _wrong_kind(product_id, found, "CURRENT_ACCOUNT")
    return number, found.terms


def definition_of(version: Version, product_id: str, kind: ProductKind) -> dict[str, Any]:
    """The definition of a version of a product of that kind; refused for another kind."""
    if version.product_kind is not kind:
        raise _wrong_kind(product_id, version, kind)
    return version.definition


def _wrong_kind(product_id: str, found: Version, needed: str) -> WrongProductKind:
    return WrongProductKind(
        product_id=product_id, product_kind=found.product_kind or "CURRENT_ACCOUNT", needed=needed
    )
