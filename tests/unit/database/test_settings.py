"""What an operator sets: by variables, with defaults that are safe."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.settings import Settings


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests do not depend on the variables of who runs them."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"COREBANK_{name.upper()}", raising=False)


def test_without_any_variable_it_is_an_embedded_server_on_the_loopback_interface() -> None:
    settings = Settings()
    assert settings.database_url is None
    assert settings.listen.startswith("127.0.0.1:")


def test_nothing_unsafe_is_on_unless_it_is_asked_for() -> None:
    settings = Settings()
    assert not settings.development
    assert not settings.allow_unsafe_durability


def test_variables_set_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COREBANK_DATABASE_URL", "postgresql://bank@db/ledger")
    monkeypatch.setenv("COREBANK_DATA_FOLDER", "/srv/bank")
    monkeypatch.setenv("COREBANK_DEVELOPMENT", "true")
    settings = Settings()
    assert settings.database_url == "postgresql://bank@db/ledger"
    assert settings.data_folder == Path("/srv/bank")
    assert settings.development


@pytest.mark.parametrize("name", ["", "Corebank", "a-b", 'a"; DROP SCHEMA b', "1st", "a" * 50])
def test_a_ledgers_name_is_a_plain_identifier(name: str) -> None:
    with pytest.raises(ValidationError, match="schema_name"):
        Settings(schema_name=name)
