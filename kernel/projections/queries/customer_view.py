"""A customer as tags and rating see one, from the log and the ledger's loans.

Facts count by what was known at the position and was value-dated by the day; an account's status
and a customer's standing by booking date.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from sqlalchemy import select

from kernel.accounts import state as account_states
from kernel.accounts.events import AccountOpened
from kernel.common.facts import Fact
from kernel.customers import state as customer_states
from kernel.eventstore.log import Log
from kernel.loans.fold import standing
from kernel.projections.queries.loan_records import loan_ids, loan_records, pool_of
from kernel.projections.queries.reading import Reader, View
from kernel.projections.refusals import CustomerNotFound
from kernel.projections.statements import counter_account
from kernel.reporting.book import LoanLine
from kernel.reporting.customer_view import Borrowing, CustomerView, Holding, Movement
from kernel.reporting.loan_book import LoanRecord, book, conduct


def customer_view(
    reader: Reader,
    log: Log,
    customer_id: str,
    as_of: datetime.date | None = None,
    known_at: int | None = None,
    currency: str = "CNY",
) -> tuple[CustomerView, int]:
    """The customer on a day, and the position known. Refuses Unanswerable, CustomerNotFound."""
    models = reader.models
    with reader.at(known_at, models.ledger, models.balances) as view:
        on, known = view.value_day(as_of), view.known_at
        accounts = _account_ids(view, customer_id, currency)
        loans = loan_ids(view, customer_id)
        pool = pool_of(log, view, loans)
    entity = f"customer:{customer_id}"
    asked = {entity: 0, **{f"account:{account_id}": 0 for account_id in accounts}}
    histories = {
        name: [one for one in facts if one.position <= known]
        for name, facts in log.history(asked).items()
    }
    state, facts = customer_states.INITIAL, [f for f in histories[entity] if f.booking_date <= on]
    for fact in facts:
        state = customer_states.evolve(state, fact)
    if not state.exists:
        raise CustomerNotFound(customer_id=customer_id, known_at=known)
    records = [
        one
        for one in loan_records(log, sorted({*loans, *pool.loan_ids}), known)
        if one.terms.start_date <= on
    ]
    lines = book(records, on, covers=pool.covers.on(on))
    made = CustomerView(
        on=on,
        customer_id=customer_id,
        kind=str(state.kind),
        level=str(state.level),
        branch_id=state.branch_id,
        registered_on=facts[0].booking_date,
        currency=currency,
        has_mobile=bool(state.mobile),
        relations=len(state.relations),
        restraints=sum(
            one.expires_on is None or on < one.expires_on for one in state.restraints.values()
        ),
        holdings=tuple(
            made
            for account_id in accounts
            if (made := _holding(account_id, histories[f"account:{account_id}"], on))
        ),
        borrowings=tuple(
            _borrowing(record, line, on)
            for record, line in zip(records, lines, strict=True)
            if record.loan_id in loans and line.currency == currency
        ),
    )
    return made, known


def _account_ids(view: View, customer_id: str, currency: str) -> tuple[str, ...]:
    accounts = view.models.balances.accounts.c
    query = select(accounts.account_id).where(
        accounts.customer_id == customer_id, accounts.currency == currency
    )
    return tuple(view.connection.scalars(query.order_by(accounts.account_id)))


def _holding(account_id: str, facts: Sequence[Fact], on: datetime.date) -> Holding | None:
    """The account; None when it was not open by the day."""
    state, opened = account_states.INITIAL, None
    movements: list[Movement] = []
    for fact in facts:
        if fact.booking_date <= on:
            state = account_states.evolve(state, fact)
            if isinstance(fact.event, AccountOpened):
                opened = fact
        if fact.value_date <= on:
            movements += _movements(account_id, fact)
    if opened is None:
        return None
    assert isinstance(opened.event, AccountOpened)
    return Holding(
        account_id=account_id,
        account_class=str(state.account_class),
        product_id=opened.event.product_id,
        opened_on=opened.booking_date,
        status=str(state.status),
        movements=tuple(movements),
    )


def _movements(account_id: str, fact: Fact) -> list[Movement]:
    legs = fact.event.legs
    return [
        Movement(
            day=fact.value_date,
            amount_minor=-leg.amount_minor,
            purpose=str(leg.purpose),
            channel=fact.channel,
            counter=counter_account(leg, legs),
        )
        for leg in legs
        if leg.account == account_id
    ]


def _borrowing(record: LoanRecord, line: LoanLine, on: datetime.date) -> Borrowing:
    stands = standing(record.terms, record.events, on)
    shown = conduct(record, stands)
    return Borrowing(
        line=line,
        spells=tuple((one.since, one.ended) for one in shown.spells),
        due_dates=shown.due_dates,
        restructured_on=shown.restructured_on,
        interest_paid_minor=stands.recognised.interest_received_minor,
    )
