"""``corebank explain``: where a balance of the ledger comes from, down to a loan's or an account's
own figures."""

from __future__ import annotations

import datetime
from contextlib import closing
from typing import Annotated, Any

import typer
from rich.tree import Tree

from adapters.cli.failures import clear_errors
from adapters.cli.loan import explanation_tree
from adapters.cli.output import AsJson, console, money, show, show_json
from adapters.database import open_database
from adapters.database.migrate import require_known_schema
from adapters.settings import Settings
from kernel.eventstore.postgres import PostgresLog
from kernel.projections.queries.deposit_figures import DepositFigure
from kernel.projections.queries.figures import FigureExplanation, FigureQuestion, explain_figure
from kernel.projections.queries.loan_figures import LoanFigure, MeasuredLoss
from kernel.projections.queries.reading import Reader

_DAY = ["%Y-%m-%d"]


def explain(
    subject: str,
    branch_id: Annotated[str, typer.Option("--branch", help="Branch of the bank.")],
    as_of: Annotated[
        datetime.datetime | None, typer.Option("--as-of", formats=_DAY, help="Booking date.")
    ] = None,
    from_date: Annotated[
        datetime.datetime | None, typer.Option("--from", formats=_DAY, help="First booking date.")
    ] = None,
    currency: str = "CNY",
    loan_id: Annotated[str | None, typer.Option("--loan", help="The loan's own part.")] = None,
    account_id: Annotated[
        str | None, typer.Option("--account", help="The account's interest: 6411, 6901, 2231.")
    ] = None,
    known_at: Annotated[int | None, typer.Option("--known-at", help="Log position.")] = None,
    as_json: AsJson = False,
) -> None:
    """Where a balance comes from: its journals, a loan's part, an account's interest."""
    asked = FigureQuestion(
        subject=subject,
        branch_id=branch_id,
        currency=currency,
        from_date=None if from_date is None else from_date.date(),
        loan_id=loan_id,
        account_id=account_id,
    )
    with clear_errors(), open_database(Settings()) as database:
        require_known_schema(database.url, database.schema)
        sql = database.sqlalchemy_engine(pool_size=1)
        day = None if as_of is None else as_of.date()
        with closing(PostgresLog(database.url, database.schema)) as log:
            found = explain_figure(Reader(sql), log, asked, day, known_at)
        sql.dispose()
        if as_json:
            show_json(found)
        else:
            shown(found)


def shown(found: FigureExplanation) -> None:
    """The balance, its journals with their rules, and the loan's tree."""

    def amount(minor: int) -> str:
        return money(minor, found.currency)

    opening = amount(found.opening_minor)
    rows: list[list[Any]] = [["", "opening", found.from_date, "", "", "", opening]]
    for journal in found.journals:
        rules = ", ".join(
            dict.fromkeys(f"{line.rule_id} v{line.rule_version}" for line in journal.lines)
        )
        sides = [amount(journal.debit_minor), amount(journal.credit_minor), ""]
        event = journal.event + ("" if journal.kind == "ORDINARY" else f" ({journal.kind.lower()})")
        rows.append([journal.position, event, journal.booking_date, rules, *sides])
    if found.next_after is not None:
        rows.append(["", "… more journals", "", "", "", "", ""])
    sums = [amount(found.debit_minor), amount(found.credit_minor), amount(found.closing_minor)]
    rows.append(["", "closing", found.as_of, "", *sums])
    title = f"{found.subject} {found.name_en} {found.name_zh} at {found.branch_id}"
    columns = ["position", "event", "booked", "rules", "debit", "credit", "balance"]
    show(f"{title} in {found.currency} (known at {found.known_at})", columns, rows, right=3)
    if found.loan is not None:
        _show_loan(found.loan, found.currency)
    if found.deposit is not None:
        _show_deposit(found.deposit, found.currency)


def _show_parts(title: str, of: LoanFigure | DepositFigure, currency: str) -> None:
    rows: list[list[Any]] = [["", "opening", "", money(of.opening_minor, currency)]]
    rows += [
        [part.position, part.event, part.booking_date, money(part.change_minor, currency)]
        for part in of.parts
    ]
    rows.append(["", "closing", "", money(of.closing_minor, currency)])
    show(title, ["position", "event", "booked", "change"], rows, right=1)


def _show_deposit(deposit: DepositFigure, currency: str) -> None:
    """What the account's interest comes to, and the days, balances and rates behind it."""
    _show_parts(f"Interest of {deposit.account_id} on the subject", deposit, currency)
    earned, settled = (money(m, currency) for m in (deposit.earned_minor, deposit.settled_minor))
    rule = f"{deposit.rule_id} v{deposit.rule_version}"
    tree = Tree(f"earned to {deposit.earned_on}: {earned}, settled of it {settled} ({rule})")
    for each in deposit.days:
        rate = f"{each.annual_rate_ppm / 10_000:g} %"
        if each.base_minor is not None:
            base, agreed = money(each.base_minor, currency), each.agreed_rate_ppm / 10_000
            rate += f", above {base} {agreed:g} %"
        balance = money(each.balance_minor, currency)
        days = f"{each.days} days from {each.from_date} to {each.to_date}"
        tree.add(f"{balance} for {days} at {rate} ({each.reason})")
    console.print(tree, highlight=False)


def _show_loan(loan: LoanFigure, currency: str) -> None:
    _show_parts(f"Loan {loan.loan_id} on the subject", loan, currency)
    tree = Tree(f"what loan {loan.loan_id} shows")
    for each in loan.amounts:
        rule = f"{each.rule_id} v{each.rule_version}"
        tree.add(f"{each.amount_type} = {money(each.amount_minor, currency)} ({rule})")
    if loan.loss is not None:
        _add_loss(tree, loan.loss, currency)
    for figure in loan.explanations:
        tree.children.append(explanation_tree(figure))
    console.print(tree, highlight=False)


def _add_loss(tree: Tree, loss: MeasuredLoss, currency: str) -> None:
    """The measurement behind an allowance: class, stage, loss rate, cover and its items."""
    basis = loss.basis
    because = ", lowered by the debtor's other loans" if basis.is_lowered else ""
    allowance, exposure = (money(m, currency) for m in (loss.allowance_minor, loss.exposure_minor))
    root = tree.add(f"allowance = {allowance}, measured at the cut of {loss.on} ({loss.position})")
    root.add(f"class {loss.grade}, stage {loss.stage}{because}; loss table {basis.table_id}")
    root.add(f"exposure {exposure}, lost of it in default: {loss.loss_ppm / 10_000:.4f} %")
    if loss.coverage:
        covered, owed = money(basis.covered_minor, currency), money(basis.owed_minor, currency)
        part = money(loss.covered_minor, currency)
        cover = root.add(f"covered {part}; the contract {covered} of {owed} ({loss.coverage})")
        for item_id, minor in basis.lends.items():
            cover.add(f"item {item_id} lends {money(minor, currency)}")
