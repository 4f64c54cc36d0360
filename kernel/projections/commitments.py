"""What each cut measured of signed contracts that are not wholly drawn, part of the ledger's model.

Limits are kept as rows (conversion factor, end), so that a cut needs no log; they are the list of
all limits, too. ``commitment_losses`` has a row a change: what was measured at that cut, and from
what. The last row of a contract says what is provided for it.

Units: whole minor units of the contract's currency; basis points.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, select

from kernel.bookkeeping.commitments import At
from kernel.common.facts import Event, Fact
from kernel.grading.classes import Grade
from kernel.grading.losses import Stage, loss_table
from kernel.grading.policy import POLICY
from kernel.limits.events import LimitAdjusted, LimitOpened
from kernel.projections import bulk
from kernel.projections.memo_books import MemoBooks, NotedContract
from kernel.projections.model import day, small, text, whole
from kernel.reporting.commitment_losses import Commitment, CommitmentLoss, commitment_loss

KINDS: tuple[type[Event], ...] = (LimitOpened, LimitAdjusted)
"""The events that change a row of a limit."""
CONTRACTS_AT_ONCE = 1_000
Worst = tuple[Grade, Stage]
BEST: Worst = (Grade.NORMAL, Stage.ONE)


class Line(msgspec.Struct, frozen=True):
    """What of a limit matters for what is undrawn under it."""

    factor_bp: int
    valid_until: datetime.date


def line_after(before: Line | None, event: Event) -> Line | None:
    """The line after an event of its limit."""
    if isinstance(event, LimitOpened):
        return Line(event.undrawn_ccf_bp, event.valid_until)
    if isinstance(event, LimitAdjusted) and before is not None:
        return msgspec.structs.replace(before, valid_until=event.valid_until)
    return before


def commitment_of(noted: NotedContract, lines: Mapping[str, Line], on: datetime.date) -> Commitment:
    """What a contract is committed to, as the measurement takes it."""
    state = noted.state
    line = lines.get(state.limit_path[0]) if state.limit_path else None
    return Commitment(
        undrawn_minor=noted.noted_minor,
        factor_bp=line.factor_bp if line else POLICY.value("commitment.factor_bp", on),
        until=line.valid_until if line else None,
        rate_ppm=state.annual_rate_ppm,
        share_ppm=state.partner.share_ppm if state.partner else 0,
    )


def worse(before: Worst | None, grade: int, stage: int) -> Worst:
    """The worse of both; a loan that owes nothing has class and stage 0 and says nothing."""
    best = before or BEST
    return max(best[0], Grade(max(grade, 1))), max(best[1], Stage(max(stage, 1)))


def place_of(noted: NotedContract) -> At:
    """Branch and currency of a contract."""
    application = noted.state.application
    assert application is not None
    return application.branch_id, application.currency


class Commitments:
    """Rows of limits, and of what was measured of contracts."""

    def __init__(self, table: Callable[..., Table], memos: MemoBooks) -> None:
        self.memos = memos
        self.limits = table(
            "credit_lines", text("limit_id", key=True), small("factor_bp"), day("valid_until")
        )
        self.table = table(
            "commitment_losses",
            text("contract_id", key=True),
            whole("position", key=True),
            day("day"),
            text("branch_id"),
            text("product_id"),
            text("currency"),
            whole("undrawn_minor"),
            small("factor_bp"),
            small("grade"),
            small("stage"),
            small("years"),
            whole("exposure_minor"),
            whole("provision_minor"),
            text("table_id"),
        )

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        """Fold events of limits into their rows."""
        events = [
            fact.event for fact in facts if isinstance(fact.event, LimitOpened | LimitAdjusted)
        ]
        lines: dict[str, Line | None] = dict(self.lines(connection, (e.limit_id for e in events)))
        for event in events:
            lines[event.limit_id] = line_after(lines.get(event.limit_id), event)
        rows = [(each, line.factor_bp, line.valid_until) for each, line in lines.items() if line]
        bulk.put(connection, self.limits, rows)

    def lines(self, connection: Connection, limit_ids: Iterable[str]) -> dict[str, Line]:
        """These limits, by id."""
        rows = bulk.load(connection, self.limits, "limit_id", limit_ids)
        return {row.limit_id: Line(row.factor_bp, row.valid_until) for row in rows}

    def known(self, connection: Connection, *conditions: Any) -> list[Any]:
        """The last row of each contract under the conditions, by contract."""
        c = self.table.c
        last = select(c.contract_id, func.max(c.position).label("position")).where(*conditions)
        found = last.group_by(c.contract_id).subquery()
        is_last = (found.c.contract_id == c.contract_id) & (found.c.position == c.position)
        query = select(self.table).join(found, is_last).order_by(c.contract_id)
        return list(connection.execute(query))

    def measure(
        self,
        connection: Connection,
        worst: Callable[[Sequence[str]], Mapping[str, Worst]],
        position: int,
        on: datetime.date,
        *,
        is_provided: bool,
    ) -> dict[At, int]:
        """Measure what is undrawn at the cut at ``position``; by how much provisions changed.

        ``worst`` says class and stage of contracts that have open loans.
        """
        before = {row.contract_id: row for row in self.known(connection)}
        owing = {each for each, row in before.items() if row.provision_minor}
        ids = sorted(self.memos.undrawn_ids(connection) | owing)
        changes: dict[At, int] = {}
        for begin in range(0, len(ids), CONTRACTS_AT_ONCE):
            page = ids[begin : begin + CONTRACTS_AT_ONCE]
            contracts = self.memos.noted_contracts(connection, page)
            paths = (one.state.limit_path[:1] for one in contracts.values())
            lines = self.lines(connection, (each for path in paths for each in path))
            graded, rows = worst(page), list[bulk.Row]()
            for contract_id, noted in contracts.items():
                one, was = commitment_of(noted, lines, on), before.get(contract_id)
                loss = commitment_loss(one, *graded.get(contract_id, BEST), on, loss_table(on))
                if not is_provided:
                    loss = msgspec.structs.replace(loss, provision_minor=0)
                row = _row(contract_id, noted, one, loss, position, on)
                if was is None or tuple(was)[6:] != row[6:]:
                    rows.append(row)
                at, minor = place_of(noted), was.provision_minor if was else 0
                changes[at] = changes.get(at, 0) + loss.provision_minor - minor
            bulk.insert(connection, self.table, rows)
        return {at: minor for at, minor in changes.items() if minor}


def _row(
    contract_id: str,
    noted: NotedContract,
    one: Commitment,
    loss: CommitmentLoss,
    position: int,
    on: datetime.date,
) -> bulk.Row:
    application = noted.state.application
    assert application is not None
    return (
        contract_id, position, on, application.branch_id, application.product_id,
        application.currency, one.undrawn_minor, one.factor_bp, int(loss.grade), int(loss.stage),
        loss.years, loss.exposure_minor, loss.provision_minor, loss_table(on).table_id,
    )  # fmt: skip
