"""No PIN is taken before the person could see what is signed, and nothing of a look outlives its dialog."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from tests.agent.protocol import document
from tests.agent.test_desk import confirm, run, window_of
from tests.agent.world import ORIGIN, World, soft_key
from yunqian.agent.desk import Desk
from yunqian.agent.dialog import PicturesState
from yunqian.agent.pages.drawing import Drawing
from yunqian.agent.pages.look import Looks, marked_pages
from yunqian.crypto import attributes, digests, suites
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem, Refused
from yunqian.wire.keys import DialogOpened
from yunqian.wire.orders import MarkKind, MarkSummary, Prepared, SignedOrder, SignOrder

CONTENT, RANGE = document.prepared()
Fetch = Callable[[str, Prepared], Awaitable[bytearray]]


class Counted(Drawing):
    """Draws nothing: gives so many pages at once, or hangs until it is stopped."""

    pages, hangs = 1, False
    stopped = 0

    def draw(self, content: bytearray, pages: Sequence[int]) -> tuple[int, dict[int, bytes]]:
        while type(self).hangs and not type(self).stopped:
            asyncio.run(asyncio.sleep(0.01))
        return type(self).pages, dict.fromkeys(pages, b"png")

    def stop(self) -> None:
        type(self).stopped += 1


@pytest.fixture
def client(tmp_path: Path) -> World:
    Counted.pages, Counted.hangs, Counted.stopped = 1, False, 0
    return World(tmp_path)


@pytest.fixture
def certificate(client: World) -> Certificate:
    return soft_key(client.folder)


async def giving(_origin: str, _told: Prepared) -> bytearray:
    return bytearray(CONTENT)


def order(client: World, certificate: Certificate, **changes: object) -> SignedOrder:
    digest = digests.new(suites.suite_of(certificate).digest)
    digest.update(CONTENT[: RANGE[1]] + CONTENT[RANGE[2] :])
    said = attributes.build(digest.digest(), certificate, suites.suite_of(certificate))
    facts = {
        "page_count": 1,
        "marks": (MarkSummary(kind=MarkKind.SEAL, name="合同专用章", pages=(1,)),),
        "to_be_signed": base64.b64encode(said).decode(),
        "prepared": Prepared(path="/prepared/x", size=len(CONTENT), byte_range=RANGE),
    }
    return client.site.signed(client.site.order(certificate, **(facts | changes)))


def looking(client: World, fetch: Fetch = giving, drawing: Callable[[], Drawing] = Counted) -> Desk:
    desk = client.desk()
    desk._looks = Looks(fetch=fetch, drawing=drawing)
    return desk


async def opened(desk: Desk, signed: SignedOrder) -> DialogOpened:
    """Opened, and the client's look is over."""
    found = await desk.open(signed, origin=ORIGIN)
    await looked(desk)
    return found


async def looked(desk: Desk) -> None:
    if running := [*desk._looks._running.values()]:
        await asyncio.wait(running)


def test_the_pictures_are_there_before_the_pin_and_gone_after_the_signature(
    client: World, certificate: Certificate
) -> None:
    async def act() -> None:
        desk = looking(client)
        dialog = await opened(desk, order(client, certificate))
        window = desk.window(window_of(dialog))
        assert (window.pictures.state, window.pictures.pages) == (PicturesState.READY, (1,))
        assert (await confirm(desk, dialog)).phase == "signed"
        assert not window.images

    run(act)


def test_a_pin_that_comes_while_the_client_still_looks_never_reaches_the_key(
    client: World, certificate: Certificate
) -> None:
    Counted.hangs = True

    async def act() -> None:
        desk = looking(client)
        dialog = await desk.open(order(client, certificate), origin=ORIGIN)
        await asyncio.sleep(0.1)
        state = await confirm(desk, dialog, "000000")
        assert state.last_problem is not None
        assert state.last_problem.code == "PREPARED_UNAVAILABLE"
        assert client.tries_left() == 6
        Counted.hangs = False
        await looked(desk)
        assert (await confirm(desk, dialog)).phase == "signed"

    run(act)


def test_a_look_that_failed_may_be_begun_again_and_until_then_no_pin_is_taken(
    client: World, certificate: Certificate
) -> None:
    answers = [Refused(Problem.PREPARED_UNAVAILABLE, detail="HTTP 404"), None]

    async def fetch(origin: str, told: Prepared) -> bytearray:
        if (refused := answers.pop(0)) is not None:
            raise refused
        return await giving(origin, told)

    async def act() -> None:
        desk = looking(client, fetch)
        dialog = await opened(desk, order(client, certificate))
        assert (await confirm(desk, dialog)).last_problem.code == "PREPARED_UNAVAILABLE"  # type: ignore[union-attr]
        assert client.tries_left() == 6
        await desk.look_again(window_of(dialog))
        await looked(desk)
        assert (await confirm(desk, dialog)).phase == "signed"

    run(act)


@pytest.mark.parametrize(
    ("change", "pages", "detail"),
    [
        ({}, 2, "page count"),
        ({"marks": (MarkSummary(kind=MarkKind.SEAL, name="章", pages=(2,)),)}, 1, "marked pages"),
        ({"page_count": 7}, 1, "page count"),
    ],
    ids=["the document has more pages", "a mark on no page", "the order tells more pages"],
)
def test_a_document_that_is_not_the_order_s_ends_the_dialog(
    client: World, certificate: Certificate, change: dict[str, object], pages: int, detail: str
) -> None:
    Counted.pages = pages

    async def act() -> None:
        desk = looking(client)
        dialog = await opened(desk, order(client, certificate, **change))
        state = await desk.state(dialog.dialog_id, origin=ORIGIN)
        assert (state.phase, state.result) == ("refused", None)
        assert state.problem is not None
        assert (state.problem.code, state.problem.facts) == ("PREPARED_MISMATCH", {"detail": detail})
        assert (await confirm(desk, dialog)).phase == "refused"
        assert client.tries_left() == 6

    run(act)


def test_other_bytes_than_those_that_are_signed_end_the_dialog(
    client: World, certificate: Certificate
) -> None:
    async def other(_origin: str, _told: Prepared) -> bytearray:
        return bytearray(CONTENT.replace(b"0.8", b"0.9"))

    async def act() -> None:
        desk = looking(client, other)
        dialog = await opened(desk, order(client, certificate))
        state = await desk.state(dialog.dialog_id, origin=ORIGIN)
        assert state.problem is not None
        assert state.problem.code == "PREPARED_MISMATCH"

    run(act)


def test_whatever_goes_wrong_in_a_look_leaves_no_dialog_that_waits_for_ever(
    client: World, certificate: Certificate
) -> None:
    async def broken(_origin: str, _told: Prepared) -> bytearray:
        raise ZeroDivisionError

    async def act() -> None:
        desk = looking(client, broken)
        dialog = await opened(desk, order(client, certificate))
        pictures = desk.window(window_of(dialog)).pictures
        assert pictures.state is PicturesState.FAILED
        assert pictures.refusal is not None
        assert pictures.refusal.problem is Problem.PREPARED_NOT_DRAWN

    run(act)


def test_a_dialog_that_is_given_up_takes_its_look_along(client: World, certificate: Certificate) -> None:
    Counted.hangs = True

    async def act() -> None:
        desk = looking(client)
        dialog = await desk.open(order(client, certificate), origin=ORIGIN)
        await asyncio.sleep(0.1)
        await desk.cancel(dialog.dialog_id, origin=ORIGIN)
        await looked(desk)
        assert Counted.stopped == 1
        assert not desk._looks._running

    run(act)


def test_a_client_that_must_see_refuses_an_order_without_a_document(
    client: World, certificate: Certificate
) -> None:
    async def act() -> None:
        desk = client.desk()
        desk._looks = Looks("required")
        with pytest.raises(Refused) as caught:
            await desk.open(client.site.signed(client.site.order(certificate)), origin=ORIGIN)
        assert caught.value.problem is Problem.PREPARED_REQUIRED

    run(act)


def test_marked_pages_come_once_and_in_their_order(client: World, certificate: Certificate) -> None:
    def marked(*pages: int) -> SignOrder:
        marks = tuple(MarkSummary(kind=MarkKind.SEAL, name="章", pages=(page,)) for page in pages)
        return client.site.order(certificate, marks=marks)

    assert marked_pages(marked(3, 1, 3)) == (1, 3)
    assert marked_pages(marked()) == (1,)
    with pytest.raises(Refused):
        marked_pages(marked(0))
