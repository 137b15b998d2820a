"""A stand-in for the authority's own system: it knows the demonstration's keys by a file. Never in production."""

import json
import secrets
from pathlib import Path

from yunqian.crypto import sealed_box
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.outside import refuse_inside_a_transaction
from yunqian.wire.key_orders import NamedKey

PINS_NAME = "admin-pins.json"
SAID_NAME = "behave"


class FakeDesk:
    """Reads `admin-pins.json` (serial → administrator's PIN) at every call.

    It fails and lies on demand: a file `behave` beside it says `unavailable`, `wrong-pin` or `other-binding`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def release(self, key: NamedKey, public_key: bytes, *, code: str) -> bytes:
        """See KeyDesk.release."""
        refuse_inside_a_transaction()
        mood = self._mood()
        if mood == "unavailable":
            raise Refused(Problem.DESK_UNAVAILABLE)
        pin = self._pins().get(key.serial)
        if not isinstance(pin, str):
            raise Refused(Problem.DESK_KEY_UNKNOWN, serial=key.serial)
        plain = (pin[::-1] + "0" if mood == "wrong-pin" else pin).encode()
        bound_to = f"{code}-other" if mood == "other-binding" else code
        ephemeral = secrets.token_bytes(sealed_box.PUBLIC_KEY_BYTES)
        return sealed_box.seal(public_key, plain, bound_to=bound_to.encode(), ephemeral=ephemeral)

    def _mood(self) -> str:
        try:
            return (self._folder / SAID_NAME).read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def _pins(self) -> dict[str, object]:
        try:
            read = json.loads((self._folder / PINS_NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return read if isinstance(read, dict) else {}
