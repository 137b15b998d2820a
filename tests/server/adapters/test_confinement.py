"""The walls around a child: seen from inside, where whoever took over a PDF library would stand."""

import json
import resource
import socket
import sys
import time
from pathlib import Path

import pytest

from tests import needs
from yunqian.problems import Problem, Refused
from yunqian.server.adapters import children, confinement

pytestmark = [
    pytest.mark.usefixtures("no_database"),
    needs.program("bwrap"),
    needs.namespaces(),
]


def inside(script: str, *, readable: tuple[Path, ...] = (), scratch_bytes: int = 0) -> object:
    """What a script prints as JSON inside the walls."""
    command = (sys.executable, "-I", "-c", f"import json, os\n{script}")
    answer = children.answer(command, b"", wall_seconds=20, readable=readable, scratch_bytes=scratch_bytes)
    return json.loads(answer)


def test_where_bubblewrap_works_our_walls_stand():
    assert confinement.is_available()


def test_there_is_no_environment(monkeypatch):
    monkeypatch.setenv("YUNQIAN_DATABASE_URL", "postgresql://app:secret@db/yunqian")
    seen = inside("print(json.dumps(dict(os.environ)))")
    assert isinstance(seen, dict)
    assert seen.pop("PATH") == "/usr/bin"
    assert set(seen) <= {"PWD", "LC_CTYPE"}


def test_there_is_no_network_not_even_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        script = (
            f"import socket\ntry:\n socket.create_connection(('127.0.0.1', {port}), 3); told = 'reached'\n"
            "except OSError: told = 'refused'\nprint(json.dumps([told, len(socket.if_nameindex())]))"
        )
        assert inside(script) == ["refused", 1]


def test_no_file_of_the_platform_is_readable_but_what_is_named(tmp_path: Path):
    trust, secret = tmp_path / "trust", tmp_path / "secrets.json"
    trust.mkdir()
    (trust / "root.pem").write_text("a root")
    secret.write_text("a secret")
    script = (
        f"found = [os.path.exists(p) for p in ({str(secret)!r}, {str(trust / 'root.pem')!r},"
        " '/etc/passwd', '/home', '/proc/1/' + 'root/etc/passwd')]\nprint(json.dumps(found))"
    )
    assert inside(script) == [False] * 5
    assert inside(script, readable=(trust,)) == [False, True, False, False, False]


def test_nothing_can_be_written_and_nobody_else_is_seen():
    script = (
        "def refused(path):\n try: open(path, 'w')\n except OSError: return True\n return False\n"
        "tried = [refused(p) for p in ('/x', '/var/x', '/usr/lib/x')]\n"
        "numbers = [int(name) for name in os.listdir('/proc') if name.isdigit()]\n"
        "print(json.dumps([tried, os.getuid(), max(numbers) < 10]))"
    )
    assert inside(script) == [[True] * 3, 65534, True]


def test_a_child_that_is_stopped_is_gone_with_all_it_started():
    mark = f"{time.monotonic_ns()}"
    child = f"import time; {mark}; time.sleep(60)"
    script = (
        f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {child!r}])\n"
        f"import time; {mark}; time.sleep(60)"
    )
    with pytest.raises(Refused) as refused:
        children.answer((sys.executable, "-I", "-c", script), b"", wall_seconds=0.5)
    assert refused.value.problem is Problem.INTAKE_TIMEOUT
    time.sleep(0.2)
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert [one for one in commands if mark.encode() in one] == []


def test_where_no_bubblewrap_works_the_limits_still_hold(monkeypatch):
    monkeypatch.setattr(confinement, "is_available", lambda: False)
    script = (
        "import sys\nfrom yunqian.server.adapters import confinement\nimport resource\n"
        "confinement.take_limits(sys.argv)\n"
        "kinds = ('AS', 'CPU', 'CORE', 'FSIZE', 'NOFILE')\n"
        "print(json.dumps([resource.getrlimit(getattr(resource, f'RLIMIT_{k}'))[1] for k in kinds]))"
    )
    assert inside(script) == [confinement.MEMORY_BYTES, 60, 0, confinement.ANSWER_BYTES, 64]
    assert resource.getrlimit(resource.RLIMIT_CPU)[1] != 60, "the limits are the child's own"


def test_the_processes_are_counted_only_behind_walls():
    script = (
        "import sys, resource\nfrom yunqian.server.adapters import confinement\n"
        "confinement.take_limits(['--confined'])\n"
        "print(json.dumps(resource.getrlimit(resource.RLIMIT_NPROC)[1]))"
    )
    assert inside(script) == confinement.PROCESSES
    assert confinement.command(("python", "-m", "x"))[-1] == confinement.CONFINED
    assert confinement.command(("python", "-c", "x"))[-1] == "x"


def test_what_is_left_to_work_can_only_shrink():
    script = (
        "import resource\nfrom yunqian.server.adapters import confinement\nseen = []\n"
        "for left in (40, 5, 50):\n confinement.leave_seconds(left)\n"
        " seen.append(resource.getrlimit(resource.RLIMIT_CPU)[0])\nprint(json.dumps(seen))"
    )
    first, second, third = inside(script)  # type: ignore[misc]
    assert 40 <= first <= 42
    assert 5 <= second == third <= 7


def test_a_child_that_writes_without_end_is_stopped():
    script = (
        "import sys, resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "while True: os.write(1, b'x' * 1024)"
    )
    with pytest.raises(Refused) as refused:
        inside(script)
    assert refused.value.problem is Problem.INTAKE_TIMEOUT


def test_a_scratch_folder_holds_so_much_and_is_gone_with_its_child():
    script = (
        f"path = {confinement.SCRATCH!r} + '/left'\nfound = [os.path.exists(path)]\nwritten = 0\n"
        "try:\n    with open(path, 'wb', buffering=0) as left:\n        for _ in range(64):\n"
        "            written += left.write(bytes(65536))\nexcept OSError as error:\n    found.append(error.errno)\n"
        "print(json.dumps([found, written]))"
    )
    assert confinement.has_scratch()
    for _ in range(2):
        assert inside(script, scratch_bytes=1024 * 1024) == [[False, 28], 1024 * 1024]  # no space left
