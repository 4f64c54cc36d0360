"""Who calls, and what they may: principals from a file of hashed tokens; default deny.

The file is JSON: ``{"principals": [{"name", "channel", "permissions", "token_sha256"}]}``. A
permission is ``area.method``, a part may be ``*``. Tokens are 256 random bits, so a plain digest is
enough: there is nothing to guess. Names and digests are unique, since command ids are scoped by the
name; the name ``bank`` is the kernel's own (standing orders). Development mode knows one caller who
may do everything, on loopback only.
"""

from __future__ import annotations

import fnmatch
import hashlib
import secrets
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.rpc.errors import Denied

BANK = "bank"
"""The principal of what the bank does by itself."""
LOOPBACK = ("127.0.0.1:", "localhost:", "[::1]:")


class Principal(BaseModel):
    """Who calls. ``name`` scopes command ids; ``token_sha256`` is the hex digest of the token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9._-]+$")
    channel: str = Field(pattern=r"^[A-Z_]{1,20}$")
    permissions: tuple[str, ...]
    token_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")

    def may(self, permission: str) -> bool:
        """Whether one of the permissions covers the one asked."""
        return _covers(self.permissions, permission)


@lru_cache(maxsize=10_000)
def _covers(permissions: tuple[str, ...], permission: str) -> bool:
    return any(fnmatch.fnmatchcase(permission, one) for one in permissions)


class Credentials(BaseModel):
    """All principals of a server."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    principals: tuple[Principal, ...]

    @model_validator(mode="after")
    def _require_unique(self) -> Self:
        names = [one.name for one in self.principals]
        digests = [one.token_sha256 for one in self.principals if one.token_sha256]
        if len(set(names)) < len(names) or len(set(digests)) < len(digests):
            raise ValueError("two principals share a name or a token")
        if BANK in names:
            raise ValueError(f"the name {BANK!r} is the kernel's own")
        return self


DEVELOPER = Principal(name="developer", channel="COUNTER", permissions=("*",))


def digest(token: str) -> str:
    """SHA-256 of a token, hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue(name: str, channel: str, permissions: tuple[str, ...]) -> tuple[Principal, str]:
    """A new principal and its token; the token is shown once and not kept."""
    token = secrets.token_urlsafe(32)
    principal = Principal(
        name=name, channel=channel, permissions=permissions, token_sha256=digest(token)
    )
    return principal, token


class UnsafeDevelopmentMode(Exception):
    """Development mode was asked for on an address that others can reach."""


class Gate:
    """Finds the principal of a call and checks its permission."""

    def __init__(self, credentials: Credentials | None) -> None:
        self._by_digest = {
            one.token_sha256: one for one in (credentials.principals if credentials else ())
        }
        self._open = credentials is None

    @classmethod
    def of(cls, credentials_file: Path | None, listen: str, *, development: bool) -> Gate:
        """The gate of a server: by file, open in development mode on loopback, else shut."""
        if credentials_file is not None:
            return cls(Credentials.model_validate_json(credentials_file.read_bytes()))
        if not development:
            return cls(Credentials(principals=()))
        if not listen.startswith(LOOPBACK):
            raise UnsafeDevelopmentMode(f"development mode listens on loopback only, not {listen}")
        return cls(None)

    def admit(self, metadata: Mapping[str, str | bytes], permission: str) -> Principal:
        """The principal that calls; raises Denied when unknown or not permitted."""
        if not permission:
            raise Denied("NO_PERMISSION_NAMED", "the method names no permission", known=True)
        principal = self._known(str(metadata.get("authorization", "")))
        if not principal.may(permission):
            message = f"{principal.name} lacks the permission {permission}"
            raise Denied("PERMISSION_LACKING", message, known=True)
        return principal

    def _known(self, authorization: str) -> Principal:
        scheme, _, token = authorization.partition(" ")
        principal = self._by_digest.get(digest(token)) if scheme == "Bearer" and token else None
        if principal is not None:
            return principal
        if self._open:
            return DEVELOPER
        raise Denied("TOKEN_UNKNOWN", "no valid bearer token was sent", known=False)
