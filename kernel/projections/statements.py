"""Read model of statement lines: every leg on a customer's account.

Units: whole minor units of the line's currency.
Sign: the customer's view, money into the account positive (the leg's sign turned around).
Balances are not stored: a backdated line changes them, so they are summed when asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from kernel.common.facts import Event
from kernel.common.legs import Leg, is_internal
from kernel.payments.events import BulkTransferred
from kernel.projections import bulk
from kernel.projections.model import Model, day, small, text, whole
from kernel.projections.round import Facts


class Statements(Model):
    """One row per leg, keyed in the order of a statement."""

    name = "statements"

    def __init__(self, prefix: str = "") -> None:
        super().__init__(prefix)
        self.lines = self._table(
            "statement_lines",
            text("account_id", key=True),
            day("value_date", key=True),
            whole("position", key=True),
            small("leg_no", key=True),
            day("booking_date"),
            whole("amount_minor"),
            text("currency"),
            text("purpose"),
            text("counter_account"),
            text("text"),
            text("event"),
        )

    def apply(self, connection: Connection, facts: Facts) -> None:
        """Insert a line for each leg on a customer's account."""
        rows: list[bulk.Row] = []
        for fact, legs in facts.moves:
            event = type(fact.event).__name__
            for leg_no, leg in enumerate(legs):
                if is_internal(leg.account):
                    continue
                rows.append(
                    (
                        leg.account,
                        fact.value_date,
                        fact.position,
                        leg_no,
                        fact.booking_date,
                        -leg.amount_minor,
                        leg.currency,
                        str(leg.purpose),
                        counter_account(leg, legs),
                        text_of(fact.event, leg_no),
                        event,
                    )
                )
        bulk.insert(connection, self.lines, rows)


def counter_account(leg: Leg, legs: Sequence[Leg]) -> str:
    """The one account on the other side of a leg; empty when there are several.

    >>> one = Leg(account="A", amount_minor=5, currency="CNY", purpose="")
    >>> other = Leg(account="B", amount_minor=-5, currency="CNY", purpose="")
    >>> counter_account(one, (one, other))
    'B'
    """
    if len(legs) == 2 and legs[0].currency == legs[1].currency:
        first, second = legs
        if (first.amount_minor > 0) is (second.amount_minor > 0):
            return ""
        is_first = (first.amount_minor > 0) is (leg.amount_minor > 0)
        return second.account if is_first else first.account
    others = {
        other.account
        for other in legs
        if (other.amount_minor > 0) is not (leg.amount_minor > 0) and other.currency == leg.currency
    }
    return others.pop() if len(others) == 1 else ""


def text_of(event: Event, leg_no: int) -> str:
    """What the event says to the customer on this leg: text, reference or name; else empty.

    A payee of a bulk transfer reads the text of the own item first.
    """
    if isinstance(event, BulkTransferred) and leg_no > 0:
        return event.items[leg_no - 1].text or event.text
    for field in ("text", "reference", "name"):
        if value := getattr(event, field, ""):
            return str(value)
    return ""
