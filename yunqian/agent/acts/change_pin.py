"""Change a PIN: the old one and, twice, a new one.

Order: none, for it gives nothing away; a page of a paired platform only asks that the dialog be opened. Before the
key is touched: the named key can do it and is not locked, the new PIN is the same twice and not a weak one. The
last try with the old PIN is never spent without a yes. The result, PinChanged, tells only that it was done.
"""

from yunqian.agent.acts import named, new_pin
from yunqian.agent.acts.act import Secret, Secrets, Target, Tools
from yunqian.agent.keys.port import KeyAct
from yunqian.problems import Refused
from yunqian.wire.key_orders import NamedKey, PinChanged
from yunqian.wire.keys import DialogKind


class ChangePin:
    """See `Act`."""

    kind = DialogKind.CHANGE_PIN
    secrets = (Secret.OLD_PIN, Secret.NEW_PIN, Secret.NEW_PIN_AGAIN)

    def __init__(self, key: NamedKey, tools: Tools) -> None:
        self.key = key
        self._tools = tools

    @property
    def facts(self) -> dict[str, str]:
        return {}

    async def find(self, *, max_age_seconds: float = 0.0) -> Target | None:
        """The named key."""
        return await named.find(self._tools.ring, self.key, max_age_seconds=max_age_seconds)

    def absent(self) -> Refused:
        return named.absent(self.key)

    def check(self, target: Target) -> None:
        """Raises Refused(KEY_ACT_UNSUPPORTED)."""
        named.check_can(target, KeyAct.CHANGE_PIN)

    async def carry_out(self, target: Target, secrets: Secrets) -> PinChanged:
        """Raises what `UsbKey.change_pin` raises, and before that what `new_pin.chosen` does."""
        new = new_pin.chosen(secrets)
        await target.held.change_pin(secrets[Secret.OLD_PIN], new)
        return PinChanged(key=self.key, changed_at=self._tools.clock())

    def finish(self) -> None:
        """Nothing was kept."""
