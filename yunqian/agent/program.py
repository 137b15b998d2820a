"""How the client starts itself again: a driver, the drawing of pages or its window runs in a process of its own.

An installed client is one frozen program, which is its own `yunqian agent`; from the source it is a module of Python.
"""

import sys


def is_installed() -> bool:
    """Whether this is the frozen program that people install, not the source under a Python."""
    return bool(getattr(sys, "frozen", False))


def command(*words: str) -> list[str]:
    """The argument list that runs `yunqian agent {words}` of this very client, e.g. command("driver", "soft").

    Never a secret among `words`: every program on the machine can read another's arguments.
    """
    if is_installed():
        return [sys.executable, *words]
    # -P: a file called yunqian.py or json.py in the folder where the client happens to be started is not run.
    return [sys.executable, "-P", "-m", "yunqian", "agent", *words]
