"""`yunqian agent pair`: the person's yes or the script's exact code, and nothing without it."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.listener import Listener, listening
from tests.agent.world import Site
from yunqian.agent import app, config, pairing, terminal
from yunqian.problems import Problem, Refused
from yunqian.wire.platforms import PlatformCard, pairing_code


def card_of(there: Listener, name: str = "云签\u202e测试平台") -> PlatformCard:
    key = Site().paired().order_key
    return PlatformCard(origin=there.origin, name=name, order_key=key, oldest_protocol=1)


@pytest.fixture
def there() -> Iterator[Listener]:
    """A platform that answers in a thread of its own, as the command has a loop of its own."""
    ready, over = threading.Event(), threading.Event()
    found: list[Listener] = []

    async def serve() -> None:
        async with listening() as one:
            found.append(one)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    yield found[0]
    over.set()
    thread.join()


def test_a_yes_pairs_after_the_code_was_shown(
    there: Listener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = card_of(there)
    there.says(pairing.CARD_PATH, card.model_dump_json())
    terminal.pair(tmp_path, there.origin + "/tasks", code=None, ask=lambda _question: " Yes ")
    said = capsys.readouterr().out
    assert pairing_code(card) in said
    assert "\u202e" not in said
    assert [one.order_key for one in config.load(tmp_path).platforms] == [card.order_key]


@pytest.mark.parametrize("said", ["", "no", "y", "yes!", "是"])
def test_anything_but_yes_pairs_nothing(there: Listener, tmp_path: Path, said: str) -> None:
    there.says(pairing.CARD_PATH, card_of(there).model_dump_json())
    with pytest.raises(Refused) as caught:
        terminal.pair(tmp_path, there.origin, code=None, ask=lambda _question: said)
    assert caught.value.problem is Problem.PAIRING_CODE_DIFFERS
    assert config.load(tmp_path).platforms == ()


def test_where_nobody_can_answer_nothing_is_paired(there: Listener, tmp_path: Path) -> None:
    def nobody(_question: str) -> str:
        raise EOFError

    there.says(pairing.CARD_PATH, card_of(there).model_dump_json())
    with pytest.raises(Refused):
        terminal.pair(tmp_path, there.origin, code=None, ask=nobody)
    assert config.load(tmp_path).platforms == ()


def test_a_script_brings_the_exact_code(
    there: Listener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = card_of(there)
    there.says(pairing.CARD_PATH, card.model_dump_json())
    command = ["--folder", str(tmp_path), "pair", there.origin, "--code"]
    assert app.main([*command, "0000-0000-0000-0000"]) == 1
    assert Problem.PAIRING_CODE_DIFFERS.row.en in capsys.readouterr().err
    assert app.main([*command, pairing_code(card)]) == 0
    assert [one.origin for one in config.load(tmp_path).platforms] == [there.origin]


def test_an_address_or_a_platform_that_is_wrong_is_a_sentence(
    there: Listener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there.leads(pairing.CARD_PATH, "https://elsewhere.example")
    for address in ("http://sign.example.gov", there.origin):
        assert app.main(["--folder", str(tmp_path), "pair", address]) == 1
    said = capsys.readouterr().err
    assert "HTTP 302" in said
    assert "Traceback" not in said
