"""The local log: what was asked and what became of it, one JSON line each, without secrets.

Every line is built from named fields of an allow-list, so that a PIN, a title or a window's address cannot
slip in. Two generations of at most MAX_BYTES each are kept.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from yunqian.problems import Problem

MAX_BYTES = 2_000_000
FIELDS = frozenset(
    {
        "kind",
        "order_id",
        "ceremony_id",
        "origin",
        "serial",
        "driver",
        "certificate",
        "document",
        "reference",
        "where",
    }
)


class Journal:
    """Appends to `path`; a log that cannot be written stops no act; the next line tells of it."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._clock = clock
        self._lost = 0

    def note(self, event: str, *, problem: Problem | None = None, **facts: str) -> None:
        """Write one line. Raises ValueError for a field that is not on the list: a defect of the caller."""
        if unknown := facts.keys() - FIELDS:
            raise ValueError(f"the journal has no field {sorted(unknown)}")
        line: dict[str, str | int] = {"at": self._clock().isoformat(timespec="milliseconds"), "event": event}
        line |= {name: value[:200] for name, value in facts.items()}
        if problem is not None:
            line["problem"] = problem.code
        if self._lost:
            line["lost_lines"] = self._lost
        try:
            self._append(json.dumps(line, ensure_ascii=False))
            self._lost = 0
        except OSError:
            self._lost += 1

    def _append(self, line: str) -> None:
        with suppress(FileNotFoundError):
            if self._path.stat().st_size > MAX_BYTES:
                self._path.replace(self._path.with_suffix(".1.log"))
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as out:
            out.write(line + "\n")
