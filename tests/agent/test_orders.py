"""Orders under attack: no change of a signed order, and no foreign attributes, come through."""

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.agent.world import NOW, ORIGIN, Site
from tests.pki import parties
from yunqian.agent import orders
from yunqian.agent.keys import pkcs11
from yunqian.agent.keys.port import SUITES
from yunqian.crypto import attributes
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused
from yunqian.wire.orders import SignedOrder

SITE = Site()
PLATFORMS = {ORIGIN: SITE.paired()}
WITH_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)


def test_a_genuine_order_is_read_as_it_was_written(certificate: Certificate) -> None:
    order = SITE.order(certificate)
    genuine = orders.read(SITE.signed(order), origin=ORIGIN, platforms=PLATFORMS)
    assert genuine.order == order
    assert genuine.to_be_signed == base64.b64decode(order.to_be_signed)
    orders.in_time(order, NOW)
    assert orders.fits(genuine, certificate, SUITES).name == "RSA_SHA256"


@WITH_FIXTURE
@given(place=some.integers(0, 10_000), character=some.characters())
def test_no_character_of_an_order_can_be_changed(
    certificate: Certificate, place: int, character: str
) -> None:
    signed = SITE.signed(SITE.order(certificate))
    place %= len(signed.payload)
    changed = signed.payload[:place] + character + signed.payload[place + 1 :]
    if changed == signed.payload:
        return
    with pytest.raises(Refused) as caught:
        orders.read(signed.model_copy(update={"payload": changed}), origin=ORIGIN, platforms=PLATFORMS)
    assert caught.value.problem is Problem.ORDER_NOT_GENUINE


@WITH_FIXTURE
@given(payload=some.text(max_size=200), signature=some.binary(max_size=80))
def test_anything_at_all_ends_in_a_refusal(payload: str, signature: bytes) -> None:
    message = SignedOrder(payload=payload, signature=base64.b64encode(signature).decode())
    with pytest.raises(Refused) as caught:
        orders.read(message, origin=ORIGIN, platforms=PLATFORMS)
    assert caught.value.problem is Problem.ORDER_NOT_GENUINE


@WITH_FIXTURE
@given(text=some.text(max_size=200))
def test_a_signed_text_that_is_no_order_ends_in_a_refusal(text: str) -> None:
    with pytest.raises(Refused) as caught:
        orders.read(SITE.signed(text), origin=ORIGIN, platforms=PLATFORMS)
    assert caught.value.problem is Problem.CLIENT_TOO_OLD


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
    signed = SITE.signed(order.model_copy(update={"to_be_signed": base64.b64encode(changed).decode()}))
    with pytest.raises(Refused) as caught:
        orders.fits(orders.read(signed, origin=ORIGIN, platforms=PLATFORMS), certificate, SUITES)
    assert caught.value.problem is Problem.ATTRIBUTES_NOT_ACCEPTED


def test_an_order_for_an_sm2_key_is_refused_where_its_driver_does_not_sign_with_it() -> None:
    """An elliptic curve alone would sign it as ECDSA, which nobody could verify."""
    root = parties.authority(parties.key("sm2", "root"), "根")
    holder = parties.person(parties.key("sm2", "li"), "李明", by=root)
    order = SITE.order(holder.certificate)
    genuine = orders.Genuine(order, PLATFORMS[ORIGIN], base64.b64decode(order.to_be_signed), "")
    with pytest.raises(Refused) as caught:
        orders.fits(genuine, holder.certificate, pkcs11.SUITES)
    assert caught.value.problem is Problem.ALGORITHM_UNSUPPORTED
    assert orders.fits(genuine, holder.certificate, SUITES) is Suite.SM2_SM3
