"""A statement of the read models as an ISO 20022 camt.053 message.

Source: ISO 20022 camt.053.001.08, BankToCustomerStatement. The message of the same question is the
same bytes: its time of creation is the end of the statement's last day.
"""

from __future__ import annotations

import datetime

from adapters.iso20022.camt053 import Statement, StatementEntry, write_camt053
from kernel.projections.queries import statements


def camt053(statement: statements.Statement) -> bytes:
    """The document, UTF-8 XML; the statement must hold all its lines."""
    name = f"{statement.from_date:%Y%m%d}-{statement.to_date:%Y%m%d}-{statement.known_at}"
    end_of_day = datetime.time(23, 59, 59, tzinfo=datetime.UTC)
    return write_camt053(
        Statement(
            message_id=name,
            statement_id=name,
            sequence_number=statement.to_date.toordinal(),
            created_at=datetime.datetime.combine(statement.to_date, end_of_day),
            account_id=statement.account_id,
            currency=statement.currency,
            first_on=statement.from_date,
            last_on=statement.to_date,
            opening_minor=statement.opening_minor,
            closing_minor=statement.closing_minor,
            entries=tuple(_entry(line) for line in statement.lines),
        )
    )


def _entry(line: statements.StatementLine) -> StatementEntry:
    return StatementEntry(
        reference=f"{line.position}-{line.leg_no}",
        booking_date=line.booking_date,
        value_date=line.value_date,
        amount_minor=abs(line.amount_minor),
        is_credit=line.amount_minor > 0,
        is_reversal=line.event == "PaymentReversed",
        text=line.text,
    )
