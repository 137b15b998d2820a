"""`make check`: what CI runs, in the same order, each step with its time; tests last."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.launch import environment, frontend, testing
from tools.launch.paths import PYTHON, ROOT, base_environment
from tools.launch.steps import Steps
from tools.launch.testing import Count, seconds_since
from tools.launch.words import Name, say


@dataclass(frozen=True)
class Check:
    """One static check: a program that ends with 0 where all is well."""

    name: Name
    command: tuple[str, ...]
    folder: Path = ROOT
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Outcome:
    """What a check said."""

    check: Check
    is_good: bool
    output: str
    time: str


def static_checks() -> list[Check]:
    python = str(PYTHON)
    node = frontend.choose_node()
    web = {**node.environment, "CI": "true"}
    return [
        Check(Name("格式", "format"), (python, "-m", "ruff", "format", "--check", "--quiet", ".")),
        Check(Name("规范", "lint"), (python, "-m", "ruff", "check", "--quiet", ".")),
        Check(Name("类型", "types"), (python, "-m", "mypy")),
        Check(Name("房间契约", "contracts"), (str(PYTHON.parent / "lint-imports"), "--no-logo")),
        Check(Name("依赖锁", "lock is fresh"), (python, "-m", "tools.lock", "--check")),
        Check(Name("生成文件", "generated files are fresh"), (python, "-m", "tools.generated", "--check")),
        Check(
            Name("数据库迁移", "migrations are complete"),
            (python, "-m", "tools.migrations"),
        ),
        Check(Name("网页检查", "web check"), (*node.npm, "run", "check"), frontend.NPM_HOME, web),
    ]


def check() -> int:
    """The verb: every check is run even when an earlier one failed, so that one run tells all."""
    testing.prepare()
    outcomes = run_all(static_checks())
    web = testing.run_web_tests()
    code, tests = testing.run_pytest(shlex.split(os.environ.get("T", "")))
    say()
    for outcome in outcomes:
        say(line_of(outcome))
    say(f"{'✓' if web == 0 else '✗'} 网页测试 · web tests")
    say(str(closing([outcome.is_good for outcome in outcomes] + [web == 0], tests, code)))
    return 0 if code == 0 and web == 0 and all(outcome.is_good for outcome in outcomes) else 1


def closing(checks: Sequence[bool], tests: Count, code: int) -> Count:
    """Checks and tests in one count; a failed run that counted no failure still counts one."""
    total = tests + Count(passed=sum(checks), failed=len(checks) - sum(checks))
    return total + Count(failed=1) if code != 0 and tests.failed == 0 else total


def run_all(checks: Sequence[Check]) -> list[Outcome]:
    """Two at a time, told in order; the output of a good one is not shown."""
    say("\n── 检查 · checks")
    with ThreadPoolExecutor(max_workers=2) as pool:
        running: list[Future[Outcome]] = [pool.submit(run_one, each) for each in checks]
        return [_told(future.result()) for future in running]


def run_one(each: Check) -> Outcome:
    began = time.monotonic()
    done = subprocess.run(
        each.command,
        cwd=each.folder,
        env=dict(each.environment or base_environment()),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return Outcome(each, done.returncode == 0, done.stdout + done.stderr, seconds_since(began))


def line_of(outcome: Outcome) -> str:
    return f"{'✓' if outcome.is_good else '✗'} {outcome.check.name}  {outcome.time}"


def _told(outcome: Outcome) -> Outcome:
    say(line_of(outcome))
    if not outcome.is_good:
        for line in outcome.output.splitlines():
            say(f"    {line}")
    return outcome


def generate() -> int:
    """The verb that writes the generated files again."""
    steps = Steps(4)
    environment.prepare(steps)
    frontend.fetch(steps)
    return testing.shown([str(PYTHON), "-m", "tools.generated"], env=frontend.choose_node().environment)
