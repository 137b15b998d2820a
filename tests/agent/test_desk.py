"""The desk: which orders are answered, by whose leave, and never twice. Scripted PIN conversations included."""

import asyncio
import base64
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.agent import world
from tests.agent.world import NOW, ORIGIN, OTHER_ORIGIN, PIN, STRANGER, Site, World, entered
from yunqian.agent.acts import Secret
from yunqian.agent.desk import Desk
from yunqian.agent.keys.port import SUITES, KeyAct
from yunqian.agent.keys.soft import SoftDriver
from yunqian.agent.orders import Order
from yunqian.agent.pin import Pin, Tries
from yunqian.crypto import attributes, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused
from yunqian.wire.keys import DialogOpened, DialogPhase, DialogState
from yunqian.wire.orders import SignedOrder, SignOrder


def run(act: Callable[[], Awaitable[Any]]) -> Any:
    """Run one conversation in an event loop of its own."""

    async def within() -> Any:
        return await asyncio.wait_for(act(), 20)

    return asyncio.run(within())


def window_of(opened: DialogOpened) -> str:
    assert opened.window_url is not None
    return opened.window_url.rsplit("/", 1)[1]


async def confirm(desk: Desk, opened: DialogOpened, text: str = PIN, *, last: bool = False) -> DialogState:
    await desk.confirm(window_of(opened), entered(text), is_last_try_accepted=last)
    return await desk.state(opened.dialog_id, origin=ORIGIN)


def problem_of(act: Callable[[], Awaitable[Any]]) -> Problem:
    with pytest.raises(Refused) as caught:
        run(act)
    return caught.value.problem


def opening(client: World, signed: SignedOrder, *, origin: str = ORIGIN) -> Callable[[], Awaitable[Any]]:
    async def act() -> DialogOpened:
        return await client.desk().open(signed, origin=origin)

    return act


def test_a_pin_gives_a_signature_over_exactly_the_signed_attributes(
    client: World, certificate: Certificate
) -> None:
    order = client.site.order(certificate)

    async def act() -> DialogState:
        desk = client.desk()
        opened = await desk.open(client.site.signed(order), origin=ORIGIN)
        assert (await desk.state(opened.dialog_id, origin=ORIGIN)).phase is DialogPhase.WAITING
        return await confirm(desk, opened)

    state = run(act)
    assert state.phase is DialogPhase.SIGNED
    assert (state.result.order_id, state.result.certificate_sha256) == (order.order_id, certificate.sha256)
    message = base64.b64decode(order.to_be_signed)
    assert suites.check(Suite.RSA_SHA256, certificate, message, base64.b64decode(state.result.signature))


def test_keys_are_listed_with_certificate_and_tries(client: World, certificate: Certificate) -> None:
    async def act() -> Any:
        return await client.desk().keys()

    (key,) = run(act).keys
    assert (key.serial, key.driver, key.is_demo, key.tries_left, key.is_locked) == (
        "SOFT-1",
        "soft",
        True,
        6,
        False,
    )
    assert [(one.sha256, one.owner, one.algorithm) for one in key.certificates] == [
        (certificate.sha256, "李明", "RSA_SHA256")
    ]


def test_the_generation_changes_when_the_list_does(client: World) -> None:
    async def act() -> list[int]:
        desk = client.desk()
        before = [(await desk.keys()).generation, (await desk.keys()).generation]
        (client.folder / "keys" / "SOFT-1" / "key.json").unlink()
        return [*before, (await desk.keys()).generation]

    assert run(act) == [1, 1, 2]


# Orders that are not answered


def test_a_stranger_is_not_answered(client: World, certificate: Certificate) -> None:
    site = Site(STRANGER)
    signed = site.signed(site.order(certificate))
    assert problem_of(opening(client, signed, origin=STRANGER)) is Problem.PLATFORM_NOT_PAIRED


@pytest.mark.parametrize(
    "spoil",
    [
        lambda signed: signed.model_copy(update={"payload": signed.payload.replace("李明", "李鸣")}),
        lambda signed: signed.model_copy(update={"payload": signed.payload + " "}),
        lambda signed: signed.model_copy(update={"signature": base64.b64encode(bytes(64)).decode()}),
        lambda signed: signed.model_copy(update={"signature": "AAAA"}),
        lambda signed: signed.model_copy(update={"signature": "A"}),
        lambda signed: signed.model_copy(update={"payload": "\ud800"}),
    ],
    ids=["other text", "one blank more", "zeros", "short", "not base64", "no text at all"],
)
def test_a_tampered_order_is_not_genuine(
    client: World, certificate: Certificate, spoil: Callable[[SignedOrder], SignedOrder]
) -> None:
    signed = spoil(client.site.signed(client.site.order(certificate)))
    assert problem_of(opening(client, signed)) is Problem.ORDER_NOT_GENUINE


def test_an_order_of_another_platform_is_not_genuine_here(client: World, certificate: Certificate) -> None:
    foreign = client.other_site.signed(client.other_site.order(certificate))
    assert problem_of(opening(client, foreign)) is Problem.ORDER_NOT_GENUINE


def test_an_order_for_another_page_is_not_genuine(client: World, certificate: Certificate) -> None:
    signed = client.site.signed(client.site.order(certificate, origin=OTHER_ORIGIN))
    assert problem_of(opening(client, signed)) is Problem.ORDER_NOT_GENUINE


def test_a_signed_order_of_unknown_shape_means_that_the_client_is_old(
    client: World, certificate: Certificate
) -> None:
    text = client.site.order(certificate).model_dump_json()[:-1] + ',"wish":1}'
    assert problem_of(opening(client, client.site.signed(text))) is Problem.CLIENT_TOO_OLD


@pytest.mark.parametrize(
    ("begin", "length", "problem"),
    [
        (-301, 300, Problem.ORDER_EXPIRED),
        (-300, 300, Problem.ORDER_EXPIRED),
        (0, 301, Problem.ORDER_NOT_GENUINE),
        (61, 300, Problem.CLOCK_WRONG),
    ],
)
def test_an_order_out_of_its_time_is_refused(
    client: World, certificate: Certificate, begin: int, length: int, problem: Problem
) -> None:
    issued = NOW + timedelta(seconds=begin)
    order = client.site.order(certificate, at=issued, expires_at=issued + timedelta(seconds=length))
    assert problem_of(opening(client, client.site.signed(order))) is problem


def test_attributes_naming_another_certificate_are_refused(
    client: World, certificate: Certificate, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = world.soft_key(tmp_path_factory.mktemp("other"), "SOFT-2")
    foreign = attributes.build(bytes(32), other, Suite.RSA_SHA256)
    order = client.site.order(certificate, to_be_signed=base64.b64encode(foreign).decode())
    assert problem_of(opening(client, client.site.signed(order))) is Problem.ATTRIBUTES_NOT_ACCEPTED


@pytest.mark.parametrize("content", [b"", bytes(32), b"\x31\x00", b"a login challenge of 32 bytes !!"])
def test_there_is_no_way_to_have_anything_else_signed(
    client: World, certificate: Certificate, content: bytes
) -> None:
    order = client.site.order(certificate, to_be_signed=base64.b64encode(content).decode())
    assert problem_of(opening(client, client.site.signed(order))) is Problem.ATTRIBUTES_NOT_ACCEPTED


def test_a_digest_of_another_length_than_the_suite_s_is_refused(
    client: World, certificate: Certificate
) -> None:
    long = attributes.build(bytes(48), certificate, Suite.ECDSA_SHA384)
    order = client.site.order(certificate, to_be_signed=base64.b64encode(long).decode())
    assert problem_of(opening(client, client.site.signed(order))) is Problem.ATTRIBUTES_NOT_ACCEPTED


def test_an_algorithm_that_is_not_the_key_s_is_refused(client: World, certificate: Certificate) -> None:
    order = client.site.order(certificate, algorithm="ECDSA_SHA256")
    assert problem_of(opening(client, client.site.signed(order))) is Problem.ALGORITHM_UNSUPPORTED


def test_a_certificate_that_is_on_no_key_is_told_by_its_owner(
    client: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = world.soft_key(tmp_path_factory.mktemp("other"), "SOFT-2", owner="王芳")
    with pytest.raises(Refused) as caught:
        run(opening(client, client.site.signed(client.site.order(elsewhere))))
    assert (caught.value.problem, caught.value.facts) == (Problem.KEY_NOT_FOUND, {"owner": "王芳"})


def test_an_expired_certificate_does_not_sign(client: World, certificate: Certificate) -> None:
    client.clock.advance(days=500)
    order = client.site.order(certificate, at=client.clock())
    assert problem_of(opening(client, client.site.signed(order))) is Problem.CERTIFICATE_EXPIRED


# The same order again


def test_a_spent_order_answers_the_same_and_the_key_signs_once(
    client: World, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = counted(monkeypatch)
    signed = client.site.signed(client.site.order(certificate))

    async def act() -> tuple[DialogState, DialogState]:
        desk = client.desk()
        opened = await desk.open(signed, origin=ORIGIN)
        first = await confirm(desk, opened)
        client.clock.advance(minutes=7)  # long expired, and still the answer to this very order
        again = await desk.open(signed, origin=ORIGIN)
        assert again == opened
        return first, await confirm(desk, again)

    first, second = run(act)
    assert first == second
    assert first.phase is DialogPhase.SIGNED
    assert acts == ["SOFT-1"]


def test_a_spent_order_is_remembered_over_a_restart(
    client: World, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = counted(monkeypatch)
    signed = client.site.signed(client.site.order(certificate))

    async def act() -> DialogState:
        desk = client.desk()
        return await confirm(desk, await desk.open(signed, origin=ORIGIN))

    first, second = run(act), run(act)
    assert first.result == second.result
    assert second.phase is DialogPhase.SIGNED
    assert acts == ["SOFT-1"]


@pytest.mark.parametrize("kept", ["nonce", "order_id"])
def test_a_used_nonce_or_order_never_serves_another_text(
    client: World, certificate: Certificate, kept: str
) -> None:
    first = client.site.order(certificate)
    second = client.site.order(certificate, **{kept: getattr(first, kept)})

    async def act() -> None:
        desk = client.desk()
        await confirm(desk, await desk.open(client.site.signed(first), origin=ORIGIN))
        await desk.open(client.site.signed(second), origin=ORIGIN)

    assert problem_of(act) is Problem.ORDER_ALREADY_USED


def test_a_cancelled_order_may_be_asked_again(client: World, certificate: Certificate) -> None:
    signed = client.site.signed(client.site.order(certificate))

    async def act() -> list[DialogState]:
        desk = client.desk()
        opened = await desk.open(signed, origin=ORIGIN)
        await desk.dismiss(window_of(opened))
        cancelled = await desk.state(opened.dialog_id, origin=ORIGIN)
        return [cancelled, await confirm(desk, await desk.open(signed, origin=ORIGIN))]

    cancelled, later = run(act)
    assert (cancelled.phase, cancelled.problem.code) == (DialogPhase.REFUSED, "PIN_CANCELLED")
    assert later.phase is DialogPhase.SIGNED


# One dialog at a time


def test_a_second_order_waits_until_the_first_is_released(client: World, certificate: Certificate) -> None:
    first, second = (client.site.signed(client.site.order(certificate)) for _ in range(2))

    async def act() -> list[str]:
        desk = client.desk()
        opened = await desk.open(first, origin=ORIGIN)
        assert await desk.open(first, origin=ORIGIN) == opened  # a page that was loaded again
        with pytest.raises(Refused) as busy:
            await desk.open(second, origin=ORIGIN)
        await desk.cancel(opened.dialog_id, origin=ORIGIN)
        await desk.open(second, origin=ORIGIN)
        return [busy.value.problem.code, (await desk.state(opened.dialog_id, origin=ORIGIN)).phase.value]

    assert run(act) == ["DIALOG_BUSY", "refused"]


def test_an_expired_dialog_releases_the_window(client: World, certificate: Certificate) -> None:
    first = client.site.signed(client.site.order(certificate))

    async def act() -> DialogState:
        desk = client.desk()
        opened = await desk.open(first, origin=ORIGIN)
        client.clock.advance(seconds=300)
        second = client.site.signed(client.site.order(certificate, at=client.clock()))
        await desk.open(second, origin=ORIGIN)
        return await desk.state(opened.dialog_id, origin=ORIGIN)

    state = run(act)
    assert (state.phase, state.problem.code) == (DialogPhase.REFUSED, "ORDER_EXPIRED")


def test_a_closed_window_is_given_up_when_the_next_order_comes(
    client: World, certificate: Certificate
) -> None:
    async def act() -> DialogState:
        desk = client.desk()
        opened = await desk.open(client.site.signed(client.site.order(certificate)), origin=ORIGIN)
        desk.window(window_of(opened))
        client.clock.advance(seconds=11)
        await desk.open(client.site.signed(client.site.order(certificate, at=client.clock())), origin=ORIGIN)
        return await desk.state(opened.dialog_id, origin=ORIGIN)

    assert run(act).problem.code == "PIN_CANCELLED"


def test_no_pin_signs_after_the_order_is_over(client: World, certificate: Certificate) -> None:
    async def act() -> DialogState:
        desk = client.desk()
        opened = await desk.open(client.site.signed(client.site.order(certificate)), origin=ORIGIN)
        client.clock.advance(seconds=301)
        return await confirm(desk, opened)

    assert run(act).problem.code == "ORDER_EXPIRED"
    assert client.tries_left() == 6


def test_another_paired_platform_cannot_see_the_dialog(client: World, certificate: Certificate) -> None:
    async def act() -> None:
        desk = client.desk()
        opened = await desk.open(client.site.signed(client.site.order(certificate)), origin=ORIGIN)
        await desk.state(opened.dialog_id, origin=OTHER_ORIGIN)

    assert problem_of(act) is Problem.DIALOG_NOT_FOUND


# Waiting


def test_a_long_poll_returns_as_soon_as_the_person_has_answered(
    client: World, certificate: Certificate
) -> None:
    async def act() -> DialogState:
        desk = client.desk()
        opened = await desk.open(client.site.signed(client.site.order(certificate)), origin=ORIGIN)
        waiting = asyncio.create_task(desk.state(opened.dialog_id, origin=ORIGIN, wait_seconds=25))
        await asyncio.sleep(0)
        await confirm(desk, opened)
        return await asyncio.wait_for(waiting, 1)

    assert run(act).phase is DialogPhase.SIGNED


def test_a_long_poll_ends_with_the_order(client: World, certificate: Certificate) -> None:
    async def act() -> DialogState:
        desk = client.desk()
        opened = await desk.open(client.site.signed(client.site.order(certificate)), origin=ORIGIN)
        client.clock.advance(seconds=299.9)
        waiting = asyncio.create_task(desk.state(opened.dialog_id, origin=ORIGIN, wait_seconds=25))
        await asyncio.sleep(0)
        client.clock.advance(seconds=0.2)
        return await asyncio.wait_for(waiting, 2)

    assert run(act).problem.code == "ORDER_EXPIRED"


# PIN conversations


def converse(client: World, certificate: Certificate, script: list[tuple[str, bool]]) -> list[str]:
    """Enter PINs one after another in one dialog; gives what was told after each."""

    async def act() -> list[str]:
        desk = client.desk()
        opened = await desk.open(client.site.signed(client.site.order(certificate)), origin=ORIGIN)
        told = []
        for text, last in script:
            state = await confirm(desk, opened, text, last=last)
            report = state.problem or state.last_problem
            told.append(state.phase.value if report is None else f"{state.phase.value} {report.code}")
        return told

    return list(run(act))


def test_a_wrong_pin_keeps_the_window_open_and_the_right_one_signs(
    client: World, certificate: Certificate
) -> None:
    told = converse(client, certificate, [("000000", False), ("", False), ("x" * 65, False), (PIN, False)])
    assert told == ["waiting PIN_INCORRECT", "waiting PIN_EMPTY", "waiting PIN_EMPTY", "signed"]
    assert client.tries_left() == 6


def test_the_last_try_wants_a_yes_and_then_locks(client: World, certificate: Certificate) -> None:
    wrong = [("000000", False)] * 5
    told = converse(client, certificate, [*wrong, ("000000", False), ("000000", True), (PIN, True)])
    assert told == [
        *["waiting PIN_INCORRECT"] * 5,
        "waiting PIN_LAST_TRY",
        "refused PIN_LOCKED",
        "refused PIN_LOCKED",
    ]
    assert client.tries_left() == 0


def test_the_last_try_can_be_right(client: World, certificate: Certificate) -> None:
    told = converse(client, certificate, [*[("000000", False)] * 5, (PIN, False), (PIN, True)])
    assert told[-2:] == ["waiting PIN_LAST_TRY", "signed"]
    assert client.tries_left() == 6


def test_a_locked_key_opens_no_window(client: World, certificate: Certificate) -> None:
    converse(client, certificate, [*[("000000", False)] * 5, ("000000", True)])
    signed = client.site.signed(client.site.order(certificate))
    assert problem_of(opening(client, signed)) is Problem.PIN_LOCKED


def test_a_key_pulled_out_can_be_put_back_for_the_same_order(client: World, certificate: Certificate) -> None:
    record = client.folder / "keys" / "SOFT-1" / "key.json"

    async def act() -> list[Any]:
        desk = client.desk()
        opened = await desk.open(client.site.signed(client.site.order(certificate)), origin=ORIGIN)
        kept = record.read_bytes()
        record.unlink()
        removed = await confirm(desk, opened)
        presence = [await desk.is_key_present(desk.window(window_of(opened)))]
        record.write_bytes(kept)
        return [removed, presence, await confirm(desk, opened)]

    removed, presence, signed = run(act)
    assert (removed.phase, removed.last_problem.code) == (DialogPhase.WAITING, "KEY_REMOVED")
    assert presence == [False]
    assert signed.phase is DialogPhase.SIGNED


def test_the_pin_is_wiped_whatever_happens(client: World, certificate: Certificate) -> None:
    secrets = [bytearray(PIN.encode()), bytearray(b"000000"), bytearray(PIN.encode())]

    async def act() -> None:
        desk = client.desk()
        opened = await desk.open(client.site.signed(client.site.order(certificate)), origin=ORIGIN)
        for secret in secrets[1:]:
            await desk.confirm(window_of(opened), {Secret.PIN: Pin(secret)}, is_last_try_accepted=False)
        with pytest.raises(Refused):
            await desk.confirm("no such window", {Secret.PIN: Pin(secrets[0])}, is_last_try_accepted=False)

    run(act)
    assert [bytes(secret) for secret in secrets] == [bytes(6)] * 3


# Keys that sign with SM2


def sm2_order(client: World) -> tuple[Certificate, SignOrder]:
    certificate = world.soft_key(client.folder, "SM2-1", owner="王芳", algorithm=Suite.SM2_SM3)
    return certificate, client.site.order(certificate)


def test_an_sm2_key_signs_after_the_attributes_were_read(client: World) -> None:
    certificate, order = sm2_order(client)

    async def act() -> DialogState:
        desk = client.desk()
        opened = await desk.open(client.site.signed(order), origin=ORIGIN)
        return await confirm(desk, opened)

    state = run(act)
    assert state.phase is DialogPhase.SIGNED
    assert state.result is not None
    value = base64.b64decode(state.result.signature)
    assert suites.check(Suite.SM2_SM3, certificate, base64.b64decode(order.to_be_signed), value)


def test_an_sm2_key_signs_attributes_of_the_chinese_family_too(client: World) -> None:
    certificate, order = sm2_order(client)
    asked = attributes.build(bytes(32), certificate, Suite.SM2_SM3, content_type=attributes.GM_DATA)
    changed = order.model_copy(update={"to_be_signed": base64.b64encode(asked).decode()})

    async def act() -> DialogState:
        desk = client.desk()
        return await confirm(desk, await desk.open(client.site.signed(changed), origin=ORIGIN))

    state = run(act)
    assert state.result is not None
    assert suites.check(Suite.SM2_SM3, certificate, asked, base64.b64decode(state.result.signature))


def test_attributes_of_another_sm2_certificate_are_refused_though_the_order_names_this_one(
    client: World,
) -> None:
    """Such attributes name the certificate by SM3, which stands nowhere in the order: the key's own decides."""
    certificate, order = sm2_order(client)
    other = world.soft_key(client.folder, "SM2-2", owner="李明", algorithm=Suite.SM2_SM3)
    foreign = base64.b64encode(attributes.build(bytes(32), other, Suite.SM2_SM3)).decode()
    signed = client.site.signed(order.model_copy(update={"to_be_signed": foreign}))
    assert problem_of(opening(client, signed)) is Problem.ATTRIBUTES_NOT_ACCEPTED
    named_by_sha256 = base64.b64encode(attributes.build(bytes(32), certificate, Suite.RSA_SHA256)).decode()
    signed = client.site.signed(order.model_copy(update={"to_be_signed": named_by_sha256}))
    assert problem_of(opening(client, signed)) is Problem.ATTRIBUTES_NOT_ACCEPTED


def test_an_sm2_certificate_on_a_key_that_cannot_sign_with_it_is_neither_listed_nor_asked(
    client: World,
) -> None:
    certificate, order = sm2_order(client)
    stub = Stub(certificate, raising(AssertionError("asked")))
    stub.suites = (Suite.RSA_SHA256, Suite.ECDSA_SHA256)  # as a PKCS#11 module

    async def act() -> None:
        desk = client.desk([stub])
        (key,) = (await desk.keys()).keys
        assert key.certificates == ()
        await desk.open(client.site.signed(order), origin=ORIGIN)

    assert problem_of(act) is Problem.ALGORITHM_UNSUPPORTED


# Keys that misbehave


class Stub:
    """A key as scripted."""

    serial, label, driver, is_demo, name = "STUB-1", "坏Key", "pkcs11", False, "stub"
    suites = SUITES
    seals: tuple[bytes, ...] = ()
    acts: frozenset[KeyAct] = frozenset()

    def __init__(
        self, certificate: Certificate, sign: Callable[[], bytes], tries: Tries | None = None
    ) -> None:
        self.certificates = (certificate,)
        self._sign = sign
        self._tries = tries or Tries(left=None)

    def plugged(self) -> tuple["Stub", ...]:
        return (self,)

    def tries(self) -> Tries:
        return self._tries

    def sign(self, certificate: Certificate, suite: Suite, message: bytes, pin: Pin) -> bytes:
        return self._sign()


def raising(error: Exception) -> Callable[[], bytes]:
    def act() -> bytes:
        raise error

    return act


def with_stub(client: World, certificate: Certificate, stub: Stub, *, last: bool = False) -> DialogState:
    async def act() -> DialogState:
        desk = client.desk([stub])
        opened = await desk.open(client.site.signed(client.site.order(certificate)), origin=ORIGIN)
        return await confirm(desk, opened, last=last)

    state = run(act)
    assert isinstance(state, DialogState)
    return state


def test_a_wrong_signature_of_a_key_never_leaves_the_client(client: World, certificate: Certificate) -> None:
    state = with_stub(client, certificate, Stub(certificate, lambda: bytes(256)))
    assert (state.phase, state.problem and state.problem.code) == (DialogPhase.REFUSED, "SIGNATURE_INVALID")
    assert state.result is None


def test_a_fault_of_a_vendor_s_module_is_told_without_its_words(
    client: World, certificate: Certificate
) -> None:
    state = with_stub(client, certificate, Stub(certificate, raising(OSError(f"PIN {PIN} at 0x7ff"))))
    assert state.last_problem is not None
    assert (state.phase, state.last_problem.code) == (DialogPhase.WAITING, "KEY_FAILED")
    assert state.last_problem.facts == {"detail": "OSError"}
    assert PIN not in client.journal_text


def test_a_key_that_only_says_final_try_wants_a_yes_too(client: World, certificate: Certificate) -> None:
    tries = Tries(left=None, is_last=True)
    asked: list[int] = []

    def sign() -> bytes:
        asked.append(1)
        raise Refused(Problem.PIN_LOCKED)

    state = with_stub(client, certificate, Stub(certificate, sign, tries))
    assert (state.last_problem and state.last_problem.code, asked) == ("PIN_LAST_TRY", [])
    state = with_stub(client, certificate, Stub(certificate, sign, tries), last=True)
    assert (state.problem and state.problem.code, asked) == ("PIN_LOCKED", [1])


def test_one_failing_driver_does_not_hide_the_other_s_keys(client: World) -> None:
    class Broken:
        name = "pkcs11 broken.so"

        def plugged(self) -> tuple[Stub, ...]:
            raise RuntimeError("cannot open")

    async def act() -> list[str]:
        desk = client.desk([Broken(), SoftDriver(client.folder / "keys")])
        return [key.serial for key in (await desk.keys()).keys]

    assert run(act) == ["SOFT-1"]


def test_a_double_click_costs_no_try_and_a_cancel_waits_for_the_key(
    client: World, certificate: Certificate
) -> None:
    started, release = threading.Event(), threading.Event()

    def slow() -> bytes:
        started.set()
        release.wait(5)
        raise Refused(Problem.KEY_FAILED, detail="slow")

    async def act() -> list[str]:
        desk = client.desk([Stub(certificate, slow)])
        opened = await desk.open(client.site.signed(client.site.order(certificate)), origin=ORIGIN)
        first = asyncio.create_task(confirm(desk, opened))
        await asyncio.to_thread(started.wait, 5)
        with pytest.raises(Refused) as second:
            await desk.confirm(window_of(opened), entered(), is_last_try_accepted=False)
        cancel = asyncio.create_task(desk.cancel(opened.dialog_id, origin=ORIGIN))
        await asyncio.sleep(0.05)
        was_waiting = not cancel.done()
        release.set()
        await first
        problem = (await cancel).problem
        assert problem is not None
        return [second.value.problem.code, str(was_waiting), problem.code]

    assert run(act) == ["DIALOG_BUSY", "True", "PIN_CANCELLED"]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes every act of a soft key."""
    from yunqian.agent.keys.soft import SoftKey

    acts: list[str] = []
    original = SoftKey.sign

    def sign(self: SoftKey, *facts: Any) -> bytes:
        acts.append(self.serial)
        return original(self, *facts)

    monkeypatch.setattr(SoftKey, "sign", sign)
    return acts


def test_the_order_text_that_is_signed_is_the_one_that_is_shown(
    client: World, certificate: Certificate
) -> None:
    order = client.site.order(certificate)

    async def act() -> Order | None:
        desk = client.desk()
        opened = await desk.open(client.site.signed(order), origin=ORIGIN)
        return desk.window(window_of(opened)).asked.order

    assert run(act) == order
