"""What every vault promises, whatever it stands on."""

from typing import Protocol
from uuid import UUID


class Vault(Protocol):
    """Bytes by digest, one key per organization. What was put is never changed and never overwritten."""

    def put(self, tenant_id: UUID, content: bytes) -> str:
        """Store `content` durably and give its SHA-256 in hex; putting the same again changes nothing.

        When it returns, the bytes survive a fall of the machine: write first, then record the digest.
        Raises Refused(VAULT_FULL) or Refused(VAULT_UNAVAILABLE) with nothing half stored, and
        Refused(VAULT_DAMAGED) when what is stored under this digest is not these bytes.
        """
        ...

    def get(self, tenant_id: UUID, sha256: str) -> bytes:
        """The bytes whose digest is `sha256`, checked again.

        Raises Refused(VAULT_DAMAGED) when they are missing or are not what was put.
        """
        ...

    def remove(self, tenant_id: UUID, sha256: str) -> None:
        """Remove bytes that no row names any more, and of which the caller holds off everybody who would.

        Removing what is not there changes nothing. Raises Refused(VAULT_UNAVAILABLE).
        """
        ...

    def forget(self, tenant_id: UUID) -> None:
        """Destroy the organization's key: everything of it is unreadable from then on, backups too."""
        ...
