"""Real files that nobody here made; they stand outside the checkout, and tests skip where they are absent."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("CONFORMANCE_DIR") or Path(__file__).parents[2] / "shared" / "conformance")

needed = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"needs the conformance files (CONFORMANCE_DIR; looked in {FOLDER})"
)


def document(name: str) -> bytes:
    """One file by its name inside the folder."""
    return (FOLDER / name).read_bytes()
