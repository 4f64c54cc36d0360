"""Read model of the general ledger: journals, their lines, daily totals and running totals.

Units: whole minor units. Sign: debit and credit stand in columns of their own; both positive, but
negative on a red entry's side. Sums are debit minus credit where one figure is given.
Source: double entry; the posting rules are in ``kernel.bookkeeping``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import msgspec
from sqlalchemy import CheckConstraint, Connection, Index

from kernel.accounts.events import AccountOpened
from kernel.bookkeeping.journal import (
    AccountFacts,
    Journal,
    JournalKind,
    journal,
    two_leg_journal,
)
from kernel.bookkeeping.loan_days import Stands, standings
from kernel.bookkeeping.rules import POSTING_RULES, PostingRules
from kernel.business_date.events import BusinessDateAdvanced
from kernel.common.facts import Fact
from kernel.common.legs import is_internal
from kernel.projections import bulk
from kernel.projections.deposit_books import DepositBooks
from kernel.projections.loan_books import LoanBooks
from kernel.projections.model import SHADOW, Model, day, small, text, whole
from kernel.projections.round import Facts


class Ledger(Model):
    """Journals by the posting rules, and totals that grow with them.

    ``daily_totals`` is per booking date, branch, subject and currency; ``ledger_totals`` is the
    same over all days, so that an opening balance is found from the near end.
    """

    name = "ledger"

    def __init__(
        self, prefix: str = "", rules: PostingRules = POSTING_RULES, stands: Stands = standings
    ) -> None:
        super().__init__(prefix)
        self.rules = rules
        self.loans = LoanBooks(self._table, prefix, rules, stands)
        self.posting_accounts = self._table(
            "posting_accounts",
            text("account_id", key=True),
            text("branch_id"),
            text("posting_class"),
        )
        self.journals = self._table(
            "journals",
            whole("position", key=True),
            day("booking_date"),
            day("value_date"),
            text("kind"),
            text("event"),
            text("alarm"),
        )
        self.lines = self._table(
            "journal_lines",
            whole("position", key=True),
            small("line_no", key=True),
            day("booking_date"),
            text("branch_id"),
            text("subject"),
            text("currency"),
            whole("debit_minor"),
            whole("credit_minor"),
            text("account"),
            text("rule_id"),
            small("rule_version"),
            CheckConstraint("(debit_minor = 0) <> (credit_minor = 0)"),
        )
        Index(
            f"{prefix}journal_lines_subject",
            self.lines.c.subject,
            self.lines.c.branch_id,
            self.lines.c.position,
        )
        self.daily_totals = self._table(
            "daily_totals",
            day("booking_date", key=True),
            text("branch_id", key=True),
            text("subject", key=True),
            text("currency", key=True),
            whole("debit_minor"),
            whole("credit_minor"),
        )
        self.ledger_totals = self._table(
            "ledger_totals",
            text("branch_id", key=True),
            text("subject", key=True),
            text("currency", key=True),
            whole("debit_minor"),
            whole("credit_minor"),
        )
        self.deposits = DepositBooks(self._table, self.journals, self.lines, rules)

    def shadow(self) -> Self:
        """The same rules over shadow tables."""
        return type(self)(SHADOW, self.rules, self.loans.stands)

    def apply(self, connection: Connection, facts: Facts) -> None:
        """Insert the journals of the facts and add them to the totals, a business date at a time.

        The cut that ends a date looks back on all its journals.
        """
        for piece in _dates(facts):
            made = self._made(connection, piece)
            self.deposits.apply(connection, piece)
            if not isinstance(piece[-1].event, BusinessDateAdvanced):
                self._write(connection, made)
                continue
            cut = piece[-1]
            of_loans = [each for each in made if each[0] is cut]
            self._write(connection, [each for each in made if each[0] is not cut])
            first_line = 1 + sum(len(one.lines) for _, one in of_loans)
            earned = self.deposits.cut(connection, cut, first_line)
            self._write(connection, _together(of_loans, [(cut, earned)] if earned else []))

    def _made(self, connection: Connection, facts: Facts) -> list[tuple[Fact, Journal]]:
        """The journals of the facts; of a cut, what it brought to loans."""
        account_facts = self._account_facts(connection, facts)
        made: list[tuple[Fact, Journal]] = []
        for fact, legs in facts.moves:
            one = two_leg_journal(fact, legs, account_facts, self.rules)
            if one is None:
                one = journal(fact, account_facts, self.rules)
            if one is not None:
                made.append((fact, one))
        first_lines = {one.position: len(one.lines) + 1 for _, one in made}
        return _together(made, self.loans.apply(connection, facts, first_lines))

    def _write(self, connection: Connection, made: Sequence[tuple[Fact, Journal]]) -> None:
        """Insert the journals and their lines, and add them to the totals."""
        bulk.insert(
            connection,
            self.journals,
            [
                (
                    one.position,
                    one.booking_date,
                    one.value_date,
                    one.kind.value,
                    type(fact.event).__name__,
                    one.alarm,
                )
                for fact, one in made
            ],
        )
        bulk.insert(connection, self.lines, [row for _, one in made for row in _line_rows(one)])
        self._add_to_totals(connection, [one for _, one in made])

    def _account_facts(self, connection: Connection, facts: Facts) -> dict[str, AccountFacts]:
        """What posting knows of the accounts of the legs; newly opened ones are noted first."""
        opened: list[bulk.Row] = []
        for fact in facts.of(AccountOpened):
            assert isinstance(fact.event, AccountOpened)
            event = fact.event
            opened.append((event.account_id, event.branch_id, event.posting_class))
        bulk.insert(connection, self.posting_accounts, opened)
        wanted = {
            leg.account for _, legs in facts.moves for leg in legs if not is_internal(leg.account)
        }
        return {
            row.account_id: AccountFacts(row.branch_id, row.posting_class)
            for row in bulk.load(connection, self.posting_accounts, "account_id", wanted)
        }

    def _add_to_totals(self, connection: Connection, journals: Sequence[Journal]) -> None:
        daily: dict[bulk.Row, list[int]] = {}
        for one in journals:
            for line in one.lines:
                key = (one.booking_date, line.branch_id, line.subject, line.currency)
                sums = daily.get(key)
                if sums is None:
                    sums = daily[key] = [0, 0]
                sums[0] += line.debit_minor
                sums[1] += line.credit_minor
        running: dict[bulk.Row, list[int]] = {}
        for (_, *whole_time), (debit_minor, credit_minor) in daily.items():
            sums = running.setdefault(tuple(whole_time), [0, 0])
            sums[0] += debit_minor
            sums[1] += credit_minor
        bulk.add(connection, self.daily_totals, [(*key, *sums) for key, sums in daily.items()])
        bulk.add(connection, self.ledger_totals, [(*key, *sums) for key, sums in running.items()])


def _dates(facts: Facts) -> Iterator[Facts]:
    """The facts cut behind each end of a business date; whole when none is among them."""
    first = 0
    for end in facts.of(BusinessDateAdvanced):
        last = end.position - facts[0].position + 1
        yield facts if last - first == len(facts) else Facts(facts[first:last])
        first = last
    if first < len(facts):
        yield Facts(facts[first:]) if first else facts


def _together(
    first: list[tuple[Fact, Journal]], more: list[tuple[Fact, Journal]]
) -> list[tuple[Fact, Journal]]:
    """One journal per fact: what money moved, then what it means for loans and memo accounts; of
    a cut what days brought to loans, then to deposits."""
    if not more:
        return first
    found = {one.position: (fact, one) for fact, one in first}
    for fact, other in more:
        if fact.position in found:
            one = found[fact.position][1]
            other = msgspec.structs.replace(
                other,
                kind=one.kind if other.kind is JournalKind.ORDINARY else other.kind,
                lines=one.lines + other.lines,
                alarm=", ".join(part for part in (one.alarm, other.alarm) if part),
            )
        found[fact.position] = (fact, other)
    return list(found.values())


def _line_rows(one: Journal) -> list[bulk.Row]:
    return [
        (
            one.position,
            line.line_no,
            one.booking_date,
            line.branch_id,
            line.subject,
            line.currency,
            line.debit_minor,
            line.credit_minor,
            line.account,
            line.rule_id,
            line.rule_version,
        )
        for line in one.lines
    ]
