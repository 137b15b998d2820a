"""The client's own page, `GET /`: its state, its keys, whom it obeys, and where a person pairs a platform.

It holds no script. A page of another site can neither read it nor frame it nor post to it: a request must come from
this page itself (Origin and Sec-Fetch-Site) and bring a number that was given out with it, once and for ten minutes.
"""

import asyncio
import html
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from string import Template
from urllib.parse import parse_qsl

from aiohttp import web

from yunqian import __version__
from yunqian.agent import asking, config, pairing
from yunqian.agent.desk import Desk
from yunqian.agent.pairing import Pairings
from yunqian.agent.releases import Notice
from yunqian.agent.window import words
from yunqian.agent.window.home_words import WORDS
from yunqian.agent.window.page import plain
from yunqian.agent.window.words import Language
from yunqian.problems import Problem, Refused
from yunqian.wire.keys import Key
from yunqian.wire.platforms import PlatformCard, pairing_code

MAX_FORM_BYTES = 4096
KEYS_LIMIT_SECONDS = 3.0
DOCTOR = "yunqian-agent doctor"
_KEPT_SECONDS = 600.0
_MAX_KEPT = 200
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Accept-Language",
}
CardOf = Callable[[str], Awaitable[PlatformCard]]


@dataclass(frozen=True, slots=True)
class _Ask:
    """What a number stands for: any form, or one question to the person about this card or this origin."""

    until: float
    card: PlatformCard | None = None
    removing: str = ""


@dataclass(slots=True)
class _Numbers:
    """One-time numbers; the oldest go first, so that a page opened a thousand times costs no memory."""

    kept: dict[str, _Ask] = field(default_factory=dict)

    def give(self, *, card: PlatformCard | None = None, removing: str = "") -> str:
        """A number for one use of a form."""
        while len(self.kept) >= _MAX_KEPT:
            self.kept.pop(next(iter(self.kept)))
        number = secrets.token_urlsafe(24)
        self.kept[number] = _Ask(time.monotonic() + _KEPT_SECONDS, card, removing)
        return number

    def take(self, number: str) -> _Ask:
        """What it was given for; it is used up. Raises Refused(PAIRING_PAGE_OLD)."""
        ask = self.kept.pop(number, None)
        if ask is None or time.monotonic() > ask.until:
            raise Refused(Problem.PAIRING_PAGE_OLD)
        return ask


class Home:
    """The page and its three forms. `newer` tells of a newer client, `card_of` fetches what a platform says."""

    def __init__(
        self,
        desk: Desk,
        pairings: Pairings,
        *,
        newer: Callable[[], Notice | None],
        has_drivers: bool,
        card_of: CardOf = pairing.card_of,
    ) -> None:
        self._desk = desk
        self._pairings = pairings
        self._newer = newer
        self._has_drivers = has_drivers
        self._card_of = card_of
        self._numbers = _Numbers()

    def add_routes(self, app: web.Application) -> None:
        """Add the page's addresses."""
        app.router.add_get("/", self.page, allow_head=False)
        app.router.add_get("/home/home.css", self.style, allow_head=False)
        app.router.add_post("/home/pair", self.pair)
        app.router.add_post("/home/remove", self.remove)
        app.router.add_post("/home/answer", self.answer)

    async def page(self, request: web.Request) -> web.Response:
        """The page itself, opened by the person; nothing that another page embeds or fetches."""
        _refuse_embedding(request)
        return await self._shown(request)

    async def style(self, request: web.Request) -> web.Response:
        """What it looks like."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise Refused(Problem.ORIGIN_NOT_ALLOWED)
        return web.Response(text=_packaged("home.css"), content_type="text/css", headers=_HEADERS)

    async def pair(self, request: web.Request) -> web.Response:
        """Fetch what the platform says of itself and ask the person."""
        form = await _form(request)
        try:
            self._numbers.take(form.get("number", ""))
            card = await self._card_of(asking.origin_of(form.get("address", "")))
            self._pairings.check(card)
        except Refused as refusal:
            return await self._shown(request, refusal=refusal)
        said = WORDS[_language(request)]
        return self._asked(
            request,
            self._numbers.give(card=card),
            title=said["ask_title"],
            about=(card.name, card.origin, pairing_code(card)),
            hint=said["ask_hint"],
            answers=(said["ask_yes"], said["ask_no"]),
        )

    async def remove(self, request: web.Request) -> web.Response:
        """Ask the person whether the client shall obey this platform no longer."""
        form = await _form(request)
        try:
            self._numbers.take(form.get("number", ""))
        except Refused as refusal:
            return await self._shown(request, refusal=refusal)
        known = next((one for one in self._pairings.platforms if one.origin == form.get("origin")), None)
        if known is None:
            return await self._shown(request)
        said = WORDS[_language(request)]
        return self._asked(
            request,
            self._numbers.give(removing=known.origin),
            title=said["remove_title"],
            about=(known.name, known.origin, ""),
            hint=said["remove_hint"],
            answers=(said["remove_yes"], said["remove_no"]),
        )

    async def answer(self, request: web.Request) -> web.Response:
        """The person's yes or no to the one question that this number was given out with."""
        form = await _form(request)
        said = WORDS[_language(request)]
        try:
            ask = self._numbers.take(form.get("number", ""))
            if form.get("answer") != "yes":
                return await self._shown(request, note=said["not_paired"] if ask.card else "")
            if ask.card is not None:
                await self._pairings.pair(ask.card)
                name, origin = plain(ask.card.name), ask.card.origin
                return await self._shown(request, note=said["paired"].format(name=name, origin=origin))
            if not ask.removing:
                raise Refused(Problem.PAIRING_PAGE_OLD)
            await self._pairings.remove(ask.removing)
        except Refused as refusal:
            return await self._shown(request, refusal=refusal)
        return await self._shown(request, note=said["removed"].format(origin=ask.removing))

    async def _shown(
        self, request: web.Request, *, refusal: Refused | None = None, note: str = ""
    ) -> web.Response:
        language = _language(request)
        number = self._numbers.give
        parts = [
            _newer(self._newer(), language),
            await self._keys(language),
            _platforms(self._pairings, language, number),
            _filled(
                "home_pair.html",
                WORDS[language],
                number=number(),
                language=language,
                autofocus=_focus(refusal),
            ),
        ]
        banner = _banner(refusal.text(language), "bad") if refusal else _banner(note, "good")
        status = refusal.problem.row.status if refusal else 200
        return _whole(request, banner=banner, content="\n".join(parts), status=status)

    def _asked(
        self,
        request: web.Request,
        number: str,
        *,
        title: str,
        about: tuple[str, str, str],
        hint: str,
        answers: tuple[str, str],
    ) -> web.Response:
        name, origin, code = about
        facts = {
            "title": title,
            "name": _safe(name),
            "origin": _safe(origin),
            "code": f'<span class="code" id="code">{_safe(code)}</span>' if code else "",
            "hint": hint,
            "yes": answers[0],
            "no": answers[1],
            "number": number,
            "language": _language(request),
        }
        return _whole(request, banner="", content=_filled("home_ask.html", facts), status=200)

    async def _keys(self, language: Language) -> str:
        said = WORDS[language]
        if not self._has_drivers:
            text = said["no_drivers"].format(file=config.CONFIG_NAME)
            return _section(said["keys"].format(count=0), f'<p class="none">{_safe(text)}</p>')
        try:
            keys = (await asyncio.wait_for(self._desk.keys(), KEYS_LIMIT_SECONDS)).keys
        except (Refused, TimeoutError) as error:
            reason = error if isinstance(error, Refused) else Refused(Problem.KEY_TIMED_OUT)
            text = said["keys_failed"].format(text=reason.text(language))
            return _section(said["keys"].format(count="?"), f'<p class="none">{_safe(text)}</p>')
        title = said["keys"].format(count=len(keys))
        if not keys:
            return _section(title, f'<p class="none">{_safe(said["no_keys"].format(doctor=DOCTOR))}</p>')
        rows = "".join(_key(one, said) for one in keys)
        return _section(title, f'<ul class="list">{rows}</ul>')


def is_own(request: web.Request) -> bool:
    """Whether this request belongs to the client's own page."""
    return request.path == "/" or request.path.startswith("/home/")


def _refuse_embedding(request: web.Request) -> None:
    """Only a document of its own, opened by a GET. Raises Refused(ORIGIN_NOT_ALLOWED)."""
    destination = request.headers.get("Sec-Fetch-Dest", "document")
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    if (destination, mode) != ("document", "navigate") or "Origin" in request.headers:
        raise Refused(Problem.ORIGIN_NOT_ALLOWED)


async def _form(request: web.Request) -> dict[str, str]:
    """The fields of a form of this very page. Raises Refused(ORIGIN_NOT_ALLOWED | REQUEST_INVALID | …_TOO_LARGE)."""
    is_ours = request.headers.get("Origin") == f"http://{request.host}"
    if not is_ours or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Refused(Problem.ORIGIN_NOT_ALLOWED)
    if request.content_type != "application/x-www-form-urlencoded":
        raise Refused(Problem.REQUEST_INVALID, detail="content-type")
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > MAX_FORM_BYTES:
            raise Refused(Problem.REQUEST_TOO_LARGE, limit_kb=MAX_FORM_BYTES // 1024)
    try:
        return dict(
            parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=8, errors="strict")
        )
    except ValueError:
        raise Refused(Problem.REQUEST_INVALID, detail="form") from None


def _language(request: web.Request) -> Language:
    return words.choose(request.query.get("lang"), request.headers.get("Accept-Language", ""))


@cache
def _packaged(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _filled(name: str, facts: Mapping[str, str], /, **more: str) -> str:
    return Template(_packaged(name)).substitute(facts, **more)


def _whole(request: web.Request, *, banner: str, content: str, status: int) -> web.Response:
    language = _language(request)
    said = WORDS[language]
    text = _filled(
        "home.html",
        said,
        banner=banner,
        content=content,
        version=said["version"].format(version=__version__),
        address=_safe(request.host),
        other="zh" if language == "en" else "en",
    )
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=_HEADERS)


def _safe(text: str) -> str:
    """Text of others for a page: nothing invisible, nothing that is markup."""
    return html.escape(plain(text))


def _focus(refusal: Refused | None) -> str:
    return " autofocus" if refusal is not None else ""


def _banner(text: str, tone: str) -> str:
    return f'<p class="banner {tone}" role="alert">{_safe(text)}</p>' if text else ""


def _section(title: str, content: str) -> str:
    return f"<section><h2>{_safe(title)}</h2>{content}</section>"


def _key(key: Key, said: Mapping[str, str]) -> str:
    chips = f'<span class="chip demo">{said["demo"]}</span>' if key.is_demo else ""
    chips += f'<span class="chip demo">{said["key_locked"]}</span>' if key.is_locked else ""
    told = f"{key.serial} · {key.driver} · {said['certificates'].format(count=len(key.certificates))}"
    return f'<li><div class="what"><b>{_safe(key.label)}</b> {chips}<div class="small">{_safe(told)}</div></div></li>'


def _platforms(pairings: Pairings, language: Language, number: Callable[[], str]) -> str:
    said = WORDS[language]
    title = said["platforms"].format(count=len(pairings.platforms))
    if not pairings.platforms:
        return _section(title, f'<p class="none">{said["no_platforms"]}</p>')
    rows = (
        _filled(
            "home_platform.html",
            said,
            name=_safe(one.name),
            origin=_safe(one.origin),
            the_code=pairing.code_of(one),
            number=number(),
            language=language,
        )
        for one in pairings.platforms
    )
    return _section(title, f'<ul class="list">{"".join(rows)}</ul>')


def _newer(notice: Notice | None, language: Language) -> str:
    if notice is None:
        return ""
    said = WORDS[language]
    facts = {"version": notice.version, "date": f"{notice.released_at:%Y-%m-%d}", "origin": notice.origin}
    if notice.archive is None:
        return _banner(said["newer_elsewhere"].format(**facts), "")
    address = _safe(notice.address)
    return (
        f'<div class="banner" id="newer">{_safe(said["newer"].format(**facts))}<br>'
        f'<a href="{address}" rel="noreferrer">{address}</a><br><code>SHA-256 {notice.archive.sha256}</code></div>'
    )
