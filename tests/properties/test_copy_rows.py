"""COPY streams: the compiled packer and the plain one write the same bytes, or raise the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cython_ext.copy_rows import KINDS, compiled, pack, pack_plain

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "q": st.integers(-(2**63), 2**63 - 1),
    "i": st.integers(-(2**31), 2**31 - 1),
    "t": st.text(max_size=8),
    "y": st.binary(max_size=8),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[Any]], str]:
    """Some columns of equal length, with nulls, and their letters."""
    kinds = draw(st.text(KINDS, min_size=1, max_size=5))
    count = draw(st.integers(0, 4))
    cells = [st.one_of(st.none(), VALUES[kind]) for kind in kinds]
    columns = [draw(st.lists(cell, min_size=count, max_size=count)) for cell in cells]
    return columns, kinds


def test_the_compiled_packer_is_tested() -> None:
    """Else both sides of the comparison were the same."""
    assert compiled()


@given(tables())
def test_both_packers_write_the_same_bytes(table: tuple[list[list[Any]], str]) -> None:
    columns, kinds = table
    assert pack(columns, kinds) == pack_plain(columns, kinds)


@pytest.mark.parametrize(
    ("columns", "kinds", "error"),
    [
        ([[2**63]], "q", OverflowError),
        ([[-(2**31) - 1]], "i", OverflowError),
        ([["1"]], "q", TypeError),
        ([[1]], "t", TypeError),
        ([["a"]], "y", TypeError),
        ([[1], [1, 2]], "qq", ValueError),
        ([[1]], "qq", ValueError),
        ([[1]], "z", ValueError),
        ([["\ud800"]], "t", UnicodeEncodeError),
    ],
)
def test_what_does_not_fit_its_column_is_an_error_of_both(
    columns: list[list[Any]], kinds: str, error: type[Exception]
) -> None:
    for one in (pack, pack_plain):
        with pytest.raises(error):
            one(columns, kinds)
