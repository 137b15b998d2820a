"""Children that read strangers' documents: few at a time, and without our environment."""

import os
import sys
import threading
import time

import pytest

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import children

pytestmark = pytest.mark.usefixtures("no_database")


def asked(script: str, *, wall_seconds: float = 20) -> bytes:
    return children.answer((sys.executable, "-I", "-c", script), b"", wall_seconds=wall_seconds)


def test_a_child_sees_nothing_of_our_environment(monkeypatch):
    monkeypatch.setenv("YUNQIAN_DATABASE_URL", "postgresql://app:secret@db/yunqian")
    seen = asked("import os; print(sorted(os.environ))").decode()
    assert "YUNQIAN" not in seen
    assert "HOME" in os.environ
    assert "HOME" not in seen


def test_no_more_than_a_few_work_at_once_and_the_next_is_told_to_come_back(monkeypatch):
    monkeypatch.setattr(children, "WAIT_SECONDS", 0.1)
    slow = "import sys, time; time.sleep(2); print(1)"
    working = [threading.Thread(target=asked, args=(slow,)) for _ in range(children.AT_ONCE)]
    for one in working:
        one.start()
    time.sleep(0.3)
    with pytest.raises(Refused) as refused:
        asked("print(1)")
    assert (refused.value.problem, refused.value.problem.row.status) == (Problem.PLATFORM_BUSY, 503)
    for one in working:
        one.join()
    assert asked("print(1)") == b"1\n"


def test_a_child_that_is_too_slow_gives_its_place_back():
    for _ in range(children.AT_ONCE + 1):
        with pytest.raises(Refused) as refused:
            asked("import time; time.sleep(30)", wall_seconds=0.2)
        assert refused.value.problem is Problem.INTAKE_TIMEOUT
