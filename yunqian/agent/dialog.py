"""One signing dialog: an order, the key that will sign it, and what the person and the key answered."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from yunqian.agent import reports
from yunqian.agent.orders import Genuine
from yunqian.agent.pin import Tries
from yunqian.agent.spent import KeyName
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Refused
from yunqian.wire.keys import DialogPhase, DialogState
from yunqian.wire.orders import SignResult

Clock = Callable[[], datetime]
# A page that is open asks for its state every two seconds; browsers slow hidden pages down, never this far.
_WINDOW_SILENT = timedelta(seconds=10)
_WINDOW_NEVER_CAME = timedelta(seconds=20)


def unguessable() -> str:
    """192 random bits, safe in an address."""
    return secrets.token_urlsafe(24)


@dataclass(slots=True)
class Dialog:
    """Waiting until it is signed or refused; every change wakes the pages that listen.

    `act` is held while the key works: an act is never cancelled half way, and a second confirm never queues.
    """

    genuine: Genuine
    certificate: Certificate
    key: KeyName
    tries: Tries
    opened_at: datetime
    dialog_id: str = field(default_factory=unguessable)
    window_id: str = field(default_factory=unguessable)
    phase: DialogPhase = DialogPhase.WAITING
    result: SignResult | None = None
    refusal: Refused | None = None
    last_refusal: Refused | None = None
    window_seen_at: datetime | None = None
    act: asyncio.Lock = field(default_factory=asyncio.Lock)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_waiting(self) -> bool:
        return self.phase is DialogPhase.WAITING

    @property
    def expires_at(self) -> datetime:
        return self.genuine.order.expires_at

    def sign(self, result: SignResult) -> None:
        """The key has signed."""
        self.phase, self.result, self.last_refusal = DialogPhase.SIGNED, result, None
        self._tell()

    def refuse(self, refusal: Refused) -> None:
        """It is over without a signature."""
        self.phase, self.refusal, self.last_refusal = DialogPhase.REFUSED, refusal, None
        self._tell()

    def remark(self, refusal: Refused) -> None:
        """This try failed; the person may try again."""
        self.last_refusal = refusal
        self._tell()

    def is_abandoned(self, now: datetime) -> bool:
        """Whether its window was closed, or never came up: then it must not keep others waiting."""
        if self.window_seen_at is None:
            return now - self.opened_at > _WINDOW_NEVER_CAME
        return now - self.window_seen_at > _WINDOW_SILENT

    async def changed(self, *, within_seconds: float) -> None:
        """Wait for the next change, or for the time to pass."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), max(within_seconds, 0.0))

    def state(self) -> DialogState:
        """What the page that opened it may know."""
        return DialogState(
            dialog_id=self.dialog_id,
            phase=self.phase,
            result=self.result,
            problem=None if self.refusal is None else reports.of(self.refusal),
            last_problem=None if self.last_refusal is None else reports.of(self.last_refusal),
        )

    def _tell(self) -> None:
        earlier, self._changed = self._changed, asyncio.Event()
        earlier.set()
