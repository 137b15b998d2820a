"""Logging in: the client makes the statement itself, and it can never serve as a document's signature."""

import asyncio
import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pydantic import ValidationError

from tests.agent import kinds, world
from tests.agent.test_desk import confirm, run, window_of
from tests.agent.world import ORIGIN, Site, World
from yunqian.crypto import attributes, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused
from yunqian.wire.keys import DialogKind, DialogPhase, DialogState
from yunqian.wire.orders import LoginOrder, LoginResult, login_statement

WITH_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
SITE = Site()


@pytest.mark.parametrize("algorithm", [Suite.RSA_SHA256, Suite.SM2_SM3])
def test_the_key_signs_the_statement_that_the_client_made(client: World, algorithm: Suite) -> None:
    certificate = world.soft_key(client.folder, "LOGIN-1", algorithm=algorithm)
    order = kinds.login(certificate)

    async def act() -> tuple[DialogState, DialogState]:
        desk = client.desk()
        signed = client.site.signed(order.model_dump_json())
        opened = await desk.open(signed, origin=ORIGIN)
        first = await confirm(desk, opened)
        return first, await desk.state((await desk.open(signed, origin=ORIGIN)).dialog_id, origin=ORIGIN)

    state, again = run(act)
    assert (state.kind, state.phase) == (DialogKind.LOGIN, DialogPhase.SIGNED)
    assert again == state
    assert isinstance(state.result, LoginResult)
    assert base64.b64decode(state.result.certificate) == certificate.der
    statement = login_statement(order)
    assert suites.check(algorithm, certificate, statement, base64.b64decode(state.result.signature))


@WITH_FIXTURE
@given(
    order_id=some.text(min_size=1, max_size=64),
    nonce=some.text(min_size=32, max_size=64),
    origin=some.text(max_size=80),
)
def test_no_login_statement_can_be_read_as_signed_attributes(
    certificate: Certificate, order_id: str, nonce: str, origin: str
) -> None:
    try:
        order = kinds.login(certificate, order_id=order_id, nonce=nonce, origin=origin)
        statement = login_statement(order)
    except (ValidationError, UnicodeEncodeError):
        return
    assert statement.startswith(b"yunqian.login.v1\n")
    with pytest.raises(Refused) as caught:
        attributes.parse(statement)
    assert caught.value.problem is Problem.ATTRIBUTES_NOT_ACCEPTED


@WITH_FIXTURE
@given(digest=some.binary(min_size=32, max_size=32))
def test_no_signed_attributes_can_be_read_as_a_login_statement(
    certificate: Certificate, digest: bytes
) -> None:
    assert not attributes.build(digest, certificate, Suite.RSA_SHA256).startswith(b"yunqian.login.v1\n")


def test_a_signing_order_that_carries_a_login_statement_is_refused(
    client: World, certificate: Certificate
) -> None:
    statement = base64.b64encode(login_statement(kinds.login(certificate))).decode()
    signed = client.site.signed(client.site.order(certificate, to_be_signed=statement))
    with pytest.raises(Refused) as caught:
        asyncio.run(client.desk().open(signed, origin=ORIGIN))
    assert caught.value.problem is Problem.ATTRIBUTES_NOT_ACCEPTED


@pytest.mark.parametrize("field", ["order_id", "nonce", "origin"])
def test_no_line_of_the_statement_can_be_two(certificate: Certificate, field: str) -> None:
    """Else one statement could be made of two different orders."""
    text = {"order_id": "a\nb", "nonce": "n" * 32 + "\n", "origin": ORIGIN + "\n"}[field]
    with pytest.raises(ValidationError):
        kinds.login(certificate, **{field: text})


def test_every_fact_of_the_order_that_matters_is_in_the_statement(certificate: Certificate) -> None:
    order = kinds.login(certificate)
    others = (
        order.model_copy(update={"origin": "https://other.example"}),
        order.model_copy(update={"order_id": "another"}),
        order.model_copy(update={"nonce": "m" * 32}),
        order.model_copy(update={"certificate_sha256": "00" * 32}),
    )
    assert len({login_statement(one) for one in (order, *others)}) == 5


def test_an_expired_login_is_told_as_such_and_not_as_a_signature(
    client: World, certificate: Certificate
) -> None:
    async def act() -> LoginOrder | str:
        desk = client.desk()
        signed = client.site.signed(kinds.login(certificate).model_dump_json())
        opened = await desk.open(signed, origin=ORIGIN)
        assert desk.window(window_of(opened)).is_waiting
        client.clock.advance(seconds=301)
        problem = (await desk.state(opened.dialog_id, origin=ORIGIN)).problem
        return "" if problem is None else problem.code

    assert run(act) == "DIALOG_EXPIRED"
