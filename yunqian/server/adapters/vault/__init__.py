"""The vault keeps the bytes of documents, encrypted for their organization and named by their digest."""

import functools

from yunqian.server import settings
from yunqian.server.adapters.vault.local import LocalVault
from yunqian.server.adapters.vault.port import Vault

__all__ = ["LocalVault", "Vault", "current"]


@functools.cache
def current() -> Vault:
    """The configured vault of this process."""
    config = settings.current()
    return LocalVault(config.home / "vault", config.secrets.vault_master_key)
