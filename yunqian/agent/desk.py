"""The desk: one message in, one answer out; what a key does, when, and by whose leave is decided here.

A door (loopback today, native messaging later) brings messages with the origin the *browser* states; a window
brings the person's answer. Both only call this. What can be done with a key, and what is checked before, stands in
`acts`, one kind in one file; there is no command for a bare digest.
"""

import asyncio
import base64
from collections.abc import AsyncGenerator, Iterable
from contextlib import ExitStack, aclosing, suppress
from datetime import timedelta

from yunqian import __version__
from yunqian.agent import acts, listing, orders
from yunqian.agent import pin as pins
from yunqian.agent.acts import named
from yunqian.agent.acts.act import Act, Secrets, Tools, counted
from yunqian.agent.acts.change_pin import ChangePin
from yunqian.agent.acts.sign_batch import Item, SignBatch
from yunqian.agent.acts.unlocks import Unlocks
from yunqian.agent.config import Platform
from yunqian.agent.dialog import Asked, Clock, Dialog
from yunqian.agent.face import Face
from yunqian.agent.journal import Journal
from yunqian.agent.keys.port import KeyAct
from yunqian.agent.keys.ring import Held, Ring
from yunqian.agent.orders import Genuine, Order
from yunqian.agent.pages.look import Looks
from yunqian.agent.pin import Tries
from yunqian.agent.spent import KeyName, Ledger, OrderResult, Spent
from yunqian.crypto import certificates
from yunqian.problems import Problem, Refused
from yunqian.wire.key_orders import NamedKey, PinChangeAsked, PinChanged, UnlockRequest
from yunqian.wire.keys import DialogOpened, DialogResult, DialogState, Hello, KeyList
from yunqian.wire.orders import SignedOrder, SignResult

MAX_WAIT_SECONDS = 25.0
_KEPT = timedelta(minutes=10)
# After these no second try can help, so the dialog ends. The administrator's PIN least of all: keys count it too.
_FINAL = frozenset(
    {
        Problem.PIN_LOCKED,
        Problem.SIGNATURE_INVALID,
        Problem.ORDER_EXPIRED,
        Problem.DIALOG_EXPIRED,
        Problem.ADMIN_PIN_INCORRECT,
        Problem.ADMIN_PIN_LOCKED,
        Problem.SEALED_BOX_BROKEN,
        Problem.UNLOCK_NOT_ASKED,
        Problem.PLATFORM_NOT_PAIRED,
        Problem.KEY_ACT_UNSUPPORTED,
        Problem.KEY_FULL,
        Problem.PREPARED_MISMATCH,
    }
)


class Desk:
    """Holds the open dialog and everything it needs.

    `window_base` is the client's own address; `face` a desktop window, where there is one; `looks` the client's own
    look at what is signed.
    """

    def __init__(
        self,
        *,
        platforms: Iterable[Platform],
        ring: Ring,
        journal: Journal,
        ledger: Ledger,
        unlocks: Unlocks,
        clock: Clock,
        window_base: str,
        face: Face | None = None,
        looks: Looks | None = None,
    ) -> None:
        self._platforms = {platform.origin: platform for platform in platforms}
        self._ring = ring
        self._journal = journal
        self._ledger = ledger
        self._unlocks = unlocks
        self._clock = clock
        self._window_base = window_base
        self._face = face
        self._looks = looks or Looks()
        self._tools = Tools(ring, unlocks, clock)
        self.newer_version: str | None = None  # set by whoever looks for releases
        self._dialogs: dict[str, Dialog] = {}
        self._opening = asyncio.Lock()

    # What pages ask

    def is_paired(self, origin: str) -> bool:
        """Whether this origin may ask anything at all."""
        return origin in self._platforms

    def obey(self, platforms: Iterable[Platform]) -> None:
        """From now on these platforms and no others; what waits for a removed one ends, what is at a key does not."""
        self._platforms = {platform.origin: platform for platform in platforms}
        for dialog in self._dialogs.values():
            if dialog.is_waiting and not dialog.at_key.locked() and not self.is_paired(dialog.origin):
                self._end(dialog, Refused(Problem.PLATFORM_NOT_PAIRED, origin=dialog.origin))
                self._note("platform removed", dialog)

    def hello(self) -> Hello:
        """Who answers here."""
        return Hello(
            version=__version__,
            has_desktop_window=self._face is not None and self._face.is_here,
            newer_version=self.newer_version,
        )

    async def keys(self) -> KeyList:
        """All keys plugged in now."""
        return self._listed(await self._ring.plugged())

    async def key_changes(self) -> AsyncGenerator[KeyList, None]:
        """All keys plugged in now, and again after every change; leave it by closing (`contextlib.aclosing`)."""
        async with aclosing(self._ring.changes()) as changes:
            async for held in changes:
                yield self._listed(held)

    async def open(self, signed: SignedOrder, *, origin: str) -> DialogOpened:
        """Check an order and open its dialog; the same order again gives the same dialog, or the same result.

        Raises Refused with what is wrong with the order, DIALOG_BUSY, PIN_LOCKED, or that there is no such key.
        """
        try:
            async with self._opening:
                dialog = await self._by_order(orders.read(signed, origin=origin, platforms=self._platforms))
        except Refused as refusal:
            self._journal.note("order refused", problem=refusal.problem, origin=origin)
            raise
        return self._told(dialog)

    async def change_pin(self, asked: PinChangeAsked, *, origin: str) -> DialogOpened:
        """Open the dialog in which a person changes a PIN. Raises Refused as `open` does."""
        try:
            async with self._opening:
                dialog = await self._by_wish(ChangePin(asked.key, self._tools), asked, self._platform(origin))
        except Refused as refusal:
            self._journal.note("PIN change refused", problem=refusal.problem, origin=origin)
            raise
        return self._told(dialog)

    async def request_unlock(self, key: NamedKey, *, origin: str) -> UnlockRequest:
        """What the certificate authority's desk is asked for; the same within a day.

        Raises Refused(KEY_NOT_PLUGGED | KEY_AMBIGUOUS | KEY_ACT_UNSUPPORTED | KEY_FAILED).
        """
        platform = self._platform(origin)
        target = await named.find(self._ring, key)
        if target is None:
            raise named.absent(key)
        named.check_can(target, KeyAct.UNLOCK)
        request = self._unlocks.ask(key, origin=platform.origin)
        self._journal.note("unlock requested", origin=origin, serial=key.serial)
        return request

    async def state(self, dialog_id: str, *, origin: str, wait_seconds: float = 0.0) -> DialogState:
        """Where a dialog stands; while it waits, the answer waits too, at most until the next change."""
        dialog = self._by_dialog_id(dialog_id, origin)
        self._settle(dialog)
        if dialog.is_waiting and wait_seconds > 0:
            left = (dialog.expires_at - self._clock()).total_seconds()
            await dialog.changed(within_seconds=min(wait_seconds, MAX_WAIT_SECONDS, left))
            self._settle(dialog)
        return dialog.state()

    async def cancel(self, dialog_id: str, *, origin: str) -> DialogState:
        """The page gives up. While the key works, its answer is awaited: it may turn out done."""
        dialog = self._by_dialog_id(dialog_id, origin)
        await self._cancel(dialog)
        return dialog.state()

    # What the window asks

    def window(self, window_id: str) -> Dialog:
        """The dialog of a window. Raises Refused(DIALOG_NOT_FOUND)."""
        dialog = next((one for one in self._dialogs.values() if one.window_id == window_id), None)
        if dialog is None:
            raise Refused(Problem.DIALOG_NOT_FOUND)
        dialog.window_seen_at = self._clock()
        self._settle(dialog)
        return dialog

    def seconds_left(self, dialog: Dialog) -> int:
        """Until it is over."""
        return max(0, int((dialog.expires_at - self._clock()).total_seconds()))

    async def is_key_present(self, dialog: Dialog) -> bool:
        """Whether its key is still plugged in; not asked while the key works."""
        if dialog.at_key.locked():
            return True
        with suppress(Refused):
            return await dialog.act.find(max_age_seconds=1.5) is not None
        return False

    async def dismiss(self, window_id: str) -> Dialog:
        """The person pressed cancel."""
        dialog = self.window(window_id)
        await self._cancel(dialog)
        return dialog

    async def confirm(
        self, window_id: str, secrets: Secrets, *, is_last_try_accepted: bool, is_agreed: bool = False
    ) -> Dialog:
        """The person entered what the sheet asked for: one try, one act at most. All of it is wiped on return.

        `is_agreed` says that the sentence of consent was ticked, where the sheet has one.
        Raises Refused(DIALOG_BUSY) while an earlier confirm is at the key: a double click costs no try.
        """
        with ExitStack() as wiping:
            for one in secrets.values():
                wiping.enter_context(one)
            dialog = self.window(window_id)
            if not dialog.is_waiting:
                return dialog
            if dialog.at_key.locked():
                raise Refused(Problem.DIALOG_BUSY)
            async with dialog.at_key:
                try:
                    self._platform(dialog.origin)  # it may have been removed while the person read
                    self._looks.require_seen(dialog)
                    if isinstance(dialog.act, SignBatch) and not is_agreed:
                        raise Refused(Problem.CONSENT_MISSING)
                    result = await self._carry_out(dialog, secrets, is_last_try_accepted=is_last_try_accepted)
                except Refused as refusal:
                    self._refused(dialog, refusal)
                else:
                    dialog.finish(result)
                    self._note("signed" if dialog.act.kind == "sign" else "done", dialog)
            return dialog

    async def look_again(self, window_id: str) -> Dialog:
        """The person wants the document to be fetched and drawn once more, which did not go well before."""
        dialog = self.window(window_id)
        if not dialog.at_key.locked():
            self._look(dialog)
        return dialog

    def close(self) -> None:
        """Let the keys go; the client is stopping."""
        self._looks.close()
        self._ring.close()

    # How it is done

    def _listed(self, held: Iterable[Held]) -> KeyList:
        return KeyList(generation=self._ring.generation, keys=tuple(listing.told(one) for one in held))

    def _platform(self, origin: str) -> Platform:
        platform = self._platforms.get(origin)
        if platform is None:
            raise Refused(Problem.PLATFORM_NOT_PAIRED, origin=origin)
        return platform

    def _told(self, dialog: Dialog) -> DialogOpened:
        """With the address of the client's page, unless the desktop window showed it or nothing is left to show."""
        address = f"{self._window_base}/window/{dialog.window_id}"
        if self._face is not None and self._face.is_here:
            is_shown = not dialog.is_waiting or self._face.show(address)
            return DialogOpened(dialog_id=dialog.dialog_id, window_url=None if is_shown else address)
        return DialogOpened(dialog_id=dialog.dialog_id, window_url=address)

    async def _by_order(self, genuine: Genuine) -> Dialog:
        self._forget_old()
        act = acts.of(genuine.order, self._tools, parts=genuine.parts)
        asked = Asked.by_order(genuine)
        earlier = self._done_before(genuine, act, asked)
        if earlier is not None:
            return earlier
        for one in (genuine, *genuine.parts):
            orders.in_time(one.order, self._clock())
        return await self._waiting(asked) or await self._opened(act, asked)

    async def _by_wish(self, act: Act, wish: PinChangeAsked, platform: Platform) -> Dialog:
        self._forget_old()
        text = f"{act.kind} {platform.origin} {wish.model_dump_json()}"
        asked = Asked.by_page(platform, text, self._clock())
        return await self._waiting(asked) or await self._opened(act, asked)

    async def _opened(self, act: Act, asked: Asked) -> Dialog:
        """A new dialog, after everything that can be known before the key is touched was checked."""
        self._looks.require(act)
        target = await act.find()
        if target is None:
            raise act.absent()
        act.check(target)
        if isinstance(act, SignBatch):
            self._recall(act)
        held = target.held
        if held.seen.is_locked and counted(act) is not None:
            raise Refused(Problem.PIN_LOCKED)
        key = KeyName(serial=held.key.serial, label=held.key.label, is_demo=held.key.is_demo)
        dialog = Dialog(act, asked, target.certificate, key, held.seen, self._clock())
        self._dialogs[dialog.dialog_id] = dialog
        self._note("dialog opened", dialog)
        if isinstance(act, SignBatch) and not any(item.is_open for item in act.items):
            dialog.finish(act.result())
        self._look(dialog)
        return dialog

    def _look(self, dialog: Dialog) -> None:
        def note(refusal: Refused | None) -> None:
            if refusal is None:
                self._note("pages drawn", dialog)
            else:
                self._note("look failed", dialog, problem=refusal.problem)

        self._looks.begin(dialog, note=note)

    def _done_before(self, genuine: Genuine, act: Act, asked: Asked) -> Dialog | None:
        """The dialog with the result of an order that was carried out before, also before a restart."""
        order = genuine.order
        spent = self._ledger.find(
            nonce=order.nonce, order_id=order.order_id, fingerprint=genuine.fingerprint, origin=order.origin
        )
        if spent is None:
            return None
        for dialog in self._dialogs.values():
            if dialog.result == spent.result:
                return dialog
        return self._recalled(act, asked, spent)

    def _recalled(self, act: Act, asked: Asked, spent: Spent) -> Dialog:
        """A finished dialog, made again from the ledger after a restart."""
        encoded = spent.certificate
        certificate = None if encoded is None else certificates.read(base64.b64decode(encoded))
        dialog = Dialog(act, asked, certificate, spent.key, Tries(left=None), self._clock())
        dialog.finish(spent.result)
        self._dialogs[dialog.dialog_id] = dialog
        return dialog

    async def _waiting(self, asked: Asked) -> Dialog | None:
        """The open dialog of this very order or wish. Raises Refused(DIALOG_BUSY) where another one has it."""
        for dialog in [*self._dialogs.values()]:
            self._settle(dialog)
            if not dialog.is_waiting:
                continue
            if dialog.asked.fingerprint == asked.fingerprint:
                return dialog
            if dialog.at_key.locked() or not dialog.is_abandoned(self._clock()):
                raise Refused(Problem.DIALOG_BUSY)
            await self._cancel(dialog)
        return None

    async def _carry_out(
        self, dialog: Dialog, secrets: Secrets, *, is_last_try_accepted: bool
    ) -> DialogResult:
        act = dialog.act
        if dialog.asked.order is not None:
            orders.in_time(dialog.asked.order, self._clock())
        target = await act.find()
        if target is None:
            raise Refused(Problem.KEY_REMOVED)
        act.check(target)
        try:
            dialog.tries = await target.held.tries()
            secret = counted(act)
            if secret is not None:
                pins.guard(secrets[secret], dialog.tries, is_last_try_accepted=is_last_try_accepted)
            result = await act.carry_out(target, secrets)
        finally:
            await self._count(dialog, target.held)
            if isinstance(act, SignBatch):
                self._keep(dialog, act)
        self._record(dialog, result)
        act.finish()
        return result

    def _record(self, dialog: Dialog, result: DialogResult) -> None:
        """Write what an order gave into the ledger, before anybody sees it; a wish may be repeated."""
        order = dialog.asked.order
        if order is not None and not isinstance(result, PinChanged):
            self._spend(dialog, order, dialog.asked.fingerprint, result)

    def _spend(self, dialog: Dialog, order: Order, fingerprint: str, result: OrderResult) -> None:
        certificate = dialog.certificate
        self._ledger.record(
            Spent(
                nonce=order.nonce,
                origin=order.origin,
                fingerprint=fingerprint,
                expires_at=order.expires_at,
                certificate=None if certificate is None else base64.b64encode(certificate.der).decode(),
                key=dialog.key,
                result=result,
            )
        )

    def _keep(self, dialog: Dialog, act: SignBatch) -> None:
        """Each signature of a batch is an order carried out: in the ledger under its own text, and in the journal."""
        for item in act.items:
            if item.result is not None and not item.is_kept:
                self._spend(dialog, item.order, item.genuine.fingerprint, item.result)
                item.is_kept = True
                self._note("signed", dialog, about=item)

    def _recall(self, act: SignBatch) -> None:
        """What an order of the batch gave before, alone or in another batch, it gives again without the key.

        Raises Refused(ORDER_ALREADY_USED).
        """
        for item in act.items:
            order = item.order
            spent = self._ledger.find(
                nonce=order.nonce,
                order_id=order.order_id,
                fingerprint=item.genuine.fingerprint,
                origin=order.origin,
            )
            if spent is not None and isinstance(spent.result, SignResult):
                item.result, item.is_kept = spent.result, True

    async def _count(self, dialog: Dialog, held: Held) -> None:
        """Ask the key again how many tries are left, for the window to show."""
        with suppress(Refused):
            dialog.tries = await held.tries()

    def _refused(self, dialog: Dialog, refusal: Refused) -> None:
        self._note("try failed", dialog, problem=refusal.problem)
        if refusal.problem in _FINAL:
            self._end(dialog, refusal)
        else:
            dialog.remark(refusal)

    def _end(self, dialog: Dialog, refusal: Refused) -> None:
        """It is over; of a batch that was begun the signatures stay, and the rest of it is what is refused."""
        self._looks.stop(dialog)
        act = dialog.act
        if not isinstance(act, SignBatch) or not act.is_begun:
            dialog.refuse(refusal)
            return
        result = act.result(refusal)
        with suppress(
            Refused
        ):  # its orders are on disk, each by itself; this one only gives the same list again
            self._record(dialog, result)
        dialog.finish(result)

    async def _cancel(self, dialog: Dialog) -> None:
        async with dialog.at_key:
            self._settle(dialog, even_at_key=True)
            if dialog.is_waiting:
                self._end(dialog, Refused(Problem.PIN_CANCELLED))
                self._note("cancelled", dialog)

    def _settle(self, dialog: Dialog, *, even_at_key: bool = False) -> None:
        """A dialog whose time is over is over too, and releases the window."""
        is_free = even_at_key or not dialog.at_key.locked()
        if dialog.is_waiting and is_free and self._clock() >= dialog.expires_at:
            self._end(dialog, orders.over(dialog.asked.order))
            self._note("expired", dialog)

    def _by_dialog_id(self, dialog_id: str, origin: str) -> Dialog:
        dialog = self._dialogs.get(dialog_id)
        if dialog is None or dialog.origin != origin:
            raise Refused(Problem.DIALOG_NOT_FOUND)
        return dialog

    def _forget_old(self) -> None:
        now = self._clock()
        self._dialogs = {
            name: dialog
            for name, dialog in self._dialogs.items()
            if dialog.is_waiting or now < max(dialog.expires_at, dialog.opened_at) + _KEPT
        }

    def _note(
        self, event: str, dialog: Dialog, *, problem: Problem | None = None, about: Item | None = None
    ) -> None:
        facts = {"kind": dialog.act.kind.value, "origin": dialog.origin, "serial": dialog.key.serial}
        if dialog.certificate is not None:
            facts["certificate"] = dialog.certificate.sha256
        told = dialog.act.facts if about is None else about.sign.facts
        self._journal.note(event, problem=problem, **facts, **told)
