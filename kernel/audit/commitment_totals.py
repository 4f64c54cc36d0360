"""Provisions for commitments from the log alone: as the last cut measured all of them at once.

Units: whole minor units. Sign: debit positive.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from kernel.bookkeeping.commitments import At, are_provided, provision_lines
from kernel.bookkeeping.rules import POSTING_RULES
from kernel.common.facts import Fact
from kernel.grading.losses import loss_table
from kernel.limits.events import OnLimit
from kernel.projections.commitments import (
    BEST,
    Line,
    Worst,
    commitment_of,
    line_after,
    place_of,
)
from kernel.projections.memo_books import Noted, NotedContract, contracts_of
from kernel.reporting.commitment_losses import commitment_loss


class RecomputedCommitments:
    """Limits, and contracts as they were noted, now and at the last cut."""

    def __init__(self, noted: Noted) -> None:
        self._noted = noted
        self._lines: dict[str, Line | None] = {}
        self._lines_then: dict[str, Line | None] = {}
        self._contracts_then: dict[str, NotedContract | None] = {}

    def before(self, fact: Fact) -> None:
        """Keep what a fact is about to change, as it was at the cut."""
        event = fact.event
        for each in contracts_of(event):
            self._contracts_then.setdefault(each, self._noted.contracts.get(each))
        if isinstance(event, OnLimit):
            line = self._lines.get(event.limit_id)
            self._lines_then.setdefault(event.limit_id, line)
            self._lines[event.limit_id] = line_after(line, event)

    def cut(self) -> None:
        """A day ended."""
        self._contracts_then, self._lines_then = {}, {}

    def subjects(
        self, worst: Mapping[str, Worst], on: datetime.date
    ) -> dict[tuple[str, str, str], int]:
        """Debit less credit per branch, subject and currency as of the cut that ended a day."""
        lines = {k: v for k, v in {**self._lines, **self._lines_then}.items() if v is not None}
        provided: dict[At, int] = {}
        contracts = {**self._noted.contracts, **self._contracts_then}
        for contract_id, noted in contracts.items():
            if noted is None or not noted.noted_minor or not are_provided(on):
                continue
            graded = worst.get(contract_id, BEST)
            loss = commitment_loss(commitment_of(noted, lines, on), *graded, on, loss_table(on))
            at = place_of(noted)
            provided[at] = provided.get(at, 0) + loss.provision_minor
        sums: dict[tuple[str, str, str], int] = {}
        for line in provision_lines(provided, POSTING_RULES, on):
            key = line.branch_id, line.subject, line.currency
            sums[key] = sums.get(key, 0) + line.debit_minor - line.credit_minor
        return sums
