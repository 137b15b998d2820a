"""The desk: one message in, one answer out; what is signed, when, and by whose leave is decided here.

A door (loopback today, native messaging later) brings messages with the origin the *browser* states; a window
brings the person's answer. Both only call this. There is no command for a bare digest.
"""

import asyncio
import base64
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from yunqian import __version__
from yunqian.agent import orders
from yunqian.agent import pin as pins
from yunqian.agent.config import Platform
from yunqian.agent.dialog import Clock, Dialog
from yunqian.agent.journal import Journal
from yunqian.agent.keys.port import UsbKey
from yunqian.agent.keys.ring import Held, Ring
from yunqian.agent.orders import Genuine
from yunqian.agent.pin import Pin, Tries
from yunqian.agent.spent import KeyName, Ledger, Spent
from yunqian.crypto import certificates, suites
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem, Refused
from yunqian.wire.keys import DialogOpened, DialogState, Hello, Key, KeyCertificate, KeyList
from yunqian.wire.orders import SignedOrder, SignResult

MAX_WAIT_SECONDS = 25.0
_KEPT = timedelta(minutes=10)
# After these no second try can help, so the dialog ends.
_FINAL = frozenset({Problem.PIN_LOCKED, Problem.SIGNATURE_INVALID, Problem.ORDER_EXPIRED})


class Desk:
    """Holds the open dialog and everything it needs. `window_base` is the client's own address."""

    def __init__(
        self,
        *,
        platforms: Iterable[Platform],
        ring: Ring,
        journal: Journal,
        ledger: Ledger,
        clock: Clock,
        window_base: str,
    ) -> None:
        self._platforms = {platform.origin: platform for platform in platforms}
        self._ring = ring
        self._journal = journal
        self._ledger = ledger
        self._clock = clock
        self._window_base = window_base
        self._dialogs: dict[str, Dialog] = {}
        self._opening = asyncio.Lock()

    # What pages ask

    def is_paired(self, origin: str) -> bool:
        """Whether this origin may ask anything at all."""
        return origin in self._platforms

    def hello(self) -> Hello:
        """Who answers here."""
        return Hello(version=__version__, has_desktop_window=False)

    async def keys(self) -> KeyList:
        """All keys plugged in now."""
        held = await self._ring.plugged()
        return KeyList(generation=self._ring.generation, keys=tuple(_told(one) for one in held))

    async def open(self, signed: SignedOrder, *, origin: str) -> DialogOpened:
        """Check an order and open its dialog; the same order again gives the same dialog, or the same result.

        Raises Refused with what is wrong with the order, DIALOG_BUSY, KEY_NOT_FOUND or PIN_LOCKED.
        """
        try:
            async with self._opening:
                dialog = await self._dialog_for(orders.read(signed, origin=origin, platforms=self._platforms))
        except Refused as refusal:
            self._journal.note("order refused", problem=refusal.problem, origin=origin)
            raise
        return DialogOpened(
            dialog_id=dialog.dialog_id, window_url=f"{self._window_base}/window/{dialog.window_id}"
        )

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
        """The page gives up. While the key works, its answer is awaited: it may turn out signed."""
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
        """Until its order is over."""
        return max(0, int((dialog.expires_at - self._clock()).total_seconds()))

    async def is_key_present(self, dialog: Dialog) -> bool:
        """Whether its key is still plugged in; not asked while the key works."""
        if dialog.act.locked():
            return True
        return await self._ring.find(dialog.certificate.sha256, max_age_seconds=1.5) is not None

    async def dismiss(self, window_id: str) -> Dialog:
        """The person pressed cancel."""
        dialog = self.window(window_id)
        await self._cancel(dialog)
        return dialog

    async def confirm(self, window_id: str, pin: Pin, *, is_last_try_accepted: bool) -> Dialog:
        """The person entered a PIN: one try, one signature at most. The PIN is wiped on return.

        Raises Refused(DIALOG_BUSY) while an earlier confirm is at the key: a double click costs no try.
        """
        with pin:
            dialog = self.window(window_id)
            if not dialog.is_waiting:
                return dialog
            if dialog.act.locked():
                raise Refused(Problem.DIALOG_BUSY)
            async with dialog.act:
                try:
                    result = await self._sign(dialog, pin, is_last_try_accepted=is_last_try_accepted)
                except Refused as refusal:
                    self._refused(dialog, refusal)
                else:
                    dialog.sign(result)
                    self._note("signed", dialog)
            return dialog

    def close(self) -> None:
        """Let the keys go; the client is stopping."""
        self._ring.close()

    # How it is done

    async def _dialog_for(self, genuine: Genuine) -> Dialog:
        self._forget_old()
        earlier = self._signed_before(genuine)
        if earlier is not None:
            return earlier
        orders.in_time(genuine.order, self._clock())
        waiting = await self._waiting_for(genuine)
        if waiting is not None:
            return waiting
        found = await self._ring.find(genuine.order.certificate_sha256)
        if found is None:
            raise Refused(Problem.KEY_NOT_FOUND, owner=genuine.order.certificate_owner)
        held, certificate = found
        orders.fits(genuine, certificate, held.key.suites)
        if not certificate.covers(self._clock()):
            raise certificates.expired(certificate)
        if held.seen.is_locked:
            raise Refused(Problem.PIN_LOCKED)
        return self._opened(genuine, held, certificate)

    def _opened(self, genuine: Genuine, held: Held, certificate: Certificate) -> Dialog:
        key = KeyName(serial=held.key.serial, label=held.key.label, is_demo=held.key.is_demo)
        dialog = Dialog(genuine, certificate, key, held.seen, self._clock())
        self._dialogs[dialog.dialog_id] = dialog
        self._note("dialog opened", dialog)
        return dialog

    def _signed_before(self, genuine: Genuine) -> Dialog | None:
        """The dialog with the result of an order that was signed before, also before a restart."""
        order = genuine.order
        spent = self._ledger.find(
            nonce=order.nonce, order_id=order.order_id, fingerprint=genuine.fingerprint, origin=order.origin
        )
        if spent is None:
            return None
        for dialog in self._dialogs.values():
            if dialog.result == spent.result:
                return dialog
        return self._recalled(genuine, spent)

    def _recalled(self, genuine: Genuine, spent: Spent) -> Dialog:
        """A finished dialog, made again from the ledger after a restart."""
        certificate = certificates.read(base64.b64decode(spent.certificate))
        dialog = Dialog(genuine, certificate, spent.key, Tries(left=None), self._clock())
        dialog.sign(spent.result)
        self._dialogs[dialog.dialog_id] = dialog
        return dialog

    async def _waiting_for(self, genuine: Genuine) -> Dialog | None:
        """The open dialog of this very order. Raises Refused(DIALOG_BUSY) where another order has it."""
        for dialog in self._dialogs.values():
            self._settle(dialog)
            if not dialog.is_waiting:
                continue
            if dialog.genuine.fingerprint == genuine.fingerprint:
                return dialog
            if dialog.act.locked() or not dialog.is_abandoned(self._clock()):
                raise Refused(Problem.DIALOG_BUSY)
            await self._cancel(dialog)
        return None

    async def _sign(self, dialog: Dialog, pin: Pin, *, is_last_try_accepted: bool) -> SignResult:
        genuine = dialog.genuine
        orders.in_time(genuine.order, self._clock())
        found = await self._ring.find(genuine.order.certificate_sha256)
        if found is None:
            raise Refused(Problem.KEY_REMOVED)
        held, certificate = found
        suite = orders.fits(genuine, certificate, held.key.suites)
        try:
            dialog.tries = await held.tries()
            pins.guard(pin, dialog.tries, is_last_try_accepted=is_last_try_accepted)
            value = await held.sign(certificate, suite, genuine.to_be_signed, pin)
        finally:
            await self._count(dialog, held)
        if not suites.check(suite, certificate, genuine.to_be_signed, value):
            raise Refused(Problem.SIGNATURE_INVALID)
        return self._released(dialog, value)

    def _released(self, dialog: Dialog, value: bytes) -> SignResult:
        """The signature as an answer, written to the ledger before anybody sees it."""
        order = dialog.genuine.order
        result = SignResult(
            order_id=order.order_id,
            certificate_sha256=dialog.certificate.sha256,
            signature=base64.b64encode(value).decode(),
        )
        self._ledger.record(
            Spent(
                nonce=order.nonce,
                origin=order.origin,
                fingerprint=dialog.genuine.fingerprint,
                expires_at=order.expires_at,
                certificate=base64.b64encode(dialog.certificate.der).decode(),
                key=dialog.key,
                result=result,
            )
        )
        return result

    async def _count(self, dialog: Dialog, held: Held) -> None:
        """Ask the key again how many tries are left, for the window to show."""
        with suppress(Refused):
            dialog.tries = await held.tries()

    def _refused(self, dialog: Dialog, refusal: Refused) -> None:
        self._note("try failed", dialog, problem=refusal.problem)
        if refusal.problem in _FINAL:
            dialog.refuse(refusal)
        else:
            dialog.remark(refusal)

    async def _cancel(self, dialog: Dialog) -> None:
        async with dialog.act:
            self._settle(dialog, even_in_act=True)
            if dialog.is_waiting:
                dialog.refuse(Refused(Problem.PIN_CANCELLED))
                self._note("cancelled", dialog)

    def _settle(self, dialog: Dialog, *, even_in_act: bool = False) -> None:
        """A dialog whose order is over is over too, and releases the window."""
        is_free = even_in_act or not dialog.act.locked()
        if dialog.is_waiting and is_free and self._clock() >= dialog.expires_at:
            dialog.refuse(Refused(Problem.ORDER_EXPIRED))
            self._note("expired", dialog)

    def _by_dialog_id(self, dialog_id: str, origin: str) -> Dialog:
        dialog = self._dialogs.get(dialog_id)
        if dialog is None or dialog.genuine.order.origin != origin:
            raise Refused(Problem.DIALOG_NOT_FOUND)
        return dialog

    def _forget_old(self) -> None:
        now = self._clock()
        self._dialogs = {
            name: dialog
            for name, dialog in self._dialogs.items()
            if dialog.is_waiting or now < max(dialog.expires_at, dialog.opened_at) + _KEPT
        }

    def _note(self, event: str, dialog: Dialog, *, problem: Problem | None = None) -> None:
        order = dialog.genuine.order
        self._journal.note(
            event,
            problem=problem,
            order_id=order.order_id,
            ceremony_id=order.ceremony_id,
            origin=order.origin,
            serial=dialog.key.serial,
            certificate=dialog.certificate.sha256,
            document=order.document_sha256,
        )


def _told(held: Held) -> Key:
    key = held.key
    return Key(
        serial=key.serial,
        label=key.label,
        driver=key.driver,
        is_demo=key.is_demo,
        certificates=tuple(one for certificate in key.certificates if (one := _shown(certificate, key))),
        tries_left=held.seen.left,
        is_locked=held.seen.is_locked,
    )


def _shown(certificate: Certificate, key: UsbKey) -> KeyCertificate | None:
    """None for a certificate whose algorithm this key, or this machine, cannot sign with."""
    try:
        suite = suites.suite_of(certificate)
    except Refused:
        return None
    if suite not in key.suites:
        return None
    return KeyCertificate(
        sha256=certificate.sha256,
        der=base64.b64encode(certificate.der).decode(),
        owner=certificate.owner,
        issuer=certificate.issuer_name,
        serial_hex=certificate.serial_hex,
        algorithm=suite.name,
        not_before_at=certificate.not_before_at,
        not_after_at=certificate.not_after_at,
    )
