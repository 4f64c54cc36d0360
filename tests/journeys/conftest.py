"""A real server on a real ledger for each journey, and clients by role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.client import CallRefused, Client
from adapters.cli.demo import server
from adapters.cli.roles import read_tokens, write_credentials
from adapters.database import Database


class Desk:
    """The bank as seen over gRPC: calls by role, with command ids made on the way."""

    def __init__(self, client: Client, tokens: dict[str, str]) -> None:
        self.client = client
        self.tokens = tokens
        self._calls = 0

    def do(self, method: str, role: str = "teller", command_id: str = "", **fields: Any) -> Any:
        """A write that must be accepted; its receipt."""
        self._calls += 1
        fields = {"command_id": command_id or f"{role}-{self._calls}", **fields}
        return self.client.call(method, fields, token=self.tokens[role]).receipt

    def refused(self, method: str, role: str = "teller", **fields: Any) -> CallRefused:
        """A write that must not be accepted; what the status said."""
        with pytest.raises(CallRefused) as caught:
            self.do(method, role, **fields)
        return caught.value

    def ask(self, method: str, role: str = "teller", **fields: Any) -> Any:
        """A question; its reply."""
        return self.client.call(method, fields, token=self.tokens[role])

    def open_day(self, date: str = "2026-03-02") -> int:
        """Business date, a product, two customers, A-1 with 1,000.00 and A-2; the last position."""
        self.do("OpenBusinessDate", "operator", date=date)
        terms = {
            "name": "Current account",
            "account_class": "I",
            "holder_kind": "PERSON",
            "currency": "CNY",
            "minimum_level": "FACE_TO_FACE",
        }
        self.do("DraftProduct", "product-maker", product_id="current", version=1, terms=terms)
        published: dict[str, Any] = {
            "product_id": "current",
            "version": 1,
            "effective_from": date,
        }
        self.do("PublishProduct", "product-checker", **published)
        for number in ("1", "2"):
            customer_id = f"C-{number}"
            known = {"customer_id": customer_id, "kind": "PERSON", "name": "王芳"}
            self.do("RegisterCustomer", **known, branch_id="0755")
            document = {"document_type": "RESIDENT_ID", "document_number": f"4403011990{number}"}
            identified = {"customer_id": customer_id, "level": "FACE_TO_FACE", **document}
            self.do("IdentifyCustomer", **identified, evidence_id="E-1")
            opened = {"account_id": f"A-{number}", "customer_id": customer_id}
            self.do("OpenAccount", **opened, product_id="current", branch_id="0755")
        return int(self.do("Deposit", **deposit(100_000)).position)


def deposit(amount_minor: int) -> dict[str, Any]:
    """Cash paid into A-1."""
    return {
        "account_id": "A-1",
        "amount_minor": amount_minor,
        "currency": "CNY",
        "source": "CASH",
        "branch_id": "0755",
    }


def transfer(amount_minor: int) -> dict[str, Any]:
    """Money from A-1 to A-2."""
    return {
        "ordering_customer_id": "C-1",
        "payer_account_id": "A-1",
        "payee_account_id": "A-2",
        "amount_minor": amount_minor,
        "currency": "CNY",
    }


@pytest.fixture
def database(postgres_url: str, schema_name: str) -> Database:
    """A fresh ledger."""
    return Database(postgres_url, schema_name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Credentials and tokens of every role."""
    write_credentials(tmp_path)
    return tmp_path


@pytest.fixture
def desk(database: Database, folder: Path) -> Iterator[Desk]:
    """A server and its desk."""
    with server(database, folder) as target, Client(target) as client:
        yield Desk(client, read_tokens(folder / "tokens.json"))


@pytest.fixture
def new_desk(database: Database, folder: Path) -> Callable[[str], Desk]:
    """Another desk, at the server of an address."""
    return lambda target: Desk(Client(target), read_tokens(folder / "tokens.json"))
