"""Unlock a key: a new PIN by the administrator's, which the certificate authority's desk sealed to this client.

Order: UnlockOrder, the answer to a request that this client made for this key and this page (`unlocks`). Before the
key is touched: the named key can do it, the request is still open, the new PIN is the same twice and not a weak one.
The administrator's PIN exists only inside `carry_out` and is wiped there. One that the key refuses is never tried a
second time: keys count those too. The result is an UnlockResult.
"""

import base64
import binascii

from yunqian.agent import pin as pins
from yunqian.agent.acts import named, new_pin
from yunqian.agent.acts.act import Secret, Secrets, Target, Tools
from yunqian.agent.keys.port import KeyAct
from yunqian.agent.pin import Pin
from yunqian.crypto import sealed_box
from yunqian.problems import Problem, Refused
from yunqian.wire.key_orders import UnlockOrder, UnlockResult, unlock_code
from yunqian.wire.keys import DialogKind


class Unlock:
    """See `Act`."""

    kind = DialogKind.UNLOCK
    secrets = (Secret.NEW_PIN, Secret.NEW_PIN_AGAIN)

    def __init__(self, order: UnlockOrder, tools: Tools) -> None:
        """Raises Refused(REQUEST_INVALID) for what is no base 64."""
        self.order = order
        self._public_key = _bytes(order.public_key, "public_key")
        self._sealed = _bytes(order.sealed, "sealed")
        self._tools = tools

    @property
    def code(self) -> str:
        """The code of the request, which the person told the desk."""
        return unlock_code(self.order.key, self._public_key)

    @property
    def facts(self) -> dict[str, str]:
        return {"order_id": self.order.order_id}

    async def find(self, *, max_age_seconds: float = 0.0) -> Target | None:
        """The named key."""
        return await named.find(self._tools.ring, self.order.key, max_age_seconds=max_age_seconds)

    def absent(self) -> Refused:
        return named.absent(self.order.key)

    def check(self, target: Target) -> None:
        """Raises Refused(KEY_ACT_UNSUPPORTED | UNLOCK_NOT_ASKED)."""
        named.check_can(target, KeyAct.UNLOCK)
        self._private_key()

    async def carry_out(self, target: Target, secrets: Secrets) -> UnlockResult:
        """Raises what `UsbKey.unlock` and `sealed_box.open_` raise, and before that what `new_pin.chosen` does."""
        new = new_pin.chosen(secrets)
        with Pin(self._released()) as admin:
            if not 0 < len(admin.secret) <= pins.MAX_PIN_BYTES:
                raise Refused(Problem.SEALED_BOX_BROKEN)
            try:
                await target.held.unlock(admin, new)
            except Refused as refusal:
                if refusal.problem in (Problem.ADMIN_PIN_INCORRECT, Problem.ADMIN_PIN_LOCKED):
                    self.finish()  # what the desk released will never be right
                raise
        return UnlockResult(order_id=self.order.order_id, unlocked_at=self._tools.clock())

    def finish(self) -> None:
        """The key pair of the request is deleted."""
        self._tools.unlocks.forget(self.order.public_key)

    def _released(self) -> bytearray:
        """The administrator's PIN, bound to the code that the person told the desk."""
        return sealed_box.open_(self._private_key(), self._sealed, bound_to=self.code.encode())

    def _private_key(self) -> bytes:
        order = self.order
        return self._tools.unlocks.private_key(order.public_key, key=order.key, origin=order.origin)


def _bytes(text: str, place: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Refused(Problem.REQUEST_INVALID, detail=f"{place}: base64") from error
