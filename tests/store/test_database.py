"""The embedded server and the migrations: what is committed stays, what is unfit is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from structlog.testing import capture_logs

from adapters.database import keeper, open_database
from adapters.database.embedded import EmbeddedServer, ServerFailed
from adapters.database.guards import DurabilityOff, require_durability
from adapters.database.migrate import SchemaUnknown, migrate, require_known_schema
from adapters.database.programs import SYSTEM_DATA, place_of
from adapters.settings import Settings

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 30
USES_SERVER = """
import sys
from pathlib import Path
from adapters.database.embedded import EmbeddedServer
with EmbeddedServer(Path(sys.argv[1])) as server:
    print(server.process_id, flush=True)
    sys.stdin.read()
"""
MIGRATES = """
import sys
from adapters.database.migrate import migrate
migrate(sys.argv[1], sys.argv[2])
"""


def passable_folder() -> Iterator[Path]:
    """A folder that the server's user can reach also under root; pytest's own are closed to it."""
    with tempfile.TemporaryDirectory(prefix="corebank-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


new_folder = pytest.fixture(passable_folder)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A server's folder with data in it, for tests that each begin and end with it stopped."""
    for passable in passable_folder():
        with EmbeddedServer(passable / "server") as server:
            run_sql(server, "CREATE TABLE deposit (amount_minor bigint)")
        yield server.folder


def run_sql(server: EmbeddedServer, statement: str) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute(statement.encode())


def deposits(server: EmbeddedServer) -> int:
    """How many deposits the table holds."""
    with psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT count(*) FROM deposit").fetchone()
    assert row is not None
    return int(row[0])


def user_of(folder: Path) -> subprocess.Popen[str]:
    """Another process that uses the folder's server until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", USES_SERVER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )


def seen_by(user: subprocess.Popen[str]) -> int:
    """Process id of the server that another process uses, as soon as it does."""
    assert user.stdout is not None
    return int(user.stdout.readline())


def comes_to_an_end(folder: Path) -> bool:
    """Whether the server is gone, or goes within the time that a stop may take."""
    until = time.monotonic() + WAIT_SECONDS
    while keeper.server_process(folder / "data") is not None:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_what_was_committed_is_there_after_a_restart(folder: Path) -> None:
    with EmbeddedServer(folder) as server:
        before = deposits(server)
        run_sql(server, "INSERT INTO deposit VALUES (100)")
    assert server.process_id is None
    with EmbeddedServer(folder) as server:
        assert deposits(server) == before + 1


def test_what_was_committed_is_there_after_the_server_was_killed(folder: Path) -> None:
    with EmbeddedServer(folder) as server:
        before = deposits(server)
        run_sql(server, "INSERT INTO deposit VALUES (100)")
        first = server.process_id
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert comes_to_an_end(folder)
        server.start()
        assert server.process_id not in {None, first}
        assert deposits(server) == before + 1


def test_starters_at_once_share_one_server_over_new_data(new_folder: Path) -> None:
    half_made = new_folder / "server" / "data.making"
    half_made.mkdir(parents=True)
    half_made.parent.chmod(0o711)
    (half_made / "PG_VERSION").write_text("18\n")
    users = [user_of(half_made.parent) for _ in range(3)]
    seen = {seen_by(user) for user in users}
    for user in users:
        user.communicate("")
    assert len(seen) == 1
    assert [user.returncode for user in users] == [0, 0, 0]
    assert comes_to_an_end(half_made.parent)


def test_the_last_user_stops_the_server_and_not_the_one_who_started_it(folder: Path) -> None:
    starter, other = EmbeddedServer(folder), EmbeddedServer(folder)
    starter.start()
    other.start()
    assert other.process_id == starter.process_id
    starter.stop()
    assert deposits(other) >= 0
    other.stop()
    assert other.process_id is None
    other.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_running_when_the_user_is_killed(folder: Path, number: int) -> None:
    user = user_of(folder)
    seen_by(user)
    os.killpg(user.pid, number)
    user.communicate()  # where Ctrl-C is ignored, as in a background job, its input ends instead
    assert comes_to_an_end(folder)


def test_a_server_that_the_operator_started_is_not_stopped(folder: Path) -> None:
    place = place_of(folder)
    order = ["-D", str(folder / "data"), "-w", "-l", str(folder / "server.log")]
    program = place.programs / "pg_ctl"
    with EmbeddedServer(folder) as server:
        port = ["-o", f"-p {psycopg.conninfo.conninfo_to_dict(server.url)['port']}"]
    assert keeper.run(program, "start", *order, *port, identity=place.identity)[0] == 0
    try:
        with EmbeddedServer(folder) as server:
            by_hand = server.process_id
            assert deposits(server) >= 0
        assert server.process_id == by_hand is not None
    finally:
        keeper.run(program, "stop", *order, identity=place.identity)


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(folder: Path) -> None:
    identity = place_of(folder).identity
    who = {} if identity is None else {"user": identity.user_id, "group": identity.group_id}
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", **who)  # type: ignore[call-overload]
    try:
        (folder / "data" / "postmaster.pid").write_text(f"{stranger.pid}\n{folder / 'data'}\n")
        with EmbeddedServer(folder) as server:
            assert server.process_id not in {None, stranger.pid}
            assert deposits(server) >= 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_other_peoples_files_are_left_alone(new_folder: Path) -> None:
    letter = new_folder / "data" / "letter.txt"
    letter.parent.mkdir()
    letter.write_text("keep me")
    with pytest.raises(ServerFailed, match="choose another COREBANK_DATA_FOLDER"):
        EmbeddedServer(new_folder).start()
    assert letter.read_text() == "keep me"


def test_a_closed_folder_is_not_opened_up(new_folder: Path) -> None:
    closed = new_folder / "closed"
    closed.mkdir(mode=0o700)
    place = place_of(closed / "server")
    assert closed.stat().st_mode & 0o777 == 0o700
    is_elsewhere = place.folder.parent == SYSTEM_DATA
    assert is_elsewhere if os.geteuid() == 0 else place.folder == closed / "server"


def test_data_and_password_are_closed_to_others(folder: Path) -> None:
    assert (folder / "data").stat().st_mode & 0o777 == 0o700
    assert (folder / "password").stat().st_mode & 0o777 == 0o600
    with EmbeddedServer(folder) as server:
        address = server.url.replace((folder / "password").read_text(), "guessed")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(address)


def test_a_server_is_durable_unless_told_otherwise(folder: Path) -> None:
    with EmbeddedServer(folder) as server:
        require_durability(server.url)


def test_a_server_that_could_lose_money_is_refused(folder: Path) -> None:
    off = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    with EmbeddedServer(folder, off) as server:
        with pytest.raises(DurabilityOff, match="fsync") as refused:
            require_durability(server.url)
        assert refused.value.settings == sorted(off)
        with capture_logs() as logs:
            require_durability(server.url, allow_unsafe=True)
    assert logs == [{"event": "database.not_durable", "log_level": "warning", "off": sorted(off)}]


def test_the_database_of_the_settings_is_the_embedded_one(folder: Path) -> None:
    with open_database(Settings(database_url=None, data_folder=folder)) as database:
        engine = database.sqlalchemy_engine(pool_size=1)
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SHOW search_path").scalar() == "corebank"
        engine.dispose()
    assert keeper.server_process(folder / "data") is None


def test_an_address_in_the_settings_starts_no_server(postgres_url: str, new_folder: Path) -> None:
    settings = Settings(database_url=postgres_url, data_folder=new_folder / "unused")
    with open_database(settings) as database:
        assert database.url == postgres_url
    assert not (new_folder / "unused").exists()


def test_a_migrated_schema_is_known_and_migrating_again_changes_nothing(
    postgres_url: str, schema_name: str
) -> None:
    require_known_schema(postgres_url, schema_name)
    before = tables(postgres_url, schema_name)
    migrate(postgres_url, schema_name)
    assert tables(postgres_url, schema_name) == before >= {"log", "head", "alembic_version"}


def test_migrations_touch_no_other_schema(postgres_url: str, schema_name: str) -> None:
    before = tables(postgres_url, schema_name), tables(postgres_url, "public")
    other = f"{schema_name}_other"
    try:
        migrate(postgres_url, other)
        assert tables(postgres_url, other) == before[0]
        assert (tables(postgres_url, schema_name), tables(postgres_url, "public")) == before
    finally:
        drop(postgres_url, other)


def test_a_schema_that_was_never_migrated_is_refused(postgres_url: str) -> None:
    with pytest.raises(SchemaUnknown, match="corebank migrate") as refused:
        require_known_schema(postgres_url, "never_made")
    assert refused.value.found is None


def test_a_schema_of_a_newer_code_is_refused(postgres_url: str, schema_name: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute(f"UPDATE {schema_name}.alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaUnknown) as refused:
        require_known_schema(postgres_url, schema_name)
    assert (refused.value.found, refused.value.expected) == ("9999", "0010")
    with pytest.raises(SchemaUnknown):
        migrate(postgres_url, schema_name)


def test_processes_that_migrate_at_once_take_turns(postgres_url: str) -> None:
    name = f"test_{uuid.uuid4().hex[:12]}"
    command = [sys.executable, "-c", MIGRATES, postgres_url, name]
    try:
        processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(4)]
        assert [process.wait(WAIT_SECONDS) for process in processes] == [0, 0, 0, 0]
        require_known_schema(postgres_url, name)
    finally:
        drop(postgres_url, name)


def tables(url: str, schema: str) -> set[str]:
    """Names of the tables of a schema."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema]
        ).fetchall()
    return {name for (name,) in rows}


def drop(url: str, schema: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())
