"""One dialog: what is asked of which key, by whom, and what the person and the key answered."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from yunqian.agent import reports
from yunqian.agent.acts import Act, SignBatch
from yunqian.agent.config import Platform
from yunqian.agent.orders import LIFETIME, Genuine, Order
from yunqian.agent.pin import Tries
from yunqian.agent.spent import KeyName
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Refused
from yunqian.wire.keys import DialogPhase, DialogResult, DialogState

Clock = Callable[[], datetime]
# A page that is open asks for its state every two seconds; browsers slow hidden pages down, never this far.
_WINDOW_SILENT = timedelta(seconds=10)
_WINDOW_NEVER_CAME = timedelta(seconds=20)


def unguessable() -> str:
    """192 random bits, safe in an address."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Asked:
    """By whom a dialog was asked for, until when, and the order where there is one.

    `fingerprint` tells whether the same is asked again: the digest of the order's text, or of the wish.
    """

    platform: Platform
    fingerprint: str
    expires_at: datetime
    order: Order | None = None

    @classmethod
    def by_order(cls, genuine: Genuine) -> "Asked":
        """As long as the order lives."""
        return cls(genuine.platform, genuine.fingerprint, genuine.order.expires_at, genuine.order)

    @classmethod
    def by_page(cls, platform: Platform, wish: str, now: datetime) -> "Asked":
        """Without an order, and for as long as one would live."""
        return cls(platform, wish, now + LIFETIME)


class PicturesState(StrEnum):
    """How far the client's own look at the pages has come."""

    NONE = "none"
    WORKING = "working"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pages to be signed as the client draws them itself; `pages` have a picture each, numbered from 1.

    `marked` tells how many pages have a mark: more than there are pictures, where they are many.
    Of a batch the pictures are numbered through, and `places` tells for each its document (from 1) and its page.
    """

    state: PicturesState = PicturesState.NONE
    pages: tuple[int, ...] = ()
    refusal: Refused | None = None
    marked: int = 0
    places: tuple[tuple[int, int], ...] = ()
    unseen: int = 0


@dataclass(slots=True)
class Dialog:
    """Waiting until it is done or refused; every change wakes the pages that listen.

    `at_key` is held while the key works: an act is never cancelled half way, and a second confirm never queues.
    """

    act: Act
    asked: Asked
    certificate: Certificate | None
    key: KeyName
    tries: Tries
    opened_at: datetime
    dialog_id: str = field(default_factory=unguessable)
    window_id: str = field(default_factory=unguessable)
    phase: DialogPhase = DialogPhase.WAITING
    result: DialogResult | None = None
    refusal: Refused | None = None
    last_refusal: Refused | None = None
    window_seen_at: datetime | None = None
    pictures: Pictures = Pictures()
    images: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    at_key: asyncio.Lock = field(default_factory=asyncio.Lock)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_waiting(self) -> bool:
        return self.phase is DialogPhase.WAITING

    @property
    def origin(self) -> str:
        """Of the page that asked."""
        return self.asked.platform.origin

    @property
    def expires_at(self) -> datetime:
        return self.asked.expires_at

    def finish(self, result: DialogResult) -> None:
        """The key has done it."""
        self.phase, self.result, self.last_refusal = DialogPhase.SIGNED, result, None
        self.show(Pictures())

    def refuse(self, refusal: Refused) -> None:
        """It is over and was not done."""
        self.phase, self.refusal, self.last_refusal = DialogPhase.REFUSED, refusal, None
        self.show(Pictures())

    def show(self, pictures: Pictures, images: Mapping[int, bytes] = MappingProxyType({})) -> None:
        """How far the client's own look has come, with a PNG for each page of `pictures`."""
        self.pictures, self.images = pictures, images
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
            kind=self.act.kind,
            phase=self.phase,
            result=self.result,
            problem=None if self.refusal is None else reports.of(self.refusal),
            last_problem=None if self.last_refusal is None else reports.of(self.last_refusal),
            outcomes=self.act.outcomes if isinstance(self.act, SignBatch) and self.is_waiting else (),
        )

    def _tell(self) -> None:
        earlier, self._changed = self._changed, asyncio.Event()
        earlier.set()
