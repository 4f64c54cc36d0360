"""The same work by the eventsourcing library's own ``Application.save``: what a user would write.

Two accounts are aggregates; a transfer triggers one event on each and saves both in one
transaction of the library's PostgreSQL recorder. One thread, as the library's applications are.
"""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from psycopg.conninfo import conninfo_to_dict


class Account(Aggregate):
    """An account with a balance in minor units."""

    def __init__(self, balance_minor: int) -> None:
        self.balance_minor = balance_minor

    @event("Moved")
    def move(self, amount_minor: int, counter_account: str) -> None:
        """Money came in (positive) or went out."""
        if self.balance_minor + amount_minor < 0:
            raise ValueError("insufficient funds")
        self.balance_minor += amount_minor


class Bank(Application[UUID]):
    """Accounts in the library's own way."""

    def transfer(self, payer: Account, payee: Account, amount_minor: int) -> None:
        """One event on each account, saved together."""
        payer.move(amount_minor=-amount_minor, counter_account=str(payee.id))
        payee.move(amount_minor=amount_minor, counter_account=str(payer.id))
        self.save(payer, payee)


def transfers_per_second(url: str, *, transfers: int = 2_000, accounts: int = 50) -> float:
    """Durable transfers a second; aggregates stay in memory, so nothing is read in the loop."""
    schema = "library"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        connection.execute(f"CREATE SCHEMA {schema}")
    parts: dict[str, Any] = conninfo_to_dict(url)
    bank = Bank(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(parts["dbname"]),
            "POSTGRES_HOST": str(parts["host"]),
            "POSTGRES_PORT": str(parts["port"]),
            "POSTGRES_USER": str(parts["user"]),
            "POSTGRES_PASSWORD": str(parts["password"]),
            "POSTGRES_SCHEMA": schema,
        }
    )
    try:
        opened = [Account(balance_minor=10**9) for _ in range(accounts)]
        bank.save(*opened)
        began = time.perf_counter()
        for number in range(transfers):
            payer, payee = opened[number % accounts], opened[(number + 1) % accounts]
            bank.transfer(payer, payee, 1)
        return transfers / (time.perf_counter() - began)
    finally:
        bank.close()
