"""The scenes of the protocol's vectors, played again: the real client answers exactly what stands there."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.agent.protocol import cast
from tests.agent.protocol.player import Client, Scene, play
from tests.agent.protocol.scenes import every
from tools import protocol_page, protocol_vectors
from yunqian.agent import config, desk
from yunqian.agent.doors import loopback
from yunqian.agent.keys.port import KeyAct
from yunqian.agent.pairing import Pairings
from yunqian.agent.window.home import Home
from yunqian.problems import Problem

VECTORS = json.loads(protocol_vectors.VECTORS.read_text("utf-8"))
SCENES: list[Scene] = VECTORS["scenes"]
STALE = "the client answers otherwise than its vectors: make generate, and look at what changed"
# What a step says of itself; the rest of it was answered.
ASKED = {
    "method",
    "path",
    "origin",
    "host",
    "order",
    "body",
    "characters",
    "content_type",
    "secrets",
    "last_try",
    "agreed",
}
ASKED |= {"code", "looked", "gives", "advance", "tries", "unplug", "newer", "listen", "say"}
PAGES_OF_ITS_OWN = {"/", "/home/home.css", "/window/page.css", "/window/page.js"}


@pytest.mark.parametrize("scene", SCENES, ids=[scene["name"] for scene in SCENES])
def test_the_client_answers_exactly_what_stands_in_the_vectors(scene: Scene, tmp_path: Path) -> None:
    found = asyncio.run(play(scene, tmp_path / "agent", VECTORS["orders"]))
    for number, (step, wanted) in enumerate(zip(found["steps"], scene["steps"], strict=True), 1):
        assert step == wanted, f"{STALE} (scene {scene['name']}, step {number})"


def problems_of(answer: dict[str, Any]) -> list[str]:
    """The codes in a ProblemReport, a DialogState or a Sheet."""
    return [answer["code"]] if "urn" in answer.get("type", "") else protocol_page.told(answer)


@pytest.mark.parametrize("scene", SCENES, ids=[scene["name"] for scene in SCENES])
def test_every_wrong_message_gives_the_problem_that_was_written_by_hand(scene: Scene) -> None:
    for step in scene["steps"]:
        answer = step.get("answer")
        if isinstance(answer, dict):
            known = problems_of(answer)
            assert known == ([step["code"]] if "code" in step else known), step
            assert "code" in step or step["shape"] != "ProblemReport", (
                f"{step['path']} was refused without being meant to"
            )


def test_the_vectors_hold_the_scenes_that_are_written_and_no_others() -> None:
    def asked(scene: Any) -> Any:
        steps = [{k: v for k, v in step.items() if k in ASKED} for step in scene["steps"]]
        return {**scene, "steps": steps}

    assert [asked(scene) for scene in SCENES] == [asked(scene) for scene in every()], STALE


def test_the_problems_that_end_a_dialog_or_meet_an_order_are_in_the_vectors() -> None:
    met = {step["code"] for scene in SCENES for step in scene["steps"] if "code" in step}
    # What no scene can bring about: a key that lies, one that is full, one that locks its administrator out.
    out_of_reach = {
        Problem.SIGNATURE_INVALID,
        Problem.KEY_FULL,
        Problem.ADMIN_PIN_LOCKED,
        Problem.PLATFORM_NOT_PAIRED,
    }
    assert {problem.code for problem in desk._FINAL - out_of_reach} <= met


def test_every_act_that_a_key_can_name_stands_in_a_list() -> None:
    lists = [step["answer"] for scene in SCENES for step in scene["steps"] if step.get("shape") == "KeyList"]
    acts = {act for keys in lists for key in keys["keys"] for act in key["acts"]}
    assert acts == {act.value for act in KeyAct}
    assert {key["driver"] for keys in lists for key in keys["keys"]} == {"soft", "pkcs11", "skf"}


def test_nothing_secret_stands_in_an_answer() -> None:
    text = json.dumps([step.get("answer") for scene in SCENES for step in scene["steps"]])
    assert cast.PIN not in text
    assert cast.ADMIN_PIN not in text


def routes(tmp_path: Path) -> set[tuple[str, str]]:
    """Method and address of everything that the real application answers."""
    client = Client(tmp_path / "agent", {"name": "", "about": "", "steps": []})
    own = Home(
        client.desk,
        Pairings(tmp_path, config.Config(), tell=lambda _: None),
        newer=lambda: None,
        has_drivers=True,
    )
    app: web.Application = loopback.application(client.desk, journal=client.journal, port=17311, own_page=own)
    found = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None
    }
    client.desk.close()
    return found


def test_every_address_of_the_client_has_its_place_on_the_page(tmp_path: Path) -> None:
    page = re.sub(r"\{\w+\}", "{}", protocol_page.PAGE.read_text("utf-8"))
    unsaid = {
        f"{method} {path}"
        for method, path in routes(tmp_path)
        if path not in PAGES_OF_ITS_OWN and f"`{method} {re.sub(r'{[^}]*}', '{}', path)}" not in page
    }
    assert not unsaid, "tell in docs/agent-protocol.md what these are for"


def test_the_page_tells_of_no_address_that_the_client_does_not_have(tmp_path: Path) -> None:
    told = {(method, path) for method, path, *_ in protocol_page.ROUTES}
    assert told <= routes(tmp_path)


def test_the_page_shows_the_messages_as_they_are() -> None:
    assert protocol_page.page_of(VECTORS) == protocol_page.PAGE.read_text("utf-8"), STALE
