"""Signing several documents at once: each checked and kept as if it had come alone, one PIN, one consent."""

import asyncio
import base64
import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.agent import kinds
from tests.agent.world import NOW, ORIGIN, PIN, Site, World, pin, soft_key
from yunqian.agent.acts.act import Secret
from yunqian.agent.desk import Desk
from yunqian.agent.keys.port import SUITES, KeyAct, Series
from yunqian.agent.keys.soft import SoftDriver, SoftKey
from yunqian.agent.pin import Pin, Tries
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused
from yunqian.wire.batch_orders import MOST_ITEMS, BatchOrder, BatchResult
from yunqian.wire.keys import DialogOpened, DialogPhase, DialogState
from yunqian.wire.orders import SignOrder, SignResult


def run(act: Callable[[], Awaitable[Any]]) -> Any:
    async def within() -> Any:
        return await asyncio.wait_for(act(), 30)

    return asyncio.run(within())


@dataclass
class Vendor:
    """A vendor's key made of a soft one, which does what a test wants at a certain signature."""

    soft: SoftKey
    acts: frozenset[KeyAct] = frozenset()
    driver: str = "pkcs11"
    is_demo: bool = False
    suites: tuple[Suite, ...] = SUITES
    seals: tuple[bytes, ...] = ()
    wants_each: bool = False
    fails: dict[int, Refused] = field(default_factory=dict)  # by the number of the signature, from 1
    lies_at: int = 0
    logins: int = 0
    signed: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.soft, name)

    def tries(self) -> Tries:
        return self.soft.tries()

    def sign_each(
        self, certificate: Certificate, suite: Suite, messages: Sequence[bytes], pin: Pin
    ) -> Series:
        self.logins += 1
        self.soft.sign(certificate, suite, b"is the PIN right?", pin)
        values: list[bytes] = []
        for message in messages:
            if self.wants_each and values:
                return Series(tuple(values), Refused(Problem.PIN_EACH_SIGNATURE, done=1, left=1))
            self.signed += 1
            if self.signed in self.fails:
                return Series(tuple(values), self.fails[self.signed])
            value = self.soft.sign(certificate, suite, message, pin)
            values.append(bytes(len(value)) if self.signed == self.lies_at else value)
        return Series(tuple(values))


@dataclass
class Shelf:
    """A driver with one key."""

    key: Vendor
    name: str = "shelf"

    def plugged(self) -> list[Any]:
        return [self.key]


@dataclass
class Bench:
    """A client, its site, and three documents for its key."""

    client: World
    certificate: Certificate
    orders: list[SignOrder]

    def desk(self) -> Desk:
        return self.client.desk()

    def vendor(self, **how: Any) -> tuple[Desk, Vendor]:
        """A desk at whose only driver lies a vendor's key."""
        (soft,) = SoftDriver(self.client.folder / "keys").plugged()
        key = Vendor(soft, **how)
        return self.client.desk([Shelf(key)]), key  # type: ignore[list-item]

    @property
    def batch(self) -> BatchOrder:
        if not hasattr(self, "_batch"):
            self._batch = kinds.batch(self.client.site, *self.orders)
        return self._batch

    async def open(self, desk: Desk, order: BatchOrder | SignOrder | None = None) -> DialogOpened:
        signed = self.client.site.signed((order or self.batch).model_dump_json())
        return await desk.open(signed, origin=ORIGIN)

    def journal(self, event: str) -> list[dict[str, str]]:
        lines = [json.loads(line) for line in self.client.journal_text.splitlines()]
        return [line for line in lines if line["event"] == event]

    def is_valid(self, result: SignResult | None) -> bool:
        """Whether it is the signature of its order."""
        if result is None:
            return False
        (order,) = (one for one in self.orders if one.order_id == result.order_id)
        value, message = (base64.b64decode(one) for one in (result.signature, order.to_be_signed))
        return suites.check(suites.suite_of(self.certificate), self.certificate, message, value)


@pytest.fixture
def bench(client: World, certificate: Certificate) -> Bench:
    titles = ("采购合同.pdf", "付款申请单.pdf", "会议纪要.pdf")
    orders = [
        client.site.order(certificate, ceremony_id=f"ceremony-{n}", position=1, total=1, title=title)
        for n, title in enumerate(titles)
    ]
    return Bench(client, certificate, orders)


def outcomes(state: DialogState) -> list[str]:
    """Each in short: signed, or the problem."""
    assert isinstance(state.result, BatchResult), state
    return ["signed" if one.problem is None else one.problem.code for one in state.result.outcomes]


def results(state: DialogState) -> list[SignResult | None]:
    assert isinstance(state.result, BatchResult), state
    return [one.result for one in state.result.outcomes]


def refused_at_opening(bench: Bench, order: BatchOrder) -> Problem:
    async def act() -> Problem:
        with pytest.raises(Refused) as caught:
            await bench.open(bench.desk(), order)
        return caught.value.problem

    problem: Problem = run(act)
    assert bench.client.tries_left() == 6
    assert not bench.journal("dialog opened")
    return problem


def test_three_documents_are_signed_with_one_pin_and_each_value_is_that_of_its_order(bench: Bench) -> None:
    async def act() -> None:
        desk = bench.desk()
        opened = await bench.open(desk)
        state = await kinds.enter(desk, opened, PIN, agreed=True)
        assert (state.phase, outcomes(state)) == (DialogPhase.SIGNED, ["signed"] * 3)
        assert all(bench.is_valid(one) for one in results(state))

    run(act)


def test_the_journal_has_one_line_for_each_signature_and_no_pin_and_no_title(bench: Bench) -> None:
    async def act() -> None:
        desk = bench.desk()
        await kinds.enter(desk, await bench.open(desk), PIN, agreed=True)

    run(act)
    assert [line["order_id"] for line in bench.journal("signed")] == [one.order_id for one in bench.orders]
    assert {line["ceremony_id"] for line in bench.journal("signed")} == {
        "ceremony-0",
        "ceremony-1",
        "ceremony-2",
    }
    assert PIN not in bench.client.journal_text
    assert "付款" not in bench.client.journal_text


@pytest.mark.parametrize("suite", [Suite.ECDSA_SHA256, Suite.SM2_SM3], ids=["ecdsa", "sm2"])
def test_keys_of_other_algorithms_sign_batches_too(client: World, suite: Suite) -> None:
    certificate = soft_key(client.folder, "SOFT-9", algorithm=suite)
    bench = Bench(client, certificate, [client.site.order(certificate) for _ in range(3)])

    async def act() -> None:
        desk = bench.desk()
        state = await kinds.enter(desk, await bench.open(desk), PIN, agreed=True)
        assert all(bench.is_valid(one) for one in results(state))

    run(act)


def test_without_the_tick_nothing_reaches_the_key(bench: Bench) -> None:
    async def act() -> None:
        desk = bench.desk()
        state = await kinds.enter(desk, await bench.open(desk), "000000")
        assert kinds.told(state) == "waiting CONSENT_MISSING"
        assert bench.client.tries_left() == 6

    run(act)


def test_a_wrong_pin_costs_one_try_for_the_whole_list_and_signs_nothing(bench: Bench) -> None:
    async def act() -> None:
        desk = bench.desk()
        opened = await bench.open(desk)
        state = await kinds.enter(desk, opened, "000000", agreed=True)
        assert (kinds.told(state), state.outcomes) == ("waiting PIN_INCORRECT", ())
        assert bench.client.tries_left() == 5
        state = await kinds.enter(desk, opened, PIN, agreed=True)
        assert outcomes(state) == ["signed"] * 3

    run(act)


def test_the_pin_is_wiped_when_the_act_is_over(bench: Bench) -> None:
    async def act() -> None:
        desk = bench.desk()
        opened = await bench.open(desk)
        window = desk.window(str(opened.window_url).rsplit("/", 1)[1])
        entered = pin(PIN)
        await desk.confirm(
            window.window_id, {Secret.PIN: entered}, is_last_try_accepted=False, is_agreed=True
        )
        assert entered.secret == bytes(len(PIN))

    run(act)


def test_the_same_batch_again_gives_the_same_results_also_after_a_restart(bench: Bench) -> None:
    async def act() -> None:
        desk = bench.desk()
        opened = await bench.open(desk)
        first = await kinds.enter(desk, opened, PIN, agreed=True)
        assert (await bench.open(desk)).dialog_id == opened.dialog_id
        desk.close()
        later = bench.desk()
        again = await bench.open(later)
        assert (await later.state(again.dialog_id, origin=ORIGIN)).result == first.result

    run(act)


def test_what_was_signed_in_a_batch_gives_the_same_value_when_its_order_comes_alone(bench: Bench) -> None:
    async def act() -> None:
        desk = bench.desk()
        state = await kinds.enter(desk, await bench.open(desk), PIN, agreed=True)
        alone = await bench.open(desk, bench.orders[1])
        assert (await desk.state(alone.dialog_id, origin=ORIGIN)).result == results(state)[1]

    run(act)


def test_what_was_signed_alone_before_is_not_signed_again_in_a_batch(bench: Bench) -> None:
    async def act() -> None:
        desk, key = bench.vendor()
        alone = await bench.open(bench.desk(), bench.orders[1])
        assert alone.window_url
        soft = bench.desk()
        first = await kinds.enter(soft, await bench.open(soft, bench.orders[1]), PIN)
        desk = bench.client.desk([Shelf(key)])  # type: ignore[list-item]
        opened = await bench.open(desk)
        waiting = await desk.state(opened.dialog_id, origin=ORIGIN)
        assert [one.result for one in waiting.outcomes] == [first.result]
        state = await kinds.enter(desk, opened, PIN, agreed=True)
        assert results(state)[1] == first.result
        assert key.signed == 2

    run(act)


def test_a_batch_whose_documents_are_all_signed_needs_no_pin(bench: Bench) -> None:
    async def act() -> None:
        desk = bench.desk()
        state = await kinds.enter(desk, await bench.open(desk), PIN, agreed=True)
        anew = await bench.open(desk, kinds.batch(bench.client.site, *bench.orders[:2]))
        assert results(await desk.state(anew.dialog_id, origin=ORIGIN)) == results(state)[:2]

    run(act)


# What must not be in one list


@pytest.mark.parametrize("field", ["tenant_name", "person_name"])
def test_documents_of_two_persons_or_organizations_are_no_batch(bench: Bench, field: str) -> None:
    other = bench.orders[1].model_copy(update={field: "另一位"})
    assert refused_at_opening(bench, kinds.batch(bench.client.site, bench.orders[0], other)) is (
        Problem.ORDER_NOT_GENUINE
    )


def test_a_document_for_another_key_is_not_in_the_batch(bench: Bench) -> None:
    other = soft_key(bench.client.folder, "SOFT-8", owner="公司", algorithm=Suite.ECDSA_SHA256)
    order = kinds.batch(bench.client.site, bench.orders[0], bench.client.site.order(other))
    assert refused_at_opening(bench, order) is Problem.ORDER_NOT_GENUINE


def test_an_order_that_another_platform_signed_is_not_believed_inside_a_batch(bench: Bench) -> None:
    order = kinds.batch(Site(), *bench.orders)  # a stranger signed the parts
    assert refused_at_opening(bench, order) is Problem.ORDER_NOT_GENUINE


def test_one_document_twice_is_no_batch(bench: Bench) -> None:
    order = kinds.batch(bench.client.site, bench.orders[0], bench.orders[0])
    assert refused_at_opening(bench, order) is Problem.ORDER_NOT_GENUINE
    same_bytes = bench.orders[0].model_copy(update={"order_id": "x", "nonce": secrets.token_hex(16)})
    order = kinds.batch(bench.client.site, bench.orders[0], same_bytes)
    assert refused_at_opening(bench, order) is Problem.ORDER_NOT_GENUINE


def test_an_order_of_another_kind_inside_a_batch_is_refused(bench: Bench) -> None:
    order = kinds.batch(bench.client.site, bench.orders[0])
    inside = bench.client.site.signed(kinds.login(bench.certificate).model_dump_json())
    item = order.items[0].model_copy(update={"order": inside})
    spoilt = order.model_copy(update={"items": (order.items[0], item)})
    assert refused_at_opening(bench, spoilt) is Problem.ORDER_NOT_GENUINE


def test_one_order_that_is_over_or_from_the_future_spoils_the_list(bench: Bench) -> None:
    old = bench.client.site.order(bench.certificate, at=NOW.replace(hour=9))
    assert refused_at_opening(bench, kinds.batch(bench.client.site, bench.orders[0], old)) is (
        Problem.ORDER_EXPIRED
    )
    new = bench.client.site.order(bench.certificate, at=NOW.replace(hour=11))
    assert refused_at_opening(bench, kinds.batch(bench.client.site, bench.orders[0], new)) is (
        Problem.CLOCK_WRONG
    )


def test_attributes_that_are_no_documents_spoil_the_list(bench: Bench) -> None:
    odd = bench.orders[1].model_copy(
        update={"to_be_signed": base64.b64encode(b"yunqian.login.v1\n").decode()}
    )
    assert refused_at_opening(bench, kinds.batch(bench.client.site, bench.orders[0], odd)) is (
        Problem.ATTRIBUTES_NOT_ACCEPTED
    )


def test_more_documents_than_a_batch_may_have_are_refused(bench: Bench) -> None:
    orders = [bench.client.site.order(bench.certificate) for _ in range(MOST_ITEMS + 1)]
    full = kinds.batch(bench.client.site, *orders[:MOST_ITEMS])
    item = kinds.batch(bench.client.site, orders[-1]).items[0]
    over = full.model_copy(update={"items": (*full.items, item)})
    assert refused_at_opening(bench, over) is Problem.CLIENT_TOO_OLD


# What a key may do in the middle


def test_a_key_that_fails_at_one_document_signs_the_others(bench: Bench) -> None:
    async def act() -> None:
        desk, key = bench.vendor(fails={2: Refused(Problem.KEY_FAILED, detail="CKR_FUNCTION_FAILED")})
        state = await kinds.enter(desk, await bench.open(desk), PIN, agreed=True)
        assert outcomes(state) == ["signed", "KEY_FAILED", "signed"]
        assert key.logins == 2

    run(act)


def test_the_one_that_failed_can_be_asked_for_again(bench: Bench) -> None:
    async def act() -> None:
        desk, _ = bench.vendor(fails={2: Refused(Problem.KEY_FAILED, detail="x")})
        await kinds.enter(desk, await bench.open(desk), PIN, agreed=True)
        anew = await bench.open(desk, kinds.batch(bench.client.site, bench.orders[1]))
        assert outcomes(await kinds.enter(desk, anew, PIN, agreed=True)) == ["signed"]

    run(act)


@pytest.mark.parametrize("problem", [Problem.KEY_REMOVED, Problem.KEY_TIMED_OUT, Problem.PIN_LOCKED])
def test_a_key_that_is_gone_or_locked_ends_the_rest_and_what_was_signed_stays(
    bench: Bench, problem: Problem
) -> None:
    async def act() -> None:
        desk, key = bench.vendor(fails={2: Refused(problem)})
        state = await kinds.enter(desk, await bench.open(desk), PIN, agreed=True)
        assert (state.phase, outcomes(state)) == (DialogPhase.SIGNED, ["signed", problem.code, problem.code])
        assert bench.is_valid(results(state)[0])
        assert key.signed == 2

    run(act)
    assert len(bench.journal("signed")) == 1


def test_a_key_that_is_gone_before_the_first_signature_leaves_the_dialog_waiting(bench: Bench) -> None:
    async def act() -> None:
        desk, key = bench.vendor(fails={1: Refused(Problem.KEY_REMOVED)})
        opened = await bench.open(desk)
        state = await kinds.enter(desk, opened, PIN, agreed=True)
        assert (kinds.told(state), state.outcomes) == ("waiting KEY_REMOVED", ())
        state = await kinds.enter(desk, opened, PIN, agreed=True)
        assert outcomes(state) == ["signed"] * 3
        assert key.logins == 2

    run(act)


def test_a_wrong_value_never_leaves_the_client(bench: Bench) -> None:
    async def act() -> None:
        desk, _ = bench.vendor(lies_at=2)
        state = await kinds.enter(desk, await bench.open(desk), PIN, agreed=True)
        assert outcomes(state) == ["signed", "SIGNATURE_INVALID", "signed"]

    run(act)


def test_a_key_that_wants_its_pin_for_every_signature_is_asked_with_a_new_one_each_time(bench: Bench) -> None:
    async def act() -> None:
        desk, key = bench.vendor(wants_each=True)
        opened = await bench.open(desk)
        state = await kinds.enter(desk, opened, PIN, agreed=True)
        assert kinds.told(state) == "waiting PIN_EACH_SIGNATURE"
        assert state.last_problem is not None
        assert state.last_problem.facts == {"done": 1, "left": 2}
        assert [bench.is_valid(one.result) for one in state.outcomes] == [True]
        assert (key.logins, key.signed) == (1, 1), "the PIN was used for the one signature and no other"
        state = await kinds.enter(desk, opened, "000000", agreed=True)
        assert kinds.told(state) == "waiting PIN_INCORRECT"
        await kinds.enter(desk, opened, PIN, agreed=True)
        state = await kinds.enter(desk, opened, PIN, agreed=True)
        assert outcomes(state) == ["signed"] * 3

    run(act)


@pytest.mark.parametrize("how", ["cancel", "time", "unpaired"])
def test_what_was_signed_before_the_dialog_ended_is_given(bench: Bench, how: str) -> None:
    async def act() -> None:
        desk, _ = bench.vendor(wants_each=True)
        opened = await bench.open(desk)
        await kinds.enter(desk, opened, PIN, agreed=True)
        if how == "cancel":
            await desk.cancel(opened.dialog_id, origin=ORIGIN)
        elif how == "time":
            bench.client.clock.advance(minutes=5)
        else:
            desk.obey([])
        problem = {"cancel": "PIN_CANCELLED", "time": "ORDER_EXPIRED", "unpaired": "PLATFORM_NOT_PAIRED"}[how]
        state = await desk.state(opened.dialog_id, origin=ORIGIN)
        assert outcomes(state) == ["signed", problem, problem]

    run(act)


def test_an_order_that_is_over_while_the_person_reads_is_left_out(bench: Bench) -> None:
    bench.orders[0] = bench.client.site.order(
        bench.certificate, order_id=bench.orders[0].order_id, expires_at=NOW.replace(minute=1)
    )

    async def act() -> None:
        desk = bench.desk()
        opened = await bench.open(desk)
        bench.client.clock.advance(minutes=2)
        state = await kinds.enter(desk, opened, PIN, agreed=True)
        assert outcomes(state) == ["ORDER_EXPIRED", "signed", "signed"]

    run(act)


def test_a_disk_that_takes_nothing_lets_no_signature_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act() -> None:
        desk = bench.desk()
        opened = await bench.open(desk)

        def full(_: Any) -> None:
            raise Refused(Problem.KEY_FAILED, detail="OSError")

        monkeypatch.setattr(desk._ledger, "record", full)
        state = await kinds.enter(desk, opened, PIN, agreed=True)
        assert (kinds.told(state), state.outcomes) == ("waiting KEY_FAILED", ())
        monkeypatch.undo()
        state = await kinds.enter(desk, opened, PIN, agreed=True)
        assert outcomes(state) == ["signed"] * 3

    run(act)


def test_fifty_documents_need_one_login(bench: Bench) -> None:
    bench.orders[:] = [bench.client.site.order(bench.certificate) for _ in range(MOST_ITEMS)]

    async def act() -> None:
        desk, key = bench.vendor()
        state = await kinds.enter(desk, await bench.open(desk), PIN, agreed=True)
        assert outcomes(state) == ["signed"] * MOST_ITEMS
        assert key.logins == 1

    run(act)
