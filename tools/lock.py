"""`python -m tools.lock [--check]`: make requirements.lock from pyproject.toml, or say that it is stale.

uv's own lock file names the registry's hosts; a requirements file with hashes names none.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
UV = Path(sys.executable).with_name("uv")
COMPILE = (
    "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--python-version", "3.11",
    "--all-extras", "pyproject.toml", "--output-file",
)  # fmt: skip


def pins(text: str) -> list[str]:
    """The lines that count: packages and hashes, not the remarks that name the output file."""
    return [line for line in text.splitlines() if not line.lstrip().startswith("#")]


def is_fresh() -> bool:
    """Does compiling again, with today's pins preferred, change nothing?"""
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / LOCK.name
        again.write_text(LOCK.read_text("utf-8"), "utf-8")
        subprocess.run([UV, *COMPILE, again], cwd=ROOT, check=True)
        return pins(again.read_text("utf-8")) == pins(LOCK.read_text("utf-8"))


def main(arguments: list[str]) -> int:
    if "--check" not in arguments:
        return subprocess.run([UV, *COMPILE, LOCK.name], cwd=ROOT, check=False).returncode
    try:
        fresh = is_fresh()
    except subprocess.CalledProcessError as error:
        print(f"uv could not compile pyproject.toml (exit code {error.returncode})", file=sys.stderr)
        return 1
    if not fresh:
        print("requirements.lock is stale: python -m tools.lock", file=sys.stderr)
    return 0 if fresh else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
