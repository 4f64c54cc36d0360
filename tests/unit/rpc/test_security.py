"""Who may call: default deny, by permission; development mode on loopback only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.rpc.errors import Denied
from adapters.rpc.security import (
    BANK,
    DEVELOPER,
    Credentials,
    Gate,
    Principal,
    UnsafeDevelopmentMode,
    issue,
)

TRANSFER = "payment.transfer"


def gate_of(*permissions: str) -> tuple[Gate, dict[str, str]]:
    """A gate that knows one teller, and the metadata that the teller sends."""
    principal, token = issue("teller", "COUNTER", permissions)
    return Gate(Credentials(principals=(principal,))), {"authorization": f"Bearer {token}"}


def denied(gate: Gate, metadata: dict[str, str], permission: str = TRANSFER) -> str:
    """The reason that a call is denied for."""
    with pytest.raises(Denied) as caught:
        gate.admit(metadata, permission)
    return caught.value.reason


def test_a_known_token_with_the_permission_is_admitted() -> None:
    """The principal names who scopes the command ids, and the channel."""
    gate, metadata = gate_of(TRANSFER)
    who = gate.admit(metadata, TRANSFER)
    assert (who.name, who.channel) == ("teller", "COUNTER")


@pytest.mark.parametrize(
    ("granted", "asked", "is_granted"),
    [
        ("payment.*", TRANSFER, True),
        ("*.get_*", "account.get_account", True),
        ("*", "audit.verify_ledger", True),
        ("*.get_*", TRANSFER, False),
        ("payment.transfer", "payment.transfer_all", False),
        ("payment.*", "xpayment.transfer", False),
        ("PAYMENT.*", TRANSFER, False),
    ],
)
def test_a_permission_covers_what_its_pattern_says(
    granted: str, asked: str, is_granted: bool
) -> None:
    """A part may be a star; nothing is covered by chance."""
    principal, _ = issue("teller", "COUNTER", (granted,))
    assert principal.may(asked) is is_granted


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer ", "Bearer wrong", "bearer {}", "Basic {}", "{}"]
)
def test_whoever_is_not_known_is_denied(authorization: str | None) -> None:
    """No token, a wrong one, or one sent in another way."""
    gate, metadata = gate_of("*")
    token = metadata["authorization"].removeprefix("Bearer ")
    sent = {} if authorization is None else {"authorization": authorization.format(token)}
    assert denied(gate, sent) == "TOKEN_UNKNOWN"


def test_a_principal_without_the_permission_is_denied() -> None:
    """Known, but not permitted."""
    gate, metadata = gate_of("account.*")
    assert denied(gate, metadata) == "PERMISSION_LACKING"


def test_a_method_that_names_no_permission_is_denied_to_all() -> None:
    """Even to whoever may do everything."""
    gate, metadata = gate_of("*")
    assert denied(gate, metadata, "") == "NO_PERMISSION_NAMED"
    assert denied(Gate(None), {}, "") == "NO_PERMISSION_NAMED"


def test_without_credentials_nobody_gets_in() -> None:
    """A server that was not told who may call admits no one."""
    gate = Gate.of(None, "127.0.0.1:50051", development=False)
    assert denied(gate, {}) == "TOKEN_UNKNOWN"


@pytest.mark.parametrize("listen", ["127.0.0.1:1", "localhost:1", "[::1]:1"])
def test_development_mode_is_open_on_loopback(listen: str) -> None:
    """Asked for, and out of reach of others."""
    assert Gate.of(None, listen, development=True).admit({}, TRANSFER) is DEVELOPER


@pytest.mark.parametrize(
    "listen", ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", ":1", "127.0.0.1.example.org:1", "localhost"]
)
def test_development_mode_is_refused_where_others_reach_it(listen: str) -> None:
    """An open server on the network would be a bank without doors."""
    with pytest.raises(UnsafeDevelopmentMode):
        Gate.of(None, listen, development=True)


def test_a_credentials_file_counts_also_in_development_mode(tmp_path: Path) -> None:
    """Whoever names a file wants it kept."""
    principal, token = issue("teller", "COUNTER", ("*",))
    file = tmp_path / "credentials.json"
    file.write_text(Credentials(principals=(principal,)).model_dump_json())
    gate = Gate.of(file, "127.0.0.1:1", development=True)
    assert denied(gate, {}) == "TOKEN_UNKNOWN"
    assert gate.admit({"authorization": f"Bearer {token}"}, TRANSFER) == principal
    assert token not in file.read_text()


def entry(name: str, token_sha256: str) -> dict[str, object]:
    """A principal as a file holds it."""
    return {
        "name": name,
        "channel": "COUNTER",
        "permissions": ["*"],
        "token_sha256": token_sha256,
    }


@pytest.mark.parametrize(
    "principals",
    [
        [entry("teller", "a" * 64), entry("teller", "b" * 64)],
        [entry("teller", "a" * 64), entry("auditor", "a" * 64)],
        [entry(BANK, "a" * 64)],
        [entry("two words", "a" * 64)],
        [entry("teller", "not a digest")],
        [entry("teller", "a" * 64) | {"password": "x"}],
    ],
    ids=["same name", "same token", "the bank's own name", "name", "digest", "unknown field"],
)
def test_a_file_that_is_not_sound_is_refused(principals: list[dict[str, object]]) -> None:
    """Two principals with one name would share command ids; the bank's own are not for sale."""
    with pytest.raises(ValidationError):
        Credentials.model_validate_json(json.dumps({"principals": principals}))


def test_a_principal_without_a_token_cannot_be_anyone() -> None:
    """An empty digest matches no token, not even the empty one."""
    nobody = Principal(name="nobody", channel="COUNTER", permissions=("*",))
    gate = Gate(Credentials(principals=(nobody,)))
    assert denied(gate, {"authorization": "Bearer "}) == "TOKEN_UNKNOWN"
