"""The embedded PostgreSQL: made, started, stopped and killed in folders of every awkward kind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from yunqian.problems import Problem, Refused
from yunqian.server.console import embedded, migrate
from yunqian.server.settings import Config, config

pytestmark = pytest.mark.usefixtures("no_database")


def configured(home: Path) -> Config:
    return config.read({"YUNQIAN_MODE": "test", "YUNQIAN_HOME": str(home)})


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Config]:
    """A running cluster whose folder has a space, a quote and Chinese in its name."""
    made = configured(tmp_path / "云 签's")
    embedded.start(made, is_durable=False)
    yield made
    embedded.stop(made)


def process_of(made: Config) -> int:
    return int((made.home / "pg" / "postmaster.pid").read_text().splitlines()[0])


def write_a_row(made: Config) -> None:
    with embedded.connect_as_admin(made) as admin:
        admin.execute("CREATE TABLE kept (word text)")
        admin.execute("INSERT INTO kept VALUES ('采购合同')")


def read_the_row(made: Config) -> str:
    with embedded.connect_as_admin(made) as admin:
        row = admin.execute("SELECT word FROM kept").fetchone()
        assert row is not None
        return row[0]


def test_speaks_utf8_and_sorts_and_matches_chinese(started):
    with embedded.connect_as_admin(started) as admin:
        assert admin.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert admin.execute(r"SELECT '采购合同' ~ '^\w+$', upper('é')").fetchone() == (True, "É")


def test_listens_on_its_socket_only_and_nobody_else_may_enter_it(started):
    with embedded.connect_as_admin(started) as admin:
        assert admin.execute("SHOW listen_addresses").fetchone() == ("",)
    folder = config.socket_folder(started.home)
    assert folder.stat().st_mode & 0o077 == 0
    assert (started.home / "pg").stat().st_mode & 0o077 == 0


def test_asks_for_the_password_even_on_the_socket(started):
    address = config.admin_database(started).for_psycopg()
    for password in ("", "wrong"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(**address | {"password": password})


def test_a_second_start_connects_to_the_running_one(started):
    before = process_of(started)
    assert embedded.start(started) is False
    assert process_of(started) == before


def test_stops_cleanly_and_starts_again_with_all_that_was_written(started):
    write_a_row(started)
    assert embedded.stop(started) is True
    assert embedded.stop(started) is False
    assert embedded.start(started, is_durable=False) is True
    assert read_the_row(started) == "采购合同"


def test_a_killed_database_starts_again_with_all_that_was_committed(tmp_path):
    made = configured(tmp_path / "home")
    embedded.start(made)  # durable: this is what is tried
    try:
        write_a_row(made)
        killed = process_of(made)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: not embedded.is_running(embedded.cluster(made)))
        assert (made.home / "pg" / "postmaster.pid").exists()
        assert embedded.start(made) is True
        assert process_of(made) != killed
        assert read_the_row(made) == "采购合同"
    finally:
        embedded.stop(made)


def test_a_mark_whose_number_belongs_to_another_program_now_is_survived(started):
    write_a_row(started)
    mark = started.home / "pg" / "postmaster.pid"
    lines = mark.read_text().splitlines()
    embedded.stop(started)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        try:
            mark.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
            assert not embedded.is_running(embedded.cluster(started))
            assert embedded.start(started, is_durable=False) is True
            assert read_the_row(started) == "采购合同"
        finally:
            other.kill()


def test_an_initdb_that_was_killed_leaves_nothing_in_the_way(tmp_path):
    made = configured(tmp_path / "home")
    half = made.home / "pg.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    try:
        assert embedded.start(made, is_durable=False) is True
        assert not half.exists()
    finally:
        embedded.stop(made)


def test_two_starts_at_once_make_one_database(tmp_path):
    made = configured(tmp_path / "home")
    answers: list[bool] = []
    threads = [
        threading.Thread(target=lambda: answers.append(embedded.start(made, is_durable=False)))
        for _ in range(3)
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [False, False, True]
    finally:
        embedded.stop(made)


def test_a_long_path_is_served_through_a_short_folder(tmp_path):
    made = configured(tmp_path / ("很长的文件夹" * 6))
    folder = config.socket_folder(made.home)
    try:
        embedded.start(made, is_durable=False)
        assert not folder.is_relative_to(made.home)
        write_a_row(made)
        assert read_the_row(made) == "采购合同"
    finally:
        embedded.stop(made)
        folder.rmdir()


def test_a_socket_folder_that_somebody_else_could_enter_is_refused(tmp_path):
    made = configured(tmp_path / "home")
    (made.home / "run").mkdir(mode=0o755)
    (made.home / "run").chmod(0o755)
    with pytest.raises(Refused) as caught:
        embedded.start(made)
    assert caught.value.problem is Problem.START_FAILED
    assert "not ours alone" in str(caught.value.facts["detail"])


def test_a_damaged_cluster_is_told_with_the_databases_own_words(started):
    embedded.stop(started)
    (started.home / "pg" / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(Refused) as caught:
        embedded.start(started)
    assert caught.value.problem is Problem.START_FAILED
    assert "pg_control" in str(caught.value.facts["detail"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root cannot run PostgreSQL as itself")
class TestAsRoot:
    def test_never_runs_as_root_with_privileges(self, started):
        status = Path("/proc", str(process_of(started)), "status").read_text()
        effective = next(line for line in status.splitlines() if line.startswith("CapEff"))
        assert int(effective.split()[1], 16) == 0

    def test_without_any_way_the_refusal_names_the_folder_in_the_way(self, tmp_path, monkeypatch):
        monkeypatch.setattr(embedded, "_may_stand_apart", lambda: False)
        tmp_path.chmod(0o700)
        with pytest.raises(Refused) as caught:
            embedded.start(configured(tmp_path / "home"))
        detail = str(caught.value.facts["detail"])
        assert "refuses to run as root" in detail
        assert "chmod o+x" in detail


def test_an_ordinary_user_needs_no_other_account(tmp_path):
    """As root, the whole of it in a process that is not root: in a user namespace of its own."""
    apart = os.geteuid() == 0
    if apart and not embedded._may_stand_apart():
        pytest.skip("this machine gives root no way to be somebody else")
    script = (
        "from yunqian.server.console import embedded, migrate; from yunqian.server import settings\n"
        "config = settings.current(); ours = embedded.cluster(config); migrate.bring_up(config)\n"
        "print(ours.account, ours.is_apart, embedded.stop(config))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={
            "YUNQIAN_MODE": "test",
            "YUNQIAN_HOME": str(tmp_path / "home"),
            "PYTHONPATH": str(config.CHECKOUT),
        },
        preexec_fn=embedded._stand_apart if apart else None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "None False True", done.stderr


def test_roles_and_tables_are_made_once_and_repeating_changes_nothing(tmp_path):
    made = configured(tmp_path / "home")
    try:
        embedded.start(made, is_durable=False)
        for _ in range(2):
            migrate.make_roles(made)
        with psycopg.connect(**made.owner_database.for_psycopg()) as owner:
            owner.execute("CREATE TABLE mine ()")
        with (
            psycopg.connect(**made.database.for_psycopg()) as app,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            app.execute("CREATE TABLE mine_too ()")
    finally:
        embedded.stop(made)


def wait_until(is_so, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
