"""Binding: the client makes the statement itself, it names whose the certificate is to be, and it is no login."""

import base64

import pytest
from pydantic import ValidationError

from tests.agent import kinds, world
from tests.agent.test_desk import confirm, run
from tests.agent.world import ORIGIN, World
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.wire.keys import DialogKind, DialogPhase, DialogState
from yunqian.wire.orders import BindResult, LoginOrder, bind_statement, login_statement


@pytest.mark.parametrize("algorithm", [Suite.RSA_SHA256, Suite.SM2_SM3])
def test_the_key_signs_the_statement_that_the_client_made(client: World, algorithm: Suite) -> None:
    certificate = world.soft_key(client.folder, "BIND-1", algorithm=algorithm)
    order = kinds.bind(certificate)

    async def act() -> DialogState:
        desk = client.desk()
        return await confirm(
            desk, await desk.open(client.site.signed(order.model_dump_json()), origin=ORIGIN)
        )

    state = run(act)
    assert (state.kind, state.phase) == (DialogKind.BIND, DialogPhase.SIGNED)
    assert isinstance(state.result, BindResult)
    assert base64.b64decode(state.result.certificate) == certificate.der
    value = base64.b64decode(state.result.proof)
    assert suites.check(algorithm, certificate, bind_statement(order), value)


def test_what_a_key_signed_to_be_bound_logs_nobody_in(certificate: Certificate) -> None:
    order = kinds.bind(certificate)
    same = {name: getattr(order, name) for name in LoginOrder.model_fields if hasattr(order, name)}
    login = LoginOrder(**(same | {"purpose": "yunqian.login-order.v1", "platform_name": "云签"}))
    assert bind_statement(order) != login_statement(login)
    assert bind_statement(order).startswith(b"yunqian.bind.v1\n")


def test_every_fact_of_the_order_that_matters_is_in_the_statement(certificate: Certificate) -> None:
    order = kinds.bind(certificate)
    changes = (
        {"origin": "https://other.example"},
        {"order_id": "another"},
        {"nonce": "m" * 32},
        {"certificate_sha256": "00" * 32},
        {"holder_name": "王芳"},
    )
    others = [order.model_copy(update=change) for change in changes]
    assert len({bind_statement(one) for one in (order, *others)}) == len(changes) + 1


@pytest.mark.parametrize("field", ["order_id", "nonce", "origin", "holder_name"])
def test_no_line_of_the_statement_can_be_two(certificate: Certificate, field: str) -> None:
    with pytest.raises(ValidationError):
        kinds.bind(certificate, **{field: "n" * 32 + "\n"})
