"""What can be asked of products."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kernel.common.commands import Command
from kernel.common.fields import Day, Id, RequiredText
from kernel.common.terms import CurrentAccountTerms

Version = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class ProductCommand(Command, frozen=True, kw_only=True):
    """A command about one version of a product."""

    product_id: Id
    version: Version

    @property
    def touches(self) -> tuple[str, ...]:
        """The product."""
        return (f"product:{self.product_id}",)


class DraftProduct(ProductCommand, frozen=True, kw_only=True):
    """Write down the terms of a new version; nobody can use it yet."""

    terms: CurrentAccountTerms


class PublishProduct(ProductCommand, frozen=True, kw_only=True):
    """Put a drafted version in force from a day; by another person than its drafter."""

    effective_from: Day


class WithdrawProduct(ProductCommand, frozen=True, kw_only=True):
    """No new contracts on this version; contracts that pinned it go on."""

    reason: RequiredText
