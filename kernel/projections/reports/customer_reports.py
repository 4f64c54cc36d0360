"""Reports of customers: accounts and loans, tags, stars, and how deposits are concentrated."""

from __future__ import annotations

from sqlalchemy import func, select

from kernel.common.fields import Id
from kernel.projections.queries import customers
from kernel.projections.queries.customer_view import customer_view
from kernel.projections.reports.asking import Answer, Clocks, Parameters, Report, Sources
from kernel.reporting.customer_tags import tags
from kernel.reporting.customer_view import CustomerView
from kernel.reporting.deposits import concentration
from kernel.reporting.star_rating import star_rating
from kernel.reporting.table import Cell


class OneCustomer(Parameters, frozen=True, kw_only=True):
    """Which customer."""

    customer_id: Id


def _customer(sources: Sources, asked: OneCustomer, clocks: Clocks) -> Answer:
    """A row an account and a row a loan."""
    found = customers.customer_position(
        sources.reader, asked.customer_id, clocks.as_of, clocks.known_at
    )
    view, _ = _view(sources, asked, Clocks(as_of=found.as_of, known_at=found.known_at))
    rows: list[tuple[Cell, ...]] = [
        ("account", one.account_id, one.product_id, one.status, one.currency, one.ledger_minor,
         one.held_minor, one.available_minor, None, None)
        for one in found.accounts
    ]  # fmt: skip
    for each in view.borrowings:
        line = each.line
        rows.append(
            ("loan", line.loan_id, line.product_id, line.status, line.currency,
             -line.principal_minor, None, None, line.days_past_due, line.grade)
        )  # fmt: skip
    columns = (
        "kind", "id", "product_id", "status", "currency", "balance_minor", "held_minor",
        "available_minor", "days_past_due", "grade",
    )  # fmt: skip
    return Answer(found.as_of, found.known_at, (columns, rows))


def _view(sources: Sources, asked: OneCustomer, clocks: Clocks) -> tuple[CustomerView, int]:
    return customer_view(
        sources.reader, sources.log, asked.customer_id, clocks.as_of, clocks.known_at
    )


def _tags(sources: Sources, asked: OneCustomer, clocks: Clocks) -> Answer:
    view, known_at = _view(sources, asked, clocks)
    return Answer(view.on, known_at, tags(view))


def _stars(sources: Sources, asked: OneCustomer, clocks: Clocks) -> Answer:
    view, known_at = _view(sources, asked, clocks)
    return Answer(view.on, known_at, star_rating(view))


def _deposit_concentration(sources: Sources, asked: Parameters, clocks: Clocks) -> Answer:
    models = sources.reader.models
    with sources.reader.at(clocks.known_at, models.balances, models.statements) as view:
        on = view.value_day(clocks.as_of)
        lines, accounts = models.statements.lines.c, models.balances.accounts.c
        by = (accounts.customer_id, accounts.currency, accounts.account_id)
        query = (
            select(*by, func.sum(lines.amount_minor).label("minor"))
            .where(
                lines.account_id == accounts.account_id,
                lines.value_date <= on,
                lines.position <= view.known_at,
            )
            .group_by(*by)
        )
        balances = (
            (row.customer_id, row.currency, int(row.minor))
            for row in view.connection.execute(query)
        )
        return Answer(on, view.known_at, concentration(balances, on))


REPORTS = (
    Report("customer", "a customer's accounts and loans", OneCustomer, _customer),
    Report("customer-tags", "about forty tags in four classes", OneCustomer, _tags),
    Report("customer-stars", "star rating with the points behind it", OneCustomer, _stars),
    Report(
        "deposit-concentration",
        "shares of the largest depositors, and the insured share",
        Parameters,
        _deposit_concentration,
    ),
)
