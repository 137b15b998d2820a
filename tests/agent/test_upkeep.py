"""A running client follows agent.json and tells paired pages of a newer client."""

import asyncio
import base64
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.agent.listener import listening
from tests.agent.test_releases import release, signed
from tests.agent.world import ORIGIN, Site, World
from yunqian.agent import config, pairing, releases
from yunqian.agent.config import Config
from yunqian.agent.dialog import DialogPhase
from yunqian.agent.upkeep import Upkeep
from yunqian.crypto.certificates import Certificate
from yunqian.problems import Problem
from yunqian.wire.platforms import PlatformCard

NEW = Site("https://new.example.gov")


def upkeep_of(client: World, settings: Config) -> tuple[Any, Upkeep]:
    config.write(client.folder, settings)
    desk = client.desk()
    desk.obey(settings.platforms)
    return desk, Upkeep(client.folder, settings, desk=desk, journal=client.journal, now=client.clock)


def test_what_the_command_paired_is_obeyed_without_a_restart(client: World) -> None:
    desk, upkeep = upkeep_of(client, client.config())
    facts = NEW.paired().model_dump()
    config.write(client.folder, pairing.paired(client.config(), PlatformCard(**facts, oldest_protocol=1)))
    assert not desk.is_paired(NEW.origin)
    upkeep.follow_once()
    assert desk.is_paired(NEW.origin)
    assert desk.is_paired(ORIGIN)
    assert '"event": "paired"' in client.journal_text


def test_a_broken_file_changes_nothing_and_is_noted_once(client: World) -> None:
    desk, upkeep = upkeep_of(client, client.config())
    (client.folder / config.CONFIG_NAME).write_text("{")
    upkeep.follow_once()
    upkeep.follow_once()
    assert desk.is_paired(ORIGIN)
    assert client.journal_text.count("configuration refused") == 1


def test_a_dialog_of_a_platform_that_is_removed_ends(client: World, certificate: Certificate) -> None:
    desk, upkeep = upkeep_of(client, client.config())

    async def script() -> Any:
        order = client.site.signed(client.site.order(certificate))
        opened = await desk.open(order, origin=ORIGIN)
        config.write(client.folder, pairing.removed(client.config(), ORIGIN))
        upkeep.follow_once()
        return desk.window(opened.window_url.rpartition("/")[2])

    dialog = asyncio.run(script())
    assert dialog.phase is DialogPhase.REFUSED
    assert dialog.refusal.problem is Problem.PLATFORM_NOT_PAIRED
    assert not desk.is_paired(ORIGIN)


def test_a_newer_client_reaches_paired_pages(client: World) -> None:
    builder = Ed25519PrivateKey.generate()
    key = base64.b64encode(builder.public_key().public_bytes_raw()).decode()

    async def script() -> tuple[str | None, str | None]:
        async with listening() as there:
            there.says(releases.RELEASE_PATH, signed(release("9.0.0"), by=builder).model_dump_json())
            platform = client.site.paired().model_copy(update={"origin": there.origin})
            desk, upkeep = upkeep_of(client, Config(platforms=(platform,), release_key=key))
            async with upkeep.running():
                before = desk.hello().newer_version
                await upkeep.ask_for_releases()
                return before, desk.hello().newer_version

    assert asyncio.run(script()) == (None, "9.0.0")
    desk, upkeep = upkeep_of(client, Config(release_key=key))
    assert upkeep.newer() is not None, "a client that starts again knows without asking"
    assert desk.hello().newer_version == "9.0.0"
