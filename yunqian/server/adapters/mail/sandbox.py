"""A stand-in for the relay: an outbox in a folder. Never in production."""

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import sandbox
from yunqian.server.adapters.mail.port import Letter
from yunqian.server.adapters.outside import refuse_inside_a_transaction

KEPT = 20


@dataclass(frozen=True)
class Caught:
    """A letter as the mailbox would have shown it."""

    subject: str
    text: str
    at: datetime


class SandboxMail:
    """Writes each letter to a file of its address, which the demo's pages show.

    Told `unavailable` it is not there, told `refuse` it takes nothing, told `lose` it says yes and sends nothing.
    """

    name = "sandbox"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, letter: Letter, *, key: str) -> None:
        """See Mail.send."""
        refuse_inside_a_transaction()
        mood = sandbox.mood(self._folder)
        if mood == "unavailable":
            raise Refused(Problem.MAIL_UNAVAILABLE)
        if mood == "refuse":
            raise Refused(Problem.MAIL_REFUSED)
        if mood == "lose":
            return
        box = self._box(letter.to)
        for folder in (self._folder, box):  # `parents` would make the upper one as everybody may read it
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        at = datetime.now(UTC)
        mark = hashlib.sha256(key.encode()).hexdigest()[:16]
        if any(one.name.endswith(f"-{mark}.json") for one in box.iterdir()):
            return
        draft = box / f".{secrets.token_hex(6)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump({"subject": letter.subject, "text": letter.text, "at": at.isoformat()}, stream)
        draft.rename(box / f"{at:%Y%m%dT%H%M%S%f}-{mark}.json")
        for old in sorted(box.glob("*.json"))[:-KEPT]:
            old.unlink(missing_ok=True)

    def letters(self, address: str) -> tuple[Caught, ...]:
        """What went to an address, the newest first."""
        found = sorted(self._box(address).glob("*.json"), reverse=True)
        read = (json.loads(one.read_text(encoding="utf-8")) for one in found)
        return tuple(Caught(one["subject"], one["text"], datetime.fromisoformat(one["at"])) for one in read)

    def _box(self, address: str) -> Path:
        """The folder of an address, under a name that does not tell it."""
        return self._folder / hashlib.sha256(address.encode()).hexdigest()[:32]
