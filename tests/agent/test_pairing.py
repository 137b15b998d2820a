"""Pairing: what a platform says of itself is checked, the person compares a code, nothing is taken over silently."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agent.listener import listening
from yunqian.agent import config, pairing
from yunqian.agent.config import Config
from yunqian.problems import Problem, Refused
from yunqian.wire.platforms import PlatformCard, pairing_code

ORIGIN = "https://sign.example.gov"
KEY = base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.b64encode(bytes(range(1, 33))).decode()


def card(**changes: Any) -> PlatformCard:
    facts = {"origin": ORIGIN, "name": "云签测试平台", "order_key": KEY, "oldest_protocol": 1}
    return PlatformCard(**(facts | changes))


def refusal(content: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        pairing.read_card(content, origin=ORIGIN)
    return caught.value


def test_an_honest_card_is_read_and_its_code_is_what_the_platform_shows() -> None:
    read = pairing.read_card(card().model_dump_json().encode(), origin=ORIGIN)
    assert read == card()
    assert pairing.is_code_of(read, f" {pairing_code(card())} ")


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://other.example"},
        {"origin": ORIGIN + "/"},
        {"origin": ORIGIN.upper()},
        {"order_key": base64.b64encode(bytes(31)).decode()},
        {"order_key": "not base64!"},
        {"name": ""},
        {"name": "x" * 201},
        {"name": "two\nlines"},
        {"oldest_protocol": 0},
        {"wish": "more rights"},
    ],
)
def test_a_card_that_lies_or_is_of_another_shape_is_refused(lie: dict[str, Any]) -> None:
    content = json.dumps({**card().model_dump(), **lie}).encode()
    assert refusal(content).problem is Problem.PLATFORM_CARD_INVALID


@given(st.binary(max_size=300))
def test_bytes_that_are_no_card_are_refused_in_words(content: bytes) -> None:
    assert refusal(content).problem is Problem.PLATFORM_CARD_INVALID


@given(
    st.fixed_dictionaries(
        {
            name: st.one_of(st.none(), st.integers(), st.text(max_size=50), st.lists(st.text(max_size=5)))
            for name in ("origin", "name", "order_key", "oldest_protocol")
        }
    )
)
def test_whatever_stands_in_a_card_s_fields_is_refused_in_words(fields: dict[str, Any]) -> None:
    assert refusal(json.dumps(fields).encode()).problem is Problem.PLATFORM_CARD_INVALID


def test_a_platform_that_needs_a_newer_client_says_so() -> None:
    told = refusal(card(oldest_protocol=99).model_dump_json().encode())
    assert told.problem is Problem.CLIENT_TOO_OLD


@pytest.mark.parametrize(
    "entered",
    ["", "0000-0000-0000-0000", pairing_code(card()).lower(), pairing_code(card())[:-1], "１F3A", "\ud800"],
)
def test_a_code_is_compared_exactly(entered: str) -> None:
    assert not pairing.is_code_of(card(), entered)


def test_the_code_changes_with_key_and_origin_but_not_with_the_name() -> None:
    codes = {pairing_code(card(**one)) for one in ({}, {"order_key": OTHER_KEY}, {"origin": ORIGIN + ":1"})}
    assert len(codes) == 3
    assert pairing_code(card(name="another")) == pairing_code(card())


def test_pairing_keeps_everything_else_and_a_new_name_is_taken_over() -> None:
    before = Config(port=20000, drivers=(config.SoftDriver(kind="soft", folder="keys"),))
    once = pairing.paired(before, card())
    again = pairing.paired(once, card(name="新名称"))
    assert [(one.origin, one.name) for one in again.platforms] == [(ORIGIN, "新名称")]
    assert (again.port, again.drivers) == (20000, before.drivers)
    assert pairing.removed(again, ORIGIN) == before


def test_a_key_that_changed_is_told_loudly_and_changes_nothing() -> None:
    settings = pairing.paired(Config(), card())
    with pytest.raises(Refused) as caught:
        pairing.paired(settings, card(order_key=OTHER_KEY))
    assert caught.value.problem is Problem.PLATFORM_KEY_CHANGED
    assert settings.platforms[0].order_key == KEY


def test_there_is_an_end_to_the_number_of_platforms() -> None:
    settings = Config()
    for number in range(config.MAX_PLATFORMS):
        settings = pairing.paired(settings, card(origin=f"https://p{number}.example"))
    with pytest.raises(Refused) as caught:
        pairing.paired(settings, card())
    assert caught.value.problem is Problem.PLATFORM_CARD_INVALID


def test_the_card_is_fetched_from_the_asked_origin_and_must_name_it() -> None:
    async def run() -> None:
        async with listening() as there:
            honest = card(origin=there.origin)
            there.says(pairing.CARD_PATH, honest.model_dump_json())
            assert await pairing.card_of(there.origin) == honest
            there.says(pairing.CARD_PATH, card().model_dump_json())
            with pytest.raises(Refused) as caught:
                await pairing.card_of(there.origin)
            assert caught.value.problem is Problem.PLATFORM_CARD_INVALID
            there.says(pairing.CARD_PATH, honest.model_dump_json() + " " * pairing.MAX_CARD_BYTES)
            with pytest.raises(Refused) as caught:
                await pairing.card_of(there.origin)
            assert caught.value.problem is Problem.PLATFORM_UNREACHABLE

    asyncio.run(run())


class Told:
    """Who is obeyed, as the desk was told."""

    def __init__(self) -> None:
        self.platforms: list[tuple[str, ...]] = []

    def __call__(self, settings: Config) -> None:
        self.platforms.append(tuple(one.origin for one in settings.platforms))


def test_a_running_client_obeys_at_once_and_no_longer_at_once(tmp_path: Path) -> None:
    told = Told()
    pairings = pairing.Pairings(tmp_path, Config(), tell=told)
    asyncio.run(pairings.pair(card()))
    assert config.load(tmp_path).platforms == pairings.platforms
    asyncio.run(pairings.remove(ORIGIN))
    pairings.follow()
    assert told.platforms == [(ORIGIN,), ()]


def test_what_another_program_wrote_is_taken_up_and_never_lost(tmp_path: Path) -> None:
    told = Told()
    pairings = pairing.Pairings(tmp_path, Config(), tell=told)
    config.write(tmp_path, pairing.paired(Config(), card(origin="https://by.command")))
    asyncio.run(pairings.pair(card()))
    assert told.platforms == [("https://by.command", ORIGIN)]
    config.write(tmp_path, Config())
    pairings.follow()
    pairings.follow()
    assert told.platforms[1:] == [()]


def test_who_builds_clients_is_taken_up_too(tmp_path: Path) -> None:
    told: list[str | None] = []
    pairings = pairing.Pairings(tmp_path, Config(), tell=lambda settings: told.append(settings.release_key))
    config.write(tmp_path, Config(release_key=KEY))
    pairings.follow()
    config.write(tmp_path, Config(release_key=KEY, port=20000))
    pairings.follow()
    assert told == [KEY]


def test_a_file_that_cannot_be_used_unpairs_nobody_and_is_told_once(tmp_path: Path) -> None:
    told = Told()
    pairings = pairing.Pairings(tmp_path, Config(), tell=told)
    asyncio.run(pairings.pair(card()))
    (tmp_path / config.CONFIG_NAME).write_text("{")
    with pytest.raises(Refused):
        pairings.follow()
    pairings.follow()
    assert told.platforms == [(ORIGIN,)]
    with pytest.raises(Refused) as caught:
        asyncio.run(pairings.remove(ORIGIN))
    assert caught.value.problem is Problem.CONFIG_INSECURE


def test_a_disk_that_takes_nothing_pairs_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    told = Told()
    pairings = pairing.Pairings(tmp_path, Config(), tell=told)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Refused) as caught:
        asyncio.run(pairings.pair(card()))
    assert caught.value.problem is Problem.CONFIG_INSECURE
    assert (told.platforms, pairings.platforms) == ([], ())


def test_two_pairings_at_the_same_time_both_stand(tmp_path: Path) -> None:
    pairings = pairing.Pairings(tmp_path, Config(), tell=Told())

    async def both() -> None:
        await asyncio.gather(*(pairings.pair(card(origin=f"https://p{one}.example")) for one in range(5)))

    asyncio.run(both())
    assert len(config.load(tmp_path).platforms) == 5
