"""What can have happened to products: a stored contract, fields are added and never renamed."""

from __future__ import annotations

import datetime
from typing import Any

from kernel.common.facts import Event
from kernel.common.terms import CurrentAccountTerms
from kernel.products.commands import ProductKind


class ProductEvent(Event, frozen=True, kw_only=True):
    """An event of one version of a product."""

    product_id: str
    version: int

    @property
    def entities(self) -> tuple[str, ...]:
        """The product."""
        return (f"product:{self.product_id}",)


class ProductDrafted(ProductEvent, frozen=True, kw_only=True):
    """A version's terms were written down."""

    terms: CurrentAccountTerms


class ProductDefined(ProductEvent, frozen=True, kw_only=True):
    """A version of a loan or deposit product was written down, as its definition says."""

    product_kind: ProductKind
    definition: dict[str, Any]


class ProductPublished(ProductEvent, frozen=True, kw_only=True):
    """A version is in force from a day."""

    effective_from: datetime.date


class ProductWithdrawn(ProductEvent, frozen=True, kw_only=True):
    """A version takes no new contracts."""

    reason: str
