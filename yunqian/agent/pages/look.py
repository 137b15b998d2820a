"""The client's own look at what is signed: begun with the dialog, and no PIN is taken before it is over.

The person sees the marked pages as they are in the very bytes whose digest the key signs. A document that is not
what the attributes say ends the dialog at once; one that did not come, or could not be drawn, can be looked at
again. Nothing of it outlives the dialog.

Of a batch every document is fetched and proved, one after another; one that did not come is left out of the batch
and told, one that is not what its order says ends the whole dialog. Up to `MOST_PICTURES` pages are drawn, of each
document the same number.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal

from yunqian.agent.acts import Act, Sign, SignBatch
from yunqian.agent.acts.sign_batch import Item
from yunqian.agent.dialog import Dialog, Pictures, PicturesState
from yunqian.agent.pages import fetch, prepared
from yunqian.agent.pages.drawing import Drawing
from yunqian.agent.pages.painter import MOST_PAGES
from yunqian.problems import Problem, Refused
from yunqian.wire.orders import Prepared, SignOrder

MOST_PICTURES = 60
Strong = Literal["required", "offered"]
Fetch = Callable[[str, Prepared], Awaitable[bytearray]]
Note = Callable[[Refused | None], None]


class Looks:
    """All looks of one client; there is one at a time, as there is one dialog.

    `strong`: whether an order without a document to look at is refused.
    """

    def __init__(
        self,
        strong: Strong = "offered",
        *,
        fetch: Fetch = fetch.fetch,
        drawing: Callable[[], Drawing] = Drawing,
    ) -> None:
        self._strong = strong
        self._fetch = fetch
        self._drawing = drawing
        self._running: dict[str, asyncio.Task[None]] = {}

    def require(self, act: Act) -> None:
        """Raise Refused(PREPARED_REQUIRED) for a document that would have to be signed unseen."""
        if self._strong == "required" and any(order.prepared is None for order in _orders(act)):
            raise Refused(Problem.PREPARED_REQUIRED)

    def begin(self, dialog: Dialog, *, note: Note) -> None:
        """Look, in the background; does nothing where there is nothing to be seen, or a look is under way.

        `note` is told how it ended: by a refusal, or well.
        """
        act = dialog.act
        if all(order.prepared is None for order in _orders(act)) or not dialog.is_waiting:
            return
        is_whole = dialog.pictures.state is PicturesState.READY and not dialog.pictures.unseen
        if dialog.pictures.state is PicturesState.WORKING or is_whole:
            return
        if dialog.last_refusal is not None and dialog.last_refusal is dialog.pictures.refusal:
            dialog.last_refusal = None  # a PIN that came too early was refused by the look before
        dialog.show(Pictures(PicturesState.WORKING))
        looking = asyncio.create_task(self._look(dialog, note))
        self._running[dialog.dialog_id] = looking
        looking.add_done_callback(lambda _: self._running.pop(dialog.dialog_id, None))

    def require_seen(self, dialog: Dialog) -> None:
        """What stands before every PIN: raise Refused unless there is nothing to be seen, or it was shown.

        Raises PREPARED_REQUIRED, what the look ended with, or PREPARED_UNAVAILABLE while it goes on.
        """
        act = dialog.act
        self.require(act)
        if all(order.prepared is None for order in _orders(act)):
            return
        if dialog.pictures.state is not PicturesState.READY:
            still = Refused(Problem.PREPARED_UNAVAILABLE, detail="working")
            raise dialog.pictures.refusal or still

    def stop(self, dialog: Dialog) -> None:
        """Nobody waits for it any more: its child is killed, its bytes are let go."""
        looking = self._running.get(dialog.dialog_id)
        if looking is not None:
            looking.cancel()

    def close(self) -> None:
        """Stop them all."""
        for looking in self._running.values():
            looking.cancel()

    async def _look(self, dialog: Dialog, note: Note) -> None:
        try:
            pictures, images = await self._seen(dialog)
        except Refused as refusal:
            # Made anew: the traceback of this one would keep the document for as long as the dialog is kept.
            _fail(dialog, Refused(refusal.problem, **refusal.facts), note)
        except Exception as error:  # noqa: BLE001 (whatever it was, it must not leave a dialog that waits for ever)
            _fail(dialog, Refused(Problem.PREPARED_NOT_DRAWN, detail=type(error).__name__), note)
        else:
            if dialog.is_waiting:
                dialog.show(pictures, images)
                note(None)

    async def _seen(self, dialog: Dialog) -> tuple[Pictures, dict[int, bytes]]:
        act = dialog.act
        if isinstance(act, SignBatch):
            return await self._seen_each(dialog, act)
        (order,) = _orders(act)
        marked, images = await self._looked_at(dialog.origin, order, MOST_PAGES)
        return Pictures(PicturesState.READY, tuple(images), marked=len(marked)), images

    async def _seen_each(self, dialog: Dialog, act: SignBatch) -> tuple[Pictures, dict[int, bytes]]:
        """All documents of a batch; raises for the first one only where not one of them could be looked at."""
        items = [item for item in act.items if item.order.prepared is not None and item.result is None]
        most = max(1, min(MOST_PAGES, MOST_PICTURES // max(1, len(items))))
        found: list[tuple[int, int, bytes]] = []
        count = 0
        for item in items:
            item.unseen = None
            marked, images = await self._tried(dialog.origin, item, most)
            count += len(marked)
            found += [(item.number, page, image) for page, image in images.items()]
        missing = [item.unseen for item in act.items if item.unseen is not None]
        if missing and not any(item.is_open for item in act.items):
            raise missing[0]
        pictures = Pictures(
            PicturesState.READY,
            tuple(range(1, len(found) + 1)),
            marked=count,
            places=tuple((number, page) for number, page, _ in found),
            unseen=len(missing),
        )
        return pictures, {place: image for place, (_, _, image) in enumerate(found, 1)}

    async def _tried(self, origin: str, item: Item, most: int) -> tuple[tuple[int, ...], dict[int, bytes]]:
        """One document of a batch; that it did not come, or cannot be drawn, is noted and leaves it out."""
        try:
            return await self._looked_at(origin, item.order, most)
        except Refused as refusal:
            if refusal.problem is Problem.PREPARED_MISMATCH:
                raise
            item.unseen = Refused(refusal.problem, **refusal.facts)
        except Exception as error:  # noqa: BLE001 (as above: one document must not leave the others waiting)
            item.unseen = Refused(Problem.PREPARED_NOT_DRAWN, detail=type(error).__name__)
        return (), {}

    async def _looked_at(
        self, origin: str, order: SignOrder, most: int
    ) -> tuple[tuple[int, ...], dict[int, bytes]]:
        """The pages with marks, and pictures of the first of them, of a document that is proved to be this order's."""
        assert order.prepared is not None
        document = await self._fetch(origin, order.prepared)
        await asyncio.to_thread(prepared.prove, document, order)
        marked = marked_pages(order)
        count, images = await self._drawn(document, marked[:most])
        if count != order.page_count:
            raise Refused(Problem.PREPARED_MISMATCH, detail="page count")
        return marked, images

    async def _drawn(self, document: bytearray, pages: tuple[int, ...]) -> tuple[int, dict[int, bytes]]:
        drawing = self._drawing()
        working = asyncio.ensure_future(asyncio.to_thread(drawing.draw, document, pages))
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            drawing.stop()
            with suppress(Refused):
                await working  # the thread lets the document go before the look is over
            raise


def _orders(act: Act) -> tuple[SignOrder, ...]:
    """The documents that an act signs."""
    if isinstance(act, SignBatch):
        return tuple(item.order for item in act.items)
    return (act.order,) if isinstance(act, Sign) else ()


def _fail(dialog: Dialog, refusal: Refused, note: Note) -> None:
    if not dialog.is_waiting:
        return
    note(refusal)
    if refusal.problem is Problem.PREPARED_MISMATCH:
        dialog.refuse(refusal)
    else:
        dialog.show(Pictures(PicturesState.FAILED, refusal=refusal))


def marked_pages(order: SignOrder) -> tuple[int, ...]:
    """The pages on which this signature puts marks, first ones first; the first page where it puts none.

    Raises Refused(PREPARED_MISMATCH) for a page that the document has not.
    """
    pages = sorted({page for mark in order.marks for page in mark.pages}) or [1]
    if not 1 <= pages[0] <= pages[-1] <= order.page_count:
        raise Refused(Problem.PREPARED_MISMATCH, detail="marked pages")
    return tuple(pages)
