"""The requests for unlocking that are open: one X25519 key pair each, made here and for one request alone.

What opens a key comes sealed to that key pair, so that neither the platform nor anybody between the certificate
authority's desk and this client can read it. The private key lies in `unlocks/` (mode 0600) for at most three days
and is deleted as soon as it was used, or as soon as what was sealed to it turned out wrong.
"""

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import ValidationError

from yunqian.problems import Problem, Refused
from yunqian.wire.base import Base64Text, Message, Moment
from yunqian.wire.key_orders import NamedKey, UnlockRequest, unlock_code

KEPT = timedelta(days=3)
# A page that asks again within this time gets the same request, so that a code already told stays good.
_SAME = timedelta(days=1)
_MOST = 50


class OpenRequest(Message):
    """One request as kept: for which key, asked by which page, and the key pair that was made for it."""

    key: NamedKey
    origin: str
    public_key: Base64Text
    private_key: Base64Text
    asked_at: Moment

    def told(self) -> UnlockRequest:
        """What the page may know."""
        code = unlock_code(self.key, base64.b64decode(self.public_key))
        return UnlockRequest(key=self.key, public_key=self.public_key, code=code)


class Unlocks:
    """The open requests in `folder`, one document each."""

    def __init__(self, folder: Path, *, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._clock = clock

    def ask(self, key: NamedKey, *, origin: str) -> UnlockRequest:
        """A request for this key, a new one unless this page asked within a day. Raises Refused(KEY_FAILED)."""
        for kept in self._open():
            if (kept.key, kept.origin) == (key, origin) and self._clock() - kept.asked_at < _SAME:
                return kept.told()
        made = _made(key, origin, self._clock())
        try:
            self._write(made)
        except OSError as error:
            raise Refused(Problem.KEY_FAILED, detail=type(error).__name__) from error
        return made.told()

    def private_key(self, public_key: str, *, key: NamedKey, origin: str) -> bytes:
        """The 32 octets that open the answer. Raises Refused(UNLOCK_NOT_ASKED) unless it was asked just so."""
        for kept in self._open():
            if (kept.public_key, kept.key, kept.origin) == (public_key, key, origin):
                return base64.b64decode(kept.private_key)
        raise Refused(Problem.UNLOCK_NOT_ASKED)

    def forget(self, public_key: str) -> None:
        """Delete the key pair of a request: nothing sealed to it can be opened any longer."""
        with suppress(OSError):
            self._path(public_key).unlink()

    def forget_old(self) -> None:
        """Delete what is too old, and what cannot be read."""
        for _ in self._open():
            pass

    def _open(self) -> Iterator[OpenRequest]:
        """The requests that are still good; the others are deleted on the way, and the oldest of too many."""
        kept = []
        for path in sorted(self._folder.glob("*.json")):
            found = _read(path)
            if found is None or abs(self._clock() - found.asked_at) >= KEPT:
                with suppress(OSError):
                    path.unlink()
            else:
                kept.append(found)
        kept.sort(key=lambda one: one.asked_at)
        for one in kept[:-_MOST]:
            self.forget(one.public_key)
        yield from kept[-_MOST:]

    def _path(self, public_key: str) -> Path:
        return self._folder / f"{hashlib.sha256(public_key.encode()).hexdigest()[:32]}.json"

    def _write(self, made: OpenRequest) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path(made.public_key), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(made.model_dump_json())
            out.flush()
            os.fsync(out.fileno())


def _made(key: NamedKey, origin: str, now: datetime) -> OpenRequest:
    private = X25519PrivateKey.generate()
    return OpenRequest(
        key=key,
        origin=origin,
        public_key=base64.b64encode(private.public_key().public_bytes_raw()).decode(),
        private_key=base64.b64encode(private.private_bytes_raw()).decode(),
        asked_at=now,
    )


def _read(path: Path) -> OpenRequest | None:
    try:
        return OpenRequest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
