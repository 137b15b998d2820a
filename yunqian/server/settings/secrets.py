"""The platform's secrets: one file that only its owner may read, made with fresh randomness.

Nothing has a default: a secret that ships with a product is public. A file made for a demo carries a mark,
and production refuses it.
"""

import base64
import contextlib
import json
import os
import secrets
import stat
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from yunqian.problems import Problem, Refused

SECRET_BYTES = 32
_FEWEST_DIFFERENT_BYTES = 12


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """What must never leave the server. Binary secrets have 32 bytes; none appears in repr or logs."""

    is_demo: bool
    django_key: bytes
    vault_master_key: bytes
    order_signing_key: bytes
    blind_index_key: bytes
    database_admin_password: bytes
    database_owner_password: bytes
    database_app_password: bytes

    def __repr__(self) -> str:
        return "Secrets(…)"

    def password(self, role: str) -> str:
        """The database password of `role` (admin, owner or app) as the text PostgreSQL is given."""
        value: bytes = getattr(self, f"database_{role}_password")
        return base64.urlsafe_b64encode(value).decode().rstrip("=")


_BINARY = tuple(field.name for field in fields(Secrets) if field.name != "is_demo")


def make_if_absent(path: Path, *, is_demo: bool) -> None:
    """Write fresh secrets to `path` (mode 0600) unless it exists; two processes at once agree on one file."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh: dict[str, Any] = {"is_demo": is_demo}
    fresh |= {name: base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode() for name in _BINARY}
    draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(fresh, stream, indent=2)
        stream.flush()
        os.fsync(stream.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def load(path: Path) -> Secrets:
    """Read the secrets. Raises Refused(CONFIG_INSECURE) when missing, readable by others, or too weak."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise insecure(f"{path.name} may be read by others; set its mode to 0600")
        content = json.loads(path.read_text(encoding="utf-8"))
        values = {name: base64.b64decode(content[name], validate=True) for name in _BINARY}
        loaded = Secrets(is_demo=bool(content["is_demo"]), **values)
    except FileNotFoundError:
        raise insecure(
            f"there are no secrets at {path.name}; make them with `yunqian migrate --new-secrets`"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise insecure(f"{path.name} cannot be read ({type(error).__name__})") from None
    for name, value in values.items():
        if is_weak(value):
            raise insecure(f"the secret {name} is too short or not random")
    return loaded


def is_weak(value: bytes) -> bool:
    """True for what no random generator gives: fewer than 32 bytes, or a handful of bytes repeated."""
    return len(value) < SECRET_BYTES or len(set(value)) < _FEWEST_DIFFERENT_BYTES


def insecure(detail: str) -> Refused:
    """The refusal to start, with the reason in words."""
    return Refused(Problem.CONFIG_INSECURE, detail=detail)
