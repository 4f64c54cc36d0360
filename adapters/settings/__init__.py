"""What an operator may set: from ``COREBANK_…`` variables; every setting has a working default.

Units: paths are folders or files of the machine; ``listen`` is ``host:port``.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import structlog
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Follow(StrEnum):
    """Who keeps a ledger's read models and its entity index up with the log."""

    PROCESS = "process"
    THREAD = "thread"
    ELSEWHERE = "elsewhere"


class Settings(BaseSettings):
    """The settings of one process on one ledger."""

    model_config = SettingsConfigDict(env_prefix="COREBANK_", extra="forbid")

    database_url: str | None = Field(
        default=None, description="Any PostgreSQL >= 15; absent: the embedded server is used."
    )
    data_folder: Path = Field(
        default=Path(".corebank"), description="Where the embedded server keeps its data."
    )
    schema_name: str = Field(
        default="corebank",
        pattern=r"^[a-z][a-z0-9_]{0,40}$",
        description="The ledger: one schema holds one log and its read models.",
    )
    listen: str = Field(default="127.0.0.1:50051", description="Where the gRPC server listens.")
    credentials_file: Path | None = Field(
        default=None, description="Principals, their permissions and the hashes of their tokens."
    )
    development: bool = Field(
        default=False, description="Loopback only: every caller is the principal 'developer'."
    )
    follow: Follow = Field(
        default=Follow.PROCESS,
        description="Who keeps the read models up: a process beside the server, a thread of it, or "
        "(elsewhere) another server of the same ledger.",
    )
    read_only: bool = Field(
        default=False, description="Never take the lease: answer questions, refuse every write."
    )
    allow_unsafe_durability: bool = Field(
        default=False, description="Warn instead of refusing when the database is not durable."
    )


def log_as_json() -> None:
    """What the processes of a server say goes out as one JSON object a line."""
    structlog.configure(processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ])  # fmt: skip
