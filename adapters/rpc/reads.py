"""Reads: a request becomes a question to the read models or a fold of the log.

``at`` carries the two clocks and how fresh the answer must be. A question that cannot be answered
is an error, never an empty answer.
"""

from __future__ import annotations

import base64
import datetime
import time
from collections.abc import Callable
from typing import Any

import msgspec
from google.protobuf.message import Message

from adapters.cell import Cell
from adapters.rpc.camt import camt053
from adapters.rpc.convert import fill
from adapters.rpc.methods import methods, reply_class
from kernel.application.folds import BUSINESS_DATE, PAYMENT, PRODUCT
from kernel.application.states import Fold
from kernel.audit.verify import verify
from kernel.business_date.events import ENTITY
from kernel.common.fields import Id, shaped
from kernel.common.refusals import InvalidInput, Kind, Refusal
from kernel.payments.two_phase import require_payment
from kernel.projections.queries import accounts, bindings, customers, ledger, orders, statements
from kernel.projections.queries.reading import Reader
from kernel.projections.queries.statements import LineCursor
from kernel.projections.refusals import Unanswerable

PAGE_SIZE = 100


class NotProjectedInTime(Refusal):
    """The read models did not reach the position within the deadline."""

    code = "NOT_PROJECTED_IN_TIME"
    kind = Kind.STATE
    says = "Position {min_position} was not projected within the deadline."


class ProductUnknown(Refusal):
    """No such product at the position asked."""

    code = "PRODUCT_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Product {product_id} is not known at position {known_at}."


class At(msgspec.Struct, frozen=True, kw_only=True):
    """The two clocks of a question, checked."""

    as_of: datetime.date | None = None
    known_at: int | None = None
    min_position: int | None = None


def at_of(message: Any) -> At:
    """The clocks of a request; raises InvalidInput."""
    given = message.at
    return shaped(
        At,
        {
            name: getattr(given, name)
            for name in ("as_of", "known_at", "min_position")
            if given.HasField(name)
        },
    )


def day(field: str, value: str) -> datetime.date:
    """A date of a request; raises InvalidInput."""
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        raise InvalidInput((field, f"{value!r:.20} is no ISO 8601 date")) from None


class Reads:
    """Every method that only asks. Called from worker threads; each call is one view."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._reader = Reader(cell.sql)
        self.methods: dict[str, Callable[[Any, At], dict[str, Any]]] = {
            "GetCustomer": self.customer,
            "GetProduct": self.product,
            "GetAccount": self.account,
            "GetStatement": self.statement,
            "ExportStatement": self.export_statement,
            "GetUsage": self.usage,
            "GetPayment": self.payment,
            "GetStandingOrder": self.standing_order,
            "GetTrialBalance": self.trial_balance,
            "ListJournals": self.journals,
            "GetBusinessDate": self.business_date,
            "GetStatus": self.status,
            "VerifyLedger": self.verify_ledger,
        }

    def read(self, method: str, message: Any, deadline: float) -> Message:
        """The reply of a reading method; raises Refusal, InvalidInput, LogError."""
        at = at_of(message) if "at" in message.DESCRIPTOR.fields_by_name else At()
        if at.min_position is not None:
            left = deadline - time.monotonic()
            if not self._cell.follower.wait_for(at.min_position, left):
                raise NotProjectedInTime(min_position=at.min_position)
        reply: Message = reply_class(methods()[method])()
        fill(reply, self.methods[method](message, at))
        return reply

    def customer(self, message: Any, at: At) -> dict[str, Any]:
        """A customer's position."""
        found = customers.customer_position(
            self._reader, message.customer_id, at.as_of, at.known_at
        )
        return msgspec.structs.asdict(found)

    def account(self, message: Any, at: At) -> dict[str, Any]:
        """Balance, holds and restraints of an account, all as known at one position."""
        balance = accounts.balance(self._reader, message.account_id, at.as_of, at.known_at)
        asked = (self._reader, message.account_id, balance.as_of, balance.known_at)
        return {
            "balance": balance,
            "holds": [_without(hold, "account_id") for hold in bindings.holds(*asked)],
            "restraints": [_without(one, "account_id") for one in bindings.restraints(*asked)],
        }

    def statement(self, message: Any, at: At) -> dict[str, Any]:
        """One page of a statement."""
        found = statements.statement(
            self._reader,
            message.account_id,
            day("from_date", message.from_date),
            day("to_date", message.to_date),
            at.known_at,
            after=page_cursor(message.page_token),
            limit=page_size(message),
        )
        values = msgspec.structs.asdict(found)
        values["next_page_token"] = page_token(values.pop("next_page"))
        return values

    def export_statement(self, message: Any, at: At) -> dict[str, Any]:
        """The whole statement as camt.053."""
        days = day("from_date", message.from_date), day("to_date", message.to_date)
        whole = statements.statement(self._reader, message.account_id, *days, at.known_at)
        lines = list(whole.lines)
        page = whole
        while page.next_page is not None:
            page = statements.statement(
                self._reader, message.account_id, *days, whole.known_at, after=page.next_page
            )
            lines += page.lines
        whole = msgspec.structs.replace(whole, lines=tuple(lines), next_page=None)
        return {"camt053": camt053(whole), "known_at": whole.known_at}

    def usage(self, message: Any, at: At) -> dict[str, Any]:
        """Use of an account's caps."""
        found = bindings.usage(self._reader, message.account_id, at.as_of, at.known_at)
        return msgspec.structs.asdict(found)

    def standing_order(self, message: Any, at: At) -> dict[str, Any]:
        """A standing order."""
        found = orders.standing_order(self._reader, message.standing_order_id, at.known_at)
        known_at = "known_at"
        return {k: v for k, v in msgspec.structs.asdict(found).items() if k != known_at}

    def trial_balance(self, message: Any, at: At) -> dict[str, Any]:
        """The trial balance of some booking dates."""
        since = day("from_date", message.from_date) if message.HasField("from_date") else None
        found = ledger.trial_balance(
            self._reader,
            at.as_of,
            at.known_at,
            from_date=since,
            branch_id=message.branch_id or None,
        )
        return msgspec.structs.asdict(found)

    def journals(self, message: Any, at: At) -> dict[str, Any]:
        """A page of journals."""
        found = ledger.journals(
            self._reader,
            _position(message.page_token),
            page_size(message),
            at.known_at,
            booking_date=at.as_of,
            subject_code=message.subject or None,
            branch_id=message.branch_id or None,
        )
        values = msgspec.structs.asdict(found)
        values["next_page_token"] = str(values.pop("next_after") or "")
        return values

    def product(self, message: Any, at: At) -> dict[str, Any]:
        """A product's versions, folded from the log."""
        product_id = _id("product_id", message.product_id)
        state, known_at = self._folded(PRODUCT, product_id, at)
        if not state.versions:
            raise ProductUnknown(product_id=product_id, known_at=known_at)
        on = at.as_of or self._folded(BUSINESS_DATE, ENTITY.partition(":")[2], at)[0].date
        return {
            "product_id": product_id,
            "known_at": known_at,
            "versions": [
                {
                    "version": number,
                    "terms": one.terms,
                    "drafted_by": one.drafted_by,
                    "effective_from": one.effective_from,
                    "is_withdrawn": one.is_withdrawn,
                    "is_on_sale": one.is_on_sale(on),
                }
                for number, one in state.versions.items()
            ],
        }

    def payment(self, message: Any, at: At) -> dict[str, Any]:
        """A payment, folded from the log."""
        state, known_at = self._folded(PAYMENT, str(message.payment_id), at)
        require_payment(state, message.payment_id)
        return {
            "payment_id": message.payment_id,
            "phase": state.phase.value,
            "booked_on": state.booked_on,
            "legs": state.legs,
            "reserved_minor": state.reserved_minor,
            "reversed_at": state.reversed_at,
            "known_at": known_at,
        }

    def business_date(self, message: Any, at: At) -> dict[str, Any]:
        """The business date as known at a position."""
        state, known_at = self._folded(BUSINESS_DATE, ENTITY.partition(":")[2], at)
        if state.date is None:
            raise Unanswerable(question="The business date", asked=known_at, limit=0)
        return {"date": state.date, "first_date": state.first, "known_at": known_at}

    def status(self, message: Any, at: At) -> dict[str, Any]:
        """How this process and its read models stand."""
        head = self._cell.log.head().position
        return {
            "is_writer": self._cell.engine.is_writer,
            "head_position": head,
            "read_models": [
                {
                    "name": name,
                    "position": one.position,
                    "lag": max(0, head - one.position),
                    "status": one.status.value,
                    "error": one.error,
                }
                for name, one in self._cell.follower.standings().items()
            ],
        }

    def verify_ledger(self, message: Any, at: At) -> dict[str, Any]:
        """The audit of the whole ledger."""
        verdict = verify(self._cell.sql, self._cell.log)
        return {"is_clean": verdict.is_clean, **msgspec.structs.asdict(verdict)}

    def _folded(self, fold: Fold[Any], entity_id: str, at: At) -> tuple[Any, int]:
        """The state of an entity up to the known position, straight from the log."""
        head = self._cell.log.head().position
        known_at = head if at.known_at is None else at.known_at
        if not 0 <= known_at <= head:
            raise Unanswerable(
                question="A log position that is not taken", asked=known_at, limit=head
            )
        entity = f"{fold.kind}:{entity_id}"
        facts = self._cell.log.history({entity: 0})[entity]
        if fold.born_at_position:
            facts = [*self._cell.log.facts_at([int(entity_id)]), *facts]
        state = fold.initial
        for fact in facts:
            if fact.position <= known_at:
                state = fold.evolve(state, fact)
        return state, known_at


class _OneId(msgspec.Struct, frozen=True):
    id: Id


def _id(field: str, value: str) -> str:
    try:
        return shaped(_OneId, {"id": value}).id
    except InvalidInput as error:
        raise InvalidInput((field, error.violations[0][1])) from None


def _without(value: Any, name: str) -> dict[str, Any]:
    return {k: v for k, v in msgspec.structs.asdict(value).items() if k != name}


def page_size(message: Any) -> int:
    """The page size asked for, within 1 to 1000; raises InvalidInput."""
    if not message.HasField("page_size"):
        return PAGE_SIZE
    if not 1 <= message.page_size <= 1000:
        raise InvalidInput(("page_size", "must lie between 1 and 1000"))
    return int(message.page_size)


def page_token(cursor: LineCursor | None) -> str:
    """Where the next page begins, opaque to the client."""
    if cursor is None:
        return ""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode()


def page_cursor(token: str) -> LineCursor | None:
    """The cursor of a token; raises InvalidInput for one that no page gave."""
    if not token:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(token), type=LineCursor)
    except (ValueError, msgspec.MsgspecError):
        raise InvalidInput(("page_token", "is not a token that a page gave")) from None


def _position(token: str) -> int:
    if not token.isascii() or (token and not token.isdigit()):
        raise InvalidInput(("page_token", "is not a token that a page gave"))
    return int(token or 0)
