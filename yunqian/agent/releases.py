"""Whether there is a newer client: asked of each paired platform, believed only from who builds clients.

A platform hands a signed manifest on; the release key that checks it was built in, or is named in agent.json. A
notice is all that comes of it: nothing is downloaded and nothing run by the client itself. What was seen once is kept
as it was signed (releases.json), so that no platform can make an older client look like the newest.
"""

import asyncio
import base64
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from platform import machine

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field, ValidationError

from yunqian import __version__
from yunqian.agent import asking, config
from yunqian.agent.config import Config
from yunqian.agent.journal import Journal
from yunqian.problems import Problem, Refused
from yunqian.wire.base import Message
from yunqian.wire.platforms import Archive, Release, SignedRelease

RELEASE_PATH = "/.well-known/yunqian-client"
DOWNLOADS_PATH = "/downloads/client/"
SEEN_NAME = "releases.json"
BUILT_IN_NAME = "release-key.pub"
MAX_MANIFEST_BYTES = 256 * 1024
FUTURE_TOLERANCE = timedelta(days=1)
ASK_EVERY_SECONDS = 24 * 3600.0
FIRST_ASK_SECONDS = 20.0  # not while the client starts


def built_in_key() -> str | None:
    """The release key that this client was built with, 32 bytes in base64; None in a client run from the source."""
    file = resources.files("yunqian.agent").joinpath(BUILT_IN_NAME)
    return file.read_text(encoding="ascii").strip() if file.is_file() else None


def pinned_key(settings: Config) -> Ed25519PublicKey | None:
    """The key that proves a release: of agent.json, else built in; None where nobody's releases are believed."""
    text = settings.release_key or built_in_key()
    return None if text is None else Ed25519PublicKey.from_public_bytes(base64.b64decode(text))


def number(version: str) -> tuple[int, ...]:
    """1.10.0 is newer than 1.9.3."""
    return tuple(int(part) for part in version.split("."))


def read(signed: SignedRelease, *, key: Ed25519PublicKey, origin: str, now: datetime) -> Release:
    """The release inside, once its signature holds. Raises Refused(RELEASE_NOT_GENUINE)."""
    try:
        key.verify(base64.b64decode(signed.signature, validate=True), signed.payload.encode())
        release = Release.model_validate_json(signed.payload)
    except (InvalidSignature, ValueError) as error:  # ValidationError and broken base64 are ValueErrors
        detail = "signature" if isinstance(error, InvalidSignature) else "shape"
        raise Refused(Problem.RELEASE_NOT_GENUINE, origin=origin, detail=detail) from None
    if release.released_at > now + FUTURE_TOLERANCE:
        raise Refused(Problem.RELEASE_NOT_GENUINE, origin=origin, detail="released in the future")
    return release


class Seen(Message):
    """The newest genuine release, as signed, and who offered it first."""

    origin: str
    signed: SignedRelease
    oldest_next: str = Field(
        pattern=r"^[0-9]{1,4}(\.[0-9]{1,4}){2}$", description="no older one counts any more"
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """There is a newer client: for the journal, `yunqian agent doctor`, the client's own page and the panel."""

    version: str
    released_at: datetime
    origin: str
    archive: Archive | None  # for this kind of machine; None where the release has none

    @property
    def address(self) -> str:
        """Where a person fetches it."""
        return self.origin if self.archive is None else f"{self.origin}{DOWNLOADS_PATH}{self.archive.name}"


def notice(folder: Path, settings: Config, *, now: datetime, version: str = __version__) -> Notice | None:
    """What the folder remembers of a client newer than this one; checked again each time, and without network."""
    key = pinned_key(settings)
    seen = _load(folder)
    if key is None or seen is None:
        return None
    with suppress(Refused):
        release = read(seen.signed, key=key, origin=seen.origin, now=now)
        if number(release.version) > number(version):
            fitting = (one for one in release.archives if (one.system, one.machine) == _here())
            return Notice(release.version, release.released_at, seen.origin, next(fitting, None))
    return None


def _here() -> tuple[str, str]:
    system = "windows" if sys.platform == "win32" else "linux"
    return system, machine().lower().replace("amd64", "x86_64")


def remember(
    folder: Path, signed: SignedRelease, *, key: Ed25519PublicKey, origin: str, now: datetime
) -> bool:
    """Keep a release if it is the newest that was ever seen here; whether it was.

    Raises Refused(RELEASE_NOT_GENUINE), also for one that is older than what was seen or than this client: a
    platform that still hands it on is out of date, and one that does so on purpose wants the old faults back.
    """
    release = read(signed, key=key, origin=origin, now=now)
    seen = _load(folder)
    oldest = max(number(__version__), number(seen.oldest_next) if seen else ())
    if number(release.version) < oldest:
        raise Refused(Problem.RELEASE_NOT_GENUINE, origin=origin, detail=f"older: {release.version}")
    if seen is not None and number(release.version) == number(seen.oldest_next):
        return False
    kept = Seen(origin=origin, signed=signed, oldest_next=release.version)
    config.put(folder / SEEN_NAME, kept.model_dump_json())
    return True


async def ask(origin: str) -> SignedRelease:
    """What this platform hands on. Raises Refused(PLATFORM_UNREACHABLE | RELEASE_NOT_GENUINE)."""
    content = await asking.fetch(origin, RELEASE_PATH, limit=MAX_MANIFEST_BYTES)
    try:
        return SignedRelease.model_validate_json(content)
    except ValidationError:
        raise Refused(Problem.RELEASE_NOT_GENUINE, origin=origin, detail="shape") from None


async def ask_all(
    folder: Path,
    settings: Config,
    *,
    journal: Journal,
    now: Callable[[], datetime],
    origins: Iterable[str],
    asked: Callable[[str], Awaitable[SignedRelease]] = ask,
) -> None:
    """Ask one platform after the other; one that lies, or is silent, is a line in the journal and no more."""
    key = pinned_key(settings)
    if key is None:
        return
    for origin in origins:
        try:
            signed = await asked(origin)
            is_new = await asyncio.to_thread(remember, folder, signed, key=key, origin=origin, now=now())
            if is_new and notice(folder, settings, now=now()):
                journal.note("newer client", origin=origin)
        except Refused as refusal:
            journal.note("release refused", problem=refusal.problem, origin=origin)
        except OSError:
            journal.note("release not kept", origin=origin)


async def ask_daily(ask_now: Callable[[], Awaitable[None]]) -> None:
    """Soon after the start and then every day, until cancelled."""
    await asyncio.sleep(FIRST_ASK_SECONDS)
    while True:
        await ask_now()
        await asyncio.sleep(ASK_EVERY_SECONDS)


def _load(folder: Path) -> Seen | None:
    """What was kept; a file that cannot be read counts as none, and the next answer writes it again."""
    try:
        content = (folder / SEEN_NAME).read_bytes()
        return Seen.model_validate_json(content)
    except (OSError, ValueError):
        return None
