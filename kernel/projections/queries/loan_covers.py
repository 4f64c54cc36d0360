"""What pledges cover of contracts, for reports: by what was known at a position, from the log.

Which items were ever pledged for which contracts says the read model of the ledger; how each stood
on a day is folded from its facts, booked until then.

Units: whole minor units.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import reduce

from kernel.collateral.coverage import LoanCover
from kernel.collateral.state import (
    NO_INDEX,
    NO_ITEM,
    ItemState,
    PriceIndexState,
    evolve_index,
    evolve_item,
)
from kernel.common.facts import Fact
from kernel.eventstore.log import Log
from kernel.projections.securities import covered, followed
from kernel.reporting.loan_losses import Covers

ITEMS_AT_ONCE = 1_000


class KnownCovers:
    """Cover of contracts on any day; ``pledged`` are contracts and items that were ever tied."""

    def __init__(self, log: Log, pledged: Sequence[tuple[str, str]], known_at: int) -> None:
        self._log = log
        self._pledged = pledged
        self._known_at = known_at
        self._histories: dict[str, list[Fact]] = {}

    def on(self, day: datetime.date) -> Covers:
        """For ``kernel.reporting``. The answer raises LogUnavailable."""

        def covers(owed_minor: Mapping[str, int]) -> Mapping[str, LoanCover]:
            tied = [each for each in self._pledged if each[0] in owed_minor]
            items = self._items({item_id for _, item_id in tied}, day)
            indexes = self._indexes(followed(items), day)
            contract_ids = [contract_id for contract_id, _ in tied]
            return covered(contract_ids, items, indexes, owed_minor, day).covers

        return covers

    def _items(self, ids: set[str], day: datetime.date) -> list[ItemState]:
        facts = self._facts({f"collateral:{each}" for each in ids}, day)
        found = [reduce(evolve_item, each, NO_ITEM) for each in facts.values()]
        return [each for each in found if each.item_id]

    def _indexes(self, ids: set[str], day: datetime.date) -> dict[str, PriceIndexState]:
        facts = self._facts({f"price_index:{each}" for each in ids}, day)
        return {
            entity.partition(":")[2]: reduce(evolve_index, each, NO_INDEX)
            for entity, each in facts.items()
        }

    def _facts(self, entities: set[str], day: datetime.date) -> dict[str, list[Fact]]:
        """What was known of each entity and booked until the day."""
        missing = sorted(entities - self._histories.keys())
        for begin in range(0, len(missing), ITEMS_AT_ONCE):
            page = missing[begin : begin + ITEMS_AT_ONCE]
            for entity, facts in self._log.history(dict.fromkeys(page, 0)).items():
                self._histories[entity] = [f for f in facts if f.position <= self._known_at]
        return {
            entity: [fact for fact in self._histories[entity] if fact.booking_date <= day]
            for entity in sorted(entities)
        }
