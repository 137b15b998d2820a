"""A vault in a folder: AES-256-GCM, a key per organization wrapped by the master key.

    vault/<tenant>/key            the organization's key, wrapped
    vault/<tenant>/<2 hex>/<sha256>   one blob: format byte, nonce, ciphertext with tag

The associated data binds format, organization and digest, so a blob that is moved to another name or another
organization does not open. The key lies beside the blobs and not in the database: the vault is an adapter
that knows no records, bytes are written before the transaction that names them, and destroying one folder's
key is destroying all that it holds.
"""

import contextlib
import errno
import hashlib
import logging
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yunqian.problems import Problem, Refused

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_log = logging.getLogger(__name__)


class LocalVault:
    """The vault of a single machine, or of several that share a file system."""

    def __init__(self, folder: Path, master_key: bytes) -> None:
        self._folder = folder
        self._master = AESGCM(master_key)

    def put(self, tenant_id: UUID, content: bytes) -> str:
        """See Vault.put. A kill at any step leaves the blob either whole or absent."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(tenant_id, sha256)
        with _refusals():
            if path.exists():
                self.get(tenant_id, sha256)
                return sha256
            nonce = secrets.token_bytes(_NONCE_BYTES)
            sealed = self._key(tenant_id).encrypt(nonce, content, _bound(tenant_id, sha256))
            write_once(path, _FORMAT + nonce + sealed)
        return sha256

    def get(self, tenant_id: UUID, sha256: str) -> bytes:
        """See Vault.get."""
        try:
            stored, key = self._read(tenant_id, sha256)
            content = _open(key, stored, _bound(tenant_id, sha256))
        except (FileNotFoundError, InvalidTag, ValueError):
            _log.critical("vault blob %s of organization %s is missing or damaged", sha256, tenant_id)
            raise Refused(Problem.VAULT_DAMAGED) from None
        if hashlib.sha256(content).hexdigest() != sha256:
            _log.critical("vault blob %s of organization %s has another digest", sha256, tenant_id)
            raise Refused(Problem.VAULT_DAMAGED)
        return content

    def remove(self, tenant_id: UUID, sha256: str) -> None:
        """See Vault.remove."""
        path = self._path(tenant_id, sha256)
        with _refusals():
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                _sync_folder(path.parent)

    def forget(self, tenant_id: UUID) -> None:
        """See Vault.forget."""
        path = self._key_path(tenant_id)
        with _refusals():
            path.unlink(missing_ok=True)
            _sync_folder(path.parent)

    def _read(self, tenant_id: UUID, sha256: str) -> tuple[bytes, AESGCM]:
        path = self._path(tenant_id, sha256)
        with _refusals(but=FileNotFoundError):
            return path.read_bytes(), self._key(tenant_id, is_known=True)

    def _path(self, tenant_id: UUID, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise Refused(Problem.VAULT_DAMAGED)
        return self._folder / str(tenant_id) / sha256[:2] / sha256

    def _key_path(self, tenant_id: UUID) -> Path:
        return self._folder / str(tenant_id) / "key"

    def _key(self, tenant_id: UUID, *, is_known: bool = False) -> AESGCM:
        """The organization's key, made at its first blob; two processes at once agree on one."""
        path, bound = self._key_path(tenant_id), _bound(tenant_id, "key")
        if not is_known and not path.exists():
            nonce = secrets.token_bytes(_NONCE_BYTES)
            wrapped = self._master.encrypt(nonce, AESGCM.generate_key(256), bound)
            write_once(path, _FORMAT + nonce + wrapped)
        try:
            return AESGCM(_open(self._master, path.read_bytes(), bound))
        except (InvalidTag, ValueError):
            _log.critical("the vault key of organization %s does not open with the master key", tenant_id)
            raise Refused(Problem.VAULT_DAMAGED) from None


def _bound(tenant_id: UUID, name: str) -> bytes:
    return f"yunqian.vault.v1|{tenant_id}|{name}".encode()


def _open(key: AESGCM, stored: bytes, bound: bytes) -> bytes:
    if stored[:1] != _FORMAT:
        raise ValueError("unknown format")
    return key.decrypt(stored[1 : 1 + _NONCE_BYTES], stored[1 + _NONCE_BYTES :], bound)


def write_once(path: Path, content: bytes) -> None:
    """Write `content` to `path` durably, unless it exists: draft, fsync, link, fsync of the folder.

    A link and not a rename, because a rename would replace what is there.
    """
    _make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _refusals(*, but: type[OSError] | tuple[()] = ()) -> Iterator[None]:
    """Turn failures of the disk into refusals; the kind `but` is for the caller to judge."""
    try:
        yield
    except but:
        raise
    except OSError as error:
        _log.critical("the vault cannot be used: %s", error)
        problem = Problem.VAULT_FULL if error.errno in _NO_SPACE else Problem.VAULT_UNAVAILABLE
        raise Refused(problem) from None
