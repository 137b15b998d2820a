"""Signing: only attributes of a document's signature, of the very certificate on the key, and nothing beside."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.agent.world import NOW, Site
from tests.pki import parties
from yunqian.agent.acts import Sign, Target, Tools
from yunqian.agent.acts.unlocks import Unlocks
from yunqian.agent.keys import pkcs11
from yunqian.agent.keys.port import SUITES
from yunqian.agent.keys.ring import Held, Ring
from yunqian.crypto import attributes
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused
from yunqian.wire.orders import SignOrder

SITE = Site()
WITH_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
TOOLS = Tools(Ring([]), Unlocks(Path("unlocks"), clock=lambda: NOW), lambda: NOW)


@dataclass
class Able:
    """A key of which only its suites matter."""

    suites: tuple[Suite, ...]


def target(certificate: Certificate, offered: tuple[Suite, ...] = SUITES) -> Target:
    return Target(Held(cast(Any, Able(offered)), cast(Any, None), cast(Any, None)), certificate)


def refusal(order: SignOrder, on_key: Target) -> Problem | None:
    try:
        Sign(order, TOOLS).check(on_key)
    except Refused as caught:
        return caught.problem
    return None


def test_what_is_signed_are_the_attributes_of_the_order(certificate: Certificate) -> None:
    order = SITE.order(certificate)
    assert Sign(order, TOOLS).to_be_signed == base64.b64decode(order.to_be_signed)
    assert refusal(order, target(certificate)) is None


@WITH_FIXTURE
@given(place=some.integers(0, 10_000), bit=some.integers(0, 7))
def test_no_bit_outside_the_digest_can_be_turned_in_the_attributes(
    certificate: Certificate, place: int, bit: int
) -> None:
    """Even by a platform that signs it: only another message digest is still a document signature."""
    order = SITE.order(certificate)
    whole = base64.b64decode(order.to_be_signed)
    digest = attributes.parse(whole).message_digest
    place %= len(whole)
    begin = whole.index(digest)
    if begin <= place < begin + len(digest):
        return
    changed = bytearray(whole)
    changed[place] ^= 1 << bit
    spoilt = order.model_copy(update={"to_be_signed": base64.b64encode(changed).decode()})
    assert refusal(spoilt, target(certificate)) is Problem.ATTRIBUTES_NOT_ACCEPTED


def test_an_order_for_an_sm2_key_is_refused_where_its_driver_does_not_sign_with_it() -> None:
    """An elliptic curve alone would sign it as ECDSA, which nobody could verify."""
    root = parties.authority(parties.key("sm2", "root"), "根")
    holder = parties.person(parties.key("sm2", "li"), "李明", by=root).certificate
    order = SITE.order(holder)
    assert refusal(order, target(holder, pkcs11.SUITES)) is Problem.ALGORITHM_UNSUPPORTED
    assert refusal(order, target(holder)) is None


@pytest.mark.parametrize("field", ["certificate_sha256", "algorithm"])
def test_an_order_for_another_certificate_or_algorithm_is_refused(
    certificate: Certificate, field: str
) -> None:
    changed = SITE.order(certificate).model_copy(update={field: "00" * 32})
    with pytest.raises(Refused) as caught:
        Sign(changed, TOOLS).check(target(certificate))
    assert caught.value.problem in {
        Problem.ATTRIBUTES_NOT_ACCEPTED,
        Problem.CERTIFICATE_MISMATCH,
        Problem.ALGORITHM_UNSUPPORTED,
    }
