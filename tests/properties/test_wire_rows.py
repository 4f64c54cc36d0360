"""Rows out of wire bytes: compiled and plain agree on any bytes, and with the library's parser."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cython_ext.wire_rows import compiled, row, row_plain, rows, rows_plain

KINDS = "WtQew"


def _classes() -> tuple[Any, Any]:
    """An outer message with rows in field 1, and the row's own class, made for the test."""
    file = descriptor_pb2.FileDescriptorProto(name="wire_rows_test.proto", syntax="proto3")
    row = file.message_type.add(name="Row")
    of_kind = {"w": "TYPE_STRING", "t": "TYPE_STRING", "q": "TYPE_INT64", "e": "TYPE_INT32"}
    for number, kind in enumerate(KINDS, 1):
        row.oneof_decl.add(name=f"_f{number}")
        row.field.add(
            name=f"f{number}", number=number, type=of_kind[kind.lower()], label="LABEL_OPTIONAL",
            proto3_optional=True, oneof_index=number - 1,
        )  # fmt: skip
    outer = file.message_type.add(name="Outer")
    outer.field.add(
        name="rows", number=1, type="TYPE_MESSAGE", type_name="Row", label="LABEL_REPEATED"
    )
    outer.field.add(name="brief", number=2, type="TYPE_BOOL", label="LABEL_OPTIONAL")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = (pool.FindMessageTypeByName(name) for name in ("Outer", "Row"))
    outer_class, row_class = (message_factory.GetMessageClass(one) for one in found)
    return outer_class, row_class


OUTER, ROW = _classes()
TEXT = st.text(max_size=6)
WORDS = st.one_of(TEXT, st.text("Aa0._-", min_size=1, max_size=42))
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "f1": WORDS,
        "f2": TEXT,
        "f3": st.integers(-(2**63), 2**63 - 1) | st.integers(0, 2),
        "f4": st.integers(-(2**31), 2**31 - 1) | st.integers(0, 2),
        "f5": WORDS,
    },
)
MESSAGES = st.lists(ROWS, max_size=4)


def test_the_compiled_reader_is_tested() -> None:
    """Else both sides of the comparison were the same."""
    assert compiled()


@settings(max_examples=500)
@given(st.binary(max_size=40), st.sampled_from(["W", "t", KINDS, ""]))
@example(b"\x0a\x03\x0a\x01A", "W")
def test_both_read_the_same_out_of_any_bytes(data: bytes, kinds: str) -> None:
    assert rows(data, 1, kinds) == rows_plain(data, 1, kinds)
    assert row(data, kinds) == row_plain(data, kinds)


@settings(max_examples=300)
@given(MESSAGES, st.binary(max_size=3), st.integers(0, 200))
def test_both_read_the_same_out_of_nearly_right_bytes(
    given_rows: list[dict[str, Any]], patch: bytes, at: int
) -> None:
    whole = OUTER(rows=given_rows, brief=True).SerializeToString()
    for data in (whole, whole[:at] + patch + whole[at + len(patch) :], whole[: len(whole) - at]):
        assert rows(data, 1, KINDS) == rows_plain(data, 1, KINDS)


@settings(max_examples=300)
@given(MESSAGES, st.booleans())
def test_a_row_says_what_the_library_reads(given_rows: list[dict[str, Any]], brief: bool) -> None:
    """Each row is the message's fields, or the message itself; the rest is what remains."""
    message = OUTER(rows=given_rows, brief=brief)
    found, rest = rows(message.SerializeToString(), 1, KINDS)
    assert OUTER.FromString(rest) == OUTER(brief=brief)
    assert len(found) == len(given_rows)
    for one, sent in zip(found, message.rows, strict=True):
        assert (
            one
            == row(sent.SerializeToString(), KINDS)
            == row_plain(sent.SerializeToString(), KINDS)
        )
        if isinstance(one, bytes):
            assert ROW.FromString(one) == sent
        else:
            said = {f"f{n}": value for n, value in enumerate(one, 1) if value is not None}
            assert ROW(**said) == sent


@pytest.mark.parametrize(
    "fields",
    [
        {"f1": "", "f3": 1},
        {"f1": "-A", "f3": 1},
        {"f1": "A b", "f3": 1},
        {"f1": "Ä", "f3": 1},
        {"f1": "A" * 41, "f3": 1},
        {"f1": "A"},
        {"f1": "A", "f3": 0},
        {"f1": "A", "f3": -1},
        {"f1": "A", "f3": 1, "f4": -1},
        {"f3": 1},
    ],
)
def test_what_is_out_of_bounds_is_left_to_the_library(fields: dict[str, Any]) -> None:
    for one in (rows, rows_plain):
        [found], _ = one(OUTER(rows=[fields]).SerializeToString(), 1, KINDS)
        assert found == ROW(**fields).SerializeToString()


@pytest.mark.parametrize("unusual", [b"\x0a\x01A\x0a\x01B", b"\x0a\x01A\x30\x01", b"\x0a\x01\xff"])
def test_a_row_said_in_an_unusual_way_is_left_to_the_library(unusual: bytes) -> None:
    """A field twice, a field that is not known, text that is none."""
    data = bytes([10, len(unusual)]) + unusual
    for one in (rows, rows_plain):
        assert one(data, 1, "t") == ([unusual], b"")


@pytest.mark.parametrize(("field", "kinds"), [(1, "z"), (0, "w"), (16, "w"), (1, "w" * 16)])
def test_what_no_row_can_be_is_an_error_of_both(field: int, kinds: str) -> None:
    for one in (rows, rows_plain):
        with pytest.raises(ValueError, match="field"):
            one(b"", field, kinds)
    for single in (row, row_plain) if field == 1 else ():
        with pytest.raises(ValueError, match="field"):
            single(b"", kinds)
