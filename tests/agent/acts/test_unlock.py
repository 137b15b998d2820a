"""Unlocking: asked for by this client alone, opened by this client alone, and tried once."""

import base64
import json
import secrets
import shutil
from pathlib import Path

import pytest

from tests.agent import kinds, world
from tests.agent.test_desk import problem_of, run
from tests.agent.world import ORIGIN, OTHER_ORIGIN, PIN, World, pin
from yunqian.agent.desk import Desk
from yunqian.agent.keys import soft
from yunqian.crypto import sealed_box
from yunqian.problems import Problem, Refused
from yunqian.wire.key_orders import (
    NamedKey,
    PinChangeAsked,
    UnlockOrder,
    UnlockRequest,
    UnlockResult,
    unlock_code,
)
from yunqian.wire.keys import DialogOpened, DialogState

ADMIN = "admin-4711"
NEW = "135791"
KEY = NamedKey(driver="soft", serial="U-1", label="签名章")


@pytest.fixture(scope="module")
def locked_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key whose PIN is locked, made once."""
    folder = tmp_path_factory.mktemp("locked")
    soft.create(folder / "keys", serial="U-1", label="签名章", pin=pin(), admin_pin=pin(ADMIN))

    async def act() -> str:
        desk = World(folder).desk()
        opened = await desk.change_pin(PinChangeAsked(key=KEY), origin=ORIGIN)
        for _ in range(6):
            state = await kinds.enter(desk, opened, "000000", NEW, NEW, last=True)
        return kinds.told(state)

    site = world.Site()
    assert site.origin == ORIGIN
    assert run(act) == "refused PIN_LOCKED"
    return folder


@pytest.fixture
def client(locked_template: Path, tmp_path: Path) -> World:
    shutil.copytree(locked_template / "keys", tmp_path / "keys")
    return World(tmp_path)


def released(request: UnlockRequest, *, admin: str = ADMIN, code: str | None = None) -> UnlockOrder:
    """What the certificate authority's desk gives, in an order of the platform."""
    sealed = sealed_box.seal(
        base64.b64decode(request.public_key),
        admin.encode(),
        bound_to=(code or request.code).encode(),
        ephemeral=secrets.token_bytes(32),
    )
    return kinds.unlock(request.key, public_key=request.public_key, sealed=base64.b64encode(sealed).decode())


async def opened(client: World, desk: Desk, order: UnlockOrder, *, origin: str = ORIGIN) -> DialogOpened:
    site = client.site if origin == ORIGIN else client.other_site
    return await desk.open(site.signed(order.model_dump_json()), origin=origin)


def kept(client: World) -> list[Path]:
    return [*(client.folder / "unlocks").glob("*")]


def test_a_request_an_approval_and_a_new_pin(client: World) -> None:
    async def act() -> tuple[DialogState, str, DialogState]:
        desk = client.desk()
        request = await desk.request_unlock(KEY, origin=ORIGIN)
        assert request.code == unlock_code(KEY, base64.b64decode(request.public_key))
        (document,) = kept(client)
        assert document.stat().st_mode & 0o777 == 0o600
        order = released(request)
        dialog = await opened(client, desk, order)
        unlocked = await kinds.enter(desk, dialog, NEW, NEW)
        assert await opened(client, desk, order) == dialog
        wish = PinChangeAsked(key=KEY)
        changed = await kinds.enter(desk, await desk.change_pin(wish, origin=ORIGIN), NEW, PIN, PIN)
        return unlocked, kinds.told(changed), await desk.state(dialog.dialog_id, origin=ORIGIN)

    unlocked, changed, later = run(act)
    assert isinstance(unlocked.result, UnlockResult)
    assert (unlocked.kind, later) == ("unlock", unlocked)
    assert changed == "signed"
    assert kept(client) == []


def test_it_is_remembered_over_a_restart_and_done_once(client: World) -> None:
    async def ask() -> UnlockOrder:
        return released(await client.desk().request_unlock(KEY, origin=ORIGIN))

    order = run(ask)

    async def act() -> DialogState:
        desk = client.desk()
        return await kinds.enter(desk, await opened(client, desk, order), NEW, NEW)

    first, second = run(act), run(act)
    assert first.result == second.result is not None


def test_a_page_that_asks_again_gets_the_same_code_and_another_page_another(client: World) -> None:
    async def act() -> list[str]:
        desk = client.desk()
        codes = [(await desk.request_unlock(KEY, origin=ORIGIN)).code for _ in range(2)]
        codes.append((await desk.request_unlock(KEY, origin=OTHER_ORIGIN)).code)
        client.clock.advance(days=1)
        codes.append((await desk.request_unlock(KEY, origin=ORIGIN)).code)
        return codes

    first, again, other, later = run(act)
    assert first == again
    assert len({first, other, later}) == 3


def test_after_three_days_a_request_is_over_and_deleted(client: World) -> None:
    async def act() -> DialogOpened:
        desk = client.desk()
        request = await desk.request_unlock(KEY, origin=ORIGIN)
        client.clock.advance(days=3)
        order = released(request).model_copy(
            update={"issued_at": client.clock(), "expires_at": client.clock()}
        )
        moved = kinds.unlock(KEY, at=client.clock(), public_key=order.public_key, sealed=order.sealed)
        return await opened(client, desk, moved)

    assert problem_of(act) is Problem.UNLOCK_NOT_ASKED
    assert kept(client) == []


def test_what_was_not_asked_here_by_this_page_for_this_key_opens_no_window(client: World) -> None:
    soft.create(client.folder / "keys", serial="U-2", label="签名章", pin=pin(), admin_pin=pin(ADMIN))
    second = KEY.model_copy(update={"serial": "U-2"})

    async def act() -> list[str]:
        desk = client.desk()
        request = await desk.request_unlock(KEY, origin=ORIGIN)
        order = released(request)
        never = kinds.unlock(KEY)
        of_another_page = order.model_copy(
            update={"origin": OTHER_ORIGIN, "nonce": "o" * 32, "order_id": "o"}
        )
        of_another_key = order.model_copy(update={"key": second, "nonce": "k" * 32, "order_id": "k"})
        codes = []
        for one, origin in ((never, ORIGIN), (of_another_page, OTHER_ORIGIN), (of_another_key, ORIGIN)):
            with pytest.raises(Refused) as caught:
                await opened(client, desk, one, origin=origin)
            codes.append(caught.value.problem.code)
        return codes

    assert run(act) == ["UNLOCK_NOT_ASKED"] * 3


def test_a_release_that_the_key_refuses_is_never_tried_again(client: World) -> None:
    """Keys count the administrator's PIN too: the dialog ends, and the request with it."""

    async def act() -> tuple[str, str, str]:
        desk = client.desk()
        request = await desk.request_unlock(KEY, origin=ORIGIN)
        order = released(request, admin="admin-0000")
        dialog = await opened(client, desk, order)
        first = kinds.told(await kinds.enter(desk, dialog, NEW, NEW))
        again = kinds.told(await kinds.enter(desk, dialog, NEW, NEW))
        with pytest.raises(Refused) as caught:
            await opened(client, desk, released(request))
        return first, again, caught.value.problem.code

    assert run(act) == ("refused ADMIN_PIN_INCORRECT", "refused ADMIN_PIN_INCORRECT", "UNLOCK_NOT_ASKED")


def test_when_the_administrators_pin_is_locked_the_request_is_over(client: World) -> None:
    """The last of the administrator's tries locks the key for good: the box would never open it again."""
    path = client.folder / "keys" / KEY.serial / "key.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"admin_tries_left": 0}))

    async def act() -> tuple[str, str]:
        desk = client.desk()
        request = await desk.request_unlock(KEY, origin=ORIGIN)
        first = kinds.told(await kinds.enter(desk, await opened(client, desk, released(request)), NEW, NEW))
        with pytest.raises(Refused) as caught:
            await opened(client, desk, released(request))
        return first, caught.value.problem.code

    assert run(act) == ("refused ADMIN_PIN_LOCKED", "UNLOCK_NOT_ASKED")


@pytest.mark.parametrize("spoil", ["code", "bit", "empty", "long", "other key"])
def test_a_box_that_is_not_for_this_request_never_reaches_the_key(client: World, spoil: str) -> None:
    async def act() -> str:
        desk = client.desk()
        request = await desk.request_unlock(KEY, origin=ORIGIN)
        order = released(
            request,
            admin={"empty": "", "long": "x" * 65}.get(spoil, ADMIN),
            code="AAAA-BBBB-CCCC" if spoil == "code" else None,
        )
        if spoil == "bit":
            raw = bytearray(base64.b64decode(order.sealed))
            raw[-1] ^= 1
            order = order.model_copy(update={"sealed": base64.b64encode(raw).decode()})
        if spoil == "other key":
            order = order.model_copy(update={"sealed": released(other_request()).sealed})
        return kinds.told(await kinds.enter(desk, await opened(client, desk, order), NEW, NEW))

    assert run(act) == "refused SEALED_BOX_BROKEN"
    assert admin_tries(client) == soft_admin_tries()


def other_request() -> UnlockRequest:
    public = kinds.unlock(KEY).public_key
    return UnlockRequest(key=KEY, public_key=public, code=unlock_code(KEY, base64.b64decode(public)))


def admin_tries(client: World) -> int:
    return int(json.loads((client.folder / "keys" / "U-1" / "key.json").read_text())["admin_tries_left"])


def soft_admin_tries() -> int:
    return soft.MAX_ADMIN_TRIES


@pytest.mark.parametrize(
    ("texts", "problem"),
    [((NEW, NEW + "0"), "NEW_PIN_DIFFERS"), (("111111", "111111"), "NEW_PIN_WEAK"), (("", ""), "PIN_EMPTY")],
)
def test_a_slip_does_not_spend_the_release(client: World, texts: tuple[str, str], problem: str) -> None:
    async def act() -> list[str]:
        desk = client.desk()
        dialog = await opened(client, desk, released(await desk.request_unlock(KEY, origin=ORIGIN)))
        return [kinds.told(await kinds.enter(desk, dialog, *entered)) for entered in (texts, (NEW, NEW))]

    assert run(act) == [f"waiting {problem}", "signed"]


def test_a_key_without_an_admin_pin_can_not_be_asked_for(tmp_path: Path) -> None:
    soft.create(tmp_path / "keys", serial="U-1", label="签名章", pin=pin())
    client = World(tmp_path)

    async def act() -> UnlockRequest:
        return await client.desk().request_unlock(KEY, origin=ORIGIN)

    assert problem_of(act) is Problem.KEY_ACT_UNSUPPORTED
    assert kept(client) == []


def test_a_disk_that_takes_nothing_gives_no_request(client: World) -> None:
    (client.folder / "unlocks").write_text("in the way")

    async def act() -> UnlockRequest:
        return await client.desk().request_unlock(KEY, origin=ORIGIN)

    assert problem_of(act) is Problem.KEY_FAILED
