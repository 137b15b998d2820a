"""Make a key pair in a key, and a request for a certificate signed by it: how an empty key becomes a working one.

Order: EnrolOrder. Before the key is touched: the named key can do it, by the order's algorithm. The person enters
the PIN. The request is read again (its owner, its proof by the new key pair); the result is an EnrolResult.
"""

import base64

from yunqian.agent.acts import named
from yunqian.agent.acts.act import Secret, Secrets, Target, Tools
from yunqian.agent.keys.port import KeyAct
from yunqian.crypto import certificate_requests
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused
from yunqian.wire.key_orders import EnrolOrder, EnrolResult
from yunqian.wire.keys import DialogKind


class Enrol:
    """See `Act`."""

    kind = DialogKind.ENROL
    secrets = (Secret.PIN,)

    def __init__(self, order: EnrolOrder, tools: Tools) -> None:
        self.order = order
        self._tools = tools

    @property
    def facts(self) -> dict[str, str]:
        return {"order_id": self.order.order_id}

    async def find(self, *, max_age_seconds: float = 0.0) -> Target | None:
        """The named key."""
        return await named.find(self._tools.ring, self.order.key, max_age_seconds=max_age_seconds)

    def absent(self) -> Refused:
        return named.absent(self.order.key)

    def check(self, target: Target) -> None:
        """Raises Refused(KEY_ACT_UNSUPPORTED | ALGORITHM_UNSUPPORTED)."""
        named.check_can(target, KeyAct.ENROL)
        self._suite(target)

    async def carry_out(self, target: Target, secrets: Secrets) -> EnrolResult:
        """Raises what `UsbKey.enrol` raises, and Refused(SIGNATURE_INVALID) for a request nobody can use."""
        suite = self._suite(target)
        request = await target.held.enrol(suite, self.order.owner, secrets[Secret.PIN])
        _check_request(request, self.order.owner)
        return EnrolResult(order_id=self.order.order_id, request=base64.b64encode(request).decode())

    def finish(self) -> None:
        """Nothing was kept."""

    def _suite(self, target: Target) -> Suite:
        suite = Suite.__members__.get(self.order.algorithm)
        if suite is None or suite not in target.held.key.suites:
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=self.order.algorithm)
        return suite


def _check_request(request: bytes, owner: str) -> None:
    try:
        asked = certificate_requests.read(request)
    except Refused:
        raise Refused(Problem.SIGNATURE_INVALID) from None
    if not asked.is_proven or asked.owner != owner:
        raise Refused(Problem.SIGNATURE_INVALID)
