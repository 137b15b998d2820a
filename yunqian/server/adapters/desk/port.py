"""What the system behind a certificate authority's desk promises, whoever runs it."""

from typing import Protocol

from yunqian.wire.key_orders import NamedKey


class KeyDesk(Protocol):
    """Knows the administrator's PIN of the keys that the authority has given out."""

    def release(self, key: NamedKey, public_key: bytes, *, code: str) -> bytes:
        """The administrator's PIN of `key`, sealed to a client's X25519 key and bound to its request's code.

        See crypto.sealed_box. Asked once for each request, after its approval, never inside a transaction.
        Raises Refused(DESK_KEY_UNKNOWN) for a key that is not the authority's, Refused(DESK_UNAVAILABLE), and
        Refused(SEALED_BOX_BROKEN) for a public key that is none.
        """
        ...
