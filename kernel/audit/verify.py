"""The audit of a whole ledger: the log is read again and everything computed live is compared.

Units: whole minor units. Sign: debit positive in legs; balances in the customer's view.
Source: double entry; the promises in docs/architecture.md.
"""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, Engine, select, text

from kernel.audit.finding import FINDINGS_SHOWN, Check, Finding, Verdict
from kernel.audit.log_checks import check_log_order
from kernel.audit.recomputed import Recomputed, recompute
from kernel.eventstore.postgres import PostgresLog
from kernel.projections import checks
from kernel.projections.models import READ_MODELS, ReadModels


def verify(engine: Engine, log: PostgresLog, models: ReadModels = READ_MODELS) -> Verdict:
    """Every check over the whole ledger, up to where the read models stand.

    Business goes on meanwhile: all comparisons are made in one snapshot. Raises LogError when the
    database fails; a row that cannot be read is a finding, not an error.
    """
    reading = engine.execution_options(isolation_level="REPEATABLE READ")
    with reading.begin() as connection:
        head = connection.execute(text("SELECT position FROM head")).scalar_one()
        upto = _projected(connection, models, head)
        again = Recomputed()
        with ThreadPoolExecutor(1, thread_name_prefix="log-checks") as beside:
            ordered = beside.submit(check_log_order, connection, head)
            unreadable = recompute(log, upto, again)
        made = ordered.result()
        made.append(_check("events readable", again.events, unreadable))
        made.append(_check("legs balanced", again.events, again.unbalanced))
        made.append(_stored_sums(connection, models, again.last_day))
        made.append(_balances(connection, models, again))
        made.append(_subjects(connection, models, again))
        made.append(_check("projected to the head", head, _lag(upto, head)))
    return Verdict(
        position=upto,
        checks=tuple(made),
        log_digest=again.log_digest(),
        state_digest=again.state_digest(),
    )


def _projected(connection: Connection, models: ReadModels, head: int) -> int:
    rows = connection.execute(text("SELECT model, position FROM projections"))
    known = {row.model: row.position for row in rows}
    return min([head, *(int(known.get(model.key, 0)) for model in models.all)])


def _stored_sums(connection: Connection, models: ReadModels, on: datetime.date) -> Check:
    """Journals balanced, trial balance zero, sub-ledger = control, totals = parts."""
    found = checks.audit(connection, models.balances, models.statements, models.ledger, on)
    findings = [
        Finding(check=one.check, where=one.subject, found=one.figures, expected="equal sums")
        for one in found
    ]
    journals = connection.execute(text("SELECT count(*) FROM journals")).scalar_one()
    return _check("journals, trial balance and control accounts", journals, findings)


def _balances(connection: Connection, models: ReadModels, again: Recomputed) -> Check:
    accounts = models.balances.accounts.c
    stored = {
        row.account_id: row.ledger_minor
        for row in connection.execute(select(accounts.account_id, accounts.ledger_minor))
    }
    computed = {account_id: again.totals[slot] for account_id, slot in again.slots.items()}
    return _compare("balances = recomputed", stored, computed)


def _subjects(connection: Connection, models: ReadModels, again: Recomputed) -> Check:
    totals = models.ledger.ledger_totals
    stored = {
        f"{row.subject} at {row.branch_id} in {row.currency}": row.debit_minor - row.credit_minor
        for row in connection.execute(select(totals))
        if row.debit_minor != row.credit_minor
    }
    computed = {f"{key[1]} at {key[0]} in {key[2]}": net for key, net in again.ledger().items()}
    return _compare("ledger = recomputed", stored, computed)


def _compare(name: str, stored: dict[str, int], computed: dict[str, int]) -> Check:
    different = [
        Finding(
            check=name,
            where=key,
            found=f"{stored.get(key, 'nothing')} stored",
            expected=f"{computed.get(key, 'nothing')} computed from the log",
        )
        for key in sorted(stored.keys() | computed.keys())
        if stored.get(key) != computed.get(key)
    ]
    return _check(name, len(computed), different)


def _lag(upto: int, head: int) -> list[Finding]:
    if upto == head:
        return []
    return [
        Finding(
            check="projected to the head",
            where="read models",
            found=f"position {upto}",
            expected=f"position {head}",
        )
    ]


def _check(name: str, looked_at: int, findings: list[Finding]) -> Check:
    return Check(name=name, looked_at=looked_at, findings=tuple(findings[:FINDINGS_SHOWN]))
