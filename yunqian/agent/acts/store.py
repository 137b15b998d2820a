"""Write on a key what was issued for it: a certificate beside its own key pair, and seal objects.

Order: StoreOrder. Before the key is touched: the named key can do it; the certificate can be read, may sign and is
not over; the seals can be read; there is something to write. The person enters the PIN. Afterwards the key is read
again: the result, a StoreResult, is what really stands on it.
"""

import base64
import binascii
import hashlib

from yunqian.agent.acts import named
from yunqian.agent.acts.act import Secret, Secrets, Target, Tools
from yunqian.agent.keys.port import KeyAct
from yunqian.crypto import certificates
from yunqian.crypto.certificates import Certificate
from yunqian.eseal import seal
from yunqian.problems import Problem, Refused
from yunqian.wire.key_orders import StoreOrder, StoreResult
from yunqian.wire.keys import DialogKind


class Store:
    """See `Act`."""

    kind = DialogKind.STORE
    secrets = (Secret.PIN,)

    def __init__(self, order: StoreOrder, tools: Tools) -> None:
        """Raises Refused(REQUEST_INVALID | SEAL_UNREADABLE | CERTIFICATE_…) for what cannot be read."""
        self.order = order
        self.certificate = _certificate(order)
        self.seals = tuple(_seal(one) for one in order.seals)
        self._tools = tools
        if self.certificate is None and not self.seals:
            raise Refused(Problem.REQUEST_INVALID, detail="certificate, seals")

    @property
    def facts(self) -> dict[str, str]:
        return {"order_id": self.order.order_id}

    @property
    def seal_names(self) -> tuple[str, ...]:
        """What the person calls the seals."""
        return tuple(one.name for one in self.seals)

    async def find(self, *, max_age_seconds: float = 0.0) -> Target | None:
        """The named key."""
        return await named.find(self._tools.ring, self.order.key, max_age_seconds=max_age_seconds)

    def absent(self) -> Refused:
        return named.absent(self.order.key)

    def check(self, target: Target) -> None:
        """Raises Refused(KEY_ACT_UNSUPPORTED | CERTIFICATE_EXPIRED)."""
        named.check_can(target, KeyAct.STORE)
        if self.certificate is not None and self._tools.clock() > self.certificate.not_after_at:
            raise certificates.expired(self.certificate)

    async def carry_out(self, target: Target, secrets: Secrets) -> StoreResult:
        """Raises what `UsbKey.store` raises, and Refused(KEY_FAILED) where the key kept nothing after all."""
        wholes = [one.whole for one in self.seals]
        await target.held.store(self.certificate, wholes, secrets[Secret.PIN])
        await self._check_written(wholes)
        return StoreResult(
            order_id=self.order.order_id,
            certificate_sha256=None if self.certificate is None else self.certificate.sha256,
            seals_sha256=tuple(hashlib.sha256(whole).hexdigest() for whole in wholes),
        )

    def finish(self) -> None:
        """Nothing was kept."""

    async def _check_written(self, wholes: list[bytes]) -> None:
        """Read the key again: some say yes and keep nothing."""
        now = await self.find()
        if now is None:
            raise Refused(Problem.KEY_REMOVED)
        key = now.held.key
        if self.certificate is not None and self.certificate not in key.certificates:
            raise Refused(Problem.KEY_FAILED, detail="certificate not on the key")
        if not set(wholes) <= set(key.seals):
            raise Refused(Problem.KEY_FAILED, detail="seal not on the key")


def _certificate(order: StoreOrder) -> Certificate | None:
    if order.certificate is None:
        return None
    found = certificates.read(_bytes(order.certificate, "certificate"))
    if not found.may_sign:
        raise Refused(Problem.REQUEST_INVALID, detail="certificate: key usage")
    return found


def _seal(text: str) -> seal.Seal:
    return seal.read(_bytes(text, "seals"))


def _bytes(text: str, place: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Refused(Problem.REQUEST_INVALID, detail=f"{place}: base64") from error
