"""The client's own page: what is signed, for whom, with which key, and the PIN, in a window of its own.

It is served by the client to the person's browser under an address nobody can guess. The PIN travels as the raw
body of a POST from this page to the client that served it, never in an address and never through the platform.
"""

import html
import json
import unicodedata
from importlib import resources
from string import Template
from typing import Any

from aiohttp import web

from yunqian.agent import pin as pins
from yunqian.agent.desk import Desk
from yunqian.agent.dialog import Dialog
from yunqian.agent.pin import Pin
from yunqian.agent.window import words
from yunqian.agent.window.words import WORDS, Language
from yunqian.problems import Problem, Refused

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    # same-origin and not no-referrer: the latter makes browsers send "Origin: null" with some POSTs.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Vary": "Accept-Language",
}
_TYPES = {"page.css": "text/css", "page.js": "text/javascript"}
# Controls, formatting (bidi overrides among them), surrogates, line and paragraph separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# The words that page.js shows by itself.
_SCRIPT_WORDS = frozenset(
    {
        "working",
        "time_left",
        "key_absent",
        "key_back",
        "signed",
        "signed_hint",
        "over",
        "locked",
        "lost",
        "tries",
        "tries_unknown",
        "pin_notice",
    }
)


def _packaged(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


_PAGE = Template(_packaged("page.html"))
_GONE = Template(_packaged("gone.html"))


def is_own(request: web.Request) -> bool:
    """Whether this request belongs to the window; such requests carry the client's own origin, or none."""
    return request.path.startswith("/window/")


def add_routes(app: web.Application, desk: Desk) -> None:
    """Add the window's addresses."""
    window = _Window(desk)
    for name in _TYPES:
        app.router.add_get(f"/window/{name}", _asset(name), allow_head=False)
    app.router.add_get("/window/{window_id}", window.page, allow_head=False)
    app.router.add_get("/window/{window_id}/view", window.view, allow_head=False)
    app.router.add_post("/window/{window_id}/confirm", window.confirm)
    app.router.add_post("/window/{window_id}/cancel", window.cancel)


def _asset(name: str) -> Any:
    text = _packaged(name)

    async def answer(request: web.Request) -> web.Response:
        _refuse_others(request)
        return web.Response(text=text, content_type=_TYPES[name], charset="utf-8", headers=_HEADERS)

    return answer


def _refuse_others(request: web.Request, *, must_state_origin: bool = False) -> None:
    """Only this page itself may fetch, and only it may post; a navigation to the page states no origin.

    Raises Refused(ORIGIN_NOT_ALLOWED).
    """
    own = f"http://{request.host}"
    origin = request.headers.get("Origin")
    is_foreign = origin != own if origin is not None or must_state_origin else False
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if is_foreign or site != "same-origin":
        raise Refused(Problem.ORIGIN_NOT_ALLOWED)


class _Window:
    """The page and its three messages."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def page(self, request: web.Request) -> web.Response:
        """The page itself, opened as a window of its own and never inside another page."""
        destination = request.headers.get("Sec-Fetch-Dest", "document")
        if destination != "document" or "Origin" in request.headers:
            raise Refused(Problem.ORIGIN_NOT_ALLOWED)
        language = _language(request)
        try:
            dialog = self._desk.window(request.match_info["window_id"])
        except Refused as refusal:
            facts = {**WORDS[language], "text": html.escape(refusal.text(language))}
            return _page(_GONE.substitute(facts), status=404)
        return _page(_PAGE.substitute(_facts(dialog, language)))

    async def view(self, request: web.Request) -> web.Response:
        """Where the dialog stands, for this page."""
        _refuse_others(request)
        return await self._viewed(request, self._desk.window(request.match_info["window_id"]))

    async def confirm(self, request: web.Request) -> web.Response:
        """The PIN as the raw body; whether the last try is accepted as a header."""
        _refuse_others(request, must_state_origin=True)
        if request.content_type != "application/octet-stream":
            raise Refused(Problem.REQUEST_INVALID, detail="content-type")
        dialog = await self._desk.confirm(
            request.match_info["window_id"],
            await _pin(request),
            is_last_try_accepted=request.headers.get("X-Last-Try") == "accepted",
        )
        return await self._viewed(request, dialog)

    async def cancel(self, request: web.Request) -> web.Response:
        """The person pressed cancel."""
        _refuse_others(request, must_state_origin=True)
        return await self._viewed(request, await self._desk.dismiss(request.match_info["window_id"]))

    async def _viewed(self, request: web.Request, dialog: Dialog) -> web.Response:
        language = _language(request)
        view = {
            "phase": dialog.phase.value,
            "problem": _said(dialog.refusal, language),
            "last_problem": _said(dialog.last_refusal, language),
            "tries_left": dialog.tries.left,
            "is_last_try": dialog.tries.is_last,
            "is_key_present": not dialog.is_waiting or await self._desk.is_key_present(dialog),
            "seconds_left": self._desk.seconds_left(dialog),
        }
        return web.json_response(view, headers=_HEADERS)


async def _pin(request: web.Request) -> Pin:
    """The body, read in pieces into memory that can be wiped. Raises Refused(PIN_EMPTY) when it is too long."""
    secret = bytearray()
    async for piece in request.content.iter_any():
        secret += piece
        if len(secret) > pins.MAX_PIN_BYTES:
            Pin(secret).wipe()
            raise Refused(Problem.PIN_EMPTY)
    return Pin(secret)


def _page(text: str, *, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=_HEADERS)


def _language(request: web.Request) -> Language:
    return words.choose(request.query.get("lang"), request.headers.get("Accept-Language", ""))


def _said(refusal: Refused | None, language: Language) -> dict[str, str] | None:
    return None if refusal is None else {"code": refusal.problem.code, "text": refusal.text(language)}


def plain(text: str) -> str:
    """Text of the platform for a person to judge: nothing invisible, nothing that turns the line around.

    A title with a right-to-left override reads as something else than it is; such characters are shown as �.
    """
    seen = ("\ufffd" if unicodedata.category(one) in _UNSEEN else one for one in text)
    return html.escape("".join(seen))


def _facts(dialog: Dialog, language: Language) -> dict[str, str]:
    """Everything page.html names, escaped."""
    said = WORDS[language]
    order, certificate = dialog.genuine.order, dialog.certificate
    lines = words.mark_lines(order.marks, language) or [said["no_marks"]]
    begin, end = (
        f"{at.astimezone():%Y-%m-%d}" for at in (certificate.not_before_at, certificate.not_after_at)
    )
    page_words = {name: text for name, text in said.items() if name in _SCRIPT_WORDS}
    return {
        **said,
        **{f"word_{name}": text for name, text in said.items()},
        "language": language,
        "window_id": html.escape(dialog.window_id),
        "position": said["position"].format(position=order.position, total=order.total),
        "origin": plain(order.origin),
        "platform": plain(dialog.genuine.platform.name),
        "tenant": plain(order.tenant_name),
        "person": plain(order.person_name),
        "document": plain(order.title),
        "pages": said["pages"].format(count=order.page_count),
        "marks": "".join(f"<li>{plain(line)}</li>" for line in lines),
        "owner": plain(certificate.owner),
        "algorithm": plain(_algorithm(certificate.key_algorithm, certificate.key_bits)),
        "validity": said["validity"].format(begin=begin, end=end),
        "key_label": plain(dialog.key.label),
        "key_serial": plain(said["serial"].format(serial=dialog.key.serial)),
        "demo": f'<span class="chip demo">{said["demo"]}</span>' if dialog.key.is_demo else "",
        "code": dialog.genuine.check_code,
        "other": "zh" if language == "en" else "en",
        "page_words": html.escape(json.dumps(page_words, ensure_ascii=False), quote=False),
    }


def _algorithm(name: str, bits: int) -> str:
    return f"RSA {bits}" if name == "rsa" else {"ec:sm2": "SM2"}.get(name, name.removeprefix("ec:"))
