"""Orders that were carried out: kept on disk, so that none is carried out twice, even after a restart."""

import os
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from yunqian.problems import Problem, Refused
from yunqian.wire.base import Base64Text, Message, Moment, Sha256Hex
from yunqian.wire.batch_orders import BatchResult
from yunqian.wire.key_orders import EnrolResult, StoreResult, UnlockResult
from yunqian.wire.orders import BindResult, LoginResult, SignResult

_KEPT = timedelta(days=1)
OrderResult = SignResult | BatchResult | LoginResult | BindResult | EnrolResult | StoreResult | UnlockResult
"""What an order may give; the results differ in their fields, so that none is read as another."""


class KeyName(Message):
    """What a person calls the key that did it."""

    serial: str
    label: str
    is_demo: bool


class Spent(Message):
    """One order carried out: its exact text, from which origin, and what the key gave."""

    nonce: str
    origin: str
    fingerprint: Sha256Hex
    expires_at: Moment
    certificate: Base64Text | None = None
    key: KeyName
    result: OrderResult


class Ledger:
    """The spent orders by nonce and by order; a line is on disk before its result leaves the client."""

    def __init__(self, path: Path, *, now: datetime) -> None:
        self._path = path
        self._entries: dict[str, Spent] = {}
        entries = [entry for entry in _read(path) if entry.expires_at + _KEPT > now]
        for entry in entries:
            self._remember(entry)
        if path.exists():
            self._rewrite(entries)

    def find(self, *, nonce: str, order_id: str, fingerprint: str, origin: str) -> Spent | None:
        """What exactly this order gave, or None for a new one.

        Raises Refused(ORDER_ALREADY_USED) when nonce or order were used with any other text or page.
        """
        for name in (f"nonce {nonce}", f"order {origin} {order_id}"):
            entry = self._entries.get(name)
            if entry is not None:
                if (entry.fingerprint, entry.origin) != (fingerprint, origin):
                    raise Refused(Problem.ORDER_ALREADY_USED)
                return entry
        return None

    def record(self, entry: Spent) -> None:
        """Write a result down, durable before this returns. Raises Refused(KEY_FAILED) where it cannot."""
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "a", encoding="utf-8") as out:
                out.write(entry.model_dump_json() + "\n")
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise Refused(Problem.KEY_FAILED, detail=type(error).__name__) from error
        self._remember(entry)

    def _remember(self, entry: Spent) -> None:
        self._entries[f"nonce {entry.nonce}"] = entry
        self._entries[f"order {entry.origin} {entry.result.order_id}"] = entry

    def _rewrite(self, entries: list[Spent]) -> None:
        draft = self._path.with_suffix(".new")
        with suppress(OSError):
            draft.write_text("".join(entry.model_dump_json() + "\n" for entry in entries), encoding="utf-8")
            draft.chmod(0o600)
            draft.replace(self._path)


def _read(path: Path) -> list[Spent]:
    """All whole lines; a line torn by a crash was never answered and is left out."""
    found = []
    with suppress(FileNotFoundError):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValidationError):
                found.append(Spent.model_validate_json(line))
    return found
