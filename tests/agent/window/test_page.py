"""The window's page: what it tells, what it lets in, and that no PIN is left anywhere."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from tests.agent.world import PIN, STRANGER, World
from yunqian.agent.doors import loopback
from yunqian.agent.window.sheet import plain
from yunqian.crypto.certificates import Certificate
from yunqian.wire.orders import MarkKind, MarkSummary

ORIGIN = "https://sign.example.gov"
OWN = "http://127.0.0.1:17311"
HOST = {"Host": "127.0.0.1:17311"}
BYTES = {"Content-Type": "application/octet-stream"}


class Window:
    """An open window, as the browser has it."""

    def __init__(self, http: TestClient[Any, Any], address: str, dialog_id: str) -> None:
        self._http = http
        self.address = address
        self.dialog_id = dialog_id

    async def get(self, path: str = "", **headers: str) -> ClientResponse:
        answer = await self._http.get(self.address + path, headers=HOST | headers)
        await answer.read()
        return answer

    async def post(self, path: str, *, origin: str | None = OWN, **rest: Any) -> ClientResponse:
        headers = HOST | rest.pop("headers", {}) | ({"Origin": origin} if origin is not None else {})
        answer = await self._http.post(self.address + path, headers=headers, **rest)
        await answer.read()
        return answer

    async def enter(self, text: str, **headers: str) -> dict[str, Any]:
        answer = await self.post("/confirm", data=text.encode(), headers=BYTES | headers)
        return dict(await answer.json(content_type=None))


def at_window(
    client: World, certificate: Certificate, script: Callable[[Window], Awaitable[Any]], **changes: Any
) -> Any:
    """Open a dialog and run a script at its window."""
    signed = client.site.signed(client.site.order(certificate, **changes))

    async def act() -> Any:
        desk = client.desk()
        server = TestServer(loopback.application(desk, journal=client.journal, port=17311))
        async with TestClient(server) as http:
            opened = await desk.open(signed, origin=ORIGIN)
            assert opened.window_url is not None
            return await script(Window(http, opened.window_url.removeprefix(OWN), opened.dialog_id))

    return asyncio.run(act())


def text_of(client: World, certificate: Certificate, *, language: str = "zh-CN", **changes: Any) -> str:
    async def script(window: Window) -> str:
        return await (await window.get(**{"Accept-Language": language})).text()

    return str(at_window(client, certificate, script, **changes))


def test_it_tells_what_is_signed_for_whom_and_with_which_key(client: World, certificate: Certificate) -> None:
    marks = (
        MarkSummary(kind=MarkKind.SEAL, name="合同专用章", pages=(1, 3)),
        MarkSummary(kind=MarkKind.DATE, name="2026-11-22", pages=(1,)),
        MarkSummary(kind=MarkKind.PAGING, name="合同专用章", pages=(1, 2, 3, 4)),
    )
    text = text_of(client, certificate, marks=marks)
    for told in (
        "https://sign.example.gov",
        "云签测试平台",
        "广东示例科技有限公司",
        "李明",
        "采购合同（2026-118）.pdf",
        "4 页",
        "<li>合同专用章 2 处 · 第 1, 3 页</li>",
        "<li>日期 2026-11-22 · 第 1 页</li>",
        "<li>骑缝章 合同专用章 · 第 1–4 页</li>",
        "RSA 2048",
        "有效期 2026-11-21 至 2027-12-26",
        "签名章",
        "序列号 SOFT-1",
        "演示用软 Key",
        "第 1 把，共 2 把",
    ):
        assert told in text, told
    assert re.search(r'id="code">[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}<', text)


def test_the_code_is_the_one_the_page_shows(client: World, certificate: Certificate) -> None:
    import base64

    from yunqian.wire.orders import check_code

    order = client.site.order(certificate)
    text = text_of(client, certificate, to_be_signed=order.to_be_signed)
    assert check_code(base64.b64decode(order.to_be_signed)) in text


def test_it_speaks_the_browser_s_language_or_the_one_chosen(client: World, certificate: Certificate) -> None:
    async def script(window: Window) -> list[str]:
        asked = [("", "zh-CN"), ("", "en-US,zh;q=0.5"), ("", "fr"), ("?lang=en", "zh-CN"), ("?lang=zh", "en")]
        pages = [await window.get(path, **{"Accept-Language": name}) for path, name in asked]
        found = [re.search(r'<html lang="([^"]+)"', await page.text()) for page in pages]
        return [match[1] if match else "" for match in found]

    assert at_window(client, certificate, script) == ["zh-CN", "en", "zh-CN", "en", "zh-CN"]


def test_no_word_is_missing_in_either_language() -> None:
    from yunqian.agent.window.words import WORDS

    assert WORDS["zh"].keys() == WORDS["en"].keys()
    for name, text in WORDS["zh"].items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", WORDS["en"][name])), name


def test_a_title_cannot_carry_markup_or_turn_the_line_around(client: World, certificate: Certificate) -> None:
    text = text_of(client, certificate, title='<script>alert(1)</script>"\u202efdp.exe')
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;\ufffdfdp.exe" in text
    assert plain("a\u200bb\nc\u2066") == "a\ufffdb\ufffdc\ufffd"


def test_every_answer_is_strict(client: World, certificate: Certificate) -> None:
    async def script(window: Window) -> None:
        for answer in (await window.get(), await window.get("/sheet"), await window.post("/cancel")):
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "Server" not in answer.headers

    at_window(client, certificate, script)


def test_the_page_has_no_inline_script_and_no_inline_style(client: World, certificate: Certificate) -> None:
    text = text_of(client, certificate)
    assert re.findall(r"<script(?! src=\"/window/page\.js\")", text) == []
    assert "style=" not in text
    assert not re.search(r"\son\w+=", text)


def test_the_address_cannot_be_guessed(client: World, certificate: Certificate) -> None:
    async def script(window: Window) -> tuple[str, str]:
        return window.address.removeprefix("/window/"), window.dialog_id

    first, second = (at_window(client, certificate, script) for _ in range(2))
    assert len({*first, *second}) == 4
    assert all(len(one) * 6 >= 128 for one in (*first, *second))


@pytest.mark.parametrize("origin", [STRANGER, ORIGIN, "null", None, "http://127.0.0.1:8000"])
def test_only_the_page_itself_may_post(client: World, certificate: Certificate, origin: str | None) -> None:
    async def script(window: Window) -> str:
        for path, body in (("/confirm", PIN.encode()), ("/cancel", b"")):
            answer = await window.post(path, origin=origin, data=body, headers=BYTES)
            assert answer.status == 403, path
        return str((await (await window.get("/sheet")).json())["phase"])

    assert at_window(client, certificate, script) == "waiting"
    assert client.tries_left() == 6


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_no_other_page_may_load_its_parts(client: World, certificate: Certificate, site: str) -> None:
    async def script(window: Window) -> list[int]:
        view = await window.get("/sheet", **{"Sec-Fetch-Site": site})
        window.address = "/window/page.js"
        return [view.status, (await window.get(**{"Sec-Fetch-Site": site})).status]

    assert at_window(client, certificate, script) == [403, 403]


def test_it_is_never_loaded_into_another_page(client: World, certificate: Certificate) -> None:
    async def script(window: Window) -> int:
        return (await window.get(**{"Sec-Fetch-Dest": "iframe"})).status

    assert at_window(client, certificate, script) == 403


def test_an_unknown_window_is_a_plain_page(client: World, certificate: Certificate) -> None:
    async def script(window: Window) -> tuple[int, str]:
        window.address = "/window/nothing"
        answer = await window.get()
        return answer.status, await answer.text()

    status, text = at_window(client, certificate, script)
    assert status == 404
    assert "没有找到该确认窗口" in text


def test_a_wrong_pin_shows_the_tries_left_in_the_same_window(client: World, certificate: Certificate) -> None:
    async def script(window: Window) -> list[dict[str, Any]]:
        return [await window.enter("000000"), await window.enter(PIN)]

    wrong, right = at_window(client, certificate, script)
    assert (wrong["phase"], wrong["tries_left"]) == ("waiting", 5)
    assert (wrong["last_problem_code"], wrong["last_problem"]) == (
        "PIN_INCORRECT",
        "口令不正确，还可以试 5 次。",
    )
    assert (right["phase"], right["last_problem"]) == ("signed", None)


def test_the_tick_for_the_last_try_travels_with_the_pin(client: World, certificate: Certificate) -> None:
    async def script(window: Window) -> list[tuple[str, bool]]:
        told = [await window.enter("000000") for _ in range(5)]
        told.append(await window.enter("000000"))
        told.append(await window.enter("000000", **{"X-Last-Try": "accepted"}))
        return [(one["problem_code"] or one["last_problem_code"], one["is_last_try"]) for one in told[4:]]

    assert at_window(client, certificate, script) == [
        ("PIN_INCORRECT", True),
        ("PIN_LAST_TRY", True),
        ("PIN_LOCKED", False),
    ]


def test_an_overlong_pin_never_reaches_the_key(client: World, certificate: Certificate) -> None:
    async def script(window: Window) -> dict[str, Any]:
        return await window.enter("9" * 100_000)

    assert at_window(client, certificate, script)["code"] == "PIN_EMPTY"
    assert client.tries_left() == 6


def test_cancel_ends_it(client: World, certificate: Certificate) -> None:
    async def script(window: Window) -> dict[str, Any]:
        return dict(await (await window.post("/cancel")).json())

    view = at_window(client, certificate, script)
    assert (view["phase"], view["problem_code"]) == ("refused", "PIN_CANCELLED")
