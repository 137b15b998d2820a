"""What a running client does beside answering: follows agent.json, and looks once a day for a newer client."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path

from yunqian.agent import releases
from yunqian.agent.config import Config
from yunqian.agent.desk import Desk
from yunqian.agent.journal import Journal
from yunqian.agent.pairing import Pairings
from yunqian.agent.releases import Notice
from yunqian.agent.window.home import Home
from yunqian.problems import Refused

FOLLOW_SECONDS = 2.0


class Upkeep:
    """Keeps the desk's platforms and its word on newer clients up to date."""

    def __init__(
        self, folder: Path, settings: Config, *, desk: Desk, journal: Journal, now: Callable[[], datetime]
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._desk = desk
        self._journal = journal
        self._now = now
        self._pairings = Pairings(folder, settings, tell=self._obey)
        self.own_page = Home(desk, self._pairings, newer=self.newer, has_drivers=bool(settings.drivers))

    def newer(self) -> Notice | None:
        """What is known of a newer client, without asking anybody."""
        notice = releases.notice(self._folder, self._settings, now=self._now())
        self._desk.newer_version = notice.version if notice else None
        return notice

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Do it in the background, until the client stops. A platform that is silent holds up nothing."""
        self.newer()
        doing = [
            asyncio.create_task(self._follow()),
            asyncio.create_task(releases.ask_daily(self.ask_for_releases)),
        ]
        try:
            yield
        finally:
            for one in doing:
                one.cancel()
            await asyncio.gather(*doing, return_exceptions=True)

    async def ask_for_releases(self) -> None:
        """Ask every paired platform now."""
        await releases.ask_all(
            self._folder,
            self._settings,
            journal=self._journal,
            now=self._now,
            origins=[one.origin for one in self._pairings.platforms],
        )
        self.newer()

    def follow_once(self) -> None:
        """Take up what another program wrote into agent.json; one that cannot be used is a line in the journal."""
        try:
            self._pairings.follow()
        except Refused as refusal:
            self._journal.note("configuration refused", problem=refusal.problem)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            with suppress(OSError):
                self.follow_once()

    def _obey(self, settings: Config) -> None:
        before = {one.origin for one in self._settings.platforms}
        after = {one.origin for one in settings.platforms}
        self._settings = settings
        self._desk.obey(settings.platforms)
        for origin in sorted(after - before):
            self._journal.note("paired", origin=origin)
        for origin in sorted(before - after):
            self._journal.note("unpaired", origin=origin)
