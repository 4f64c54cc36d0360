"""The state of a product: its versions, from draft to withdrawal."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec

from kernel.common.facts import Fact
from kernel.common.terms import CurrentAccountTerms
from kernel.products.commands import ProductKind
from kernel.products.events import (
    ProductDefined,
    ProductDrafted,
    ProductPublished,
    ProductWithdrawn,
)


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version: its terms or its definition, who drafted it, since when it is in force."""

    terms: CurrentAccountTerms | None = None
    product_kind: ProductKind | None = None
    definition: dict[str, Any] = msgspec.field(default_factory=dict)
    drafted_by: str
    effective_from: datetime.date | None = None
    is_withdrawn: bool = False

    def is_on_sale(self, on: datetime.date) -> bool:
        """Whether new contracts may pin it on the day."""
        if self.effective_from is None or self.is_withdrawn:
            return False
        return self.effective_from <= on


class ProductState(msgspec.Struct, frozen=True):
    """Versions by number, from 1 without gaps."""

    versions: dict[int, Version] = {}


INITIAL = ProductState()


def evolve(state: ProductState, fact: Fact) -> ProductState:
    """Fold one fact; events of other areas change nothing."""
    match fact.event:
        case ProductDrafted(version=version, terms=terms):
            changed = Version(terms=terms, drafted_by=fact.principal)
        case ProductDefined(version=version):
            changed = Version(
                product_kind=fact.event.product_kind,
                definition=fact.event.definition,
                drafted_by=fact.principal,
            )
        case ProductPublished(version=version, effective_from=effective_from):
            changed = msgspec.structs.replace(
                state.versions[version], effective_from=effective_from
            )
        case ProductWithdrawn(version=version):
            changed = msgspec.structs.replace(state.versions[version], is_withdrawn=True)
        case _:
            return state
    return ProductState({**state.versions, version: changed})


def invariants(state: ProductState) -> None:
    """Raise AssertionError unless versions are gapless and only published ones withdrawn."""
    assert list(state.versions) == list(range(1, len(state.versions) + 1)), state.versions.keys()
    for number, version in state.versions.items():
        assert not version.is_withdrawn or version.effective_from, f"{number} withdrawn as a draft"
