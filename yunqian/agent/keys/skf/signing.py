"""The two signature calls, over a message: the digest is made here and nowhere else."""

import hashlib

from yunqian.agent.keys.skf import structures
from yunqian.agent.keys.skf.library import Library
from yunqian.crypto import public_keys, sm2
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

_RSA_ROOM = 1024
# DigestInfo of RFC 8017 §9.2 note 1: SKF_RSASignData pads what it is given, and does not hash.
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def value(library: Library, container: int, suite: Suite, public_key_der: bytes, message: bytes) -> bytes:
    """The raw value by the key of an open container, whose public key this is, within a login."""
    kind = public_keys.read(public_key_der)
    if suite is Suite.SM2_SM3:
        return _sm2_value(library, container, kind.octets, message)
    return _rsa_value(library, container, kind.bits, message)


def _sm2_value(library: Library, container: int, point: bytes, message: bytes) -> bytes:
    """SKF_ECCSignData over e = SM3(Z ‖ M), which we compute: the function takes 32 bytes and hashes nothing."""
    e = sm2.public_key(point).e_value(message)
    blob = library.block("SKF_ECCSignData", container, e, len(e), size=structures.ECC_SIGNATURE_BYTES)
    return structures.sm2_value(blob)


def _rsa_value(library: Library, container: int, bits: int, message: bytes) -> bytes:
    digest_info = _DIGEST_INFO + hashlib.sha256(message).digest()
    made = library.filled("SKF_RSASignData", container, digest_info, len(digest_info), room=_RSA_ROOM)
    if len(made) * 8 != bits:
        raise Refused(Problem.SIGNATURE_INVALID)
    return made
