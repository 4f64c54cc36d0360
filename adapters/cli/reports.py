"""Reports on the terminal: the trial balance, a statement, a customer, the audit's verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from adapters.cli.output import console, money, show, show_json
from kernel.audit.finding import Verdict
from kernel.projections.progress import Lag
from kernel.projections.queries.ledger import TrialBalance
from kernel.projections.queries.statements import Statement

LINES_SHOWN = 12


def status(head: int, unindexed: int, lags: Sequence[Lag], *, as_json: bool) -> None:
    """How far each read model, and the entity index, is behind the head of the log."""
    if as_json:
        show_json({"head_position": head, "unindexed": unindexed, "read_models": lags})
        return
    rows = [[one.name, one.status, one.position, one.lag, one.lag_seconds] for one in lags]
    rows.append(["entity index", "", head - unindexed, unindexed, ""])
    columns = ["read model", "status", "position", "events behind", "seconds behind"]
    show(f"Log at position {head}", columns, rows, right=3)
    for one in lags:
        if one.error:
            console.print(f"{one.name}: {one.error}")


def trial_balance(found: TrialBalance, *, as_json: bool) -> None:
    """Opening, debit, credit and closing per subject, and the sums that must be equal."""
    if as_json:
        show_json(found)
        return
    rows: list[list[Any]] = []
    sums: dict[str, list[int]] = {}
    for row in found.rows:
        figures = [row.opening_minor, row.debit_minor, row.credit_minor, row.closing_minor]
        rows.append(
            [row.branch_id, row.subject, f"{row.name_en} {row.name_zh}", row.currency]
            + [money(figure, row.currency) for figure in figures]
        )
        total = sums.setdefault(row.currency, [0, 0, 0, 0])
        for i, figure in enumerate(figures):
            total[i] += figure
    for currency, total in sums.items():
        rows.append(["", "", "Sum 合计", currency, *(money(f, currency) for f in total)])
    columns = ["branch", "subject", "name", "currency"]
    columns += ["opening", "debit", "credit", "closing"]
    show(f"Trial balance {found.as_of} (known at {found.known_at})", columns, rows, right=4)


def statement(found: Statement, *, as_json: bool) -> None:
    """Opening, lines and closing of one account."""
    if as_json:
        show_json(found)
        return
    currency = found.currency
    rows: list[list[Any]] = [
        [found.from_date, "", "opening balance", "", "", money(found.opening_minor, currency)]
    ]
    for line in found.lines[:LINES_SHOWN]:
        amount, balance = money(line.amount_minor, currency), money(line.balance_minor, currency)
        other = line.counter_account
        rows.append(
            [line.value_date, line.position, line.text or line.purpose, other, amount, balance]
        )
    hidden = found.line_count - min(LINES_SHOWN, len(found.lines))
    if hidden:
        rows.append(["", "", f"… {hidden} more lines", "", "", ""])
    rows.append(
        [found.to_date, "", "closing balance", "", "", money(found.closing_minor, currency)]
    )
    title = f"Statement of {found.account_id} in {currency}, customer {found.customer_id}"
    show(
        title,
        ["value date", "position", "text", "counter account", "amount", "balance"],
        rows,
        right=2,
    )


def verdict(found: Verdict, *, as_json: bool) -> None:
    """Every check of the audit, its findings, and the digests."""
    if as_json:
        show_json({"is_clean": found.is_clean, **msgspec.structs.asdict(found)})
        return
    rows = [
        [check.name, f"{check.looked_at:,}", "ok" if not check.findings else "DIFFERENT"]
        for check in found.checks
    ]
    show(f"Audit at position {found.position:,}", ["check", "looked at", "verdict"], rows, right=2)
    for check in found.checks:
        for one in check.findings:
            console.print(
                f"[red]{one.check}[/red] {one.where}: {one.found}; expected {one.expected}"
            )
    console.print(f"log   {found.log_digest}\nstate {found.state_digest}", highlight=False)
    console.print("[green]clean[/green]" if found.is_clean else "[red]NOT clean[/red]")
