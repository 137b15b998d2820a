"""The launcher's decisions: which Python, which Node, what a failure is called, what is fresh, what is removed."""

import errno
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TextIO

import pytest

from tests.house.tree import ROOT
from tools import launcher
from tools.launch import cleaning, environment, machine, paths, ports, testing, words
from tools.launch.checks import closing
from tools.launch.children import Family
from tools.launch.words import Name, NoNetwork, Stop

STEP = Name("步骤", "a step")


def test_an_old_python_is_told_what_to_do_in_both_languages() -> None:
    sentence = launcher.version_refusal((3, 9))
    assert "3.9" in sentence
    assert "需要 Python 3.11" in sentence
    assert "Python 3.11 or newer is needed" in sentence


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (4, 0)])
def test_a_python_that_will_do_is_not_refused(version: tuple[int, int]) -> None:
    assert launcher.version_refusal(version) == ""


def test_the_door_is_readable_for_an_old_python() -> None:
    """Its syntax must parse where the sentence about the old Python is needed."""
    compile((ROOT / "tools" / "launcher.py").read_text("utf-8"), "launcher.py", "exec")
    subprocess.run([sys.executable, "-c", _PARSE_AS_OLD], cwd=ROOT, check=True)


_PARSE_AS_OLD = "import ast; ast.parse(open('tools/launcher.py').read(), feature_version=(3, 7))"


@pytest.mark.parametrize(
    ("text", "has_npm", "is_taken"),
    [
        ("v24.19.0", True, True),
        ("v22.12.0", True, True),
        ("v22.11.9", True, False),
        ("v20.20.2", True, False),
        ("v24.19.0", False, False),
        ("", True, False),
        ("not a version", True, False),
    ],
)
def test_the_machines_node_is_taken_only_when_new_enough_and_with_npm(
    text: str, has_npm: bool, is_taken: bool
) -> None:
    assert machine.takes_own_node(text, has_npm=has_npm) is is_taken


def test_a_taken_port_names_its_owner_and_another_port() -> None:
    stop = machine.port_taken(8000, "python3 (4711)")
    assert "python3 (4711)" in stop.zh
    assert "YUNQIAN_PORT=8010 make run" in stop.en


def test_a_taken_client_port_says_that_another_one_may_be_running() -> None:
    assert "another yunqian" in machine.port_taken(17311, is_client=True).en


@pytest.mark.parametrize("text", ["", "80", "70000", "-1", "eight", "８０００ "])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Stop):
        machine.port_number(text, "YUNQIAN_PORT")


def test_somebody_who_listens_is_found_and_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not ports.is_free(port)
        assert ports.answers(port)
        assert str(os.getpid()) in ports.owner_of(port)
    assert ports.is_free(port)


def test_too_little_room_is_said_beforehand() -> None:
    refusal = machine.room_refusal(100_000_000, is_first=True, place="here")
    assert refusal is not None
    assert "100 MB left at here" in refusal.en
    assert machine.room_refusal(machine.ROOM_FIRST_BYTES, is_first=True, place="here") is None


@pytest.mark.parametrize(
    "output", ["error: No space left on device (os error 28)", "npm error code ENOSPC", "Disk quota exceeded"]
)
def test_a_full_disk_is_recognised_in_any_programs_words(output: str) -> None:
    assert "The disk is full" in words.why_it_failed(STEP, output, "here").en


@pytest.mark.parametrize(
    "output",
    [
        "Temporary failure in name resolution",
        "npm error code EAI_AGAIN",
        "dns error: failed to lookup address information",
        "error sending request for url",
    ],
)
def test_a_missing_network_is_recognised_in_any_programs_words(output: str) -> None:
    assert isinstance(words.why_it_failed(STEP, output, "here"), NoNetwork)


def test_any_other_failure_shows_the_last_lines_and_no_guess() -> None:
    stop = words.why_it_failed(STEP, "first\nlast", "here")
    assert stop.detail == "first\nlast"
    assert "a step" in stop.en


def test_a_system_error_becomes_a_sentence() -> None:
    assert "The disk is full" in words.why_the_system_refused(OSError(errno.ENOSPC, "full", "x")).en
    assert "No permission" in words.why_the_system_refused(PermissionError(errno.EACCES, "no", "x")).en


def test_a_stamp_is_fresh_only_for_what_it_was_written_for(tmp_path: Path) -> None:
    stamp = tmp_path / "deep" / "stamp.json"
    assert not machine.is_fresh(stamp, {"lock": "1"})
    machine.write_stamp(stamp, {"lock": "1"})
    assert machine.is_fresh(stamp, {"lock": "1"})
    assert not machine.is_fresh(stamp, {"lock": "2"})
    stamp.write_text("{", "utf-8")
    assert not machine.is_fresh(stamp, {"lock": "1"})


def test_a_digest_sees_a_changed_content_and_a_changed_name(tmp_path: Path) -> None:
    one = tmp_path / "one"
    one.write_text("1")
    first = machine.digest([one], root=tmp_path)
    one.write_text("2")
    assert machine.digest([one], root=tmp_path) != first
    one.write_text("1")
    assert machine.digest([one.rename(tmp_path / "two")], root=tmp_path) != first


def test_uv_is_taken_from_the_lock_with_its_hashes() -> None:
    block = machine.block_of((ROOT / "requirements.lock").read_text("utf-8"), "uv")
    assert block.startswith("uv==")
    assert block.count("--hash=sha256:") > 5
    assert block.count("==") == 1


def test_a_package_that_the_lock_lacks_is_a_sentence() -> None:
    with pytest.raises(Stop):
        machine.block_of("pip==1 \\\n    --hash=sha256:00\n", "uv")


def test_a_python_without_ensurepip_is_told_which_package_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "PYTHON", tmp_path / "none")
    monkeypatch.setattr(machine, "ROOM_FIRST_BYTES", 0)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(Stop) as stop:
        environment.refuse_a_poor_machine()
    assert "sudo apt install python3." in stop.value.en


def test_a_folder_with_other_things_is_never_adopted(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(Stop) as stop:
        paths.claim_home(tmp_path)
    assert str(tmp_path) in stop.value.en


def test_a_new_home_is_marked_and_private(tmp_path: Path) -> None:
    home = tmp_path / "home"
    paths.claim_home(home)
    paths.claim_home(home)
    assert (home / paths.MARKER).is_file()
    assert home.stat().st_mode & 0o077 == 0


def test_cleaning_removes_only_a_marked_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUNQIAN_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "mine.txt").write_text("mine")
    with pytest.raises(Stop):
        cleaning.clean()
    assert (tmp_path / "home" / "mine.txt").exists()
    (tmp_path / "home" / paths.MARKER).touch()
    assert cleaning.clean() == 0
    assert not (tmp_path / "home").exists()
    assert cleaning.clean() == 0


def test_cleaning_does_not_stop_a_strangers_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number in the lock may have been given to another program since."""
    home = tmp_path / "home"
    monkeypatch.setenv("YUNQIAN_HOME", str(home))
    paths.claim_home(home)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        (home / "launcher.lock").write_text(str(stranger.pid))
        assert cleaning.clean() == 0
        assert stranger.poll() is None
        stranger.terminate()


def test_a_child_that_dies_is_named_with_its_exit_code(tmp_path: Path) -> None:
    family = Family(tmp_path, os.environ)
    family.start(
        "worker", Name("后台作业", "worker"), [sys.executable, "-c", "print('bye'); raise SystemExit(3)"]
    )
    with pytest.raises(Stop) as stop:
        family.wait_until(lambda: False, seconds=20, what=STEP)
    family.stop()
    assert "worker" in stop.value.en
    assert "exit code 3" in stop.value.en
    assert (tmp_path / "worker.log").read_text("utf-8") == "bye\n"


def test_children_end_together_with_their_own_children(tmp_path: Path) -> None:
    family = Family(tmp_path, os.environ)
    family.start("server", Name("服务", "server"), [sys.executable, "-c", _WITH_A_CHILD])
    family.wait_until(lambda: "ready" in _log(tmp_path), seconds=20, what=STEP)
    grandchild = int(_log(tmp_path).split()[1])
    family.stop()
    for _ in range(100):
        if not _is_alive(grandchild):
            return
        time.sleep(0.05)
    pytest.fail("the grandchild outlived the family")


_WITH_A_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("ready", child.pid, flush=True)
time.sleep(60)
"""


def _log(folder: Path) -> str:
    path = folder / "server.log"
    return path.read_text("utf-8") if path.exists() else ""


def _is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]


def test_the_closing_line_of_pytest_is_counted() -> None:
    line = "\x1b[31m== \x1b[32m12 passed\x1b[0m, 1 failed, 2 skipped, 1 error in 3.2s =="
    assert testing.count_of(line) == testing.Count(passed=12, failed=2, skipped=2)
    assert str(testing.count_of(line)) == "12 passed, 2 failed, 2 skipped"


def test_a_failed_check_fails_the_closing_line() -> None:
    assert closing([True, False], testing.Count(passed=5), 0) == testing.Count(passed=6, failed=1)


def test_a_run_that_broke_before_counting_is_no_success() -> None:
    assert closing([True], testing.Count(), 4) == testing.Count(passed=1, failed=1)


def test_an_unknown_verb_is_answered_with_the_list() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.launcher", "fly"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "clean-demo" in done.stdout
    assert done.stderr == ""


def test_a_taken_port_ends_make_run_with_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        environment = {**os.environ, "YUNQIAN_PORT": str(port), "YUNQIAN_HOME": str(tmp_path / "home")}
        done = subprocess.run(
            [sys.executable, "-m", "tools.launcher", "run"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"The port {port} is taken" in done.stdout
    assert f"端口 {port} 已被占用" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "home").exists()


def test_the_two_halves_of_the_tests_are_all_of_them_and_none_is_run_twice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (first, second) = testing.HALVES
    assert (first[0], first[1]) == ("tests", f"--ignore={second[0]}")
    outcomes = {first: (0, testing.Count(passed=3)), second: (1, testing.Count(passed=2, failed=1))}

    def half(part: tuple[str, ...], out: TextIO) -> tuple[int, testing.Count]:
        out.write(f"{part[0]}\n")
        return outcomes[part]

    monkeypatch.setattr(testing, "_run_half", half)
    assert testing.run_pytest(()) == (1, testing.Count(passed=5, failed=1))
    assert capsys.readouterr().out.splitlines()[-2:] == ["tests", "tests/server"]
