"""Changing a PIN: with the old one, never by a slip, and never by the last try without a yes."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.agent import kinds, world
from tests.agent.test_desk import problem_of, run
from tests.agent.world import NOW, ORIGIN, OTHER_ORIGIN, PIN, STRANGER, World
from yunqian.agent.desk import Desk
from yunqian.agent.keys.port import SUITES, KeyAct
from yunqian.agent.pin import Pin, Tries
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem, Refused
from yunqian.wire.key_orders import NamedKey, PinChangeAsked, PinChanged
from yunqian.wire.keys import DialogKind, DialogOpened, DialogState

NEW = "135791"
WISH = PinChangeAsked(key=kinds.SOFT_1)


def talk(client: World, *entries: tuple[Sequence[str], bool]) -> list[str]:
    async def act() -> list[str]:
        desk = client.desk()
        opened = await desk.change_pin(WISH, origin=ORIGIN)
        return [kinds.told(await kinds.enter(desk, opened, *texts, last=last)) for texts, last in entries]

    return list(run(act))


def test_the_old_pin_and_a_new_one_twice(client: World, certificate: Certificate) -> None:
    async def act() -> tuple[DialogState, str]:
        desk = client.desk()
        changed = await kinds.enter(desk, await desk.change_pin(WISH, origin=ORIGIN), PIN, NEW, NEW)
        signing = await desk.open(client.site.signed(client.site.order(certificate)), origin=ORIGIN)
        return changed, kinds.told(await kinds.enter(desk, signing, NEW))

    changed, signed = run(act)
    assert (changed.kind, changed.phase) == (DialogKind.CHANGE_PIN, "signed")
    assert changed.result == PinChanged(key=kinds.SOFT_1, changed_at=NOW)
    assert signed == "signed"


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ((PIN, NEW, NEW + "0"), "NEW_PIN_DIFFERS"),
        ((PIN, NEW, ""), "NEW_PIN_DIFFERS"),
        ((PIN, "13579", "13579"), "NEW_PIN_WEAK"),
        ((PIN, "甲乙丙丁戊", "甲乙丙丁戊"), "NEW_PIN_WEAK"),
        ((PIN, "777777", "777777"), "NEW_PIN_WEAK"),
        ((PIN, PIN, PIN), "NEW_PIN_WEAK"),
        ((PIN, "", ""), "PIN_EMPTY"),
        ((PIN, "x" * 65, "x" * 65), "PIN_EMPTY"),
        (("", NEW, NEW), "PIN_EMPTY"),
    ],
)
def test_a_slip_costs_no_try_and_changes_nothing(client: World, texts: tuple[str, ...], problem: str) -> None:
    assert talk(client, (texts, False), ((PIN, NEW, NEW), False)) == [f"waiting {problem}", "signed"]
    assert client.tries_left() == 6


def test_the_last_try_wants_a_yes_and_a_locked_key_opens_no_window(client: World) -> None:
    wrong = ("000000", NEW, NEW)
    heard = talk(client, *[(wrong, False)] * 6, (wrong, True))
    assert heard == [*["waiting PIN_INCORRECT"] * 5, "waiting PIN_LAST_TRY", "refused PIN_LOCKED"]

    async def again() -> DialogOpened:
        return await client.desk().change_pin(WISH, origin=ORIGIN)

    assert problem_of(again) is Problem.PIN_LOCKED


def test_a_slip_before_the_last_try_does_not_spend_it(client: World) -> None:
    wrong = ("000000", NEW, NEW)
    heard = talk(client, *[(wrong, False)] * 5, (("000000", NEW, "other-1"), True))
    assert heard[-1] == "waiting NEW_PIN_DIFFERS"
    assert client.tries_left() == 1


def test_the_same_wish_again_finds_the_same_dialog_and_another_page_s_does_not(client: World) -> None:
    async def act() -> str:
        desk = client.desk()
        first = await desk.change_pin(WISH, origin=ORIGIN)
        assert await desk.change_pin(WISH, origin=ORIGIN) == first
        with pytest.raises(Refused) as caught:
            await desk.change_pin(WISH, origin=OTHER_ORIGIN)
        with pytest.raises(Refused):
            await desk.state(first.dialog_id, origin=OTHER_ORIGIN)
        return caught.value.problem.code

    assert run(act) == "DIALOG_BUSY"


def test_it_ends_after_five_minutes_without_a_try(client: World) -> None:
    async def act() -> list[str]:
        desk = client.desk()
        opened = await desk.change_pin(WISH, origin=ORIGIN)
        client.clock.advance(seconds=300)
        return [
            kinds.told(await desk.state(opened.dialog_id, origin=ORIGIN)),
            kinds.told(await kinds.enter(desk, opened, PIN, NEW, NEW)),
        ]

    assert run(act) == ["refused DIALOG_EXPIRED"] * 2
    assert client.tries_left() == 6


@pytest.mark.parametrize(
    ("key", "origin", "problem"),
    [
        (NamedKey(driver="soft", serial="SOFT-2", label="签名章"), ORIGIN, Problem.KEY_NOT_PLUGGED),
        (NamedKey(driver="skf", serial="SOFT-1", label="签名章"), ORIGIN, Problem.KEY_NOT_PLUGGED),
        (NamedKey(driver="soft", serial="SOFT-1", label="别的"), ORIGIN, Problem.KEY_NOT_PLUGGED),
        (kinds.SOFT_1, STRANGER, Problem.PLATFORM_NOT_PAIRED),
    ],
)
def test_only_the_named_key_and_only_for_a_paired_page(
    client: World, key: NamedKey, origin: str, problem: Problem
) -> None:
    async def act() -> DialogOpened:
        return await client.desk().change_pin(PinChangeAsked(key=key), origin=origin)

    assert problem_of(act) is problem


class Twins:
    """A driver that shows one key twice, as two devices with one serial would be."""

    serial, label, driver, is_demo, name = "CHEAP-1", "UKey", "skf", False, "twins"
    suites = SUITES
    certificates: tuple[Certificate, ...] = ()
    seals: tuple[bytes, ...] = ()
    acts = frozenset({KeyAct.CHANGE_PIN, KeyAct.UNLOCK})

    def __init__(self, times: int) -> None:
        self._times = times

    def plugged(self) -> tuple["Twins", ...]:
        return (self,) * self._times

    def tries(self) -> Tries:
        return Tries(left=3)

    def change_pin(self, old: Pin, new: Pin) -> None:
        raise AssertionError("two keys could be meant")


def desk_of(client: World, driver: object) -> Desk:
    return client.desk([driver])  # type: ignore[list-item]


def test_two_keys_of_one_name_are_refused_and_never_guessed(client: World) -> None:
    wish = PinChangeAsked(key=NamedKey(driver="skf", serial="CHEAP-1", label="UKey"))

    async def act() -> list[str]:
        codes = []
        for ask in (
            lambda: desk_of(client, Twins(2)).change_pin(wish, origin=ORIGIN),
            lambda: desk_of(client, Twins(2)).request_unlock(wish.key, origin=ORIGIN),
        ):
            with pytest.raises(Refused) as caught:
                await ask()
            codes.append(caught.value.problem.code)
        return codes

    assert run(act) == ["KEY_AMBIGUOUS"] * 2


def test_a_second_key_of_that_name_plugged_in_later_stops_the_act(client: World) -> None:
    twins = Twins(1)
    wish = PinChangeAsked(key=NamedKey(driver="skf", serial="CHEAP-1", label="UKey"))

    async def act() -> str:
        desk = desk_of(client, twins)
        opened = await desk.change_pin(wish, origin=ORIGIN)
        twins._times = 2
        return kinds.told(await kinds.enter(desk, opened, PIN, NEW, NEW))

    assert run(act) == "waiting KEY_AMBIGUOUS"


def test_a_key_that_cannot_do_it_opens_no_window(client: World) -> None:
    twins = Twins(1)
    twins.acts = frozenset()
    wish = PinChangeAsked(key=NamedKey(driver="skf", serial="CHEAP-1", label="UKey"))
    with pytest.raises(Refused) as caught:
        asyncio.run(desk_of(client, twins).change_pin(wish, origin=ORIGIN))
    assert caught.value.problem is Problem.KEY_ACT_UNSUPPORTED


def test_every_secret_is_wiped(client: World) -> None:
    secrets = [bytearray(text.encode()) for text in ("000000", NEW, NEW)]

    async def act() -> None:
        desk = client.desk()
        opened = await desk.change_pin(WISH, origin=ORIGIN)
        assert opened.window_url is not None
        window_id = opened.window_url.rsplit("/", 1)[1]
        asked = desk.window(window_id).act.secrets
        entered = dict(zip(asked, map(Pin, secrets), strict=True))
        await desk.confirm(window_id, entered, is_last_try_accepted=False)

    run(act)
    assert [bytes(one) for one in secrets] == [bytes(6)] * 3
    assert world.PIN not in client.journal_text
