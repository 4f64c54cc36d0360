"""Provisions for commitments from the log alone: as the last cut measured all of them at once.

Limits, classes and contagion are worked out here in the audit's own plain way, over all loans by
their own conduct; the books go by rows that stand and by classes as they were measured.

Units: whole minor units. Sign: debit positive.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import NamedTuple

from kernel.bookkeeping.commitments import are_provided, provision_lines
from kernel.bookkeeping.rules import POSTING_RULES
from kernel.common.facts import Fact
from kernel.grading.classes import Grade
from kernel.grading.losses import Stage, loss_table
from kernel.grading.policy import POLICY
from kernel.limits.events import LimitAdjusted, LimitOpened
from kernel.loans.contract_state import ContractState
from kernel.products.events import ProductDefined
from kernel.projections.memo_books import Noted, NotedContract, contracts_of
from kernel.reporting.commitment_losses import Commitment, commitment_loss
from kernel.reporting.loan_losses import Loss, Risk

Limit = tuple[int, datetime.date]
"""Conversion factor in basis points, and the day on which a limit ends."""
WHOLE_BP = 10_000


class MeasuredLoan(NamedTuple):
    """A loan by its own conduct, and with its debtor's others; ``is_over``: nothing is owed."""

    risk: Risk
    loss: Loss
    is_over: bool


class RecomputedCommitments:
    """Limits, and contracts as they were noted, now and at the last cut."""

    def __init__(self, noted: Noted) -> None:
        self._noted = noted
        self._limits: dict[str, Limit] = {}
        self._limits_then: dict[str, Limit | None] = {}
        self._contracts_then: dict[str, NotedContract | None] = {}
        self._not_retail: set[tuple[str, int]] = set()

    def before(self, fact: Fact) -> None:
        """Keep what a fact is about to change, as it was at the cut."""
        event = fact.event
        for each in contracts_of(event):
            self._contracts_then.setdefault(each, self._noted.contracts.get(each))
        if isinstance(event, LimitOpened | LimitAdjusted):
            known = self._limits.get(event.limit_id)
            self._limits_then.setdefault(event.limit_id, known)
            if isinstance(event, LimitOpened):
                self._limits[event.limit_id] = event.undrawn_ccf_bp, event.valid_until
            elif known is not None:
                self._limits[event.limit_id] = known[0], event.valid_until
        elif isinstance(event, ProductDefined) and event.definition.get("is_retail") is False:
            self._not_retail.add((event.product_id, event.version))

    def cut(self) -> None:
        """A day ended."""
        self._contracts_then, self._limits_then = {}, {}

    def subjects(
        self, loans: Sequence[MeasuredLoan], on: datetime.date
    ) -> dict[tuple[str, str, str], int]:
        """Debit less credit per branch, subject and currency as of the cut that ended a day."""
        provided: dict[tuple[str, str], int] = {}
        owing: dict[str, list[MeasuredLoan]] = {}
        of_debtor: dict[str, list[Risk]] = {}
        for one in loans:
            if not one.is_over:
                owing.setdefault(one.risk.contract_id, []).append(one)
            if not one.risk.is_retail:
                of_debtor.setdefault(one.risk.debtor_id, []).append(one.risk)
        for contract_id, noted in {**self._noted.contracts, **self._contracts_then}.items():
            if noted is None or not noted.noted_minor or not are_provided(on):
                continue
            application = noted.state.application
            assert application is not None
            others: Sequence[Risk] = ()
            if (application.product_id, application.product_version) in self._not_retail:
                others = of_debtor.get(application.customer_id, ())
            grade, stage = _class(owing.get(contract_id, ()), others, on)
            undrawn = self._commitment(noted.state, noted.noted_minor, on)
            minor = commitment_loss(undrawn, grade, stage, on, loss_table(on)).provision_minor
            at = application.branch_id, application.currency
            provided[at] = provided.get(at, 0) + minor
        sums: dict[tuple[str, str, str], int] = {}
        for line in provision_lines(provided, POSTING_RULES, on):
            key = line.branch_id, line.subject, line.currency
            sums[key] = sums.get(key, 0) + line.debit_minor - line.credit_minor
        return sums

    def _commitment(self, state: ContractState, minor: int, on: datetime.date) -> Commitment:
        limit: Limit | None = None
        if state.limit_path:
            limit_id = state.limit_path[0]
            limit = self._limits_then.get(limit_id, self._limits.get(limit_id))
        factor_bp, until = limit or (POLICY.value("commitment.factor_bp", on), None)
        return Commitment(
            undrawn_minor=minor,
            factor_bp=factor_bp,
            until=until,
            rate_ppm=state.annual_rate_ppm,
            share_ppm=state.partner.share_ppm if state.partner else 0,
        )


def _class(
    own: Sequence[MeasuredLoan], others: Sequence[Risk], on: datetime.date
) -> tuple[Grade, Stage]:
    """The worst of the contract's loans; none better than what the debtor does not perform on."""
    grade, stage = 1, 1
    for one in own:
        grade, stage = max(grade, int(one.loss.grade)), max(stage, int(one.loss.stage))
    bad = sum(each.exposure_minor for each in others if each.grade >= Grade.SUBSTANDARD)
    if bad:
        whole = sum(each.exposure_minor for each in others)
        spreads = bad * WHOLE_BP > whole * POLICY.value("grade.contagion_bp", on)
        grade = max(grade, 3 if spreads else 2)
    if grade > 1:
        stage = 3 if grade > 2 else max(stage, 2)
    return Grade(grade), Stage(stage)
