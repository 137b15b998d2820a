"""What logging in and binding have in common: the key signs a statement that the client makes itself of the order.

Before the key is touched: the certificate is on a key, valid now and of the order's algorithm. The person enters the
PIN. What a statement says, and what is answered, is each act's own.
"""

import base64
from typing import Generic, TypeVar

from yunqian.agent.acts import by_certificate
from yunqian.agent.acts.act import Secret, Secrets, Target, Tools
from yunqian.crypto import certificates
from yunqian.problems import Refused
from yunqian.wire.orders import BindOrder, LoginOrder

Order = TypeVar("Order", LoginOrder, BindOrder)


class Proof(Generic[Order]):
    """See `Act`; whoever derives from it gives `kind` and `carry_out`."""

    secrets = (Secret.PIN,)

    def __init__(self, order: Order, tools: Tools) -> None:
        self.order: Order = order
        self._tools = tools

    @property
    def facts(self) -> dict[str, str]:
        return {"order_id": self.order.order_id}

    async def find(self, *, max_age_seconds: float = 0.0) -> Target | None:
        """The key with the order's certificate."""
        sha256 = self.order.certificate_sha256
        return await by_certificate.find(self._tools.ring, sha256, max_age_seconds=max_age_seconds)

    def absent(self) -> Refused:
        return by_certificate.absent(self.order)

    def check(self, target: Target) -> None:
        """Raises Refused(CERTIFICATE_MISMATCH | ALGORITHM_UNSUPPORTED | CERTIFICATE_EXPIRED)."""
        by_certificate.suite_for(self.order, target)
        certificate = by_certificate.held_by(target)
        if not certificate.covers(self._tools.clock()):
            raise certificates.expired(certificate)

    async def proved(self, target: Target, secrets: Secrets, statement: bytes) -> tuple[str, str]:
        """Certificate and signature value in base64: one PIN, one signature over the statement.

        Raises what `UsbKey.sign` raises, and Refused(SIGNATURE_INVALID).
        """
        suite, certificate = by_certificate.suite_for(self.order, target), by_certificate.held_by(target)
        value = await target.held.sign(certificate, suite, statement, secrets[Secret.PIN])
        by_certificate.is_right(suite, certificate, statement, value)
        return base64.b64encode(certificate.der).decode(), base64.b64encode(value).decode()

    def finish(self) -> None:
        """Nothing was kept."""
