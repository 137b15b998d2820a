"""Whose request it is: the session cookie, the CSRF value, the page's origin and the network address."""

import secrets
import time
from uuid import UUID

from django.http import HttpRequest
from django.middleware.csrf import get_token, rotate_token
from ninja.utils import check_csrf

from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.access.actor import Asking
from yunqian.server.actions import sessions, upload
from yunqian.server.actions.phone_codes import Place
from yunqian.server.actions.sessions import Visit
from yunqian.server.api import peer
from yunqian.wire.envelope import LoginWay

ROOM_BESIDE_DOCUMENT_BYTES = 64 * 1024  # the parts of a multipart body that are not the document
_PERSON, _TENANT, _CHALLENGE, _BINDING = "person", "tenant", "challenge", "binding"
_BROWSER, _NUMBER, _PROVED_AT = "browser", "number", "proved_at"
FRESH_SECONDS = 10 * 60
"""How long a login or a fresh proof counts as one."""
NUMBER_SECONDS = 15 * 60
"""How long a number that was proved may be registered with."""
_OWN_SITES = frozenset({"same-origin", "none"})
_FETCHED = frozenset({"empty", "worker"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Door:
    """The router's authentication: a session, and for writes the page's origin and CSRF value too."""

    def __call__(self, request: HttpRequest) -> Asking:
        """Who asks. Raises Refused(LOGIN_REQUIRED, ORIGIN_NOT_ALLOWED or DOCUMENT_TOO_LARGE)."""
        claimed = asking(request)
        refuse_foreign_pages(request)
        refuse_oversized(request)
        if request.method not in _READING:
            require_origin(request)
            if check_csrf(request) is not None:
                raise Refused(Problem.ORIGIN_NOT_ALLOWED)
        return claimed


def refuse_foreign_pages(request: HttpRequest) -> None:
    """Refuse what another site's page set off, reads too: the cookie comes along with its links.

    A link to a download would save a document unasked and leave an event that its person never caused. Only
    our own pages have business with the API (`same-origin`), or the person's own hand (`none`); a client that
    says nothing is no browser of today. W3C Fetch Metadata.
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in _OWN_SITES:
        raise Refused(Problem.ORIGIN_NOT_ALLOWED)


def refuse_windows(request: HttpRequest) -> None:
    """Refuse what a browser would show in a window, frame or picture: there it could be kept (manual 6.3).

    Scripts fetch without a destination, and a client that says nothing is no browser of today.
    """
    if request.headers.get("Sec-Fetch-Dest", "empty") not in _FETCHED:
        raise Refused(Problem.ORIGIN_NOT_ALLOWED)


def refuse_oversized(request: HttpRequest) -> None:
    """Refuse by the announced length, before anything reads the body and fills the disk with it."""
    announced = request.headers.get("Content-Length", "")
    size = int(announced) if announced.isascii() and announced.isdigit() else 0
    if size > ROOM_BESIDE_DOCUMENT_BYTES:
        upload.refuse_oversized(size - ROOM_BESIDE_DOCUMENT_BYTES)


def asking(request: HttpRequest) -> Asking:
    """Who asks, by the session. Raises Refused(LOGIN_REQUIRED)."""
    try:
        return Asking(UUID(request.session[_PERSON]), UUID(request.session[_TENANT]))
    except (KeyError, ValueError):
        raise Refused(Problem.LOGIN_REQUIRED) from None


def remember(
    request: HttpRequest, chosen: Asking, *, way: LoginWay | None = None, certificate_sha256: str = ""
) -> None:
    """Begin a session under a new identifier, so that one planted before the login is worth nothing.

    Without `way` the same session goes on, for another organization. One that a certificate opens ends with it;
    raises Refused(LOGIN_CERTIFICATE_UNBOUND) where that was stopped meanwhile, and then there is no session.
    """
    before = request.session.session_key
    request.session.cycle_key()
    request.session[_PERSON] = str(chosen.person_id)
    request.session[_TENANT] = str(chosen.tenant_id)
    rotate_token(request)
    key = request.session.session_key
    assert key is not None
    if way is not None:
        request.session[_PROVED_AT] = time.time()
    if way is None:
        sessions.move(before=before, key=key)
    else:
        visit = Visit(address(request), request.headers.get("User-Agent", ""), certificate_sha256)
        try:
            sessions.note(chosen, before=before, key=key, way=way, visit=visit)
        except Refused:
            request.session.flush()
            raise


def remember_challenge(request: HttpRequest, challenge_id: UUID) -> None:
    """This browser may answer this challenge; one that it was given before is forgotten."""
    request.session[_CHALLENGE] = str(challenge_id)


def taken_challenge(request: HttpRequest) -> UUID | None:
    """The challenge of this browser, which it has from now on no more."""
    held = request.session.pop(_CHALLENGE, None)
    return UUID(held) if isinstance(held, str) else None


def remember_binding(request: HttpRequest, challenge_id: UUID) -> None:
    """This browser may bring the proof for this challenge; one that it was given before is forgotten."""
    request.session[_BINDING] = str(challenge_id)


def taken_binding(request: HttpRequest) -> UUID | None:
    """The challenge that this browser was given to bind a certificate, which it has from now on no more."""
    held = request.session.pop(_BINDING, None)
    return UUID(held) if isinstance(held, str) else None


def place(request: HttpRequest, *, slug: str | None = None) -> Place:
    """From where a code is asked for or answered: this browser, known by a secret of its session."""
    if _BROWSER not in request.session:
        request.session[_BROWSER] = secrets.token_hex(16)
    return Place(browser=request.session[_BROWSER], address=address(request), slug=slug)


def remember_number(request: HttpRequest, index: bytes) -> None:
    """This browser has proved the number of this index."""
    request.session[_NUMBER] = [index.hex(), time.time()]


def proved_number(request: HttpRequest) -> bytes | None:
    """The number that this browser proved a short while ago."""
    held, at = request.session.get(_NUMBER, ("", 0.0))
    return bytes.fromhex(held) if held and 0 <= time.time() - at < NUMBER_SECONDS else None


def forget_number(request: HttpRequest) -> None:
    """The proof is used."""
    request.session.pop(_NUMBER, None)


def remember_step_up(request: HttpRequest) -> None:
    """The person has proved once more who he is; the same session goes on under a new identifier."""
    before = request.session.session_key
    request.session.cycle_key()
    request.session[_PROVED_AT] = time.time()
    key = request.session.session_key
    assert key is not None
    sessions.move(before=before, key=key)


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person has logged in, or proved once more who he is, a short while ago."""
    return 0 <= time.time() - float(request.session.get(_PROVED_AT, 0.0)) < FRESH_SECONDS


def require_step_up(request: HttpRequest) -> None:
    """Raise Refused(STEP_UP_REQUIRED) unless the person has proved lately who he is."""
    if not is_fresh(request):
        raise Refused(Problem.STEP_UP_REQUIRED)


def forget(request: HttpRequest) -> None:
    """End the session on the server; its cookie opens nothing any more."""
    sessions.forget(request.session.session_key)
    request.session.flush()


def csrf(request: HttpRequest) -> str:
    """The value that every write of this session must carry in X-CSRFToken."""
    return get_token(request)


def require_origin(request: HttpRequest) -> None:
    """Refuse a write from a page of another origin. A client that names none is no browser's page."""
    named = request.headers.get("Origin")
    if named is not None and named not in settings.current().origins:
        raise Refused(Problem.ORIGIN_NOT_ALLOWED)


def origin(request: HttpRequest) -> str:
    """The origin of the page that asks, which a signing order must name: one of ours, or else the first."""
    known = settings.current().origins
    here = f"{request.scheme}://{request.get_host()}"
    named = request.headers.get("Origin", here)
    return named if named in known else here if here in known else known[0]


def address(request: HttpRequest) -> str:
    """The client's network address, for counting its tries; see peer.py for whose headers are believed."""
    found = peer.client(
        str(request.META.get("REMOTE_ADDR", "")),
        str(request.META.get("HTTP_X_FORWARDED_FOR", "")),
        trusted=settings.current().trusted_proxies,
    )
    return peer.counted(found)
