"""A fact becomes a balanced journal: one line per leg, and clearing lines between branches.

Units: whole minor units of the line's currency.
Sign: amounts stand on the debit or on the credit side and are positive, except in a red journal,
where they are negative on the side of the entry that is taken back.
Source: double entry per branch and currency; 会计基础工作规范 (corrections: red entry within the
year; opposite blue entry for an earlier year).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from kernel.bookkeeping.chart import (
    PRIOR_YEAR_ADJUSTMENTS,
    SUSPENSE_CREDIT,
    SUSPENSE_DEBIT,
)
from kernel.bookkeeping.rules import INTER_BRANCH, PRIOR_YEAR, PostingRule, PostingRules
from kernel.common.facts import Event, Fact
from kernel.common.legs import InternalAccount, Leg, are_balanced, internal_parts, is_internal
from kernel.payments.events import PaymentReversed

NO_RULE = "suspense"
"""Rule id of a line that was posted to suspense because no rule was in force."""


class AccountFacts(msgspec.Struct, frozen=True, gc=False):
    """What posting needs to know of a customer's account."""

    branch_id: str
    posting_class: str


class JournalKind(StrEnum):
    """How the journal is written: an ordinary one, or a reversal in red or in blue."""

    ORDINARY = "ORDINARY"
    RED = "RED"
    BLUE = "BLUE"


class JournalLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line. Exactly one of the two amounts is not zero.

    ``account`` is the leg's account; empty on a clearing line between branches.
    """

    line_no: int
    subject: str
    branch_id: str
    currency: str
    debit_minor: int
    credit_minor: int
    account: str
    rule_id: str
    rule_version: int


class Journal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The journal of one fact, balanced per branch and currency.

    ``position`` names the event. ``alarm`` says which legs had no posting rule (empty: none);
    these stand on suspense.
    """

    position: int
    booking_date: datetime.date
    value_date: datetime.date
    kind: JournalKind
    lines: tuple[JournalLine, ...]
    alarm: str


class UnbalancedEvent(Exception):
    """An event's legs do not sum to zero in each currency: a defect, never a business case."""


def journal(
    fact: Fact, account_facts: Mapping[str, AccountFacts], rules: PostingRules
) -> Journal | None:
    """The journal of a fact, or None when it moves no money.

    ``account_facts`` must hold every customer's account of the legs. Raises UnbalancedEvent, and
    KeyError for an account that is not in ``account_facts``.
    """
    legs = [leg for leg in fact.event.legs if leg.amount_minor]
    if not legs:
        return None
    if not are_balanced(legs):
        raise UnbalancedEvent(f"the legs of position {fact.position} do not sum to zero")
    kind = journal_kind(fact.event, fact.booking_date)
    lines: list[JournalLine] = []
    missing: list[str] = []
    for leg in legs:
        facts = _facts_of(leg.account, account_facts)
        purpose = leg.purpose
        if kind is JournalKind.BLUE and facts.posting_class == InternalAccount.FEE_INCOME:
            purpose = PRIOR_YEAR
        rule = rules.find(facts.posting_class, purpose, fact.booking_date)
        if rule is None:
            missing.append(f"{facts.posting_class}/{leg.purpose}")
        lines.append(_line(len(lines) + 1, leg, facts.branch_id, rule, _is_red(leg, kind)))
    branch_rule = rules.find(INTER_BRANCH, INTER_BRANCH, fact.booking_date)
    for leg, branch_id in _branch_legs(lines):
        if branch_rule is None:
            missing.append(INTER_BRANCH)
        lines.append(_line(len(lines) + 1, leg, branch_id, branch_rule, kind is JournalKind.RED))
    return Journal(
        position=fact.position,
        booking_date=fact.booking_date,
        value_date=fact.value_date,
        kind=kind,
        lines=tuple(lines),
        alarm=", ".join(sorted(set(missing))),
    )


def two_leg_journal(
    fact: Fact,
    legs: tuple[Leg, ...],
    account_facts: Mapping[str, AccountFacts],
    rules: PostingRules,
) -> Journal | None:
    """What ``journal`` says of an ordinary fact of two legs, in a quarter of its time.

    ``legs`` are the fact's. None where this is not the way: for other facts, unbalanced legs and
    missing rules. Raises KeyError for an account that is not in ``account_facts``.
    """
    if len(legs) != 2 or isinstance(fact.event, PaymentReversed):
        return None
    one, other = legs
    minor, currency = one.amount_minor, one.currency
    if not minor or minor + other.amount_minor or currency != other.currency:
        return None
    mine, others = _facts_of(one.account, account_facts), _facts_of(other.account, account_facts)
    my_rule = rules.find(mine.posting_class, one.purpose, fact.booking_date)
    other_rule = rules.find(others.posting_class, other.purpose, fact.booking_date)
    branch_rule = rules.find(INTER_BRANCH, INTER_BRANCH, fact.booking_date)
    if my_rule is None or other_rule is None or branch_rule is None:
        return None
    lines = [
        _ordinary_line(1, minor, currency, mine.branch_id, one.account, my_rule),
        _ordinary_line(2, -minor, currency, others.branch_id, other.account, other_rule),
    ]
    if mine.branch_id != others.branch_id:
        owed = sorted(((mine.branch_id, -minor), (others.branch_id, minor)))
        for line_no, (branch_id, amount) in enumerate(owed, 3):
            lines.append(_ordinary_line(line_no, amount, currency, branch_id, "", branch_rule))
    return Journal(
        position=fact.position,
        booking_date=fact.booking_date,
        value_date=fact.value_date,
        kind=JournalKind.ORDINARY,
        lines=tuple(lines),
        alarm="",
    )


def _ordinary_line(
    line_no: int, minor: int, currency: str, branch_id: str, account: str, rule: PostingRule
) -> JournalLine:
    return JournalLine(
        line_no=line_no,
        subject=rule.subject,
        branch_id=branch_id,
        currency=currency,
        debit_minor=minor if minor > 0 else 0,
        credit_minor=0 if minor > 0 else -minor,
        account=account,
        rule_id=rule.rule_id,
        rule_version=rule.version,
    )


def journal_kind(event: Event, booking_date: datetime.date) -> JournalKind:
    """Red for a reversal in the year of the original, blue for one of an earlier year."""
    if not isinstance(event, PaymentReversed):
        return JournalKind.ORDINARY
    same_year = event.original_booking_date.year == booking_date.year
    return JournalKind.RED if same_year else JournalKind.BLUE


def kind_of(made: Iterable[JournalLine]) -> JournalKind:
    """Of what was posted by difference: blue when a closed year is corrected, red when something
    is taken back in red."""
    made = tuple(made)
    if any(line.subject == PRIOR_YEAR_ADJUSTMENTS for line in made):
        return JournalKind.BLUE
    if any(line.debit_minor < 0 or line.credit_minor < 0 for line in made):
        return JournalKind.RED
    return JournalKind.ORDINARY


_NEW_CLAIMS = (InternalAccount.RECEIVABLE, InternalAccount.PENDING)


def _is_red(leg: Leg, kind: JournalKind) -> bool:
    """Whether the leg takes back an earlier entry.

    A receivable or a pending amount that a reversal raises is a new claim: it takes nothing back.
    """
    if kind is not JournalKind.RED:
        return False
    return not is_internal(leg.account) or internal_parts(leg.account)[0] not in _NEW_CLAIMS


def _facts_of(account: str, account_facts: Mapping[str, AccountFacts]) -> AccountFacts:
    if is_internal(account):
        kind, branch_id = internal_parts(account)
        return AccountFacts(branch_id, str(kind))
    return account_facts[account]


def _line(
    line_no: int, leg: Leg, branch_id: str, rule: PostingRule | None, is_red: bool
) -> JournalLine:
    debit_minor, credit_minor = sides(leg.amount_minor, is_red=is_red)
    suspense = SUSPENSE_DEBIT if debit_minor else SUSPENSE_CREDIT
    return JournalLine(
        line_no=line_no,
        subject=rule.subject if rule else suspense,
        branch_id=branch_id,
        currency=leg.currency,
        debit_minor=debit_minor,
        credit_minor=credit_minor,
        account=leg.account,
        rule_id=rule.rule_id if rule else NO_RULE,
        rule_version=rule.version if rule else 0,
    )


def sides(amount_minor: int, *, is_red: bool) -> tuple[int, int]:
    """Debit and credit of a signed amount (debit positive).

    A red amount stands negative on the side of the original entry, which was the opposite one.

    >>> sides(500, is_red=False), sides(-500, is_red=False)
    ((500, 0), (0, 500))
    >>> sides(500, is_red=True), sides(-500, is_red=True)
    ((0, -500), (-500, 0))
    """
    on_debit_side = (amount_minor > 0) is not is_red
    return (amount_minor, 0) if on_debit_side else (0, -amount_minor)


def _branch_legs(lines: Iterable[JournalLine]) -> list[tuple[Leg, str]]:
    """What each branch owes the others, so that every branch balances in each currency."""
    net: dict[tuple[str, str], int] = {}
    for line in lines:
        key = (line.branch_id, line.currency)
        net[key] = net.get(key, 0) + line.debit_minor - line.credit_minor
    return [
        (
            Leg(account="", amount_minor=-minor, currency=currency, purpose=INTER_BRANCH),
            branch_id,
        )
        for (branch_id, currency), minor in sorted(net.items())
        if minor
    ]
