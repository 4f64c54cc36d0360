"""A loan's part in a subject of the ledger: what each event and each cut brought, and why.

What a cut posted for one loan is not stored: it is the difference of two folds of the loan's
entries, at the cut and at the loan's posting before it.

Units: whole minor units of the loan's currency. Sign: debit positive.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import func, or_, select

from kernel.bookkeeping.loan_amounts import Cumulative
from kernel.bookkeeping.loan_beside import beside_of
from kernel.bookkeeping.loan_days import Unfoldable, folded
from kernel.bookkeeping.loan_fees import explained
from kernel.bookkeeping.loan_journal import into_prior_year
from kernel.bookkeeping.loan_subjects import PRIOR_YEAR, AmountType, rule_id_of
from kernel.business_date.events import BusinessDateAdvanced
from kernel.loans.explain import explain
from kernel.loans.explain_instalment import Explanation
from kernel.loans.refusals import LoanNotFound
from kernel.loans.standing import Standing
from kernel.loans.state import LoanState, standing_of
from kernel.projections.loan_losses import Basis
from kernel.projections.queries.reading import View

CUT = BusinessDateAdvanced.__name__
_INCOME_OF = {prior: kind for kind, prior in PRIOR_YEAR.items()}


class LoanPart(msgspec.Struct, frozen=True, kw_only=True):
    """What one posting changed for the loan on the subject."""

    position: int
    event: str
    booking_date: datetime.date
    change_minor: int


class AmountOfType(msgspec.Struct, frozen=True, kw_only=True):
    """What the loan shows of one amount type, and the rule that posts it."""

    amount_type: str
    amount_minor: int
    rule_id: str
    rule_version: int


class MeasuredLoss(msgspec.Struct, frozen=True, kw_only=True):
    """What a cut measured of the loan (see ``loan_losses``), with the contract's cover.

    ``position`` and ``on`` are of the first cut since which nothing of it changed.
    """

    position: int
    on: datetime.date
    grade: int
    stage: int
    coverage: str
    exposure_minor: int
    covered_minor: int
    loss_ppm: int
    allowance_minor: int
    basis: Basis


class LoanFigure(msgspec.Struct, frozen=True, kw_only=True):
    """The loan's own balance on the subject: opening + changes of the parts = closing.

    ``amounts`` make the closing up; ``explanations`` are the fold's own, for its last posting.
    ``loss`` is what the allowance follows from, where the subject shows one; what has unwound is
    interest since the stop × (exposure - allowance) ÷ exposure.
    """

    loan_id: str
    opening_minor: int
    closing_minor: int
    parts: tuple[LoanPart, ...]
    amounts: tuple[AmountOfType, ...]
    explanations: tuple[Explanation, ...]
    loss: MeasuredLoss | None = None


def loan_figure(
    view: View, loan_id: str, code: str, first: datetime.date, last: datetime.date
) -> LoanFigure:
    """The loan's part in the subject on the days, both included. Refuses LoanNotFound."""
    state = _state(view, loan_id)
    steps = _steps(view, state, first, last)
    rules = view.models.ledger.rules
    opening, parts, shown = 0, [], Cumulative()
    posted_on, held, losses = first, 0, _measured(view, loan_id)
    for step in steps:
        measured = _at(losses, step.position)
        minor = measured.allowance_minor if measured else 0
        amounts = _posted(view, state, step.position, step.booking_date, minor)
        if amounts is None:
            continue
        shown, posted_on = amounts, step.booking_date
        now = 0
        for kind, minor in amounts.items():
            rule = rules.find(state.posting_class, kind, posted_on)
            now += minor if rule is not None and rule.subject == code else 0
        if posted_on < first:
            opening = now
        elif now != held:
            parts.append(
                LoanPart(
                    position=step.position,
                    event=step.event,
                    booking_date=posted_on,
                    change_minor=now - held,
                )
            )
        held = now
    kinds = _on_subject(view, state, shown, code, posted_on)
    loss = None
    if steps and _PROVIDES & {AmountType(each.amount_type) for each in kinds}:
        loss = _at(losses, steps[-1].position)
    return LoanFigure(
        loan_id=loan_id,
        opening_minor=opening,
        closing_minor=held,
        parts=tuple(parts),
        amounts=kinds,
        explanations=_explanations(
            _until(state, steps[-1].position if steps else 0), posted_on, kinds
        ),
        loss=loss,
    )


_PROVIDES = {
    AmountType.ALLOWANCE_MADE,
    AmountType.IMPAIRMENT_LOSS,
    AmountType.ALLOWANCE_UNWOUND,
    AmountType.UNWOUND_INCOME,
}


def _measured(view: View, loan_id: str) -> list[MeasuredLoss]:
    """Everything that cuts measured of the loan, in order."""
    table = view.models.ledger.loans.losses.table
    rows = view.connection.execute(
        select(table).where(table.c.loan_id == loan_id).order_by(table.c.position)
    )
    return [
        MeasuredLoss(
            position=row.position,
            on=row.day,
            grade=row.grade,
            stage=row.stage,
            coverage=row.coverage,
            exposure_minor=row.exposure_minor,
            covered_minor=row.covered_minor,
            loss_ppm=row.loss_ppm,
            allowance_minor=row.allowance_minor,
            basis=msgspec.json.decode(row.basis, type=Basis),
        )
        for row in rows
    ]


def _at(losses: Sequence[MeasuredLoss], position: int) -> MeasuredLoss | None:
    """The last measurement up to a position."""
    return next((each for each in reversed(losses) if each.position <= position), None)


def _on_subject(
    view: View, state: LoanState, amounts: Mapping[AmountType, int], code: str, on: datetime.date
) -> tuple[AmountOfType, ...]:
    found = []
    for kind, minor in amounts.items():
        rule = view.models.ledger.rules.find(state.posting_class, kind, on)
        if rule is not None and rule.subject == code:
            found.append(
                AmountOfType(
                    amount_type=kind.value,
                    amount_minor=minor,
                    rule_id=rule.rule_id,
                    rule_version=rule.version,
                )
            )
    return tuple(found)


def _state(view: View, loan_id: str) -> LoanState:
    state = view.models.ledger.loans.state_of(view.connection, loan_id)
    if state is None or not (known := _until(state, view.known_at)).entries:
        raise LoanNotFound(loan_id=loan_id)
    return known


def _until(state: LoanState, position: int) -> LoanState:
    """The loan as it was known at a position."""
    kept = tuple(each for each in state.entries if each.position <= position)
    return msgspec.structs.replace(state, entries=kept)


def _steps(view: View, state: LoanState, first: datetime.date, last: datetime.date) -> list[Any]:
    """Postings of the loan on the days, and the last one before them."""
    heads = view.models.ledger.journals.c
    mine = [each.position for each in state.entries]
    query = select(heads.position, heads.event, heads.booking_date).where(
        or_(heads.position.in_(mine), heads.event == CUT),
        heads.position >= mine[0],
        heads.position <= view.known_at,
        heads.booking_date <= last,
    )
    before = query.where(heads.booking_date < first).order_by(heads.position.desc()).limit(1)
    within = query.where(heads.booking_date >= first).order_by(heads.position)
    return [*view.connection.execute(before).all(), *view.connection.execute(within).all()]


def _posted(
    view: View, state: LoanState, position: int, day: datetime.date, allowance_minor: int
) -> Cumulative | None:
    """What was posted for the loan up to a position; None when it was parked there."""
    found = folded(_until(state, position), day, allowance_minor)
    if isinstance(found, Unfoldable):
        return None
    lines = view.models.ledger.lines.c
    prior = {rule_id_of(kind): income for kind, income in _INCOME_OF.items()}
    query = (
        select(lines.rule_id, func.sum(lines.debit_minor - lines.credit_minor).label("minor"))
        .where(
            lines.position.in_([each.position for each in state.entries]),
            lines.account == f"loan:{state.loan_id}",
            lines.rule_id.in_(prior),
            lines.position <= position,
        )
        .group_by(lines.rule_id)
    )
    moved = {prior[row.rule_id]: int(row.minor) for row in view.connection.execute(query)}
    return into_prior_year(found.amounts, moved)


_FIGURES = {
    AmountType.NORMAL_PRINCIPAL: "normal_minor",
    AmountType.IMPAIRED_PRINCIPAL: "normal_minor",
    AmountType.OVERDUE_PRINCIPAL: "overdue_minor",
    AmountType.ACCRUED_INTEREST: "accrued_interest_minor",
    AmountType.ALLOWANCE_UNWOUND: "interest_since_stop_minor",
    AmountType.UNWOUND_INCOME: "interest_since_stop_minor",
    AmountType.OFF_ACCRUED_INTEREST: "accrued_interest_minor",
    AmountType.RECEIVABLE_INTEREST: "due.total_minor",
    AmountType.OFF_RECEIVABLE_INTEREST: "due.total_minor",
    AmountType.PENALTY: "due.total_minor",
    AmountType.COMPOUND: "due.total_minor",
    AmountType.FEE: "due.total_minor",
    AmountType.HELD: "unapplied_minor",
}
"""The figure of a standing behind an amount type."""

_OF_INSTALMENTS = {
    AmountType.INTEREST_INCOME: "interest_minor",
    AmountType.PENALTY_INCOME: "penalty_minor",
    AmountType.COMPOUND_INCOME: "compound_minor",
    AmountType.FEE_INCOME: "fee_minor",
}
"""The figure of each instalment behind an income."""


def _explanations(
    state: LoanState, on: datetime.date, amounts: tuple[AmountOfType, ...]
) -> tuple[Explanation, ...]:
    if not amounts:
        return ()
    found = standing_of(state, on)
    names: dict[str, None] = {}
    for each in amounts:
        kind = AmountType(each.amount_type)
        if kind in _FIGURES:
            names[_FIGURES[kind]] = None
        if kind is AmountType.INTEREST_INCOME:
            names["accrued_interest_minor"] = None
        if kind in _OF_INSTALMENTS:
            names.update(dict.fromkeys(_lines(found, _OF_INSTALMENTS[kind])))
    made = tuple(explain(found, name) for name in names)
    if any(each.amount_type == AmountType.UNEARNED for each in amounts):
        made += (explained(found, beside_of(state, on).margin),)
    return made


def _lines(found: Standing, field: str) -> list[str]:
    return [
        f"instalments[{line.number}].{field}"
        for line in found.instalments
        if line.is_due and getattr(line, field)
    ]
