"""The one list of reports: the command line and the RPC both answer from it."""

from __future__ import annotations

from kernel.common.refusals import InvalidInput
from kernel.projections.reports import (
    credit_reports,
    customer_reports,
    ledger_reports,
    loan_reports,
    one_loan,
)
from kernel.projections.reports.asking import Report

REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        *loan_reports.REPORTS,
        *one_loan.REPORTS,
        *credit_reports.REPORTS,
        *ledger_reports.REPORTS,
        *customer_reports.REPORTS,
    )
}


def report_named(name: str) -> Report:
    """The report of the name; raises InvalidInput."""
    if name not in REPORTS:
        raise InvalidInput(("name", f"{name!r:.60} is no report; known are {', '.join(REPORTS)}"))
    return REPORTS[name]
