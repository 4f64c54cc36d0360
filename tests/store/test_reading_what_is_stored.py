"""Stored names and bytes: old ones are lifted, damaged ones are named and not guessed at."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from kernel.eventstore.codec import Codec, Raw
from kernel.eventstore.errors import UnreadableFact
from kernel.eventstore.log import EMPTY
from kernel.eventstore.postgres import PostgresLog
from tests.store.samples import CODEC, Opened, batch


def opened_v0(raw: Raw) -> tuple[str, Raw]:
    return "samples.Opened.v1", {"account_id": raw["id"]}


def opened_before_v0(raw: Raw) -> tuple[str, Raw]:
    return "samples.Opened.v0", {"id": raw["number"]}


STEPS = {"samples.AccountOpened": opened_before_v0, "samples.Opened.v0": opened_v0}
LIFTING = Codec({"samples.Opened.v1": Opened}, STEPS)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("samples.Opened.v1", b'{"account_id":"A"}'),
        ("samples.Opened.v0", b'{"id":"A"}'),
        ("samples.AccountOpened", b'{"number":"A"}'),
    ],
)
def test_every_stored_version_reads_as_todays_event(name: str, data: bytes) -> None:
    assert LIFTING.decode(name, data, 1) == Opened(account_id="A")


def test_a_field_that_this_code_does_not_know_yet_is_passed_over() -> None:
    data = b'{"account_id":"A","added_later":1}'
    assert CODEC.decode("samples.Opened.v1", data, 1) == Opened(account_id="A")


@pytest.mark.parametrize(
    ("damage", "value", "reason"),
    [
        ("name", "os.system", "not in the catalogue"),
        ("name", "samples.Opened.v9", "not in the catalogue"),
        ("data", b'{"account_id":', "truncated"),
        ("data", b'{"account_id":7}', "Expected `str`, got `int`"),
        ("data", b"\xff\xfe", "malformed"),
    ],
)
def test_damage_is_named_by_its_position(
    postgres_url: str, schema_name: str, damage: str, value: Any, reason: str
) -> None:
    log = PostgresLog(postgres_url, schema_name, codec=CODEC)
    written = batch(EMPTY, [Opened(account_id="A"), Opened(account_id="B")])
    log.append(written, EMPTY, timeout_seconds=10)
    with psycopg.connect(postgres_url) as superuser:
        superuser.execute(
            f"UPDATE {schema_name}.log SET {damage} = %s WHERE position = 2".encode(), [value]
        )
    assert log.read(limit=1) == [written.facts[0]]
    for read in (log.read, lambda: log.facts_at([2]), lambda: log.history({"account:B": 0})):
        with pytest.raises(UnreadableFact, match=reason) as error:
            read()
        assert error.value.position == 2
    log.close()
