"""Logging in (password), choosing an organization, and the pauses between wrong passwords.

The pause counts failures of one account from one address, so nobody can lock a person out from elsewhere; a
second, wider count per address stops a machine that tries many accounts. Every try costs one Argon2id, known
account or not, so the time of the answer tells nothing.
"""

import functools
import logging
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.server import scope
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.actions import Done, Trace, action, later, ledger, phone_codes
from yunqian.server.actions.phone_codes import Place
from yunqian.server.queries import person as people
from yunqian.server.queries import personal, query
from yunqian.server.records.models import LoginAttempt, LoginChallenge, OpenSession, Person
from yunqian.wire.envelope import LoginWay
from yunqian.wire.people import CodePurpose, CodeSent

_log = logging.getLogger(__name__)
FAILURES_BEFORE_PAUSE = 5
FAILURES_PER_ADDRESS = 100
PAUSE = timedelta(minutes=15)
ATTEMPTS_KEPT = timedelta(days=30)
CHALLENGES_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class _Tried:
    person_id: UUID | None
    home_id: UUID | None


def log_in(*, account: str, password: str, address: str) -> Asking:
    """Who logs in, and for which organization: his home one, or the first in which he is active.

    `account` may be the person's mobile number too. Raises Refused(LOGIN_INCORRECT, LOGIN_PAUSED or
    MEMBER_SUSPENDED).
    """
    tried = _try(account=account, password=password, address=address)
    if tried.person_id is None:
        raise Refused(Problem.LOGIN_INCORRECT)
    return _arrived(tried.person_id, tried.home_id)


def log_in_by_phone(*, mobile: str, code: str, place: Place) -> Asking:
    """Who has this number, proved by the code that went there.

    Raises Refused(MOBILE_INVALID, PHONE_CODE_WRONG, PHONE_NOT_REGISTERED or MEMBER_SUSPENDED).
    """
    index = phone_codes.take(mobile=mobile, purpose=CodePurpose.LOGIN, place=place, code=code)
    with scope.platform():
        person = Person.objects.filter(mobile_index=index).exclude(verified_at=None).first()
    if person is None:
        raise Refused(Problem.PHONE_NOT_REGISTERED)
    return _arrived(person.id, person.home_id, facts={"way": LoginWay.PHONE})


def _arrived(person_id: UUID, home_id: UUID | None, *, facts: dict[str, str] | None = None) -> Asking:
    nowhere = Asking(person_id, UUID(int=0))
    tenants = people.tenants_of(nowhere) or people.refuse_nowhere(nowhere)
    chosen = next((one for one in tenants if one.id == home_id), tenants[0])
    asking = Asking(person_id, chosen.id)
    record_opened(asking, facts=facts)
    return asking


def send_step_up(asking: Asking, *, place: Place) -> CodeSent:
    """A code to one's own number. Raises Refused(PHONE_NOT_REGISTERED) for who has none."""
    mobile = own_mobile(asking)
    if mobile is None:
        raise Refused(Problem.PHONE_NOT_REGISTERED)
    return phone_codes.send(mobile=mobile, purpose=CodePurpose.STEP_UP, place=place)


def step_up(asking: Asking, *, password: str | None, code: str | None, place: Place) -> None:
    """Prove once more who one is, by one of the two.

    Raises Refused(LOGIN_INCORRECT, LOGIN_PAUSED, PHONE_CODE_WRONG, PHONE_NOT_REGISTERED or REQUEST_INVALID).
    """
    if (password is None) == (code is None):
        raise Refused(Problem.REQUEST_INVALID, detail="one of password and code")
    if password is not None:
        account = own_account(asking)
        if _try(account=account, password=password, address=place.address).person_id is None:
            raise Refused(Problem.LOGIN_INCORRECT)
    elif code is not None:
        mobile = own_mobile(asking)
        if mobile is None:
            raise Refused(Problem.PHONE_NOT_REGISTERED)
        phone_codes.take(mobile=mobile, purpose=CodePurpose.STEP_UP, place=place, code=code)
    record_step_up(asking)


@action("session.stepped_up")
def record_step_up(actor: Actor) -> Done[None]:
    """Leave the event that a person proved once more who he is."""
    return Done(None, Trace(scope.Pass(actor.tenant_id), None))


@query
def own_mobile(actor: Actor) -> str | None:
    """The actor's own number, for a code to go there."""
    return personal.mobile(Person.objects.get(id=actor.person_id))


@query
def own_account(actor: Actor) -> str:
    """The actor's own account."""
    return actor.account


@action("session.opened")
def record_opened(actor: Actor, *, facts: dict[str, str] | None = None) -> Done[None]:
    """Leave the event that a session was opened; `facts` tell how, where it was not by password."""
    return Done(None, Trace(scope.Pass(actor.tenant_id), None, facts or {}))


@query
def require_member(actor: Actor) -> None:
    """Raise what recognising the actor raises, before anything is ended for him."""


@action("session.closed")
def log_out(actor: Actor) -> Done[None]:
    """Leave the event that a session was closed by its person."""
    return Done(None, Trace(scope.Pass(actor.tenant_id), None))


def choose(asking: Asking, *, tenant_id: str) -> Asking:
    """Act for another of one's organizations. Raises Refused(TENANT_NOT_FOUND)."""
    chosen = Asking(asking.person_id, people.chosen_tenant(asking, tenant_id).id)
    record_opened(chosen)
    return chosen


def record_refusal(*, account: str, at: datetime) -> None:
    """Leave the event of a refused login in the ledger of the account's home, if there is such an account.

    Done by a job, so that the answer takes the same time whether there is one or not.
    """
    _record_at_home("login.refused", Problem.LOGIN_INCORRECT, account=account, at=at)


def record_pause(*, account: str, at: datetime) -> None:
    """Leave the event that tries for this account are paused for an address: one for each pause.

    The tries that the pause refuses leave none, or whoever goes on trying would fill the ledger.
    """
    _record_at_home("login.paused", Problem.LOGIN_PAUSED, account=account, at=at)


def forget_old(*, now: datetime) -> None:
    """Delete the sessions that have ended by themselves, and the tries and challenges that nobody asks for."""
    with scope.platform(is_writing=True):
        Session.objects.filter(expire_date__lt=now).delete()
        OpenSession.objects.exclude(key__in=Session.objects.values("session_key")).delete()
        LoginAttempt.objects.filter(at__lt=now - ATTEMPTS_KEPT).delete()
        LoginChallenge.objects.filter(expires_at__lt=now - CHALLENGES_KEPT).delete()
    phone_codes.forget_old(now=now)


def _record_at_home(kind: str, problem: Problem, *, account: str, at: datetime) -> None:
    with scope.platform():
        person = Person.objects.filter(account=account).first()
    if person is None or person.home_id is None:
        return
    with scope.entered(person_id=None, tenant_id=person.home_id):
        ledger.append(
            kind,
            envelope_id=None,
            person_id=person.id,
            facts={"problem": problem.code},
            at=at,
        )


def _try(*, account: str, password: str, address: str) -> _Tried:
    """One try, counted whatever its outcome. A lock lets one account and address try one after another.

    Raises Refused(LOGIN_PAUSED), which is not counted: waiting must end some time.
    """
    account = _known_as(account)
    with scope.platform(is_writing=True):
        scope.alone(f"{account}|{address}")
        now = timezone.now()
        _refuse_paused(account, address, now)
        person = Person.objects.filter(account=account).first()
        is_right = check_password(password, person.password if person else _nobody()) and person is not None
        LoginAttempt.objects.create(account=account, address=address, is_successful=is_right, at=now)
        if not is_right:
            later.defer(later.LOGIN_REFUSED, account=account, at=now.isoformat())
            _note_pause(account, address, now)
    return _Tried(person.id, person.home_id) if person and is_right else _Tried(None, None)


def _known_as(account: str) -> str:
    """The account behind a mobile number, or what stands for a number that is nobody's: it is written nowhere."""
    index = personal.mobile_index(account)
    if index is None:
        return account
    with scope.platform():
        person = Person.objects.filter(mobile_index=index).exclude(verified_at=None).first()
    return person.account if person else f"mobile:{index.hex()}"


def _refuse_paused(account: str, address: str, now: datetime) -> None:
    ends = (_end_for_account(account, address, now), _end_for_address(address, now))
    left = max((end - now for end in ends if end), default=None)
    if left is not None:
        raise Refused(Problem.LOGIN_PAUSED, minutes=max(1, math.ceil(left.total_seconds() / 60)))


def _note_pause(account: str, address: str, now: datetime) -> None:
    """Tell that a pause begins with this failure; before it there was none, or it would not have been counted.

    A pause of a whole address concerns no organization more than others, so the operator's log is told.
    """
    if _end_for_account(account, address, now):
        later.defer(later.LOGIN_PAUSED, account=account, at=now.isoformat())
    if _end_for_address(address, now):
        _log.warning("logins from %s are paused after %d failures", address, FAILURES_PER_ADDRESS)


def _end_for_account(account: str, address: str, now: datetime) -> datetime | None:
    own = _recent(address, now).filter(account=account)
    success = own.filter(is_successful=True).first()
    return _end_of_pause(own.filter(at__gt=success.at) if success else own, FAILURES_BEFORE_PAUSE)


def _end_for_address(address: str, now: datetime) -> datetime | None:
    return _end_of_pause(_recent(address, now), FAILURES_PER_ADDRESS)


def _recent(address: str, now: datetime) -> QuerySet[LoginAttempt]:
    return LoginAttempt.objects.filter(address=address, at__gt=now - PAUSE).order_by("-at")


def _end_of_pause(attempts: QuerySet[LoginAttempt], most: int) -> datetime | None:
    """When the oldest of the last `most` failures is old enough; None where there are not so many."""
    failures = list(attempts.filter(is_successful=False)[:most])
    return failures[-1].at + PAUSE if len(failures) == most else None


@functools.cache
def _nobody() -> str:
    """A hash that no password fits, so that an unknown account costs the same work."""
    return make_password("nobody has this account")
