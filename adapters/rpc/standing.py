"""Running the standing orders that are due: each due date a command of the bank's own.

The command id is made of order and due date, so a second run, or a run by another process, gives
the same answers and moves nothing twice.
"""

from __future__ import annotations

import asyncio

from corebank.operation.v1 import operation_pb2

from adapters.cell import Cell
from adapters.rpc.questions import NotProjectedInTime
from adapters.rpc.security import BANK, Principal
from adapters.rpc.writes import settled
from kernel.application.requests import Accepted, Outcome, Request
from kernel.payments.commands import RunStandingOrder
from kernel.payments.events import StandingOrderPaid
from kernel.projections.queries.orders import StandingOrder, standing_orders_due
from kernel.projections.queries.reading import Reader

ROUNDS_MAX = 10_000


async def run_due(
    cell: Cell, who: Principal, deadline: float
) -> operation_pb2.RunStandingOrdersResponse:
    """Run what is due up to the business date, page by page, missed days in order."""
    reply = operation_pb2.RunStandingOrdersResponse()
    for _ in range(ROUNDS_MAX):
        due = await asyncio.to_thread(_due, cell, deadline)
        if not due:
            break
        futures = [cell.engine.submit(_request(order, who, deadline)) for order in due]
        outcomes = await asyncio.gather(
            *(settled(future) for future in futures), return_exceptions=True
        )
        before = reply.paid_count + reply.missed_count
        for outcome in outcomes:
            _count(reply, outcome)
        if reply.paid_count + reply.missed_count == before:
            break
    return reply


def _due(cell: Cell, deadline: float) -> tuple[StandingOrder, ...]:
    """Orders with a due date that has come, as of everything that is in the log now.

    Raises NotProjectedInTime: without the latest facts, due orders would be passed over.
    """
    head = cell.log.head().position
    if not cell.follower.wait_for(head, deadline - cell.clock.monotonic()):
        raise NotProjectedInTime(min_position=head)
    return standing_orders_due(Reader(cell.sql)).orders


def _request(order: StandingOrder, who: Principal, deadline: float) -> Request:
    assert order.next_due_on is not None, f"{order.standing_order_id} is due on no day"
    return Request(
        principal=BANK,
        channel=who.channel,
        method="RunStandingOrder",
        command_id=f"{order.standing_order_id}@{order.next_due_on}",
        command=RunStandingOrder(
            standing_order_id=order.standing_order_id, due_on=order.next_due_on
        ),
        deadline=deadline,
    )


def _count(
    reply: operation_pb2.RunStandingOrdersResponse, outcome: Outcome | BaseException
) -> None:
    if not isinstance(outcome, Accepted):
        reply.open_count += 1
    elif isinstance(outcome.facts[0].event, StandingOrderPaid):
        reply.paid_count += 1
    else:
        reply.missed_count += 1
