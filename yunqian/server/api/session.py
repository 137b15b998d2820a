"""The platform before login, and the session."""

from django.http import HttpRequest
from ninja import Router, Status

from yunqian import __version__
from yunqian.server import settings
from yunqian.server.actions import certificate_login, login, shown_certificates
from yunqian.server.actions import sessions as ending
from yunqian.server.actions import upload as uploads
from yunqian.server.api import auth
from yunqian.server.api.pace import Pace
from yunqian.server.queries import demo, orders, person, sessions
from yunqian.wire.envelope import (
    CertificateShown,
    ChooseTenant,
    Entry,
    Login,
    LoginWay,
    OpenSession,
    PersonRef,
    Platform,
    Session,
)
from yunqian.wire.keys import OLDEST_PROTOCOL
from yunqian.wire.orders import LoginResult, SignedOrder
from yunqian.wire.platforms import pairing_code

router = Router(tags=["session"])
PACE = Pace(most=60, seconds=60)
ENTRY_PACE = Pace(most=120, seconds=60)
"""An office may share one address; a login takes two."""


@router.get("/platform", response=Platform, auth=None)
def platform(request: HttpRequest) -> Platform:
    """What the page needs to know before anybody is logged in."""
    config = settings.current()
    return Platform(
        name=config.name,
        version=__version__,
        is_demo=config.is_demo,
        demo_accounts=demo.accounts() if config.is_demo else (),
        client_ports=config.client_ports,
        oldest_client_protocol=OLDEST_PROTOCOL,
        upload_limit_bytes=config.upload_limit_bytes,
        takes_word=uploads.takes_word(),
        pairing_code=pairing_code(orders.card(origin=auth.origin(request))),
    )


@router.get("/entry", response=Entry, auth=None)
def entry(request: HttpRequest, slug: str) -> Entry:
    """Whose entry address /t/{slug} is."""
    ENTRY_PACE.require(auth.address(request))
    return person.entry(slug)


@router.get("/session", response=Session)
def read(request: HttpRequest) -> Session:
    """Who is logged in."""
    return person.session(auth.asking(request), csrf=auth.csrf(request))


@router.post("/session", response=Session, auth=None)
def begin(request: HttpRequest, body: Login) -> Session:
    """Log in. There is no session yet to forge a request for, so the page's origin is what is checked."""
    auth.require_origin(request)
    asking = login.log_in(account=body.account, password=body.password, address=auth.address(request))
    auth.remember(request, asking, way=LoginWay.PASSWORD)
    return person.session(asking, csrf=auth.csrf(request))


@router.post("/session/challenges", response=SignedOrder, auth=None)
def challenge(request: HttpRequest, body: CertificateShown) -> SignedOrder:
    """An order for the security client: prove the key of this certificate. Only this browser may bring its answer."""
    auth.require_origin(request)
    PACE.require(auth.address(request))
    given = certificate_login.challenge(certificate=body.certificate, origin=auth.origin(request))
    auth.remember_challenge(request, given.id)
    return given.order


@router.post("/session/certificate", response=Session, auth=None)
def begin_by_certificate(request: HttpRequest, body: LoginResult) -> Session:
    """Log in with what the key signed."""
    auth.require_origin(request)
    PACE.require(auth.address(request))
    asking = certificate_login.log_in(challenge_id=auth.taken_challenge(request), result=body)
    shown = shown_certificates.read(body.certificate)
    auth.remember(request, asking, way=LoginWay.CERTIFICATE, certificate_sha256=shown.sha256)
    return person.session(asking, csrf=auth.csrf(request))


@router.delete("/session", response={204: None})
def end(request: HttpRequest) -> Status[None]:
    """Log out. The session ends before its end is recorded: no ledger says closed of one that still opens."""
    asking = auth.asking(request)
    login.require_member(asking)
    auth.forget(request)
    login.log_out(asking)
    return Status(204, None)


@router.post("/session/tenant", response=Session)
def choose(request: HttpRequest, body: ChooseTenant) -> Session:
    """Act for another of one's organizations."""
    chosen = login.choose(auth.asking(request), tenant_id=body.tenant_id)
    auth.remember(request, chosen)
    return person.session(chosen, csrf=auth.csrf(request))


@router.get("/sessions", response=list[OpenSession])
def open_sessions(request: HttpRequest) -> list[OpenSession]:
    """Where I am logged in."""
    return list(sessions.mine(auth.asking(request), current_key=request.session.session_key))


@router.delete("/sessions/{session_id}", response={204: None})
def end_session(request: HttpRequest, session_id: str) -> Status[None]:
    """Log out somewhere else."""
    ending.end(auth.asking(request), session_id=session_id)
    return Status(204, None)


@router.get("/people", response=list[PersonRef])
def people(request: HttpRequest) -> list[PersonRef]:
    """The active members of my organization."""
    return list(person.colleagues(auth.asking(request)))
