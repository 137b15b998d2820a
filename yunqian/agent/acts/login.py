"""Log in by certificate: the key signs a statement that the client makes itself of the order's own words.

Order: LoginOrder. The person enters the PIN. The key signs `login_statement`, which begins with a letter and so can
never be read as signed attributes; nothing in the order is signed as it came. The result is a LoginResult.
"""

from yunqian.agent.acts.act import Secrets, Target
from yunqian.agent.acts.proof import Proof
from yunqian.wire.keys import DialogKind
from yunqian.wire.orders import LoginOrder, LoginResult, login_statement


class Login(Proof[LoginOrder]):
    """See `Act`."""

    kind = DialogKind.LOGIN

    async def carry_out(self, target: Target, secrets: Secrets) -> LoginResult:
        """One PIN, one login. Raises what `Proof.proved` raises."""
        certificate, value = await self.proved(target, secrets, login_statement(self.order))
        return LoginResult(order_id=self.order.order_id, certificate=certificate, signature=value)
