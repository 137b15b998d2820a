"""Since when is it proven that a signature was there: its own time stamp, and the archive stamps over it.

A document time stamp (ETSI EN 319 142-1 §5.5, PAdES B-LTA) covers everything before it: signatures, the material to
judge them by, and earlier stamps. So stamps are judged from the last to the first, each with the help of those
after it, and a signature counts from the earliest time that a trusted authority attests.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from yunqian.engine import material as materials
from yunqian.engine import signed_message, timestamp
from yunqian.engine import trust as trusting
from yunqian.engine.material import Material
from yunqian.engine.report import Finding, Trust, Verdict
from yunqian.engine.signed_message import SignedMessage, Unreadable


@dataclass(frozen=True, slots=True)
class Proof:
    """What one time stamp attests: when, since which revision it stands, and whether it is believed."""

    at: datetime | None
    revision: int | None
    imprint: Finding
    trust: Finding

    @property
    def trusted_at(self) -> datetime | None:
        """The time, where the stamp is right and its authority trusted."""
        is_good = self.imprint.verdict is Verdict.VALID and self.trust.verdict is Verdict.VALID
        return self.at if is_good else None


@dataclass(frozen=True, slots=True)
class Covered:
    """A document time stamp that was found: its token, the bytes it covers, the revision it ends."""

    message: SignedMessage
    pieces: Sequence[bytes | memoryview]
    revision: int | None


def over_document(
    stamps: Sequence[Covered], trust: Trust, material: Material, *, asked_at: datetime
) -> list[Proof]:
    """Every document time stamp judged, in the order given."""
    judged: dict[int, Proof] = {}
    latest_first = sorted(range(len(stamps)), key=lambda place: stamps[place].revision or 0, reverse=True)
    for place in latest_first:
        stamp = stamps[place]
        judged[place] = _proof(
            stamp.message,
            stamp.pieces,
            trust,
            material + materials.of_message(stamp.message),
            kept_until=earliest(judged.values(), since=stamp.revision) or asked_at,
            revision=stamp.revision,
        )
    return [judged[place] for place in range(len(stamps))]


def over_signature(
    message: SignedMessage, trust: Trust, material: Material, *, kept_until: datetime
) -> Proof | None:
    """The signature's own time stamp; None where it has none. Its token is over the signature value."""
    if message.timestamp is None:
        return None
    try:
        token = signed_message.read(message.timestamp)
    except Unreadable as error:
        return Proof(None, None, _bad(error), _bad(error))
    within = material + materials.of_message(token)
    return _proof(token, [message.signature], trust, within, kept_until=kept_until)


def earliest(proofs: Iterable[Proof], *, since: int | None) -> datetime | None:
    """The earliest trusted time of the archive stamps in later revisions than `since`, where that is known."""
    if since is None:
        return None
    later = (one for one in proofs if one.revision is not None and one.revision > since)
    return min((one.trusted_at for one in later if one.trusted_at is not None), default=None)


def _proof(
    token: SignedMessage,
    stamped: Sequence[bytes | memoryview],
    trust: Trust,
    material: Material,
    *,
    kept_until: datetime,
    revision: int | None = None,
) -> Proof:
    try:
        stamp = timestamp.judged(token)
        is_right = stamp.imprint == timestamp.imprint_of(stamped, stamp.digest)
    except Unreadable as error:
        return Proof(None, revision, _bad(error), _bad(error))
    if not is_right:
        zh, en = "时间戳与所盖内容不符", "the time stamp is over something else"
        imprint = Finding("time", Verdict.INVALID, zh, en)
        return Proof(stamp.at, revision, imprint, imprint)
    trusted = trusting.stamper(
        stamp.authority, trust, material, stamped_at=stamp.at, kept_until=max(kept_until, stamp.at)
    )
    right = Finding("time", Verdict.VALID, "时间戳正确", "the time stamp is right")
    return Proof(stamp.at, revision, right, trusted)


def _bad(error: Unreadable) -> Finding:
    if isinstance(error, timestamp.Wrong):
        zh, en = f"时间戳不正确（{error}）", f"the time stamp is wrong: {error}"
        return Finding("time", Verdict.INVALID, zh, en)
    zh, en = f"时间戳无法确认（{error}）", f"the time stamp cannot be confirmed: {error}"
    return Finding("time", Verdict.INDETERMINATE, zh, en)
