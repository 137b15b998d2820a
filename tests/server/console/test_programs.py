"""migrate, serve, worker, database and doctor as programs: what they do, what they say, how they end."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest

from yunqian.problems import Problem, Refused
from yunqian.server import scope
from yunqian.server.actions import later
from yunqian.server.console import database as database_command
from yunqian.server.console import doctor, migrate, readiness, serve
from yunqian.server.records.models import Tenant
from yunqian.server.settings import Config, Mode, config, proxies, secrets

ROOT = Path(__file__).resolve().parents[3]
MAIN = "import importlib, sys; sys.exit(importlib.import_module(sys.argv[1]).main(sys.argv[2:]))"


def command(name: str, **changed: str) -> dict:
    """Arguments of Popen for one subcommand in a process of its own."""
    return {
        "args": [sys.executable, "-c", MAIN, f"yunqian.server.console.{name}"],
        "env": os.environ | {"PYTHONPATH": str(ROOT)} | changed,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def other_home(tmp_path: Path) -> dict[str, str]:
    return {"YUNQIAN_HOME": str(tmp_path / "home"), "YUNQIAN_MODE": "test"}


class TestServe:
    def test_the_scheme_is_believed_from_the_same_proxies(self, database: Config):
        behind = replace(database, trusted_proxies=proxies.parse("10.0.0.9,fd00::/8"))
        chosen = serve._Server(behind, 1).cfg
        assert chosen.forwarded_allow_ips == ["127.0.0.1", "10.0.0.9/32", "fd00::/8"]
        assert len(chosen.forwarded_allow_networks()) == 3

    @pytest.fixture
    def server(self, database: Config, port: int) -> Iterator[subprocess.Popen]:
        with subprocess.Popen(**command("serve", YUNQIAN_PORT=str(port))) as program:
            line = program.stdout.readline() if program.stdout else ""
            assert str(port) in line, program.stderr.read() if program.stderr else ""
            yield program
            if program.poll() is None:
                program.kill()

    def ask(self, port: int, path: str = "/api/health") -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path)
        return connection.getresponse()

    def test_answers_and_ends_at_once_when_asked(self, server, port):
        assert self.ask(port).status == 200
        asked_at = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) == 0
        assert time.monotonic() - asked_at < 10

    def test_is_served_by_two_processes(self, server, port):
        assert self.ask(port).status == 200
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
        wait_until(lambda: len(children.read_text().split()) == serve.PROCESSES)

    def test_outlives_a_killed_database_and_tells_the_truth_meanwhile(self, other_home, port):
        environ = other_home | {"YUNQIAN_PORT": str(port)}
        subprocess.run(**without_pipes(command("migrate", **environ)), check=True)
        arguments = command("database", **environ)
        mark = Path(environ["YUNQIAN_HOME"], "pg", "postmaster.pid")
        with subprocess.Popen(**command("serve", **environ)) as program:
            try:
                assert program.stdout
                assert str(port) in program.stdout.readline()
                assert self.ask(port).status == 200
                os.kill(int(mark.read_text().splitlines()[0]), signal.SIGKILL)
                wait_until(lambda: self.ask(port).status == 503)
                subprocess.run([*arguments["args"], "start"], env=arguments["env"], check=True)
                assert [self.ask(port).status for _ in range(20)] == [200] * 20
            finally:
                program.terminate()
                subprocess.run([*arguments["args"], "stop"], env=arguments["env"], check=True)

    def test_refuses_a_taken_port_in_a_sentence(self, database, port):
        with socket.create_server(("127.0.0.1", port)):
            done = subprocess.run(**without_pipes(command("serve", YUNQIAN_PORT=str(port))), check=False)
        assert done.returncode == 1
        assert f"port {port} is taken" in done.stderr
        assert "Traceback" not in done.stderr

    def test_refuses_without_its_database_in_a_sentence(self, other_home, port):
        done = subprocess.run(
            **without_pipes(command("serve", **other_home, YUNQIAN_PORT=str(port))), check=False
        )
        assert done.returncode == 1
        assert "the database does not answer; run `yunqian migrate` first" in done.stderr
        assert "Traceback" not in done.stderr


def without_pipes(arguments: dict) -> dict:
    """The same for subprocess.run, which makes the pipes itself."""
    kept = {name: value for name, value in arguments.items() if name not in {"stdout", "stderr"}}
    return kept | {"capture_output": True, "timeout": 60}


def wait_until(is_so, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class TestWorker:
    def test_runs_what_is_due_and_ends(self, database, admin):
        with scope.platform(is_writing=True):
            later.defer(later.EVIDENCE_CHECK, tenant_id=str(uuid4()), envelope_id=str(uuid4()))
        arguments = command("worker")
        done = subprocess.run(
            args=[*arguments["args"], "--once"],
            env=arguments["env"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        # The hourly jobs may be waiting too.
        left = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s"
        assert admin.execute(left, [later.EVIDENCE_CHECK]).fetchone() == (0,)

    def test_ends_at_once_when_asked(self, database):
        with subprocess.Popen(**command("worker")) as program:
            time.sleep(3)
            assert program.poll() is None, program.stderr.read() if program.stderr else ""
            program.send_signal(signal.SIGTERM)
            assert program.wait(timeout=20) == 0

    def test_refuses_without_its_database_in_a_sentence(self, other_home):
        done = subprocess.run(**without_pipes(command("worker", **other_home)), check=False)
        assert done.returncode == 1
        assert "the database does not answer" in done.stderr
        assert "Traceback" not in done.stderr


class TestMigrate:
    def test_makes_everything_from_nothing_and_repeats_quickly(self, other_home):
        try:
            for most_seconds in (60.0, 5.0):
                began = time.monotonic()
                done = subprocess.run(**without_pipes(command("migrate", **other_home)), check=False)
                assert done.returncode == 0, done.stderr
                assert time.monotonic() - began < most_seconds
            done = subprocess.run(**without_pipes(command("doctor", **other_home)), check=False)
            assert "migrations: all applied" in done.stdout
        finally:
            arguments = command("database", **other_home)
            subprocess.run([*arguments["args"], "stop"], env=arguments["env"], check=True)

    def test_brings_up_a_database_of_ones_own_by_its_addresses(self, admin, database, tmp_path):
        """Roles and database are its administrator's; here the embedded server plays it, under other names."""
        for role in ("own_owner", "own_app"):
            admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'p@ss'")
        admin.execute("CREATE DATABASE own OWNER own_owner")
        place = f"p%40ss@/own?host={quote(database.database.host, safe='')}"
        environ = {
            "YUNQIAN_HOME": str(tmp_path / "home"),
            "YUNQIAN_DATABASE_URL": f"postgresql://own_app:{place}",
            "YUNQIAN_OWNER_DATABASE_URL": f"postgresql://own_owner:{place}",
        }
        try:
            done = subprocess.run(**without_pipes(command("migrate", **environ)), check=False)
            assert done.returncode == 0, done.stderr
            done = subprocess.run(**without_pipes(command("doctor", **environ)), check=False)
            assert "(given), role own_app owns nothing" in done.stdout
            environ["YUNQIAN_OWNER_DATABASE_URL"] = ""
            done = subprocess.run(**without_pipes(command("migrate", **environ)), check=False)
            assert done.returncode == 1
            assert "YUNQIAN_OWNER_DATABASE_URL is not set" in done.stderr
        finally:
            for statement in ("DROP DATABASE own", "DROP ROLE own_owner", "DROP ROLE own_app"):
                admin.execute(statement)

    def test_new_secrets_are_made_only_when_asked(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setenv("YUNQIAN_HOME", str(tmp_path / "home"))
        monkeypatch.setattr(migrate, "bring_up", lambda _: None)
        assert migrate.main(["--new-secrets"]) == 0
        assert not secrets.load(tmp_path / "home" / "secrets.json").is_demo

    def test_the_migrations_say_what_the_records_say(self, database):
        from django.core.management import call_command

        call_command("makemigrations", check=True, dry_run=True, verbosity=0)


class TestDatabase:
    def test_tells_whether_it_runs(self, database, capsys):
        assert database_command.main(["status"]) == 0
        assert database_command.main(["start"]) == 0
        assert "already" in capsys.readouterr().out

    def test_not_running_is_exit_code_three(self, other_home):
        arguments = command("database", **other_home)
        done = subprocess.run([*arguments["args"], "status"], env=arguments["env"], check=False)
        assert done.returncode == 3


class TestReadiness:
    def test_production_refuses_a_database_with_the_demos_people(self, two_tenants, database):
        with readiness.connected(database) as app:
            assert not readiness.has_demo_rows(app)
            with scope.platform(is_writing=True):
                Tenant.objects.filter(pk=two_tenants.company_id).update(is_demo=True)
            app.rollback()
            assert readiness.has_demo_rows(app)

    @pytest.mark.parametrize("role", ["owner", "admin"])
    def test_refuses_a_role_that_could_step_around_the_policies(self, database, role):
        import psycopg

        address = config.embedded_database(database.home, database.secrets, role).for_psycopg()
        with (
            psycopg.connect(**address | {"dbname": database.database.name}) as powerful,
            pytest.raises(Refused) as caught,
        ):
            readiness.refuse_powerful(powerful)
        assert caught.value.problem is Problem.CONFIG_INSECURE


class TestDoctor:
    def test_says_what_is_in_order_and_what_is_not(self, database, capsys):
        code = doctor.main([])
        said = capsys.readouterr().out.splitlines()
        assert len(said) == len(doctor.CHECKS)
        assert code == int(any("not ok" in line for line in said))
        assert any(line.startswith("正常 ok") and "database: PostgreSQL" in line for line in said)
        assert any("migrations: all applied" in line for line in said)

    def test_what_the_trust_folder_cannot_use_is_told(self, tmp_path: Path, database: Config):
        check = doctor.CHECKS["trust folder"]
        lonely = replace(database, home=tmp_path)
        assert "no certificate is trusted" in check(lonely)
        lonely.trust_folder.mkdir(parents=True)
        assert check(lonely) == "0 trusted certificates, 0 revocation lists and answers"
        (lonely.trust_folder / "notes.pem").write_text("not a certificate")
        with pytest.raises(Refused) as refused:
            check(lonely)
        assert "notes.pem" in str(refused.value.facts["detail"])

    def test_says_whose_word_about_the_clients_address_is_believed(self, database: Config):
        check = doctor.CHECKS["reverse proxies"]
        behind = replace(database, trusted_proxies=proxies.parse("10.0.0.9,fd00::/8"))
        assert check(behind) == "X-Forwarded-For is believed from 10.0.0.9/32, fd00::/8 alone"
        assert check(database) == "X-Forwarded-For is believed from nobody"
        with pytest.raises(Refused) as caught:
            check(replace(database, mode=Mode.PRODUCTION))
        assert "anybody can pause everybody" in str(caught.value.facts["detail"])

    def test_names_what_is_wrong_without_a_traceback(self, other_home):
        done = subprocess.run(**without_pipes(command("doctor", **other_home)), check=False)
        assert done.returncode == 1
        assert "不正常 not ok  database: the database does not answer" in done.stdout
        assert "Traceback" not in done.stdout + done.stderr

    def test_a_wrong_configuration_is_told_first(self, tmp_path):
        environ = {"YUNQIAN_HOME": str(tmp_path), "YUNQIAN_MODE": "production"}
        done = subprocess.run(**without_pipes(command("doctor", **environ)), check=False)
        assert done.returncode == 1
        assert done.stdout.startswith("不正常 not ok  configuration: ")
        assert "--new-secrets" in done.stdout
