"""A secret that only one X25519 key can open, bound to what it is for.

Ephemeral X25519 (RFC 7748), HKDF with SHA-256 (RFC 5869) over the shared value with both public keys, AES-256-GCM.
A sealed box is the ephemeral public key (32 octets) followed by the ciphertext and its tag (16). Every box has a key
of its own, so the nonce may be constant.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from yunqian.problems import Problem, Refused

PUBLIC_KEY_BYTES = 32
MAX_PLAIN_BYTES = 1024
_INFO = b"yunqian.unlock.v1"
_NONCE = bytes(12)
_TAG_BYTES = 16


def seal(public_key: bytes, plain: bytes, *, bound_to: bytes, ephemeral: bytes) -> bytes:
    """Seal `plain` (at most 1,024 octets) to a raw X25519 public key.

    `bound_to` has to be named again to open the box. `ephemeral` are 32 random octets, used for this box alone.
    Raises Refused(SEALED_BOX_BROKEN) for a public key that is none, or that everybody could share.
    """
    if len(plain) > MAX_PLAIN_BYTES:
        raise Refused(Problem.SEALED_BOX_BROKEN)
    own = X25519PrivateKey.from_private_bytes(ephemeral)
    own_public = own.public_key().public_bytes_raw()
    key = _key(own, public_key, between=own_public + public_key)
    return own_public + AESGCM(key).encrypt(_NONCE, plain, bound_to)


def open_(private_key: bytes, sealed: bytes, *, bound_to: bytes) -> bytearray:
    """What is in a box, in memory that can be wiped. `private_key` are the 32 raw octets.

    Raises Refused(SEALED_BOX_BROKEN) for another key, another binding, or a single changed bit.
    """
    longest = PUBLIC_KEY_BYTES + MAX_PLAIN_BYTES + _TAG_BYTES
    if not PUBLIC_KEY_BYTES + _TAG_BYTES <= len(sealed) <= longest:
        raise Refused(Problem.SEALED_BOX_BROKEN)
    theirs, ciphertext = sealed[:PUBLIC_KEY_BYTES], sealed[PUBLIC_KEY_BYTES:]
    own = X25519PrivateKey.from_private_bytes(private_key)
    key = _key(own, theirs, between=theirs + own.public_key().public_bytes_raw())
    try:
        return bytearray(AESGCM(key).decrypt(_NONCE, ciphertext, bound_to))
    except InvalidTag:
        raise Refused(Problem.SEALED_BOX_BROKEN) from None


def _key(own: X25519PrivateKey, public_key: bytes, *, between: bytes) -> bytes:
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(public_key))
    except ValueError:  # of another length, or a point of small order (RFC 7748 §6.1)
        raise Refused(Problem.SEALED_BOX_BROKEN) from None
    return HKDF(hashes.SHA256(), 32, salt=None, info=_INFO + between).derive(shared)
