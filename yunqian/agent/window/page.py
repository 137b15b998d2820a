"""The client's own page: what a key is asked for, by whom, with which key, and the PIN, in a window of its own.

It is served by the client to the person's browser under an address nobody can guess, and draws the sheet (see
`sheet`). What the person enters travels as the raw body of a POST from this page to the client that served it,
never in an address and never through the platform.
"""

import html
import json
from importlib import resources
from string import Template
from typing import Any

from aiohttp import web

from yunqian.agent import pin as pins
from yunqian.agent.acts import Secret
from yunqian.agent.acts.act import Secrets
from yunqian.agent.desk import Desk
from yunqian.agent.dialog import Dialog
from yunqian.agent.pin import Pin
from yunqian.agent.window import sheet, words
from yunqian.agent.window.sheet import Sheet, SheetField, SheetLine, Tone, plain
from yunqian.agent.window.words import WORDS, Language
from yunqian.problems import Problem, Refused

__all__ = ["add_routes", "is_own", "plain"]
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
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
# The words that page.js shows by itself.
_SCRIPT_WORDS = (
    "time_left",
    "key_absent",
    "key_back",
    "lost",
    "gone_title",
    "pictures_larger",
    "pictures_smaller",
)
# Lines whose text is what a person looks for first.
_STRONG_LINES = frozenset({"site", "document", "certificate", "owner", "holder", "login"})


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
    app.router.add_get("/window/{window_id}/sheet", window.sheet, allow_head=False)
    app.router.add_get("/window/{window_id}/pages/{page}", window.picture, allow_head=False)
    app.router.add_post("/window/{window_id}/pages", window.look_again)
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
    """The page, its sheet, and the person's two answers."""

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
        return _page(_PAGE.substitute(_facts(dialog.window_id, await self._sheet_of(dialog, language))))

    async def sheet(self, request: web.Request) -> web.Response:
        """Everything to be shown, as it stands now."""
        _refuse_others(request)
        return await self._shown(request, self._desk.window(request.match_info["window_id"]))

    async def picture(self, request: web.Request) -> web.Response:
        """The client's own picture of one page, for an image of the window and for nothing else."""
        _refuse_others(request)
        if request.headers.get("Sec-Fetch-Dest", "image") not in ("image", "empty"):
            raise Refused(Problem.ORIGIN_NOT_ALLOWED)
        dialog = self._desk.window(request.match_info["window_id"])
        drawn = {str(page): image for page, image in dialog.images.items()}.get(request.match_info["page"])
        if drawn is None:
            raise Refused(Problem.NOT_FOUND)
        return web.Response(body=drawn, content_type="image/png", headers=_HEADERS)

    async def look_again(self, request: web.Request) -> web.Response:
        """The person wants the document to be looked at once more, after it did not come or was not drawn."""
        _refuse_others(request, must_state_origin=True)
        return await self._shown(request, await self._desk.look_again(request.match_info["window_id"]))

    async def confirm(self, request: web.Request) -> web.Response:
        """What was entered as the raw body; whether the last try is accepted as a header."""
        _refuse_others(request, must_state_origin=True)
        if request.content_type != "application/octet-stream":
            raise Refused(Problem.REQUEST_INVALID, detail="content-type")
        window_id = request.match_info["window_id"]
        dialog = await self._desk.confirm(
            window_id,
            await _secrets(request, self._desk.window(window_id).act.secrets),
            is_last_try_accepted=request.headers.get("X-Last-Try") == "accepted",
            is_agreed=request.headers.get("X-Consent") == "agreed",
        )
        return await self._shown(request, dialog)

    async def cancel(self, request: web.Request) -> web.Response:
        """The person pressed cancel."""
        _refuse_others(request, must_state_origin=True)
        return await self._shown(request, await self._desk.dismiss(request.match_info["window_id"]))

    async def _shown(self, request: web.Request, dialog: Dialog) -> web.Response:
        shown = await self._sheet_of(dialog, _language(request))
        return web.Response(text=shown.model_dump_json(), content_type="application/json", headers=_HEADERS)

    async def _sheet_of(self, dialog: Dialog, language: Language) -> Sheet:
        is_present = not dialog.is_waiting or await self._desk.is_key_present(dialog)
        left = self._desk.seconds_left(dialog)
        return sheet.of(dialog, language, is_key_present=is_present, seconds_left=left)


async def _secrets(request: web.Request, asked: tuple[Secret, ...]) -> Secrets:
    """The body, read in pieces into memory that can be wiped, and parted at its zero bytes.

    Raises Refused(PIN_EMPTY) when it is too long, Refused(REQUEST_INVALID) when it is not what was asked for; so
    a PIN with a zero byte in it is refused.
    """
    with Pin(bytearray()) as body:
        async for piece in request.content.iter_any():
            body.secret.extend(piece)
            if len(body.secret) > len(asked) * (pins.MAX_PIN_BYTES + 1):
                raise Refused(Problem.PIN_EMPTY)
        parts = [Pin(part) for part in body.secret.split(b"\0")]
    if len(parts) != len(asked) or any(len(part.secret) > pins.MAX_PIN_BYTES for part in parts):
        for part in parts:
            part.wipe()
        if len(parts) != len(asked):
            raise Refused(Problem.REQUEST_INVALID, detail="secrets")
        raise Refused(Problem.PIN_EMPTY)
    return dict(zip(asked, parts, strict=True))


def _page(text: str, *, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=_HEADERS)


def _language(request: web.Request) -> Language:
    return words.choose(request.query.get("lang"), request.headers.get("Accept-Language", ""))


def _facts(window_id: str, shown: Sheet) -> dict[str, str]:
    """Everything page.html names, escaped."""
    said = WORDS[shown.language]
    script = {name: said[name] for name in _SCRIPT_WORDS} | shown.remarks
    script |= {"working": shown.working, "least": str(shown.new_pin_least)}
    position = f'<span class="chip info">{html.escape(shown.position)}</span>' if shown.position else ""
    return {
        **said,
        "language": shown.language,
        "window_id": html.escape(window_id),
        "title": html.escape(shown.title),
        "position": position,
        "lines": "\n".join(_line(line, shown) for line in shown.lines),
        "fields": "\n".join(_input(field, shown) for field in shown.fields),
        "last_try": html.escape(shown.last_try_label),
        "consent": html.escape(shown.consent),
        "confirm": html.escape(shown.confirm),
        "other": "zh" if shown.language == "en" else "en",
        "page_words": html.escape(json.dumps(script, ensure_ascii=False), quote=False),
    }


def _line(line: SheetLine, shown: Sheet) -> str:
    text, hint = html.escape(line.text), html.escape(line.hint)
    small = f'<div class="small">{hint}</div>' if hint else ""
    if line.tone is Tone.CODE:
        what = f'<span class="code" id="code">{text}</span>{small}'
    elif "\n" in line.text or line.name in ("marks", "seals"):
        what = f"<ul>{''.join(f'<li>{one}</li>' for one in text.splitlines())}</ul>"
    elif line.name == "document":
        what = f'<b class="name">{text}</b> <span class="nowrap">· {hint}</span>'
    else:
        chip = (
            f' <span class="chip ok">{WORDS[shown.language]["paired"]}</span>' if line.tone is Tone.OK else ""
        )
        if line.name == "key" and shown.is_demo:
            chip = f' <span class="chip demo">{html.escape(shown.demo_label)}</span>'
        what = f"{f'<b>{text}</b>' if line.name in _STRONG_LINES else text}{chip}{small}"
    return f"      <dt>{html.escape(line.label)}</dt><dd>{what}</dd>"


def _input(field: SheetField, shown: Sheet) -> str:
    """One field; alone its placeholder says enough, of several each keeps its name in sight."""
    name, is_first = html.escape(field.name), field is shown.fields[0]
    look = "hidden" if len(shown.fields) == 1 else "small"
    return (
        f'      <label class="{look}" for="{name}">{html.escape(field.label)}</label>\n'
        f'      <input id="{name}" class="secret" type="password" disabled maxlength="{pins.MAX_PIN_BYTES}"'
        f' placeholder="{html.escape(field.hint)}" autocomplete="off" autocapitalize="off" spellcheck="false"'
        f' aria-describedby="tries"{" autofocus" if is_first else ""}>'
    )
