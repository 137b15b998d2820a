"""Orders under attack: no change of a signed order comes through, and none of one kind acts as another."""

import base64
import json
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.agent import kinds
from tests.agent.world import NOW, ORIGIN, Site
from yunqian.agent import orders
from yunqian.agent.orders import Order
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem, Refused
from yunqian.wire.orders import SignedOrder

SITE = Site()
PLATFORMS = {ORIGIN: SITE.paired()}
WITH_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)


def test_a_genuine_order_is_read_as_it_was_written(certificate: Certificate) -> None:
    order = SITE.order(certificate)
    genuine = orders.read(SITE.signed(order), origin=ORIGIN, platforms=PLATFORMS)
    assert genuine.order == order
    orders.in_time(order, NOW)


def each_kind(certificate: Certificate) -> dict[str, Order]:
    """One order of every kind."""
    made: list[Order] = [
        SITE.order(certificate),
        kinds.login(certificate),
        kinds.bind(certificate),
        kinds.enrol(),
        kinds.store(certificate),
        kinds.unlock(),
    ]
    return {one.purpose: one for one in made}


def test_every_kind_is_read_as_what_it_says_and_nothing_else(certificate: Certificate) -> None:
    for order in each_kind(certificate).values():
        assert (
            orders.read(SITE.signed(order.model_dump_json()), origin=ORIGIN, platforms=PLATFORMS).order
            == order
        )


def test_an_order_of_one_kind_never_acts_as_another(certificate: Certificate) -> None:
    """Even where the platform itself signed the text of one kind with the purpose of another."""
    for one, other in permutations(each_kind(certificate).values(), 2):
        text = json.dumps(json.loads(one.model_dump_json()) | {"purpose": other.purpose})
        assert problem_of(text) is Problem.CLIENT_TOO_OLD, (one.purpose, other.purpose)


@WITH_FIXTURE
@given(taken=some.data())
def test_no_mixture_of_two_kinds_acts_as_a_kind_whose_purpose_it_does_not_carry(
    certificate: Certificate, taken: some.DataObject
) -> None:
    """Whatever fields of two orders are put together: what is read has the purpose and the fields of one."""
    made = each_kind(certificate)
    one, other = taken.draw(some.permutations(sorted(made)))[:2]
    first, second = (json.loads(made[name].model_dump_json()) for name in (one, other))
    fields = taken.draw(some.sets(some.sampled_from(sorted(second))))
    mixed = first | {name: second[name] for name in fields}
    try:
        found = orders.read(SITE.signed(json.dumps(mixed)), origin=ORIGIN, platforms=PLATFORMS).order
    except Refused as caught:
        refusal = caught
    else:
        assert found.purpose == mixed["purpose"]
        assert json.loads(found.model_dump_json()).keys() == mixed.keys()
        return
    assert refusal.problem is Problem.CLIENT_TOO_OLD


@pytest.mark.parametrize("purpose", [None, "", "yunqian.sign-order.v2", "yunqian.client-release.v1", 1])
def test_a_purpose_that_is_not_known_means_that_the_client_is_old(
    certificate: Certificate, purpose: object
) -> None:
    text = json.loads(SITE.order(certificate).model_dump_json())
    assert problem_of(json.dumps(text | {"purpose": purpose})) is Problem.CLIENT_TOO_OLD
    del text["purpose"]
    assert problem_of(json.dumps(text)) is Problem.CLIENT_TOO_OLD


def problem_of(text: str) -> Problem:
    with pytest.raises(Refused) as caught:
        orders.read(SITE.signed(text), origin=ORIGIN, platforms=PLATFORMS)
    return caught.value.problem


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
