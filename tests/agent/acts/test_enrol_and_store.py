"""An empty key becomes a working one: a key pair in it, a request, the certificate and its seal written back."""

import base64
import hashlib
from pathlib import Path

import pytest

from tests.agent import kinds
from tests.agent.keys import managed
from tests.agent.test_desk import problem_of, run
from tests.agent.world import ORIGIN, PIN, World, pin
from tests.pki.hierarchy import NOW
from yunqian.agent.desk import Desk
from yunqian.agent.keys import soft
from yunqian.agent.keys.soft import SoftKey
from yunqian.crypto import certificate_requests
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem
from yunqian.wire.key_orders import EnrolResult, NamedKey, StoreOrder, StoreResult
from yunqian.wire.keys import DialogKind, DialogOpened, DialogState, KeyList

EMPTY = NamedKey(driver="soft", serial="EMPTY-1", label="新 Key")


@pytest.fixture
def client(tmp_path: Path) -> World:
    """A client with one key as from the shop, at the hour of the tests' authorities."""
    soft.create(tmp_path / "keys", serial=EMPTY.serial, label=EMPTY.label, pin=pin())
    world = World(tmp_path)
    world.clock.at = NOW
    return world


async def open_order(client: World, desk: Desk, order: object) -> DialogOpened:
    text = order.model_dump_json()  # type: ignore[attr-defined]
    return await desk.open(client.site.signed(text), origin=ORIGIN)


def enrolled(client: World, algorithm: str = "ECDSA_SHA256") -> Certificate:
    """What the authority issued for a key pair made in the key."""

    async def act() -> DialogState:
        desk = client.desk()
        order = kinds.enrol(EMPTY, at=NOW, algorithm=algorithm)
        return await kinds.enter(desk, await open_order(client, desk, order), PIN)

    state = run(act)
    assert isinstance(state.result, EnrolResult), kinds.told(state)
    assert state.kind is DialogKind.ENROL
    return managed.issued(base64.b64decode(state.result.request))


@pytest.mark.parametrize("algorithm", ["SM2_SM3", "ECDSA_SHA256"])
def test_an_empty_key_becomes_a_working_one(client: World, algorithm: str) -> None:
    certificate = enrolled(client, algorithm)
    raw = managed.seal(certificate)
    seals = (base64.b64encode(raw).decode(),)

    async def act() -> tuple[DialogState, KeyList, str]:
        desk = client.desk()
        order = kinds.store(certificate, EMPTY, at=NOW, seals=seals)
        stored = await kinds.enter(desk, await open_order(client, desk, order), PIN)
        signing = client.site.order(certificate, at=NOW)
        signed = await kinds.enter(desk, await open_order(client, desk, signing), PIN)
        return stored, await desk.keys(), kinds.told(signed)

    stored, listed, signed = run(act)
    assert stored.result == StoreResult(
        order_id=stored.result.order_id,
        certificate_sha256=certificate.sha256,
        seals_sha256=(hashlib.sha256(raw).hexdigest(),),
    )
    (key,) = listed.keys
    assert [one.sha256 for one in key.certificates] == [certificate.sha256]
    assert [one.certificates_sha256 for one in key.seals] == [(certificate.sha256,)]
    assert signed == "signed"


def test_the_same_enrolment_again_gives_the_same_request_and_makes_no_second_pair(
    client: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = []
    original = SoftKey.enrol

    def counted(self: SoftKey, *facts: object) -> bytes:
        pairs.append(self.serial)
        return original(self, *facts)  # type: ignore[arg-type]

    monkeypatch.setattr(SoftKey, "enrol", counted)
    signed = client.site.signed(kinds.enrol(EMPTY, at=NOW, algorithm="ECDSA_SHA256").model_dump_json())

    async def act() -> DialogState:
        desk = client.desk()
        return await kinds.enter(desk, await desk.open(signed, origin=ORIGIN), PIN)

    first, after_a_restart = run(act), run(act)
    assert first.result == after_a_restart.result is not None
    assert pairs == ["EMPTY-1"]


def test_a_request_for_another_owner_or_without_proof_never_leaves_the_client(
    client: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = SoftKey.enrol
    spoilt = [
        lambda der: original_for(der, "别人"),
        lambda der: der[:-4] + bytes(4),
        lambda _: b"no request",
    ]

    def original_for(_: bytes, owner: str) -> bytes:
        return certificate_requests.build_der(
            owner,
            public_key_der=managed.stranger().public_key_der,
            identifier=b"",
            sign=lambda asked: asked[:8],
        )

    async def act() -> list[str]:
        heard = []
        for spoil in spoilt:

            def lying(self: SoftKey, *facts: object, by: object = spoil) -> bytes:
                return by(original(self, *facts))  # type: ignore[operator,arg-type,no-any-return]

            monkeypatch.setattr(SoftKey, "enrol", lying)
            desk = client.desk()
            order = kinds.enrol(EMPTY, at=NOW, algorithm="ECDSA_SHA256")
            heard.append(kinds.told(await kinds.enter(desk, await open_order(client, desk, order), PIN)))
        return heard

    assert run(act) == ["refused SIGNATURE_INVALID"] * 3


@pytest.mark.parametrize("algorithm", ["", "RSA_SHA1", "sm2", "ECDSA"])
def test_an_algorithm_the_key_does_not_sign_with_is_refused_before_the_pin(
    client: World, algorithm: str
) -> None:
    async def act() -> DialogOpened:
        return await open_order(client, client.desk(), kinds.enrol(EMPTY, at=NOW, algorithm=algorithm))

    assert problem_of(act) is Problem.ALGORITHM_UNSUPPORTED


def refused(client: World, order: StoreOrder) -> Problem:
    async def act() -> DialogOpened:
        return await open_order(client, client.desk(), order)

    return problem_of(act)


def test_what_cannot_be_read_is_refused_before_the_pin(client: World) -> None:
    certificate = enrolled(client)
    assert refused(client, kinds.store(None, EMPTY, at=NOW)) is Problem.REQUEST_INVALID
    no_seal = kinds.store(certificate, EMPTY, at=NOW, seals=("AAAA",))
    assert refused(client, no_seal) is Problem.SEAL_UNREADABLE
    for text in ("AAAA", "A"):
        broken = kinds.store(certificate, EMPTY, at=NOW).model_copy(update={"certificate": text})
        assert refused(client, broken) in {Problem.REQUEST_INVALID, Problem.CERTIFICATE_UNREADABLE}


def test_an_expired_certificate_is_not_written(client: World) -> None:
    certificate = enrolled(client)
    client.clock.advance(days=800)
    order = kinds.store(certificate, EMPTY, at=client.clock())
    assert refused(client, order) is Problem.CERTIFICATE_EXPIRED


def test_a_certificate_of_another_key_pair_is_refused_by_the_key_and_may_be_tried_no_further(
    client: World,
) -> None:
    async def act() -> str:
        desk = client.desk()
        order = kinds.store(managed.stranger(), EMPTY, at=NOW)
        return kinds.told(await kinds.enter(desk, await open_order(client, desk, order), PIN))

    assert run(act) == "waiting CERTIFICATE_MISMATCH"


def test_a_key_that_says_yes_and_keeps_nothing_is_found_out(
    client: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = enrolled(client)
    monkeypatch.setattr(SoftKey, "store", lambda *_: None)

    async def act() -> str:
        desk = client.desk()
        order = kinds.store(certificate, EMPTY, at=NOW)
        return kinds.told(await kinds.enter(desk, await open_order(client, desk, order), PIN))

    assert run(act) == "waiting KEY_FAILED"


def test_a_wrong_pin_writes_nothing(client: World) -> None:
    certificate = enrolled(client)

    async def act() -> tuple[str, KeyList]:
        desk = client.desk()
        order = kinds.store(certificate, EMPTY, at=NOW)
        heard = kinds.told(await kinds.enter(desk, await open_order(client, desk, order), "000000"))
        return heard, await desk.keys()

    heard, listed = run(act)
    assert heard == "waiting PIN_INCORRECT"
    assert listed.keys[0].certificates == ()


def test_seals_with_large_pictures_fit_into_an_order(client: World) -> None:
    certificate = enrolled(client)
    png = managed.PNG.ljust(150 * 1024, b"\0")
    seals = tuple(
        base64.b64encode(managed.seal(certificate, es_id=f"{number:014}", png=png)).decode()
        for number in (1, 2)
    )

    async def act() -> tuple[str, KeyList]:
        desk = client.desk()
        order = kinds.store(None, EMPTY, at=NOW, seals=seals)
        heard = kinds.told(await kinds.enter(desk, await open_order(client, desk, order), PIN))
        return heard, await desk.keys()

    heard, listed = run(act)
    assert heard == "signed"
    assert [one.picture is not None for one in listed.keys[0].seals] == [True, True]
