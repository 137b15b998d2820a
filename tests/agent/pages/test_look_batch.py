"""The client's own look at a batch: every document is proved, and what could not be seen is not signed."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from tests.agent import kinds
from tests.agent.protocol import document
from tests.agent.test_desk import run, window_of
from tests.agent.world import ORIGIN, PIN, World, soft_key
from yunqian.agent.desk import Desk
from yunqian.agent.dialog import PicturesState
from yunqian.agent.pages.drawing import Drawing
from yunqian.agent.pages.look import MOST_PICTURES, Looks, Strong
from yunqian.crypto import attributes, digests, suites
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem, Refused
from yunqian.wire.batch_orders import BatchResult
from yunqian.wire.keys import DialogOpened
from yunqian.wire.orders import MarkKind, MarkSummary, Prepared, SignOrder

CONTENT, RANGE = document.prepared()
Fetch = Callable[[str, Prepared], Awaitable[bytearray]]


class Drawn(Drawing):
    """Draws nothing: gives what it is asked for, of a document with so many pages."""

    pages = 1

    def draw(self, content: bytearray, pages: Sequence[int]) -> tuple[int, dict[int, bytes]]:
        return type(self).pages, dict.fromkeys(pages, b"png")


@pytest.fixture
def client(tmp_path: Path) -> World:
    Drawn.pages = 1
    return World(tmp_path)


@pytest.fixture
def certificate(client: World) -> Certificate:
    return soft_key(client.folder)


def variant(number: int) -> bytearray:
    """A document of its own: the same with another number in its text, so that each has another digest."""
    content = bytearray(CONTENT)
    content[content.index(b"0.8")] = ord("0") + number
    return content


def seen(client: World, certificate: Certificate, number: int, *, page_count: int = 1) -> SignOrder:
    """An order whose bytes the client fetches at the path with this number."""
    content = variant(number)
    digest = digests.new(suites.suite_of(certificate).digest)
    digest.update(content[: RANGE[1]] + content[RANGE[2] :])
    said = attributes.build(digest.digest(), certificate, suites.suite_of(certificate))
    pages = tuple(range(1, page_count + 1))
    return client.site.order(
        certificate,
        page_count=page_count,
        marks=(MarkSummary(kind=MarkKind.SEAL, name="合同专用章", pages=pages),),
        to_be_signed=base64.b64encode(said).decode(),
        prepared=Prepared(path=f"/prepared/{number}", size=len(content), byte_range=RANGE),
    )


async def giving(_origin: str, told: Prepared) -> bytearray:
    return variant(int(told.path.rsplit("/", 1)[1]))


def desk_of(client: World, fetch: Fetch = giving, strong: Strong = "offered") -> Desk:
    desk = client.desk()
    desk._looks = Looks(strong, fetch=fetch, drawing=Drawn)
    return desk


async def opened(desk: Desk, client: World, *orders: SignOrder) -> DialogOpened:
    """Opened, and the client's look is over."""
    signed = client.site.signed(kinds.batch(client.site, *orders).model_dump_json())
    found = await desk.open(signed, origin=ORIGIN)
    await looked(desk)
    return found


async def looked(desk: Desk) -> None:
    if running := [*desk._looks._running.values()]:
        await asyncio.wait(running)


def test_every_document_is_seen_and_each_picture_tells_of_which_it_is(
    client: World, certificate: Certificate
) -> None:
    async def act() -> None:
        desk = desk_of(client)
        dialog = await opened(desk, client, *(seen(client, certificate, n) for n in (1, 2, 3)))
        window = desk.window(window_of(dialog))
        assert (window.pictures.state, window.pictures.places) == (
            PicturesState.READY,
            ((1, 1), (2, 1), (3, 1)),
        )
        assert [*window.images] == [1, 2, 3]
        state = await kinds.enter(desk, dialog, PIN, agreed=True)
        assert isinstance(state.result, BatchResult)
        assert all(one.result for one in state.result.outcomes)
        assert not window.images

    run(act)


def test_of_many_documents_fewer_pages_of_each_are_drawn_and_none_is_left_unproved(
    client: World, certificate: Certificate
) -> None:
    fetched: list[str] = []
    Drawn.pages = 12

    async def fetch(origin: str, told: Prepared) -> bytearray:
        fetched.append(told.path)
        return await giving(origin, told)

    async def act() -> None:
        desk = desk_of(client, fetch)
        orders = [seen(client, certificate, n, page_count=12) for n in range(8)]
        window = desk.window(window_of(await opened(desk, client, *orders)))
        assert len(fetched) == 8
        assert len(window.pictures.pages) == 8 * (MOST_PICTURES // 8)
        assert window.pictures.marked == 8 * 12

    run(act)


def test_one_document_that_is_not_its_orders_ends_the_whole_dialog(
    client: World, certificate: Certificate
) -> None:
    async def swapped(_origin: str, told: Prepared) -> bytearray:
        return variant(9 if told.path.endswith("2") else int(told.path[-1]))

    async def act() -> None:
        desk = desk_of(client, swapped)
        dialog = await opened(desk, client, *(seen(client, certificate, n) for n in (1, 2, 3)))
        state = await desk.state(dialog.dialog_id, origin=ORIGIN)
        assert kinds.told(state) == "refused PREPARED_MISMATCH"
        assert client.tries_left() == 6

    run(act)


def test_one_document_that_does_not_come_is_left_out_and_may_be_asked_for_again(
    client: World, certificate: Certificate
) -> None:
    missing = {"/prepared/2"}

    async def fetch(origin: str, told: Prepared) -> bytearray:
        if told.path in missing:
            raise Refused(Problem.PREPARED_UNAVAILABLE, detail="404")
        return await giving(origin, told)

    async def act(*, again: bool) -> list[str]:
        desk = desk_of(client, fetch)
        dialog = await opened(desk, client, *(seen(client, certificate, n) for n in (1, 2, 3)))
        if again:
            missing.clear()
            await desk.look_again(window_of(dialog))
            await looked(desk)
        state = await kinds.enter(desk, dialog, PIN, agreed=True)
        assert isinstance(state.result, BatchResult), state
        return [
            "signed" if one.result else str(one.problem and one.problem.code) for one in state.result.outcomes
        ]

    assert run(lambda: act(again=False)) == ["signed", "PREPARED_UNAVAILABLE", "signed"]
    assert run(lambda: act(again=True)) == ["signed"] * 3


def test_where_no_document_comes_no_pin_is_taken(client: World, certificate: Certificate) -> None:
    async def nothing(_origin: str, _told: Prepared) -> bytearray:
        raise Refused(Problem.PREPARED_UNAVAILABLE, detail="404")

    async def act() -> None:
        desk = desk_of(client, nothing)
        dialog = await opened(desk, client, *(seen(client, certificate, n) for n in (1, 2)))
        assert desk.window(window_of(dialog)).pictures.state is PicturesState.FAILED
        state = await kinds.enter(desk, dialog, "000000", agreed=True)
        assert kinds.told(state) == "waiting PREPARED_UNAVAILABLE"
        assert client.tries_left() == 6

    run(act)


def test_a_client_that_must_see_refuses_a_batch_with_one_unseen_document(
    client: World, certificate: Certificate
) -> None:
    async def act() -> None:
        desk = desk_of(client, strong="required")
        unseen = client.site.order(certificate)
        with pytest.raises(Refused) as caught:
            await opened(desk, client, seen(client, certificate, 1), unseen)
        assert caught.value.problem is Problem.PREPARED_REQUIRED

    run(act)
