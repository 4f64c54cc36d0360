"""Questions to the read models: a request becomes a query, rows become a message.

A question that cannot be answered is an error, never an empty answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
from google.protobuf.message import Message

from adapters.cell import Cell
from adapters.rpc.camt import camt053
from adapters.rpc.convert import fill
from adapters.rpc.credit_reads import CreditReads
from adapters.rpc.deposit_reads import DepositReads
from adapters.rpc.loan_reads import LoanReads
from adapters.rpc.log_reads import LogReads
from adapters.rpc.methods import methods, reply_class
from adapters.rpc.questions import (
    At,
    NotProjectedInTime,
    at_of,
    day,
    filter_by,
    identifier,
    known_position,
    page_size,
    page_start,
    page_token,
)
from adapters.rpc.report_reads import ReportReads
from kernel.audit.verify import verify
from kernel.loans.explain_instalment import Explanation
from kernel.projections.queries import bindings, customers, figures, ledger, orders, statements
from kernel.projections.queries.latest import Behind, latest_balance
from kernel.projections.queries.reading import Reader
from kernel.projections.queries.statements import LineCursor

Answer = Callable[[Any, At], dict[str, Any]]


class Question(NamedTuple):
    """A reading method. ``dated`` says whether it answers as of a day.

    ``waits`` says whether the read models must hold the position asked before it is answered.
    """

    answer: Answer
    dated: bool
    waits: bool = True


class Reads:
    """Every method that only asks. Called from worker threads; each call is one view."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._reader = Reader(cell.sql)
        from_log = LogReads(cell.log)
        reports = ReportReads(self._reader, cell.log)
        from_log, of_loans = LogReads(cell.log), LoanReads(cell.log)
        credit, deposits = CreditReads(cell.log), DepositReads(cell.log)
        self.questions: dict[str, Question] = {
            "GetCustomer": Question(self.customer, dated=True),
            "GetProduct": Question(from_log.product, dated=True),
            "GetAccount": Question(self.account, dated=True, waits=False),
            "GetStatement": Question(self.statement, dated=False),
            "ExportStatement": Question(self.export_statement, dated=False),
            "GetUsage": Question(self.usage, dated=True),
            "GetPayment": Question(from_log.payment, dated=False),
            "QuoteLoan": Question(of_loans.quote_loan, dated=True),
            "GetLoan": Question(of_loans.loan, dated=True),
            "GetContract": Question(of_loans.contract, dated=False),
            "QuotePayoff": Question(of_loans.payoff, dated=True),
            "GetIndex": Question(of_loans.index, dated=True),
            "GetStandingOrder": Question(self.standing_order, dated=False),
            "GetDeposit": Question(deposits.deposit, dated=True),
            "GetDepositRates": Question(deposits.rates, dated=True),
            "GetInterest": Question(deposits.interest, dated=True),
            "GetTrialBalance": Question(self.trial_balance, dated=True),
            "ListJournals": Question(self.journals, dated=True),
            "ExplainFigure": Question(self.explain_figure, dated=True),
            "GetBusinessDate": Question(from_log.business_date, dated=False),
            "GetLimit": Question(credit.limit, dated=True),
            "GetCollateral": Question(credit.collateral, dated=True),
            "GetCoverage": Question(credit.coverage, dated=True),
            "GetStatus": Question(self.status, dated=False),
            "ListReports": Question(reports.list_reports, dated=False),
            "GetReport": Question(reports.report, dated=True),
            "RunWhatIf": Question(reports.what_if, dated=True),
            "GetGrade": Question(reports.grade, dated=True),
            "VerifyLedger": Question(self.verify_ledger, dated=False),
        }

    def read(self, method: str, message: Any, deadline: float) -> Message:
        """The reply of a reading method; raises Refusal, InvalidInput, LogError, SQLAlchemyError.

        ``deadline`` is in seconds of the monotonic clock; it bounds the wait for a position.
        """
        question = self.questions[method]
        has_clocks = "at" in message.DESCRIPTOR.fields_by_name
        at = at_of(message, dated=question.dated) if has_clocks else At()
        if at.min_position is not None and question.waits:
            self._wait_for(at.min_position, at, deadline)
        reply: Message = reply_class(methods()[method])()
        while True:
            try:
                fill(reply, question.answer(message, at))
                return reply
            except Behind as behind:
                self._wait_for(behind.position, at, deadline)

    def _wait_for(self, position: int, at: At, deadline: float) -> None:
        """Until the read models hold the position; one that is not taken is not waited for."""
        follower = self._cell.follower
        if position >= 0 and follower.wait_for(position, 0):
            return
        known_position(self._cell.log, at)
        if not follower.wait_for(position, deadline - time.monotonic()):
            raise NotProjectedInTime(min_position=position)

    def customer(self, message: Any, at: At) -> dict[str, Any]:
        """A customer's position."""
        customer_id = identifier("customer_id", message.customer_id)
        found = customers.customer_position(self._reader, customer_id, at.as_of, at.known_at)
        return msgspec.structs.asdict(found)

    def account(self, message: Any, at: At) -> dict[str, Any]:
        """Balance, holds and restraints of an account, all as known at one position.

        That is the log's last one when none is named: a payment counts as soon as it is accepted.
        """
        account_id = identifier("account_id", message.account_id)
        known_at = known_position(self._cell.log, at)
        found = latest_balance(self._reader, self._cell.log, account_id, at.as_of, known_at)
        balance = found.balance
        asked = (self._reader, account_id, balance.as_of, found.projected_at)
        return {
            "balance": balance,
            "holds": [_without(hold, "account_id") for hold in bindings.holds(*asked)],
            "restraints": [_without(one, "account_id") for one in bindings.restraints(*asked)],
        }

    def statement(self, message: Any, at: At) -> dict[str, Any]:
        """One page of a statement."""
        after, at = page_start(message, at, LineCursor)
        found = statements.statement(
            self._reader,
            identifier("account_id", message.account_id),
            day("from_date", message.from_date),
            day("to_date", message.to_date),
            at.known_at,
            after=after,
            limit=page_size(message),
        )
        values = msgspec.structs.asdict(found)
        next_page = values.pop("next_page")
        return {**values, "next_page_token": page_token(message, found.known_at, next_page)}

    def export_statement(self, message: Any, at: At) -> dict[str, Any]:
        """The whole statement as camt.053."""
        asked = (
            self._reader,
            identifier("account_id", message.account_id),
            day("from_date", message.from_date),
            day("to_date", message.to_date),
        )
        page = whole = statements.statement(*asked, at.known_at)
        lines = list(whole.lines)
        while page.next_page is not None:
            page = statements.statement(*asked, whole.known_at, after=page.next_page)
            lines += page.lines
        whole = msgspec.structs.replace(whole, lines=tuple(lines), next_page=None)
        return {"camt053": camt053(whole), "known_at": whole.known_at}

    def usage(self, message: Any, at: At) -> dict[str, Any]:
        """Use of an account's caps."""
        account_id = identifier("account_id", message.account_id)
        found = bindings.usage(self._reader, account_id, at.as_of, at.known_at)
        return msgspec.structs.asdict(found)

    def standing_order(self, message: Any, at: At) -> dict[str, Any]:
        """A standing order."""
        order_id = identifier("standing_order_id", message.standing_order_id)
        found = orders.standing_order(self._reader, order_id, at.known_at)
        return msgspec.structs.asdict(found)

    def trial_balance(self, message: Any, at: At) -> dict[str, Any]:
        """The trial balance of some booking dates."""
        since = day("from_date", message.from_date) if message.HasField("from_date") else None
        found = ledger.trial_balance(
            self._reader,
            at.as_of,
            at.known_at,
            from_date=since,
            branch_id=filter_by("branch_id", message.branch_id),
        )
        return msgspec.structs.asdict(found)

    def journals(self, message: Any, at: At) -> dict[str, Any]:
        """A page of journals."""
        after, at = page_start(message, at, int)
        found = ledger.journals(
            self._reader,
            after or 0,
            page_size(message),
            at.known_at,
            booking_date=at.as_of,
            subject_code=filter_by("subject", message.subject),
            branch_id=filter_by("branch_id", message.branch_id),
        )
        values = msgspec.structs.asdict(found)
        next_after = values.pop("next_after")
        return {**values, "next_page_token": page_token(message, found.known_at, next_after)}

    def explain_figure(self, message: Any, at: At) -> dict[str, Any]:
        """Where a balance comes from, and a loan's or an account's part in it."""
        after, at = page_start(message, at, int)
        asked = figures.FigureQuestion(
            subject=message.subject,
            branch_id=identifier("branch_id", message.branch_id),
            currency=filter_by("currency", message.currency) or "CNY",
            from_date=day("from_date", message.from_date)
            if message.HasField("from_date")
            else None,
            loan_id=filter_by("loan_id", message.loan_id),
            account_id=filter_by("account_id", message.account_id),
        )
        found = figures.explain_figure(
            self._reader,
            self._cell.log,
            asked,
            at.as_of,
            at.known_at,
            after=after or 0,
            limit=page_size(message),
        )
        values = msgspec.structs.asdict(found)
        next_after, loan = values.pop("next_after"), values.pop("loan")
        if loan is not None:
            trees = [_tree(each) for each in loan.explanations]
            values["loan"] = {**msgspec.structs.asdict(loan), "explanations": trees}
        return {**values, "next_page_token": page_token(message, found.known_at, next_after)}

    def status(self, message: Any, at: At) -> dict[str, Any]:
        """How this process and its read models stand."""
        head = self._cell.log.head().position
        return {
            "is_writer": self._cell.engine.is_writer,
            "head_position": head,
            "read_models": self._cell.follower.lags(self._cell.clock.now()),
        }

    def verify_ledger(self, message: Any, at: At) -> dict[str, Any]:
        """The audit of the whole ledger."""
        verdict = verify(self._cell.sql, self._cell.log)
        return {"is_clean": verdict.is_clean, **msgspec.structs.asdict(verdict)}


def _without(value: Any, name: str) -> dict[str, Any]:
    return {k: v for k, v in msgspec.structs.asdict(value).items() if k != name}


def _tree(node: Explanation) -> dict[str, Any]:
    return {
        "figure": node.figure,
        "value": node.value,
        "says": node.says,
        "inputs": {name: str(value) for name, value in node.inputs.items()},
        "children": [_tree(child) for child in node.children],
    }
