"""From the platform's order to a signature by a key behind GM/T 0016: the whole client, two vendors, two devices."""

import asyncio
import base64
import shutil
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.agent import kinds, world
from tests.agent.skf import softskf
from tests.agent.skf.keeping import KINDS, issued, seal
from tests.agent.skf.softskf import ADMIN_PIN, MOST_TRIES, NEEDED, PIN, Act, SoftSkf
from tests.agent.world import ORIGIN, World
from yunqian.agent.desk import Desk
from yunqian.agent.keys.child import ChildDriver
from yunqian.agent.keys.port import KeyAct
from yunqian.agent.keys.ring import Ring
from yunqian.agent.keys.skf.driver import SkfDriver
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem, Refused
from yunqian.wire.key_orders import EnrolResult, NamedKey
from yunqian.wire.keys import DialogOpened, DialogPhase, DialogState

pytestmark = NEEDED


@dataclass
class Bench:
    """A client with the libraries of two vendors: SN-1 is a person's, SN-2 and SN-3 an organization's."""

    client: World
    one: SoftSkf
    two: SoftSkf
    certificates: dict[str, Certificate] = field(default_factory=dict)

    def drivers(self) -> list[SkfDriver]:
        """Both libraries in this process, where the tests can break them; in a child see `keys.test_child`."""
        return [SkfDriver(str(vendor.path)) for vendor in (self.one, self.two)]

    def desk(self) -> Desk:
        return self.client.desk(self.drivers())

    def is_at_rest(self) -> bool:
        return self.one.is_at_rest() and self.two.is_at_rest()


@pytest.fixture
def bench(softskf_template: Path, tmp_path: Path) -> Bench:
    vendors = [softskf.copied(softskf_template, tmp_path / name) for name in ("one", "two")]
    made = Bench(World(tmp_path), *vendors)
    _, made.certificates["SN-1"] = made.one.key("SN-1", "签名章", "李明")
    _, made.certificates["SN-2"] = made.two.key("SN-2", "公章", "广东示例科技有限公司")
    _, made.certificates["SN-3"] = made.two.key("SN-3", "合同专用章", "广东示例科技有限公司", kind="rsa")
    return made


def run(act: Callable[[], Awaitable[Any]]) -> Any:
    """Run one conversation in an event loop of its own."""

    async def within() -> Any:
        return await asyncio.wait_for(act(), 30)

    return asyncio.run(within())


async def confirm(desk: Desk, opened: DialogOpened, text: str = PIN, *, last: bool = False) -> DialogState:
    assert opened.window_url is not None
    window = opened.window_url.rsplit("/", 1)[1]
    await desk.confirm(window, world.entered(text), is_last_try_accepted=last)
    return await desk.state(opened.dialog_id, origin=ORIGIN)


def problem(state: DialogState) -> str:
    told = state.problem or state.last_problem
    assert told is not None
    return told.code


def test_keys_of_two_vendors_are_listed_together_and_each_signs_its_order(bench: Bench) -> None:
    async def act() -> None:
        desk = bench.desk()
        listed = (await desk.keys()).keys
        assert [(key.serial, key.label, key.tries_left) for key in listed] == [
            ("SN-1", "签名章", MOST_TRIES),
            ("SN-2", "公章", MOST_TRIES),
            ("SN-3", "合同专用章", MOST_TRIES),
        ]
        assert [key.certificates[0].algorithm for key in listed] == ["SM2_SM3", "SM2_SM3", "RSA_SHA256"]
        assert {(key.driver, key.is_demo) for key in listed} == {("skf", False)}
        for certificate in bench.certificates.values():
            order = bench.client.site.order(certificate)
            opened = await desk.open(bench.client.site.signed(order), origin=ORIGIN)
            state = await confirm(desk, opened)
            assert state.phase is DialogPhase.SIGNED, state
            assert state.result is not None
            value, message = (base64.b64decode(text) for text in (state.result.signature, order.to_be_signed))
            assert suites.check(suites.suite_of(certificate), certificate, message, value)
            assert bench.is_at_rest()

    run(act)


def test_a_wrong_pin_is_told_with_its_tries_and_the_right_one_signs(bench: Bench) -> None:
    async def act() -> None:
        desk = bench.desk()
        order = bench.client.site.order(bench.certificates["SN-2"])
        opened = await desk.open(bench.client.site.signed(order), origin=ORIGIN)
        state = await confirm(desk, opened, "999999")
        assert (state.phase, problem(state)) == (DialogPhase.WAITING, Problem.PIN_INCORRECT.code)
        assert bench.two.tries_left(0) == MOST_TRIES - 1
        assert bench.two.tries_left(1) == MOST_TRIES
        assert (await confirm(desk, opened)).phase is DialogPhase.SIGNED
        assert "999999" not in bench.client.journal_text
        assert PIN not in bench.client.journal_text

    run(act)


def test_the_last_try_needs_a_yes_and_then_the_key_locks(bench: Bench) -> None:
    async def act() -> None:
        desk = bench.desk()
        order = bench.client.site.order(bench.certificates["SN-1"])
        opened = await desk.open(bench.client.site.signed(order), origin=ORIGIN)
        for _ in range(MOST_TRIES - 1):
            await confirm(desk, opened, "999999")
        asked = bench.one.pin_checks
        assert problem(await confirm(desk, opened, "999999")) == Problem.PIN_LAST_TRY.code
        assert (bench.one.pin_checks, bench.one.tries_left(0)) == (asked, 1)
        state = await confirm(desk, opened, "999999", last=True)
        assert (state.phase, problem(state)) == (DialogPhase.REFUSED, Problem.PIN_LOCKED.code)
        locked = next(key for key in (await desk.keys()).keys if key.serial == "SN-1")
        assert (locked.is_locked, locked.tries_left) == (True, 0)

    run(act)


@pytest.mark.parametrize("call", ["SKF_OpenContainer", "SKF_VerifyPIN", "SKF_ECCSignData"])
def test_a_key_pulled_out_at_the_pin_signs_the_same_order_when_it_is_back(bench: Bench, call: str) -> None:
    async def act() -> None:
        desk = bench.desk()
        order = bench.client.site.order(bench.certificates["SN-1"])
        opened = await desk.open(bench.client.site.signed(order), origin=ORIGIN)
        bench.one.breaks(call, Act.UNPLUG, 0)
        state = await confirm(desk, opened)
        assert (state.phase, problem(state)) == (DialogPhase.WAITING, Problem.KEY_REMOVED.code)
        assert [key.serial for key in (await desk.keys()).keys] == ["SN-2", "SN-3"]
        bench.one.breaks(call, Act.NONE)
        bench.one.plug(0, is_present=True)
        assert (await confirm(desk, opened)).phase is DialogPhase.SIGNED
        assert bench.is_at_rest()

    run(act)


def test_plugging_and_pulling_change_the_generation(bench: Bench) -> None:
    async def act() -> None:
        desk = bench.desk()
        seen = [await desk.keys()]
        for is_present in (False, True):
            bench.two.plug(0, is_present=is_present)
            seen.append(await desk.keys())
        assert [len(one.keys) for one in seen] == [3, 2, 3]
        assert len({one.generation for one in seen}) == 3
        assert (await desk.keys()).generation == seen[-1].generation

    run(act)


def test_a_vendor_whose_library_is_missing_hides_only_his_own_keys(bench: Bench) -> None:
    told: list[tuple[str, Problem]] = []

    async def act() -> None:
        missing = SkfDriver(str(bench.client.folder / "libmissing.so"))
        ring = Ring([missing, *bench.drivers()], tell=lambda name, problem: told.append((name, problem)))
        assert [held.key.serial for held in await ring.plugged()] == ["SN-1", "SN-2", "SN-3"]
        ring.close()

    run(act)
    assert told == [("skf libmissing.so", Problem.KEY_FAILED)]


@pytest.mark.parametrize("algorithm", ["SM2_SM3", "RSA_SHA256"])
def test_an_empty_key_becomes_a_working_one_by_orders_of_the_platform(bench: Bench, algorithm: str) -> None:
    bench.one.add("SN-9", "新 Key")
    named = NamedKey(driver="skf", serial="SN-9", label="新 Key")
    whole = base64.b64encode(seal()).decode()

    async def act() -> None:
        desk = bench.desk()

        async def do(order: Any, *entered: str) -> DialogState:
            opened = await desk.open(bench.client.site.signed(order.model_dump_json()), origin=ORIGIN)
            return await kinds.enter(desk, opened, *entered)

        state = await do(kinds.enrol(named, algorithm=algorithm), PIN)
        assert isinstance(state.result, EnrolResult), kinds.told(state)
        request = base64.b64decode(state.result.request)
        certificate = issued(request, "王芳", kind=KINDS[algorithm])
        state = await do(kinds.store(certificate, named, seals=(whole,)), PIN)
        assert kinds.told(state) == "signed"
        listed = next(key for key in (await desk.keys()).keys if key.serial == "SN-9")
        assert [one.sha256 for one in listed.certificates] == [certificate.sha256]
        assert [one.code for one in listed.seals] == ["44010000000001"]
        assert set(listed.acts) == {"change_pin", "unlock", "enrol", "store"}
        order = bench.client.site.order(certificate)
        assert kinds.told(await do(order, PIN)) == "signed"
        assert bench.is_at_rest()

    run(act)
    assert PIN not in bench.client.journal_text


@pytest.mark.parametrize("algorithm", ["SM2_SM3", "RSA_SHA256"])
def test_an_empty_key_becomes_a_working_one_in_a_process_of_its_own(
    softskf_template: Path, tmp_path: Path, algorithm: str
) -> None:
    """As the client runs it: the library is loaded by the child alone."""
    library = shutil.copy(softskf_template, tmp_path / "libsoftskf.so")
    Path(f"{library}.plugged").write_text("SN-7")
    suite = suites.Suite[algorithm]
    with closing(ChildDriver("skf", str(library))) as driver:
        (key,) = driver.plugged()
        assert (key.serial, key.certificates, key.acts) == ("SN-7", (), frozenset(KeyAct))
        request = key.enrol(suite, "王芳", world.pin(PIN))
        certificate = issued(request, "王芳", kind=KINDS[algorithm])
        key.store(certificate, (seal(),), world.pin(PIN))
        (key,) = driver.plugged()
        assert (key.certificates, key.seals) == ((certificate,), (seal(),))
        key.change_pin(world.pin(PIN), world.pin("975310"))
        with pytest.raises(Refused) as caught:
            key.sign(certificate, suite, b"message", world.pin(PIN))
        assert caught.value.facts == {"tries_left": MOST_TRIES - 1}
        key.unlock(world.pin(ADMIN_PIN), world.pin(PIN))
        value = key.sign(certificate, suite, b"message", world.pin(PIN))
        assert suites.check(suite, certificate, b"message", value)
