"""The audit of a whole ledger: the log is read again and everything computed live is compared.

Units: whole minor units. Sign: debit positive in legs; balances in the customer's view.
Source: double entry; the promises in docs/architecture.md.
"""

from __future__ import annotations

import datetime
import hashlib
from array import array
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, Engine, select, text

from cython_ext.totals import add_at
from kernel.accounts.events import AccountOpened
from kernel.audit.deposit_totals import RecomputedInterest
from kernel.audit.finding import FINDINGS_SHOWN, Check, Finding, Verdict
from kernel.audit.loan_totals import RecomputedLoans
from kernel.audit.log_checks import check_log_order
from kernel.audit.postings import Postings
from kernel.business_date.events import BusinessDateAdvanced
from kernel.common.facts import Fact
from kernel.common.legs import Leg, are_balanced, is_internal
from kernel.eventstore.catalogue import EVENTS
from kernel.eventstore.log import Log
from kernel.projections import checks
from kernel.projections.models import READ_MODELS, ReadModels

BATCH = 20_000


class Recomputed:
    """Balances and trial balance made again from the log alone, and the digests on the way."""

    def __init__(self) -> None:
        self.slots: dict[str, int] = {}
        self.totals = array("q")
        self.postings = Postings()
        self.last_day = datetime.date.min
        self.loans = RecomputedLoans()
        self.interest = RecomputedInterest()
        self._ledger: dict[tuple[str, str, str], int] | None = None
        self.unbalanced: list[Finding] = []
        self.events = 0
        self._digest = hashlib.sha256()

    def take(self, facts: list[Fact]) -> None:
        """Add a batch of facts, in order."""
        self._ledger = None
        slots, value_days, amounts, cut = array("i"), array("i"), array("q"), -1
        digested: list[bytes] = []
        days: dict[datetime.date, tuple[str, int]] = {}
        known = self.slots
        for fact in facts:
            event = fact.event
            self.events += 1
            name, data = EVENTS.encode(event)
            value_date, value_day = days.get(fact.value_date) or days.setdefault(
                fact.value_date, (str(fact.value_date), fact.value_date.toordinal())
            )
            digested.append(f"{fact.position}\0{name}\0{value_date}\0".encode() + data)
            if type(event) is AccountOpened:
                self.postings.opened(event)
                self._slot(event.account_id)
            elif type(event) is BusinessDateAdvanced:
                cut = len(slots)
            legs = event.legs
            if not legs:
                continue
            if not _are_balanced(legs):
                self._unbalanced(fact)
                continue
            for leg in legs:
                slot = known.get(leg.account)
                if slot is None:
                    if is_internal(leg.account):
                        continue
                    slot = self._slot(leg.account)
                slots.append(slot)
                value_days.append(value_day)
                amounts.append(-leg.amount_minor)
            self.postings.post(fact, legs)
        add_at(self.totals, slots, amounts)
        self.loans.take(facts)
        self.interest.take(facts)
        self.interest.movements.add(slots, value_days, amounts, cut)
        self.last_day = max(self.last_day, *(fact.booking_date for fact in facts))
        self._digest.update(b"".join(digested))

    def _slot(self, account_id: str) -> int:
        slot = self.slots.setdefault(account_id, len(self.slots))
        if slot == len(self.totals):
            self.totals.append(0)
        return slot

    def _unbalanced(self, fact: Fact) -> None:
        sums = sum(leg.amount_minor for leg in fact.event.legs)
        self.unbalanced.append(
            Finding(
                check="legs balanced",
                where=f"position {fact.position}",
                found=f"legs sum to {sums}",
                expected="0 in each currency",
            )
        )

    def ledger(self) -> dict[tuple[str, str, str], int]:
        """Debit less credit per branch, subject and currency: legs, what loans mean, interest."""
        if self._ledger is not None:
            return self._ledger
        sums = dict(self.postings.subjects())
        for more in (self.loans.subjects(), self.interest.subjects(self.slots)):
            for key, net in more.items():
                sums[key] = sums.get(key, 0) + net
        self._ledger = {key: net for key, net in sums.items() if net}
        return self._ledger

    def log_digest(self) -> str:
        """SHA-256 over position, name, value date and content of every event."""
        return self._digest.hexdigest()

    def state_digest(self) -> str:
        """SHA-256 over every account's balance and every subject's total, in canonical order."""
        digest = hashlib.sha256()
        for account_id, slot in sorted(self.slots.items()):
            digest.update(f"{account_id}\0{self.totals[slot]}\n".encode())
        for key, net in sorted(self.ledger().items()):
            digest.update(f"{key}\0{net}\n".encode())
        return digest.hexdigest()


def _are_balanced(legs: Sequence[Leg]) -> bool:
    """As ``are_balanced``; nearly all events have two legs of one currency."""
    if len(legs) == 2 and legs[0].currency == legs[1].currency:
        return legs[0].amount_minor + legs[1].amount_minor == 0
    return are_balanced(legs)


def verify(engine: Engine, log: Log, models: ReadModels = READ_MODELS) -> Verdict:
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


def recompute(log: Log, upto: int, again: Recomputed) -> list[Finding]:
    """Feed the log into ``again``; what cannot be read or posted ends it with a finding."""
    try:
        for facts in _batches(log, upto):
            again.take(facts)
    except Exception as error:
        return [
            Finding(
                check="events readable",
                where=f"behind position {again.events}",
                found=f"{type(error).__name__}: {error}",
                expected="an event that can be read and posted",
            )
        ]
    return []


def _batches(log: Log, upto: int) -> Iterator[list[Fact]]:
    """The log page by page; one page is read while the page before is worked on."""
    with ThreadPoolExecutor(1, thread_name_prefix="log-reader") as reader:
        following = reader.submit(log.read, 0, min(BATCH, upto))
        after = 0
        while after < upto:
            facts = following.result()
            if not facts:
                return
            after = facts[-1].position
            following = reader.submit(log.read, after, max(min(BATCH, upto - after), 0))
            yield facts


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
