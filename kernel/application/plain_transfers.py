"""Transfers between plain accounts, many in a row: the everyday payment, in a short loop.

What the full rules come down to on plain accounts (``kernel.accounts.plain``) is decided here
without building what only the other cases need. The first transfer for which that is not enough
ends the run; it goes to its use case, and so does everything that would be refused. A property
test gives the same commands to both ways and compares facts, answers and states.

Units: whole minor units.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from cython_ext.levels import move
from kernel.application.books import Books
from kernel.application.requests import Accepted
from kernel.application.states import States
from kernel.application.work import Work
from kernel.common.facts import Fact
from kernel.payments.commands import Transfer
from kernel.payments.events import Transferred

if TYPE_CHECKING:
    from kernel.application.batch import Decided


class PlainTransfers:
    """Decides runs of plain transfers over the running forms of the accounts' states."""

    def __init__(self, states: States, books: Books) -> None:
        self._states = states
        self._books = books

    def decide(
        self,
        batch: list[Work],
        at: int,
        head_position: int,
        recorded_at: datetime.datetime,
        made: Decided,
    ) -> int:
        """Decide from ``batch[at]`` on; the index of the first command that needs more than this.

        That is its use case, or an account that is not in memory yet.
        """
        booking_date = self._books.business_date().date
        if booking_date is None:
            return at
        known, facts, entities = self._states.running, made.facts, made.entities
        position = head_position + len(facts)
        begun = len(facts)
        for index in range(at, len(batch)):
            work = batch[index]
            request = work.request
            command = request.command
            if type(command) is not Transfer or work.is_fence:
                break
            payer_id, payee_id = command.payer_account_id, command.payee_account_id
            payer = known.get(payer_id) or self._states.run(payer_id)
            payee = known.get(payee_id) or self._states.run(payee_id)
            if payer is None or payee is None:
                break
            customer_id = command.ordering_customer_id
            amount_minor, currency = command.amount_minor, command.currency
            value_date = command.value_date
            if value_date is not None and value_date != booking_date:
                break
            if not move(payer, payee, amount_minor, customer_id, currency):
                break
            position += 1
            fact = Fact(
                position=position,
                principal=request.principal,
                channel=request.channel,
                method=request.method,
                command_id=request.command_id,
                ordinal=0,
                fingerprint=work.fingerprint,
                recorded_at=recorded_at,
                booking_date=booking_date,
                value_date=booking_date,
                event=Transferred(
                    ordering_customer_id=customer_id,
                    payer_account_id=payer_id,
                    payee_account_id=payee_id,
                    amount_minor=amount_minor,
                    currency=currency,
                    purpose=command.purpose,
                    text=command.text,
                ),
            )
            facts.append(fact)
            entities.append(f"account:{payer_id}\naccount:{payee_id}")
        else:
            index = len(batch)
        new = facts[begun:]
        made.works += batch[at:index]
        made.outcomes += map(Accepted, zip(new, strict=True))
        self._states.ran(new)
        return index
