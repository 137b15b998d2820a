"""Log in by certificate: the key signs a statement that the client makes itself of the order's own words.

Order: LoginOrder. Before the key is touched: the certificate is on a key, valid now and of the order's algorithm.
The person enters the PIN. The key signs `login_statement`, which begins with a letter and so can never be read as
signed attributes; nothing in the order is signed as it came. The result is a LoginResult.
"""

import base64

from yunqian.agent.acts import by_certificate
from yunqian.agent.acts.act import Secret, Secrets, Target, Tools
from yunqian.crypto import certificates
from yunqian.problems import Refused
from yunqian.wire.keys import DialogKind
from yunqian.wire.orders import LoginOrder, LoginResult, login_statement


class Login:
    """See `Act`."""

    kind = DialogKind.LOGIN
    secrets = (Secret.PIN,)

    def __init__(self, order: LoginOrder, tools: Tools) -> None:
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

    async def carry_out(self, target: Target, secrets: Secrets) -> LoginResult:
        """One PIN, one login. Raises what `UsbKey.sign` raises, and Refused(SIGNATURE_INVALID)."""
        suite, certificate = by_certificate.suite_for(self.order, target), by_certificate.held_by(target)
        statement = login_statement(self.order)
        value = await target.held.sign(certificate, suite, statement, secrets[Secret.PIN])
        by_certificate.is_right(suite, certificate, statement, value)
        return LoginResult(
            order_id=self.order.order_id,
            certificate=base64.b64encode(certificate.der).decode(),
            signature=base64.b64encode(value).decode(),
        )

    def finish(self) -> None:
        """Nothing was kept."""
