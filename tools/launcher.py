"""The door of the Makefile: `python3 -m tools.launcher run|test|check|…`, standard library only.

This file is kept readable for any Python 3, because its first duty is to say in a clear sentence that the
Python at hand is too old, and to take a newer one when the machine has it.
"""

import os
import shutil
import sys

OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")


def version_refusal(version: "tuple[int, int]") -> str:
    """The sentence for a Python that is too old, or an empty text."""
    if version >= OLDEST:
        return ""
    found = "%d.%d" % (version[0], version[1])  # noqa: UP031
    return (
        "✗ 需要 Python 3.11 或更新版本，这台机器上是 %s。请安装后再运行，或指定：make run PYTHON=python3.12\n"  # noqa: UP031
        "  Python 3.11 or newer is needed, this machine has %s. Install one, or name it: "
        "make run PYTHON=python3.12" % (found, found)
    )


def newer_python() -> "str | None":
    """A newer Python that this machine has beside the one that was called, or None."""
    for name in NEWER:
        path = shutil.which(name)
        if path:
            return path
    return None


def main() -> int:
    refusal = version_refusal(sys.version_info[:2])
    if refusal:
        newer = newer_python()
        if newer:
            os.execv(newer, [newer, "-m", "tools.launcher"] + sys.argv[1:])  # noqa: RUF005
        sys.stderr.write(refusal + "\n")
        return 2
    from tools.launch import verbs

    return verbs.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
