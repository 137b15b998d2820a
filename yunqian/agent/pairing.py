"""Pairing: whom this client obeys, decided by the person at the client and by nobody else.

A page cannot ask for it. The person names the platform's address here; the client fetches what the platform says of
itself, shows the code made of exactly what will be trusted (origin and order key), and the person compares it with
the code on the platform's own page. Only then is agent.json written, and a client that runs takes it up.
"""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from yunqian.agent import asking, config
from yunqian.agent.config import Config, Platform
from yunqian.problems import Problem, Refused
from yunqian.wire.keys import OLDEST_PROTOCOL, PROTOCOL
from yunqian.wire.platforms import PlatformCard, pairing_code

CARD_PATH = "/.well-known/yunqian-platform"
MAX_CARD_BYTES = 64 * 1024


async def card_of(origin: str) -> PlatformCard:
    """What the platform at `origin` says of itself, checked as far as it can be without the person.

    Raises Refused(PLATFORM_UNREACHABLE | PLATFORM_CARD_INVALID | CLIENT_TOO_OLD).
    """
    return read_card(await asking.fetch(origin, CARD_PATH, limit=MAX_CARD_BYTES), origin=origin)


def read_card(content: bytes, *, origin: str) -> PlatformCard:
    """A card as it came from `origin`: one that names another origin is a lie, or a mistake of its administrator.

    Raises Refused(PLATFORM_CARD_INVALID | CLIENT_TOO_OLD).
    """
    try:
        card = PlatformCard.model_validate_json(content)
        platform_of(card)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "card"
        raise _invalid(origin, f"{place}: {first['type']}") from None
    if card.origin != origin:
        raise _invalid(origin, "origin")
    if card.oldest_protocol > PROTOCOL:
        raise Refused(Problem.CLIENT_TOO_OLD, protocol=PROTOCOL)
    return card


def _invalid(origin: str, detail: str) -> Refused:
    return Refused(Problem.PLATFORM_CARD_INVALID, origin=origin, detail=detail)


def platform_of(card: PlatformCard) -> Platform:
    """The entry of agent.json. Raises ValidationError for an origin or key that cannot stand there."""
    return Platform(origin=card.origin, name=card.name, order_key=card.order_key)


def code_of(platform: Platform) -> str:
    """The code of a platform that is paired, to be compared again at any time."""
    facts = {"origin": platform.origin, "name": platform.name, "order_key": platform.order_key}
    return pairing_code(PlatformCard(**facts, oldest_protocol=OLDEST_PROTOCOL))


def is_code_of(card: PlatformCard, text: str) -> bool:
    """Whether the person, or a script, brought exactly this card's code; blanks around it do not count."""
    return secrets.compare_digest(text.strip().encode(errors="replace"), pairing_code(card).encode())


def paired(settings: Config, card: PlatformCard) -> Config:
    """The settings with this platform. A name may change; a key that changed is never taken over.

    Raises Refused(PLATFORM_KEY_CHANGED), and PLATFORM_CARD_INVALID where there is no room for one more.
    """
    new = platform_of(card)
    known = next((one for one in settings.platforms if one.origin == new.origin), None)
    if known is not None and known.order_key != new.order_key:
        raise Refused(Problem.PLATFORM_KEY_CHANGED, origin=new.origin)
    others = tuple(one for one in settings.platforms if one.origin != new.origin)
    if len(others) >= config.MAX_PLATFORMS:
        raise _invalid(new.origin, f"{config.MAX_PLATFORMS} platforms")
    return settings.model_copy(update={"platforms": (*others, new)})


def removed(settings: Config, origin: str) -> Config:
    """The settings without the platform of this origin."""
    left = tuple(one for one in settings.platforms if one.origin != origin)
    return settings.model_copy(update={"platforms": left})


def _trusted(settings: Config) -> object:
    """What a running client takes up; port and drivers need a start."""
    return settings.platforms, settings.release_key


class Pairings:
    """agent.json of a running client: changed here, and followed where `yunqian agent pair` changes it.

    `tell` is called with the settings whenever the platforms, or who builds clients, are others than before.
    """

    def __init__(self, folder: Path, settings: Config, *, tell: Callable[[Config], None]) -> None:
        self._folder = folder
        self._settings = settings
        self._tell = tell
        self._mark = self._mark_now()
        self._writing = asyncio.Lock()

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """Whom the client obeys now."""
        return self._settings.platforms

    def check(self, card: PlatformCard) -> None:
        """Whether this platform could be paired. Raises as `paired`."""
        paired(self._settings, card)

    async def pair(self, card: PlatformCard) -> None:
        """Trust this platform from now on; the person compared its code. Raises as `paired`, or CONFIG_INSECURE."""
        await self._change(lambda settings: paired(settings, card))

    async def remove(self, origin: str) -> None:
        """Obey this platform no longer, from this moment. Raises Refused(CONFIG_INSECURE)."""
        await self._change(lambda settings: removed(settings, origin))

    def follow(self) -> None:
        """Take up what was written since, if it can be used. Raises Refused(CONFIG_INSECURE) once for each change.

        A file that cannot be used leaves everything as it was: no slip of an editor unpairs, and none pairs.
        """
        mark = self._mark_now()
        if mark == self._mark:
            return
        self._mark = mark
        self._take(config.load(self._folder))

    async def _change(self, change: Callable[[Config], Config]) -> None:
        async with self._writing:
            # Read again: `yunqian agent pair` may have written since, and its platform must not be lost.
            settings = change(config.load(self._folder))
            try:
                await asyncio.to_thread(config.write, self._folder, settings)
            except OSError as error:
                detail = f"{config.CONFIG_NAME}: {error.strerror}"
                raise Refused(Problem.CONFIG_INSECURE, detail=detail) from error
            self._mark = self._mark_now()
            self._take(settings)

    def _take(self, settings: Config) -> None:
        is_other = _trusted(settings) != _trusted(self._settings)
        self._settings = settings
        if is_other:
            self._tell(settings)

    def _mark_now(self) -> tuple[int, int, int] | None:
        try:
            told = (self._folder / config.CONFIG_NAME).stat()
        except OSError:
            return None
        return told.st_mtime_ns, told.st_size, told.st_ino
