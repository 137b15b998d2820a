"""`yunqian …`: the verifier is at hand without server or client; every other word is loaded when it is asked for."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from yunqian import __version__

_DONE, _USAGE = 0, 2
_COMMANDS = {
    "agent": "yunqian.agent.start",
    "database": "yunqian.server.console.database",
    "demo": "yunqian.server.console.demo",
    "doctor": "yunqian.server.console.doctor",
    "migrate": "yunqian.server.console.migrate",
    "openapi": "yunqian.server.console.openapi",
    "serve": "yunqian.server.console.serve",
    "verify": "yunqian.console.verify",
    "worker": "yunqian.server.console.worker",
}
_OVERVIEW = """yunqian (云签) {version}

usage: yunqian verify FILE [--json] [--trust DIR] [--at TIME] [--lang zh|en|both]
                           [--pictures DIR] [--second-opinion]
       yunqian {others} …
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = arguments[0] if arguments else ""
    if name in _COMMANDS:
        run: Callable[[list[str]], int] = import_module(_COMMANDS[name]).main
        return run(arguments[1:])
    others = "|".join(command for command in _COMMANDS if command != "verify")
    overview = _OVERVIEW.format(version=__version__, others=others)
    if name in {"-h", "--help", "--version"}:
        sys.stdout.write(overview)
        return _DONE
    sys.stderr.write(overview)
    return _USAGE


if __name__ == "__main__":
    raise SystemExit(main())
