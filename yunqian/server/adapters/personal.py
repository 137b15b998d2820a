"""The keys of personal data: data keys wrapped in a ring beside the vault, and the index key of the secrets.

The ring is one file, `personal/keys.json` of the home, made with the secrets and shared by all machines of an
installation; it is never made anew where it is lost, because what was sealed with it would stay closed. Destroying it
is destroying all personal data.
"""

import base64
import functools
import json
import secrets
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm

from yunqian.crypto import private_fields
from yunqian.crypto.private_fields import DataKey, Place, Suite
from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.adapters.vault.local import write_once
from yunqian.server.settings import Config, Mode

OWNER = "platform"
_LARGEST_NUMBER = 2**32 - 1


def seal(plain: str, *, table: str, column: str, row_id: str) -> bytes:
    """Seal one field with the newest data key, in the cipher that the configuration names."""
    config = settings.current()
    ring = _ring(config)
    suite = Suite[config.personal_suite.upper().replace("-", "_")]
    nonce = secrets.token_bytes(private_fields.NONCE_BYTES)
    place = Place(table, column, row_id)
    return private_fields.seal(ring[list(ring)[-1]], plain, place=place, suite=suite, nonce=nonce)


def open_(sealed: bytes, *, table: str, column: str, row_id: str) -> str:
    """The text of a field. Raises Refused(PRIVATE_FIELD_UNREADABLE)."""
    config, number = settings.current(), private_fields.number_of(sealed)
    key = _ring(config).get(number)
    if key is None:  # another machine may have added one since this process read the ring
        _read.cache_clear()
        key = _ring(config).get(number)
    if key is None:
        raise Refused(Problem.PRIVATE_FIELD_UNREADABLE)
    return private_fields.open_(key, sealed, place=Place(table, column, row_id))


def index(value: str, *, field: str) -> bytes:
    """Under which equal values of a field are found."""
    return private_fields.blind_index(settings.current().secrets.blind_index_key, value, field=field)


def check(config: Config) -> None:
    """Seal and open a field for trial.

    Raises Refused(CONFIG_INSECURE) with what is wrong: no ring, a damaged or foreign one, a cipher that is not there.
    """
    suite = Suite[config.personal_suite.upper().replace("-", "_")]
    place, nonce = Place("check", "check", "check"), bytes(private_fields.NONCE_BYTES)
    try:
        ring = _ring(config)
        for key in ring.values():
            sealed = private_fields.seal(key, "check", place=place, suite=suite, nonce=nonce)
            private_fields.open_(key, sealed, place=place)
    except UnsupportedAlgorithm:
        raise Refused(Problem.CONFIG_INSECURE, detail=f"no {config.personal_suite} on this machine") from None
    except Refused:
        detail = f"{_path(config)} is missing, damaged, or of another installation"
        raise Refused(Problem.CONFIG_INSECURE, detail=detail) from None


def make_if_absent(config: Config) -> None:
    """Write a ring of one key unless there is one; two processes at once agree on one file.

    Raises Refused(START_FAILED) where it cannot be written.
    """
    path = _path(config)
    if path.exists():
        return
    fresh = DataKey(secrets.randbelow(_LARGEST_NUMBER) + 1, secrets.token_bytes(private_fields.KEY_BYTES))
    nonce = secrets.token_bytes(private_fields.NONCE_BYTES)
    wrapped = private_fields.wrap(config.secrets.vault_master_key, fresh, owner=OWNER, nonce=nonce)
    entry = {"number": fresh.number, "wrapped": base64.b64encode(wrapped).decode()}
    try:
        write_once(path, json.dumps({"keys": [entry]}).encode())
    except OSError as error:
        raise Refused(Problem.START_FAILED, detail=f"{path} cannot be written ({error.strerror})") from None


def _path(config: Config) -> Path:
    return config.home / "personal" / "keys.json"


def _ring(config: Config) -> dict[int, DataKey]:
    """The data keys by their number, the newest last."""
    if config.mode is not Mode.PRODUCTION:
        make_if_absent(config)
    return _read(_path(config), config.secrets.vault_master_key)


@functools.lru_cache(maxsize=4)
def _read(path: Path, master: bytes) -> dict[int, DataKey]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))["keys"]
        wrapped = {int(one["number"]): base64.b64decode(one["wrapped"], validate=True) for one in kept}
    except (OSError, ValueError, KeyError, TypeError):
        raise Refused(Problem.PRIVATE_FIELD_UNREADABLE) from None
    if not wrapped or not all(0 < number <= _LARGEST_NUMBER for number in wrapped):
        raise Refused(Problem.PRIVATE_FIELD_UNREADABLE)
    return {
        number: private_fields.unwrap(master, sealed, number=number, owner=OWNER)
        for number, sealed in wrapped.items()
    }
