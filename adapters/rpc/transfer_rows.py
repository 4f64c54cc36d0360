"""A transfer, from the wire to the engine's request: a short way where there is one.

The everyday transfer comes as a row (``cython_ext.wire_rows``) whose words need no more checks than
these few; whatever else comes goes the way of every other command, and so does everything that is
wrong, so there is one place that says what is wrong. A property test compares both ways.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import get_args
from unicodedata import is_normalized

import msgspec
from corebank.payment.v1 import payment_pb2

from adapters.rpc.convert import enum_names, plain
from adapters.rpc.requests import request_of
from adapters.rpc.security import Principal
from cython_ext.wire_rows import Row, row
from kernel.application.requests import Request
from kernel.common.fields import CURRENCY_CODES, MAX_AMOUNT_MINOR, Day, Text
from kernel.payments.commands import Transfer, TransferPurpose

KINDS = "WWWWQWetw"
"""Fields 1 to 9 of TransferRequest."""

Found = Row | payment_pb2.TransferRequest
"""A transfer as it was read: its row, or the message where that is unusual."""

_NAMES = [payment_pb2.TransferRequest.DESCRIPTOR.fields_by_number[n].name for n in range(1, 10)]

_PURPOSES = {
    number: TransferPurpose(name)
    for number, name in enum_names(payment_pb2.TransferPurpose.DESCRIPTOR).items()
}
_TEXT = get_args(Text)[1]
_is_clean = re.compile(_TEXT.pattern).search


def read_transfer(data: bytes) -> Found:
    """The transfer in the bytes; raises DecodeError."""
    found = row(data, KINDS)
    return payment_pb2.TransferRequest.FromString(found) if isinstance(found, bytes) else found


def transfer_request(found: Found, who: Principal, deadline: float) -> Request:
    """The request of a transfer; raises InvalidInput."""
    if isinstance(found, tuple):
        request = request_of_row(found, who, deadline)
        if request is not None:
            return request
        found = message_of_row(found)
    return request_of("Transfer", plain(found), who, deadline)


def request_of_row(row: Row, who: Principal, deadline: float) -> Request | None:
    """The request, or None when the row needs a closer look."""
    command_id, customer_id, payer_id, payee_id, amount_minor, currency, purpose, text, day = row
    if amount_minor > MAX_AMOUNT_MINOR or currency not in CURRENCY_CODES:
        return None
    if text and not _is_shaped(text):
        return None
    if purpose is not None and (purpose := _PURPOSES.get(purpose)) is None:
        return None
    if day is not None and (day := _day(day)) is None:
        return None
    return Request(
        principal=who.name,
        channel=who.channel,
        method="Transfer",
        command_id=command_id,
        command=Transfer(
            ordering_customer_id=customer_id,
            payer_account_id=payer_id,
            payee_account_id=payee_id,
            amount_minor=amount_minor,
            currency=currency,
            purpose=purpose or TransferPurpose.ORDINARY,
            text=text or "",
            value_date=day,
        ),
        deadline=deadline,
    )


def message_of_row(row: Row) -> payment_pb2.TransferRequest:
    """The message that the row was."""
    values = zip(_NAMES, row, strict=True)
    return payment_pb2.TransferRequest(**{name: v for name, v in values if v is not None})


def _is_shaped(text: str) -> bool:
    return (
        len(text) <= _TEXT.max_length
        and _is_clean(text) is not None
        and (text.isascii() or is_normalized("NFC", text))
    )


@lru_cache(maxsize=64)
def _day(text: str) -> Day | None:
    try:
        return msgspec.convert(text, Day)
    except msgspec.ValidationError:
        return None
