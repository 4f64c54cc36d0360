"""A transfer is read in a short way or as any other command: both say the same."""

from __future__ import annotations

from typing import Any

import pytest
from corebank.payment.v1 import payment_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.rpc.convert import plain
from adapters.rpc.requests import request_of
from adapters.rpc.security import Principal
from adapters.rpc.transfer_rows import KINDS, read_transfer, transfer_request
from adapters.rpc.transfer_stream import Unshaped, read
from cython_ext.wire_rows import rows
from kernel.application.requests import Request, fingerprint
from kernel.common.fields import MAX_AMOUNT_MINOR
from kernel.common.refusals import InvalidInput

WHO = Principal(name="teller", channel="COUNTER", permissions=("*",))
DEADLINE = 7.0
UNKNOWN_FIELD = b"\xf8\x3f\x01"

IDS = st.one_of(
    st.sampled_from(["A-1", "C-1", "", "-A", "A b", "A" * 40, "A" * 41, "Ａ1", "A\n"]),
    st.text("Aa1._- é", max_size=3),
)
AMOUNTS = st.one_of(
    st.sampled_from([0, 1, -1, MAX_AMOUNT_MINOR, MAX_AMOUNT_MINOR + 1, 2**63 - 1, -(2**63)]),
    st.integers(-(2**63), 2**63 - 1),
)
CURRENCIES = st.sampled_from(["CNY", "JPY", "XXX", "ABC", "cny", "CN", "", "CNYY", "ＣNY"])
TEXTS = st.one_of(
    st.sampled_from(
        ["", "工资", "Cafe\u0301", "Caf\u00e9", "a\nb", "\u2028", "x" * 140, "é" * 141]
    ),
    st.text(max_size=5),
    st.just("e\u0301" * 140),
)
DAYS = st.sampled_from(["2026-03-02", "20260302", "2026-02-30", "", "2026-3-2", "2026-03-02Z", "x"])

USUAL: dict[str, Any] = {
    "command_id": "t-1",
    "ordering_customer_id": "C-1",
    "payer_account_id": "A-1",
    "payee_account_id": "A-2",
    "amount_minor": 100,
    "currency": "CNY",
}
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "command_id": IDS,
        "ordering_customer_id": IDS,
        "payer_account_id": IDS,
        "payee_account_id": IDS,
        "amount_minor": AMOUNTS,
        "currency": CURRENCIES,
        "purpose": st.integers(-1, 7),
        "text": TEXTS,
        "value_date": DAYS,
    },
)


def as_any_command(message: payment_pb2.TransferRequest) -> Request | tuple[Any, ...]:
    """The request that every other method would make of it, or the violations."""
    try:
        return request_of("Transfer", plain(message), WHO, DEADLINE)
    except InvalidInput as error:
        return error.violations


def as_called(data: bytes) -> Request | tuple[Any, ...]:
    """What a single call makes of it."""
    try:
        return transfer_request(read_transfer(data), WHO, DEADLINE)
    except InvalidInput as error:
        return error.violations


def as_streamed(data: bytes) -> list[Request | tuple[Any, ...]]:
    """What the stream makes of the transfers of a message."""
    transfers = read(data, WHO, DEADLINE).transfers
    return [one.error.violations if isinstance(one, Unshaped) else one for one in transfers]


@settings(max_examples=1000, deadline=None)
@given(CHANGES, st.sampled_from([b"", b"", b"", UNKNOWN_FIELD, b"\x0a\x03t-9"]))
def test_every_way_makes_the_same_of_a_transfer(change: dict[str, Any], more: bytes) -> None:
    """Equal requests, with equal fingerprints; the same paths and reasons where there is none."""
    inner = payment_pb2.TransferRequest(**{**USUAL, **change}).SerializeToString() + more
    message = payment_pb2.StreamTransfersRequest(brief=True)
    message.transfers.add().MergeFromString(inner)
    [streamed] = as_streamed(message.SerializeToString())
    expected = as_any_command(payment_pb2.TransferRequest.FromString(inner))
    assert streamed == as_called(inner) == expected
    if isinstance(streamed, Request) and isinstance(expected, Request):
        digests = [fingerprint(one.method, one.command) for one in (streamed, expected)]
        assert digests[0] == digests[1]


def test_an_unusual_message_is_read_transfer_by_transfer() -> None:
    """A tag of two bytes where one is enough: the same transfers, the same form asked for."""
    usual = payment_pb2.TransferRequest(**USUAL)
    plain_bytes = payment_pb2.StreamTransfersRequest(transfers=[usual] * 2).SerializeToString()
    inner = usual.SerializeToString()
    data = b"\x8a\x00" + bytes([len(inner)]) + inner + plain_bytes + b"\x90\x00\x01"
    assert rows(data, 1, KINDS) == ([], data)
    assert as_streamed(data) == as_streamed(plain_bytes) + as_streamed(plain_bytes)[:1]
    assert read(data, WHO, DEADLINE).is_brief


def test_what_is_no_message_is_refused_whole() -> None:
    """Broken bytes, outside or inside a transfer; a field that the outer message lacks."""
    for data in (b"\x0a\x05A", b"\x0a\x01\x0a", b"\x0a\x03\x0a\x01\xff", b"\x0f"):
        with pytest.raises(InvalidInput) as caught:
            read(data, WHO, DEADLINE)
        assert caught.value.violations[0][0] == "$"
    usual = payment_pb2.StreamTransfersRequest(transfers=[USUAL]).SerializeToString()
    with pytest.raises(InvalidInput, match="does not know"):
        read(usual + UNKNOWN_FIELD, WHO, DEADLINE)


def test_the_everyday_transfer_comes_as_a_row() -> None:
    """Else the comparison above would compare one way with itself."""
    for more in ({}, {"text": "工资"}, {"purpose": 2}, {"value_date": "2026-03-02"}):
        usual = payment_pb2.TransferRequest(**{**USUAL, **more})
        message = payment_pb2.StreamTransfersRequest(transfers=[usual])
        [row], _ = rows(message.SerializeToString(), 1, KINDS)
        assert isinstance(row, tuple)
