"""What the tests of the looked-after key share: the key of a fresh device, its refusals, certificates and seals."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from tests.agent.skf.softskf import SoftSkf
from tests.eseal import making
from tests.pki import parties
from yunqian.agent.keys.skf.driver import SkfDriver
from yunqian.agent.keys.skf.key import SkfKey
from yunqian.crypto import certificate_requests
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Refused

KINDS = {"SM2_SM3": "sm2", "RSA_SHA256": "rsa"}


def only_key(vendor: SoftSkf) -> SkfKey:
    """The one key plugged in, listed anew."""
    (key,) = SkfDriver(str(vendor.path)).plugged()
    return key


def refusal(act: Callable[[], object]) -> Refused:
    """What an act is refused with."""
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


def issued(request: bytes, owner: str, *, kind: str = "sm2") -> Certificate:
    """A certificate by a test authority for the key of a request."""
    asked = certificate_requests.read(request)
    assert asked.is_proven
    assert asked.owner == owner
    top = parties.authority(parties.key(kind, "skf root"), "测试证书机构")
    odd = replace(parties.PLAIN, spki=asked.public_key_der)
    return parties.person(parties.key(kind, "nobody's"), owner, by=top, odd=odd).certificate


@cache  # an SM2 value is another one each time
def seal(picture: bytes = b"\x89PNG of a seal") -> bytes:
    """A seal object; another picture is another seal with the same code."""
    return making.seal(making.PLAIN.but(picture=picture))


def other_seal(code: str = "44010000000002") -> bytes:
    """A seal object with another code. Its maker's signature no longer fits, which no key looks at."""
    return seal().replace(b"44010000000001", code.encode())
