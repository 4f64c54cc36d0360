"""What can be asked of products."""

from __future__ import annotations

from enum import StrEnum
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


class ProductKind(StrEnum):
    """What a definition is a definition of."""

    LOAN = "LOAN"
    TERM_DEPOSIT = "TERM_DEPOSIT"
    NOTICE_DEPOSIT = "NOTICE_DEPOSIT"
    AGREEMENT_DEPOSIT = "AGREEMENT_DEPOSIT"


DefinitionJson = Annotated[str, msgspec.Meta(min_length=2, max_length=65_536)]


class DefineProduct(ProductCommand, frozen=True, kw_only=True):
    """Write down a new version of a loan or deposit product, by its definition as JSON."""

    product_kind: ProductKind
    definition_json: DefinitionJson


class PublishProduct(ProductCommand, frozen=True, kw_only=True):
    """Put a drafted version in force from a day; by another person than its drafter."""

    effective_from: Day


class WithdrawProduct(ProductCommand, frozen=True, kw_only=True):
    """No new contracts on this version; contracts that pinned it go on."""

    reason: RequiredText
