"""Prove a key to the platform so that its certificate is bound there: the client makes the statement itself.

Order: BindOrder. The person sees whose the certificate is to be, and enters the PIN. The key signs `bind_statement`,
which is neither a login nor signed attributes. The result is a BindResult.
"""

from yunqian.agent.acts.act import Secrets, Target
from yunqian.agent.acts.proof import Proof
from yunqian.wire.keys import DialogKind
from yunqian.wire.orders import BindOrder, BindResult, bind_statement


class Bind(Proof[BindOrder]):
    """See `Act`."""

    kind = DialogKind.BIND

    async def carry_out(self, target: Target, secrets: Secrets) -> BindResult:
        """One PIN, one proof. Raises what `Proof.proved` raises."""
        certificate, value = await self.proved(target, secrets, bind_statement(self.order))
        return BindResult(order_id=self.order.order_id, certificate=certificate, proof=value)
