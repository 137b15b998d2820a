"""The verbs of the Makefile, each a function that returns an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from tools.launch import checks, cleaning, demo, environment, testing
from tools.launch.paths import PYTHON, base_environment, claim_home, demo_from_environment
from tools.launch.steps import Steps
from tools.launch.words import Stop, say, tell, why_the_system_refused


def main(arguments: Sequence[str]) -> int:
    """Run one verb; whatever goes wrong ends in a sentence, never in a traceback."""
    verb = VERBS.get(arguments[0] if arguments else "")
    if verb is None:
        say(f"用法 · usage: python3 -m tools.launcher {{{'|'.join(VERBS)}}}")
        return 2
    try:
        return verb()
    except Stop as stop:
        tell(stop)
    except OSError as error:
        tell(why_the_system_refused(error))
    except KeyboardInterrupt:
        say("\n已停止 · stopped")
        return 130
    return 1


def _bench() -> int:
    return _with_environment("bench")


def _client() -> int:
    """The security client as one archive in the demo's home, signed with a key for demonstration only."""
    environment.prepare(Steps(2))
    demo_home = demo_from_environment().home
    claim_home(demo_home)
    run = [str(PYTHON), "-m"]
    return (
        testing.shown([*run, "tools.client_release", "demo-key", str(demo_home)])
        or testing.shown([*run, "tools.client_archive", str(demo_home / "client")])
        or testing.shown([*run, "tools.client_release", "demo", str(demo_home)])
    )


def _screenshots() -> int:
    os.environ["YUNQIAN_PICTURES"] = "1"
    os.environ["T"] = "tests/scenes"
    return testing.test()


def _format() -> int:
    environment.prepare(Steps(2))
    ruff = [str(PYTHON), "-m", "ruff"]
    return testing.shown([*ruff, "check", "--fix", "--quiet", "."]) or testing.shown([*ruff, "format", "."])


def _with_environment(module: str) -> int:
    environment.prepare(Steps(2))
    sys.stdout.flush()
    return testing.shown([str(PYTHON), "-m", module], env=base_environment())


VERBS: dict[str, Callable[[], int]] = {
    "run": demo.run,
    "test": testing.test,
    "check": checks.check,
    "generate": checks.generate,
    "format": _format,
    "bench": _bench,
    "client": _client,
    "screenshots": _screenshots,
    "clean-demo": cleaning.clean,
}
