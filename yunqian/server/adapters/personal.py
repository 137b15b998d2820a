"""The keys of personal data: data keys wrapped in a ring beside the vault, and the index key of the secrets.

The ring is one file, `personal/keys.json` of the home, made once whoever comes first and shared by all machines of an
installation. Destroying it is destroying all personal data.
"""

import base64
import contextlib
import functools
import json
import os
import secrets
from pathlib import Path

from yunqian.crypto import private_fields
from yunqian.crypto.private_fields import DataKey, Place, Suite
from yunqian.problems import Problem, Refused
from yunqian.server import settings

OWNER = "platform"


def seal(plain: str, *, table: str, column: str, row_id: str) -> bytes:
    """Seal one field with the newest data key, in the cipher that the configuration names."""
    suite = Suite[settings.current().personal_suite.upper().replace("-", "_")]
    newest = _ring()[max(_ring())]
    nonce = secrets.token_bytes(private_fields.NONCE_BYTES)
    return private_fields.seal(newest, plain, place=Place(table, column, row_id), suite=suite, nonce=nonce)


def open_(sealed: bytes, *, table: str, column: str, row_id: str) -> str:
    """The text of a field. Raises Refused(PRIVATE_FIELD_UNREADABLE)."""
    key = _ring().get(private_fields.number_of(sealed))
    if key is None:
        raise Refused(Problem.PRIVATE_FIELD_UNREADABLE)
    return private_fields.open_(key, sealed, place=Place(table, column, row_id))


def index(value: str, *, field: str) -> bytes:
    """Under which equal values of a field are found."""
    return private_fields.blind_index(settings.current().secrets.blind_index_key, value, field=field)


def check() -> None:
    """Raise Refused(PRIVATE_FIELD_UNREADABLE) where the ring is damaged or another installation's."""
    _ring()


def _ring() -> dict[int, DataKey]:
    config = settings.current()
    return _read(config.home / "personal" / "keys.json", config.secrets.vault_master_key)


@functools.lru_cache(maxsize=4)
def _read(path: Path, master: bytes) -> dict[int, DataKey]:
    if not path.exists():
        _make(path, master)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))["keys"]
        wrapped = {int(number): base64.b64decode(text, validate=True) for number, text in kept.items()}
        if not wrapped:
            raise ValueError("no key")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise Refused(Problem.PRIVATE_FIELD_UNREADABLE) from None
    return {
        number: private_fields.unwrap(master, sealed, number=number, owner=OWNER)
        for number, sealed in wrapped.items()
    }


def _make(path: Path, master: bytes) -> None:
    """Write a ring of one key, mode 0600, unless another process was first: two starts agree on one file."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = DataKey(1, secrets.token_bytes(private_fields.KEY_BYTES))
    nonce = secrets.token_bytes(private_fields.NONCE_BYTES)
    wrapped = private_fields.wrap(master, fresh, owner=OWNER, nonce=nonce)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump({"keys": {"1": base64.b64encode(wrapped).decode()}}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
