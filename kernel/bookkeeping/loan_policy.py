"""Policy of the books of loans, as dated rows: value added tax on what a loan earns, fees, losses.

A loan keeps the tax policy of the day on which it begins, and the method by which what was taken at
its start is earned (``fees.method``, ``kernel.bookkeeping.loan_fees.FeesMethod``); a fee of an
account has the tax policy of its day.
``allowance.enabled`` says from which day on losses are provided for loan by loan (by
``kernel.grading.policy``, rows ``loss.*``), ``commitments.enabled`` for what is not drawn.
Units: ``vat.rate_ppm`` in parts per million of the net amount; ``vat.enabled`` 0 or 1.
Source: 财税〔2016〕36号 (6 %, the price holds the tax; interest is taxed when it is due, and 90
days after that only on money received).
"""

from __future__ import annotations

import datetime

from kernel.common.policy import PolicyRow, PolicyTable

_SINCE = datetime.date(2007, 1, 1)


def _row(key: str, value: int, basis: str) -> PolicyRow:
    return PolicyRow(key=key, value=value, effective_from=_SINCE, legal_basis=basis, verified=True)


LOAN_POLICY = PolicyTable(
    (
        _row("vat.enabled", 0, "bank policy"),
        _row("vat.rate_ppm", 60_000, "财税〔2016〕36号"),
        _row("allowance.enabled", 1, "bank policy"),
        _row("commitments.enabled", 1, "bank policy"),
        _row("fees.method", 0, "bank policy"),
    )
)
