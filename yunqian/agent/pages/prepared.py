"""Is this document what the attributes are about? Everything but one empty hole must have their message digest.

The hole is the value of /Contents, which the signature will fill (ISO 32000-1 §12.8.1): `<`, zeros, `>`. Nothing
can hide in it, and nothing else is left out of the digest; so whoever draws these bytes draws what is signed.
"""

import base64
import hmac

from yunqian.crypto import attributes, digests
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused
from yunqian.wire.orders import SignOrder

_LEAST_HOLE = len("<00>")


def prove(document: bytearray, order: SignOrder) -> None:
    """Raise Refused(PREPARED_MISMATCH) unless the order's signature is a signature of exactly this document.

    The attributes of the order were accepted and its suite was compared with the key before (`acts.sign`).
    """
    if order.prepared is None or len(document) != order.prepared.size:
        raise _mismatch("size")
    before, after = _ranges(order.prepared.byte_range, len(document))
    _require_empty(document, before, after)
    said = attributes.parse(base64.b64decode(order.to_be_signed)).message_digest
    with memoryview(document) as whole:
        digest = digests.new(Suite[order.algorithm].digest)
        digest.update(whole[:before])
        digest.update(whole[after:])
    if not hmac.compare_digest(digest.digest(), said):
        raise _mismatch("digest")


def _ranges(told: tuple[int, ...], size: int) -> tuple[int, int]:
    """Where the hole begins and ends."""
    begin, first, second, rest = told
    is_whole = begin == 0 and second + rest == size
    if not is_whole or not 0 < first <= second - _LEAST_HOLE or rest <= 0:
        raise _mismatch("byte range")
    return first, second


def _require_empty(document: bytearray, before: int, after: int) -> None:
    hole = document[before:after]
    digits = hole[1:-1]
    is_bracketed = hole[:1] == b"<" and hole[-1:] == b">"
    if not is_bracketed or len(digits) % 2 or digits.count(b"0") != len(digits):
        raise _mismatch("contents")


def _mismatch(detail: str) -> Refused:
    return Refused(Problem.PREPARED_MISMATCH, detail=detail)
