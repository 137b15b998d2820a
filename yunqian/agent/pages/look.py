"""The client's own look at what is signed: begun with the dialog, and no PIN is taken before it is over.

The person sees the marked pages as they are in the very bytes whose digest the key signs. A document that is not
what the attributes say ends the dialog at once; one that did not come, or could not be drawn, can be looked at
again. Nothing of it outlives the dialog.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal

from yunqian.agent.acts import Act, Sign
from yunqian.agent.dialog import Dialog, Pictures, PicturesState
from yunqian.agent.pages import fetch, prepared
from yunqian.agent.pages.drawing import Drawing
from yunqian.agent.pages.painter import MOST_PAGES
from yunqian.problems import Problem, Refused
from yunqian.wire.orders import Prepared, SignOrder

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
        if isinstance(act, Sign) and act.order.prepared is None and self._strong == "required":
            raise Refused(Problem.PREPARED_REQUIRED)

    def begin(self, dialog: Dialog, *, note: Note) -> None:
        """Look, in the background; does nothing where there is nothing to be seen, or a look is under way.

        `note` is told how it ended: by a refusal, or well.
        """
        act = dialog.act
        if not isinstance(act, Sign) or act.order.prepared is None or not dialog.is_waiting:
            return
        if dialog.pictures.state in (PicturesState.WORKING, PicturesState.READY):
            return
        if dialog.last_refusal is not None and dialog.last_refusal is dialog.pictures.refusal:
            dialog.last_refusal = None  # a PIN that came too early was refused by the look before
        dialog.show(Pictures(PicturesState.WORKING))
        looking = asyncio.create_task(self._look(dialog, act.order, act.order.prepared, note))
        self._running[dialog.dialog_id] = looking
        looking.add_done_callback(lambda _: self._running.pop(dialog.dialog_id, None))

    def require_seen(self, dialog: Dialog) -> None:
        """What stands before every PIN: raise Refused unless there is nothing to be seen, or it was shown.

        Raises PREPARED_REQUIRED, what the look ended with, or PREPARED_UNAVAILABLE while it goes on.
        """
        act = dialog.act
        self.require(act)
        if not isinstance(act, Sign) or act.order.prepared is None:
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

    async def _look(self, dialog: Dialog, order: SignOrder, told: Prepared, note: Note) -> None:
        try:
            pictures, images = await self._seen(dialog.origin, order, told)
        except Refused as refusal:
            # Made anew: the traceback of this one would keep the document for as long as the dialog is kept.
            _fail(dialog, Refused(refusal.problem, **refusal.facts), note)
        except Exception as error:  # noqa: BLE001 (whatever it was, it must not leave a dialog that waits for ever)
            _fail(dialog, Refused(Problem.PREPARED_NOT_DRAWN, detail=type(error).__name__), note)
        else:
            if dialog.is_waiting:
                dialog.show(pictures, images)
                note(None)

    async def _seen(self, origin: str, order: SignOrder, told: Prepared) -> tuple[Pictures, dict[int, bytes]]:
        document = await self._fetch(origin, told)
        await asyncio.to_thread(prepared.prove, document, order)
        marked = marked_pages(order)
        count, images = await self._drawn(document, marked[:MOST_PAGES])
        if count != order.page_count:
            raise Refused(Problem.PREPARED_MISMATCH, detail="page count")
        return Pictures(PicturesState.READY, tuple(images), marked=len(marked)), images

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
