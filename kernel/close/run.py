"""The close of a day: prepare, cut, steps over loans and accounts, check, seal.

Before the cut of an open day the columns are brought to where the log ends: nearly all folding is
done there, and the books of the cut find the loans known. Nothing rests on it.

The cut is the event that ends the business date. Every figure of the close is a pure function of
the log up to the cut and of the day, so live business after the cut changes nothing in it, and a
second run, or one after a kill at any step, comes to the same digest. Commands of the close
(what is due on loans and accounts) are made after the cut under ids of their own: a repeat is
answered.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, Engine

from kernel.application.errors import Defect
from kernel.application.folds import BUSINESS_DATE
from kernel.application.requests import Refused
from kernel.business_date.events import ENTITY, BusinessDateAdvanced
from kernel.business_date.refusals import DayNotEnded
from kernel.business_date.rules import require_open
from kernel.business_date.state import BusinessDateState
from kernel.close import commands, tables
from kernel.close.accounts import Ask, page_after
from kernel.close.chunks import GRADE, PREPARE
from kernel.close.commands import ASKED, COLLECT, Bank
from kernel.close.freezes import FREEZE
from kernel.close.margin_calls import CALL
from kernel.close.repricings import REPRICE
from kernel.close.tables import Cut, Done
from kernel.eventstore.log import Log
from kernel.projections import checks, outlooks
from kernel.projections.models import READ_MODELS
from kernel.projections.queries.ledger import trial_balance
from kernel.projections.queries.reading import Reader

SETTLE = "settle"


class CloseFailed(Exception):
    """The close cannot go on; once the cause is removed it is started again and goes on."""


Tell = Callable[[datetime.date, str, int, int], None]
"""Is told the day, the step, and how many of how many parts are done."""


def silent(date: datetime.date, step: str, done: int, total: int) -> None:
    """Tells nobody."""


class Close:
    """Closes days of one ledger; safe to start again at any time."""

    def __init__(self, sql: Engine, log: Log, bank: Bank, tell: Tell = silent) -> None:
        self._sql = sql
        self._log = log
        self._bank = bank
        self._tell = tell

    def run(self, date: datetime.date) -> str:
        """Close the day, and before it every day that ended unsealed, in order; its digest.

        A sealed day whose tables were dropped is worked out again and must come to its seal.
        Raises DayNotEnded for a day that is still to come, CloseFailed, EngineError, LogError,
        DBAPIError.
        """
        state = self._state()
        open_date = require_open(state)
        if date > open_date:
            raise DayNotEnded(asked_date=str(date))
        days = [day for day in state.unsealed if day <= date]
        if date not in days and not self._sealed(date):
            days.append(date)
        for day in days:
            self._close(day)
        return self._sealed(date)

    def _sealed(self, date: datetime.date) -> str:
        """The digest of a day whose close is complete in the tables; empty when it is not."""
        with self._sql.connect() as connection:
            found = tables.standing(connection, date)
        return "" if found is None else found.digest

    def _close(self, date: datetime.date) -> None:
        self._prepare(date)
        cut = self._cut(date)
        try:
            for step in chunk_steps(self._bank):
                self._over_chunks(cut, step)
            self._over_accounts(cut)
            digest, totals = self._check(cut)
            self._seal(cut, digest, totals)
        except Exception as error:
            with self._sql.begin() as connection:
                reason = f"{type(error).__name__}: {error}"
                tables.set_state(connection, date, "FAILED", reason)
            raise

    def _state(self) -> BusinessDateState:
        state = BUSINESS_DATE.initial
        for fact in self._log.history({ENTITY: 0})[ENTITY]:
            state = BUSINESS_DATE.evolve(state, fact)
        return state

    # -- the cut

    def _prepare(self, date: datetime.date) -> None:
        """Fold what the close will need of an open day, while business goes on in it."""
        if self._state().date != date:
            return
        position = self._log.head().position
        with self._sql.begin() as connection:
            chunks = outlooks.gather(connection, position)
        ahead = Cut(date, None, position, chunks)
        for number, _ in enumerate(self._bank.run_chunks(ahead, PREPARE, range(chunks)), 1):
            self._tell(date, PREPARE, number, chunks)

    def _cut(self, date: datetime.date) -> Cut:
        """Where the day ends: the event is found, or made by ending the open business date."""
        with self._sql.begin() as connection:
            if (known := tables.cut_of(connection, date)) is not None:
                tables.set_state(connection, date, "RUNNING")
                return known
        if self._state().date == date:
            following = date + datetime.timedelta(days=1)
            fields = {"date": following}
            self._bank.submit([Ask("AdvanceBusinessDate", f"close-{date}-cut", fields)])
        previous = None
        for event, position in self._advances():
            if event.previous == date:
                with self._sql.begin() as connection:
                    chunks = outlooks.gather(connection, position)
                    cut = Cut(date, previous, position, chunks)
                    tables.begin(connection, cut)
                self._tell(date, "cut", 1, 1)
                return cut
            previous = event.previous
        raise DayNotEnded(asked_date=str(date))

    def _advances(self) -> list[tuple[BusinessDateAdvanced, int]]:
        """Every event that ended a business date, with its position."""
        return [
            (fact.event, fact.position)
            for fact in self._log.history({ENTITY: 0})[ENTITY]
            if isinstance(fact.event, BusinessDateAdvanced)
        ]

    # -- steps over chunks

    def _over_chunks(self, cut: Cut, step: str) -> None:
        with self._sql.connect() as connection:
            ready = {one.chunk for one in tables.all_done(connection, cut.date) if one.step == step}
        todo = [number for number in range(cut.chunks) if number not in ready]
        steps: Iterable[Done]
        if step == GRADE:
            self._hold(cut)
        if step in ASKED:
            steps = (self._asked(cut, step, number) for number in todo)
        else:
            steps = self._bank.run_chunks(cut, step, todo)
        self._tell(cut.date, step, len(ready), cut.chunks)
        for number, _ in enumerate(steps, 1):
            self._tell(cut.date, step, len(ready) + number, cut.chunks)

    def _asked(self, cut: Cut, step: str, number: int) -> Done:
        """Give the commands that follow for the loans of a chunk."""
        opened = self._following(cut)
        asked = commands.of_chunk(self._sql, self._log, cut, opened, step, number)
        accepted = commands.given(self._bank, asked)
        made = Done(step, number, accepted, len(asked) - accepted)
        with self._sql.begin() as connection:
            tables.put(connection, cut.date, made)
        return made

    def _following(self, cut: Cut) -> datetime.date:
        """The business date that the cut opened."""
        return next(event.date for event, place in self._advances() if place == cut.position)

    # -- accounts and deposits

    def _over_accounts(self, cut: Cut) -> None:
        """Ask for what is due on accounts, page by page; a page's mark is where it ends."""
        self._hold(cut)
        number, last, opened = 0, "", self._following(cut)
        with self._sql.connect() as connection:
            while (known := tables.done(connection, cut.date, SETTLE, number)) is not None:
                number, last = number + 1, known.marks.decode()
        while (page := page_after(self._sql, self._log, cut, opened, last)) is not None:
            accepted = sum(commands.given(self._bank, asked) for asked in page.rounds)
            refused = sum(map(len, page.rounds)) - accepted
            last = page.last
            made = Done(SETTLE, number, accepted, refused, marks=last.encode())
            with self._sql.begin() as connection:
                tables.put(connection, cut.date, made)
            number += 1
            self._tell(cut.date, SETTLE, number, number)

    def _hold(self, cut: Cut) -> None:
        if not self._bank.wait_for(cut.position):
            raise CloseFailed(f"the read models do not hold position {cut.position} yet")

    # -- check and seal

    def _check(self, cut: Cut) -> tuple[str, list[dict[str, Any]]]:
        """The books of the day add up as known at the cut; digest and totals of the day."""
        self._hold(cut)
        with self._sql.connect() as connection:
            off = checks.trial_balance_off(connection, READ_MODELS.ledger, [cut.date])
            if off:
                raise CloseFailed(f"the trial balance of {cut.date} is off: {off[0].figures}")
            totals = self._totals(cut)
            digest = _digest(connection, cut, totals)
            made = Done("check", 0, len(totals), 0, bytes.fromhex(digest))
        with self._sql.begin() as connection:
            tables.put(connection, cut.date, made)
        self._tell(cut.date, "check", 1, 1)
        return digest, totals

    def _totals(self, cut: Cut) -> list[dict[str, Any]]:
        """Turnover of the day by currency, as known at the cut."""
        found = trial_balance(Reader(self._sql), cut.date, cut.position)
        totals: dict[str, list[int]] = {}
        for row in found.rows:
            sums = totals.setdefault(row.currency, [0, 0])
            sums[0] += row.debit_minor
            sums[1] += row.credit_minor
        return [
            {"currency": currency, "debit_minor": debit, "credit_minor": credit}
            for currency, (debit, credit) in sorted(totals.items())
        ]

    def _seal(self, cut: Cut, digest: str, totals: list[dict[str, Any]]) -> None:
        with self._sql.connect() as connection:
            done = tables.all_done(connection, cut.date)
        accrued = [one for one in done if one.step == "accrue"]
        fields = {
            "date": cut.date,
            "digest": digest,
            "cut_position": cut.position,
            "loans": sum(one.rows for one in accrued),
            "parked": sum(one.parked for one in accrued),
            "totals": totals,
        }
        [outcome] = self._bank.submit([Ask("SealDay", f"close-{cut.date}-seal", fields)])
        if isinstance(outcome, Defect):
            raise outcome
        if isinstance(outcome, Refused):
            raise CloseFailed(f"{outcome.refusal.code}: {outcome.refusal.message}")
        position = outcome.facts[0].position
        with self._sql.begin() as connection:
            tables.set_state(
                connection, cut.date, "SEALED", digest=digest, sealed_position=position
            )
        self._tell(cut.date, "seal", 1, 1)


def chunk_steps(bank: Bank) -> tuple[str, ...]:
    """The steps that go over the loans, in order; what no area does yet is no step."""
    known = {step for step in ASKED if bank.knows(step)}
    steps = ("accrue", "due", COLLECT, REPRICE, GRADE, FREEZE, CALL)
    return tuple(step for step in steps if step not in ASKED or step in known)


def _digest(connection: Connection, cut: Cut, totals: list[dict[str, Any]]) -> str:
    """One digest of all digests: the same for the same log up to the cut."""
    made = hashlib.blake2b(digest_size=32)
    made.update(f"{cut.date} {cut.previous} {cut.position} {cut.chunks} {totals}\n".encode())
    for one in tables.all_done(connection, cut.date):
        if one.step in ("accrue", "due", GRADE):
            made.update(f"{one.step} {one.chunk} {one.parked}\n".encode() + one.digest)
    return made.hexdigest()
