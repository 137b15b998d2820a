"""A pytest plugin: what was skipped because the machine lacks something, told in the last lines.

A test that cannot run here skips with a reason that begins with "needs " (see `tests/needs.py`). On a
person's machine that is a remark; with CI=true it is a failure, because a green run that skipped the browser
would say more than it knows.
"""

import os
from collections import Counter

import pytest

PREFIX = "needs "
_LACKS = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_LACKS] = Counter()
    _plugin = _Collector(config.stash[_LACKS])
    config.pluginmanager.register(_plugin, "skips-for-want-of-a-machine")


class _Collector:
    """Counts the skips of tests and of whole modules by their reason."""

    def __init__(self, lacks: Counter[str]) -> None:
        self._lacks = lacks

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._count(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._count(report)

    def _count(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        reason = lacking(report)
        if reason is not None:
            self._lacks[reason] += 1


def lacking(report: pytest.TestReport | pytest.CollectReport) -> str | None:
    """The reason of a skip that is the machine's doing, or None."""
    if not report.skipped or not isinstance(report.longrepr, tuple):
        return None
    reason = str(report.longrepr[2]).removeprefix("Skipped: ")
    return reason if reason.startswith(PREFIX) else None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if is_ci() and session.config.stash[_LACKS] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lacks = config.stash[_LACKS]
    if not lacks:
        return
    told = "a failure, because CI=true" if is_ci() else "run `make test` as root on Debian to have them"
    terminalreporter.section("skipped: this machine lacks something", red=is_ci(), yellow=not is_ci())
    for reason, count in sorted(lacks.items()):
        terminalreporter.line(f"{count} skipped: {reason}")
    terminalreporter.line(f"That is {told}.")


def is_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true")
