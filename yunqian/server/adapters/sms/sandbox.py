"""A stand-in for the provider of short messages: an outbox in a folder. Never in production."""

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import sandbox
from yunqian.server.adapters.outside import refuse_inside_a_transaction
from yunqian.server.adapters.sms.port import WORDING, Template

KEPT = 20


@dataclass(frozen=True)
class Message:
    """A message as the phone would have shown it."""

    text: str
    at: datetime


class SandboxSms:
    """Writes each message to a file of its number, which the demo's pages show.

    Told `unavailable` it refuses; told `lose` it says yes and sends nothing.
    """

    name = "sandbox"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mobile: str, template: Template, params: Mapping[str, str], *, idempotency: str) -> None:
        """See Sms.send."""
        refuse_inside_a_transaction()
        mood = sandbox.mood(self._folder)
        if mood == "unavailable":
            raise Refused(Problem.SMS_UNAVAILABLE)
        if mood == "lose":
            return
        box = self._box(mobile)
        for folder in (self._folder, box):  # `parents` would make the upper one as everybody may read it
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        at = datetime.now(UTC)
        name = f"{at:%Y%m%dT%H%M%S%f}-{hashlib.sha256(idempotency.encode()).hexdigest()[:16]}.json"
        if any(one.name.endswith(name[-22:]) for one in box.iterdir()):
            return
        draft = box / f".{secrets.token_hex(6)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump({"text": WORDING[template].format(**params), "at": at.isoformat()}, stream)
        draft.rename(box / name)
        for old in sorted(box.glob("*.json"))[:-KEPT]:
            old.unlink(missing_ok=True)

    def messages(self, mobile: str) -> tuple[Message, ...]:
        """What went to a number, the newest first."""
        found = sorted(self._box(mobile).glob("*.json"), reverse=True)
        read = (json.loads(one.read_text(encoding="utf-8")) for one in found)
        return tuple(Message(one["text"], datetime.fromisoformat(one["at"])) for one in read)

    def _box(self, mobile: str) -> Path:
        """The folder of a number, under a name that does not tell it."""
        return self._folder / hashlib.sha256(mobile.encode()).hexdigest()[:32]
