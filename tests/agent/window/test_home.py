"""The client's own page: what it shows, how a person pairs there, and that no other page gets anything from it."""

import asyncio
import base64
import html
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.agent.world import ORIGIN, STRANGER, Site, World
from yunqian.agent import config, pairing, releases
from yunqian.agent.config import Config
from yunqian.agent.doors import loopback
from yunqian.agent.upkeep import Upkeep
from yunqian.agent.window import home
from yunqian.agent.window.home_words import WORDS
from yunqian.problems import Problem, Refused
from yunqian.wire.platforms import Archive, PlatformCard, Release, SignedRelease, pairing_code

OWN = "http://127.0.0.1:17311"
HOST = {"Host": "127.0.0.1:17311"}
NEW_SITE = Site("https://new.example.gov")
CARD = PlatformCard(
    origin=NEW_SITE.origin,
    name="新<b>平台</b>",
    order_key=NEW_SITE.paired().order_key,
    oldest_protocol=1,
)


class Page:
    """The page as a browser has it."""

    def __init__(self, http: TestClient[Any, Any], upkeep: Upkeep, asked: list[str]) -> None:
        self.http = http
        self.upkeep = upkeep
        self.asked = asked

    async def get(self, path: str = "/", **headers: str) -> ClientResponse:
        answer = await self.http.get(path, headers=HOST | headers)
        await answer.read()
        return answer

    async def text(self, path: str = "/") -> str:
        return await (await self.get(path)).text()

    async def post(
        self, path: str, fields: Mapping[str, str] | bytes, *, origin: str | None = OWN, **headers: str
    ) -> ClientResponse:
        sent = HOST | headers | ({"Origin": origin} if origin is not None else {})
        if isinstance(fields, bytes):
            sent = {"Content-Type": "application/x-www-form-urlencoded"} | sent
        answer = await self.http.post(path, data=fields, headers=sent, allow_redirects=False)
        await answer.read()
        return answer

    async def number(self) -> str:
        return number_in(await self.text())

    async def look_up(self, address: str = NEW_SITE.origin) -> ClientResponse:
        return await self.post("/home/pair", {"number": await self.number(), "address": address})


def number_in(text: str) -> str:
    """The one-time number of the last form on a page."""
    return re.findall(r'name="number" value="([^"]+)"', text)[-1]


def at_page(
    client: World,
    script: Callable[[Page], Awaitable[Any]],
    *,
    card: PlatformCard | Refused = CARD,
    settings: Config | None = None,
) -> Any:
    """Run a script at the page of a client; what platforms say of themselves is `card`."""
    settings = client.config() if settings is None else settings

    async def act() -> Any:
        config.write(client.folder, settings)
        asked: list[str] = []

        async def card_of(origin: str) -> PlatformCard:
            asked.append(origin)
            if isinstance(card, Refused):
                raise card
            return card

        desk = client.desk()
        desk.obey(settings.platforms)
        upkeep = Upkeep(client.folder, settings, desk=desk, journal=client.journal, now=client.clock)
        upkeep.own_page._card_of = card_of
        app = loopback.application(desk, journal=client.journal, port=17311, own_page=upkeep.own_page)
        async with TestClient(TestServer(app)) as http:
            return await script(Page(http, upkeep, asked))

    return asyncio.run(act())


def is_problem(answer: ClientResponse, problem: Problem) -> bool:
    return answer.status == problem.row.status and "Access-Control-Allow-Origin" not in answer.headers


def test_it_tells_its_state_its_keys_and_whom_it_obeys(client: World) -> None:
    text = at_page(client, lambda page: page.text())
    assert "SOFT-1" in text
    assert "演示用软 Key" in text
    assert all(one.origin in text for one in client.config().platforms)
    assert pairing.code_of(client.site.paired()) in text


def test_a_client_that_was_never_paired_says_what_to_do(client: World) -> None:
    text = at_page(client, lambda page: page.text("/?lang=en"), settings=Config())
    assert html.escape(WORDS["en"]["no_platforms"]) in text
    assert "No key driver is configured" in text


def test_a_person_pairs_by_comparing_the_code_and_the_client_obeys_at_once(client: World) -> None:
    async def script(page: Page) -> tuple[str, int, int]:
        before = (await page.get("/keys", Origin=NEW_SITE.origin)).status
        asked = await (await page.look_up("https://NEW.example.gov/tasks")).text()
        await page.post("/home/answer", {"number": number_in(asked), "answer": "yes"})
        return asked, before, (await page.get("/keys", Origin=NEW_SITE.origin)).status

    asked, before, after = at_page(client, script)
    assert pairing_code(CARD) in asked
    assert "新&lt;b&gt;平台" in asked
    assert (before, after) == (403, 200)
    assert [one.origin for one in config.load(client.folder).platforms][-1] == NEW_SITE.origin
    assert '"event": "paired"' in client.journal_text


def test_a_no_changes_nothing_and_a_number_counts_once(client: World) -> None:
    async def script(page: Page) -> tuple[int, int, str]:
        number = number_in(await (await page.look_up()).text())
        no = await page.post("/home/answer", {"number": number, "answer": "no"})
        again = await page.post("/home/answer", {"number": number, "answer": "yes"})
        return no.status, again.status, await again.text()

    no, again, text = at_page(client, script)
    assert (no, again) == (200, Problem.PAIRING_PAGE_OLD.row.status)
    assert html.escape(Problem.PAIRING_PAGE_OLD.row.zh) in text
    assert config.load(client.folder) == client.config()


def test_the_number_of_one_form_answers_no_other_question(client: World) -> None:
    async def script(page: Page) -> int:
        return (await page.post("/home/answer", {"number": await page.number(), "answer": "yes"})).status

    assert at_page(client, script) == Problem.PAIRING_PAGE_OLD.row.status
    assert config.load(client.folder) == client.config()


def test_a_number_is_too_old_after_ten_minutes(client: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(page: Page) -> int:
        number = await page.number()
        monkeypatch.setattr(home, "_KEPT_SECONDS", 0)
        began = home.time.monotonic()
        monkeypatch.setattr(home.time, "monotonic", lambda: began + 601)
        return (await page.post("/home/pair", {"number": number, "address": ORIGIN})).status

    assert at_page(client, script) == Problem.PAIRING_PAGE_OLD.row.status


def test_a_page_opened_a_thousand_times_costs_no_memory(client: World) -> None:
    async def script(page: Page) -> int:
        for _ in range(120):
            await page.get()
        return len(page.upkeep.own_page._numbers.kept)

    assert at_page(client, script) <= 200


def test_removing_a_platform_ends_its_rights_at_once(client: World) -> None:
    async def script(page: Page) -> tuple[int, int]:
        before = (await page.get("/keys", Origin=ORIGIN)).status
        asked = await page.post("/home/remove", {"number": await page.number(), "origin": ORIGIN})
        await page.post("/home/answer", {"number": number_in(await asked.text()), "answer": "yes"})
        return before, (await page.get("/keys", Origin=ORIGIN)).status

    assert at_page(client, script) == (200, 403)
    assert [one.origin for one in config.load(client.folder).platforms] == ["https://other.example.org"]


def test_removing_one_that_is_not_there_asks_nothing(client: World) -> None:
    async def script(page: Page) -> str:
        answer = await page.post("/home/remove", {"number": await page.number(), "origin": STRANGER})
        return await answer.text()

    assert WORDS["zh"]["remove_title"] not in at_page(client, script)


def test_a_platform_whose_key_changed_is_told_loudly_and_cannot_be_confirmed(client: World) -> None:
    changed = CARD.model_copy(update={"origin": ORIGIN})

    async def script(page: Page) -> tuple[int, str]:
        answer = await page.look_up(ORIGIN)
        return answer.status, await answer.text()

    status, text = at_page(client, script, card=changed)
    assert status == Problem.PLATFORM_KEY_CHANGED.row.status
    assert Problem.PLATFORM_KEY_CHANGED.row.zh.partition("{")[0] in text
    assert "/home/answer" not in text
    assert config.load(client.folder) == client.config()


def test_what_is_wrong_with_a_platform_is_a_sentence_on_the_page(client: World) -> None:
    refusal = Refused(Problem.PLATFORM_UNREACHABLE, origin=NEW_SITE.origin, detail="certificate")

    async def script(page: Page) -> tuple[str, list[str]]:
        return await (await page.look_up()).text(), page.asked

    text, asked = at_page(client, script, card=refusal)
    assert html.escape(refusal.text("zh")) in text
    assert asked == [NEW_SITE.origin]


@pytest.mark.parametrize(
    "address", ["http://sign.example.gov", "", "javascript:alert(1)", "https://a@b.example"]
)
def test_an_address_that_is_none_is_not_asked(client: World, address: str) -> None:
    async def script(page: Page) -> tuple[int, list[str]]:
        return (await page.look_up(address)).status, page.asked

    assert at_page(client, script) == (Problem.PLATFORM_ADDRESS_WRONG.row.status, [])


FORMS = ["/home/pair", "/home/remove", "/home/answer"]


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    "origin", [STRANGER, ORIGIN, None, "null", "http://localhost:17311", "https://127.0.0.1:17311"]
)
def test_no_other_page_posts_a_form_not_even_a_paired_platform_s(
    client: World, path: str, origin: str | None
) -> None:
    async def script(page: Page) -> bool:
        fields = {"number": await page.number(), "address": NEW_SITE.origin, "answer": "yes"}
        answer = await page.post(path, fields, origin=origin)
        return is_problem(answer, Problem.ORIGIN_NOT_ALLOWED) and not page.asked

    assert at_page(client, script)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_a_form_that_the_browser_says_comes_from_elsewhere_is_refused(client: World, site: str) -> None:
    async def script(page: Page) -> bool:
        fields = {"number": await page.number(), "address": NEW_SITE.origin}
        answer = await page.post("/home/pair", fields, **{"Sec-Fetch-Site": site})
        return is_problem(answer, Problem.ORIGIN_NOT_ALLOWED)

    assert at_page(client, script)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors", "Origin": STRANGER},
        {"Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Dest": "script", "Sec-Fetch-Mode": "no-cors"},
        {"Origin": STRANGER},
        {"Origin": ORIGIN},
    ],
)
def test_a_stranger_s_page_learns_nothing(client: World, headers: dict[str, str]) -> None:
    async def script(page: Page) -> tuple[bool, str]:
        answer = await page.get("/", **headers)
        return is_problem(answer, Problem.ORIGIN_NOT_ALLOWED), await answer.text()

    is_refused, text = at_page(client, script)
    assert is_refused
    assert "SOFT-1" not in text


def test_a_rebound_name_is_no_host_of_ours(client: World) -> None:
    async def script(page: Page) -> int:
        return (await page.get("/", Host="evil.example.com:17311")).status

    assert at_page(client, script) == 421


def test_nobody_may_frame_it_keep_it_or_run_anything_in_it(client: World) -> None:
    async def script(page: Page) -> tuple[Mapping[str, str], str]:
        answer = await page.get()
        return answer.headers, await answer.text()

    headers, text = at_page(client, script)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert (headers["Cache-Control"], headers["X-Frame-Options"]) == ("no-store", "DENY")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Server" not in headers
    assert "<script" not in text


def test_a_form_that_is_too_long_is_cut_off(client: World) -> None:
    async def script(page: Page) -> int:
        return (await page.post("/home/pair", b"number=" + b"x" * 5000)).status

    assert at_page(client, script) == Problem.REQUEST_TOO_LARGE.row.status


def test_another_kind_of_body_is_refused(client: World) -> None:
    async def script(page: Page) -> int:
        return (await page.post("/home/pair", b"{}", **{"Content-Type": "text/plain"})).status

    assert at_page(client, script) == Problem.REQUEST_INVALID.row.status


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_any_bytes_in_a_form_are_refused_in_words(client: World, body: bytes) -> None:
    async def script(page: Page) -> list[int]:
        return [(await page.post(path, body)).status for path in FORMS]

    allowed = {Problem.PAIRING_PAGE_OLD.row.status, Problem.REQUEST_INVALID.row.status}
    assert set(at_page(client, script)) <= allowed
    assert "fault" not in client.journal_text


def test_a_newer_client_is_told_with_address_and_digest(client: World) -> None:
    builder = Ed25519PrivateKey.generate()
    system, machine = releases._here()
    archive = Archive(system=system, machine=machine, name="yunqian-agent-9.tar.gz", size=5, sha256="cd" * 32)
    release = Release(version="9.0.0", released_at=client.clock(), archives=(archive,))
    payload = release.model_dump_json()
    signed = SignedRelease(
        payload=payload, signature=base64.b64encode(builder.sign(payload.encode())).decode()
    )
    public = builder.public_key()
    releases.remember(client.folder, signed, key=public, origin=ORIGIN, now=client.clock())
    pinned = client.config().model_copy(
        update={"release_key": base64.b64encode(public.public_bytes_raw()).decode()}
    )

    async def script(page: Page) -> tuple[str, Any]:
        text = await page.text()
        hello = json.loads(await (await page.get("/hello", Origin=ORIGIN)).text())
        return text, hello["newer_version"]

    text, told = at_page(client, script, settings=pinned)
    assert f'href="{ORIGIN}/downloads/client/yunqian-agent-9.tar.gz"' in text
    assert "cd" * 32 in text
    assert told == "9.0.0"


def test_both_languages_have_the_same_words() -> None:
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    for name, text in WORDS["zh"].items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", WORDS["en"][name])), name
