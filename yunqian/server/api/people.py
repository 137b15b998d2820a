"""Codes by short message, real-name registration, one's own account, and the fresh proof that some acts ask for."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Status

from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.actions import certificate_login, login, mail_codes, passwords, phone_codes, registration
from yunqian.server.api import auth
from yunqian.server.api.pace import Pace
from yunqian.server.queries import demo, person, profile
from yunqian.wire.envelope import LoginWay, Session
from yunqian.wire.orders import LoginResult
from yunqian.wire.people import (
    AskCode,
    AskMailCode,
    CodePurpose,
    CodeSent,
    MailCodeSent,
    MailProof,
    PhoneProof,
    Profile,
    Register,
    SandboxLetter,
    SandboxMessage,
    SetPassword,
    StepUp,
)

router = Router(tags=["people"])
PACE = Pace(most=60, seconds=60)


@router.post("/phone-codes", response=CodeSent, auth=None)
def ask_code(request: HttpRequest, body: AskCode) -> CodeSent:
    """Send a code to a number, known or not."""
    auth.require_origin(request)
    PACE.require(auth.address(request))
    place = auth.place(request, slug=body.slug)
    return phone_codes.send(mobile=body.mobile, purpose=body.purpose, place=place)


@router.post("/registration/proof", response={204: None}, auth=None)
def prove_number(request: HttpRequest, body: PhoneProof) -> Status[None]:
    """The first step of registering: this number is in my hand."""
    auth.require_origin(request)
    PACE.require(auth.address(request))
    place = auth.place(request)
    index = phone_codes.take(mobile=body.mobile, purpose=CodePurpose.REGISTER, place=place, code=body.code)
    auth.remember_number(request, index)
    return Status(204, None)


@router.post("/registration", response=Session, auth=None)
def register(request: HttpRequest, body: Register) -> Session:
    """The second step: name and ID number, which the carrier is asked about. Logs in."""
    auth.require_origin(request)
    PACE.require(auth.address(request))
    asking = registration.register(wanted=body, proved=auth.proved_number(request))
    auth.forget_number(request)
    auth.remember(request, asking, way=LoginWay.PHONE)
    return person.session(asking, csrf=auth.csrf(request))


@router.post("/session/phone", response=Session, auth=None)
def begin_by_phone(request: HttpRequest, body: PhoneProof) -> Session:
    """Log in with the code that came to one's number."""
    auth.require_origin(request)
    PACE.require(auth.address(request))
    asking = login.log_in_by_phone(mobile=body.mobile, code=body.code, place=auth.place(request))
    auth.remember(request, asking, way=LoginWay.PHONE)
    return person.session(asking, csrf=auth.csrf(request))


@router.post("/session/step-up/code", response=CodeSent)
def send_step_up(request: HttpRequest) -> CodeSent:
    """A code to my own number, for a fresh proof."""
    return login.send_step_up(auth.asking(request), place=auth.place(request))


@router.post("/session/step-up", response=Session)
def step_up(request: HttpRequest, body: StepUp) -> Session:
    """Prove once more who I am, by password or code."""
    asking = auth.asking(request)
    login.step_up(asking, password=body.password, code=body.code, place=auth.place(request))
    auth.remember_step_up(request)
    return person.session(asking, csrf=auth.csrf(request))


@router.post("/session/step-up/certificate", response=Session)
def step_up_by_certificate(request: HttpRequest, body: LoginResult) -> Session:
    """Prove once more who I am, by what my key signed."""
    asking = auth.asking(request)
    proved = certificate_login.log_in(challenge_id=auth.taken_challenge(request), result=body)
    if proved.person_id != asking.person_id:
        raise Refused(Problem.LOGIN_CERTIFICATE_UNBOUND)
    login.record_step_up(asking)
    auth.remember_step_up(request)
    return person.session(asking, csrf=auth.csrf(request))


@router.get("/profile", response=Profile)
def read_profile(request: HttpRequest) -> Profile:
    """My own account."""
    return profile.own(auth.asking(request), is_fresh=auth.is_fresh(request))


@router.post("/profile/mail/code", response=MailCodeSent)
def send_mail_code(request: HttpRequest, body: AskMailCode) -> MailCodeSent:
    """A code to the address that I want to be written to."""
    PACE.require(auth.address(request))
    return mail_codes.send(auth.asking(request), address=body.address)


@router.put("/profile/mail", response=Profile)
def prove_mail(request: HttpRequest, body: MailProof) -> Profile:
    """The code came: write to me there."""
    PACE.require(auth.address(request))
    mail_codes.prove(auth.asking(request), code=body.code)
    return profile.own(auth.asking(request), is_fresh=auth.is_fresh(request))


@router.delete("/profile/mail", response=Profile)
def remove_mail(request: HttpRequest) -> Profile:
    """Write to me no more."""
    mail_codes.remove(auth.asking(request))
    return profile.own(auth.asking(request), is_fresh=auth.is_fresh(request))


@router.put("/password", response={204: None})
def set_password(request: HttpRequest, body: SetPassword) -> Status[None]:
    """Choose a password; all my other sessions end."""
    auth.require_step_up(request)
    passwords.choose(auth.asking(request), password=body.password, session_key=request.session.session_key)
    return Status(204, None)


@router.get("/demo/letters", response=list[SandboxLetter])
def sandbox_letters(
    request: HttpRequest, address: Annotated[str, Query(max_length=254)]
) -> list[SandboxLetter]:
    """What the demonstration's outbox caught for an address; only where no mail is really sent."""
    if not settings.current().is_demo:
        raise Refused(Problem.NOT_FOUND)
    PACE.require(auth.address(request))
    return list(demo.letters(address))


@router.get("/demo/messages", response=list[SandboxMessage], auth=None)
def sandbox_messages(
    request: HttpRequest, mobile: Annotated[str, Query(max_length=30)]
) -> list[SandboxMessage]:
    """What the demonstration's outbox caught for a number; only where no short message is really sent."""
    if not settings.current().is_demo:
        raise Refused(Problem.NOT_FOUND)
    PACE.require(auth.address(request))
    return list(demo.messages(mobile))
