"""A ledger of the revision before: refused until it is upgraded, then filled from its log."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import Engine

from adapters.database.migrate import SchemaUnknown, migrate, require_known_schema
from kernel.eventstore.memory import MemoryLog
from kernel.projections.checksum import model_checksum
from kernel.projections.follower import Follower
from kernel.projections.models import READ_MODELS
from tests.support.bank import deposit, running_bank
from tests.support.deposits import offer_deposits
from tests.support.lending import contract, drawn, pass_days, publish

AS_IT_WAS = """
    ALTER TABLE deposit_interest DROP COLUMN prior_minor;
    DROP TABLE commitment_measures, loan_products;
    DROP INDEX loan_books_debtor;
    UPDATE ledger_totals SET debit_minor = debit_minor + 1 WHERE subject = '6411';
    UPDATE alembic_version SET version_num = '0009';
"""
"""What revision 0010 brought is gone, and a figure is another one, as of older rules."""


def test_the_ledgers_read_model_begins_anew_and_the_others_stay(
    postgres_url: str, schema_name: str, engine: Engine
) -> None:
    with running_bank(MemoryLog()) as bank:
        bank.open_day()
        bank.done("Deposit", **deposit(29_900_000))
        offer_deposits(bank)
        publish(bank)
        contract(bank)
        drawn(bank, 2_000_000)
        pass_days(bank, "2026-03-08")
        Follower(engine, bank.log).catch_up()
        with engine.connect() as connection:
            before = [model_checksum(connection, model) for model in READ_MODELS.all]
        with psycopg.connect(postgres_url) as old:
            old.execute(f"SET search_path TO {schema_name}")
            old.execute(AS_IT_WAS)
        with pytest.raises(SchemaUnknown):
            require_known_schema(postgres_url, schema_name)
        engine.dispose()
        assert migrate(postgres_url, schema_name) == "0010"
        require_known_schema(postgres_url, schema_name)
        Follower(engine, bank.log).catch_up()
        with engine.connect() as connection:
            assert [model_checksum(connection, model) for model in READ_MODELS.all] == before
