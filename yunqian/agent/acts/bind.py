"""Prove a key to the platform so that its certificate is bound there: the client makes the statement itself.

Order: BindOrder. Before the key is touched: the certificate is on a key, valid now and of the order's algorithm. The
person sees whose the certificate is to be, and enters the PIN. The key signs `bind_statement`, which is neither a login
nor signed attributes. The result is a BindResult.
"""

import base64

from yunqian.agent.acts import by_certificate
from yunqian.agent.acts.act import Secret, Secrets, Target, Tools
from yunqian.crypto import certificates
from yunqian.problems import Refused
from yunqian.wire.keys import DialogKind
from yunqian.wire.orders import BindOrder, BindResult, bind_statement


class Bind:
    """See `Act`."""

    kind = DialogKind.BIND
    secrets = (Secret.PIN,)

    def __init__(self, order: BindOrder, tools: Tools) -> None:
        self.order = order
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

    async def carry_out(self, target: Target, secrets: Secrets) -> BindResult:
        """One PIN, one proof. Raises what `UsbKey.sign` raises, and Refused(SIGNATURE_INVALID)."""
        suite, certificate = by_certificate.suite_for(self.order, target), by_certificate.held_by(target)
        statement = bind_statement(self.order)
        value = await target.held.sign(certificate, suite, statement, secrets[Secret.PIN])
        by_certificate.is_right(suite, certificate, statement, value)
        return BindResult(
            order_id=self.order.order_id,
            certificate=base64.b64encode(certificate.der).decode(),
            proof=base64.b64encode(value).decode(),
        )

    def finish(self) -> None:
        """Nothing was kept."""
