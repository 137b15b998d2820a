"""A person's own sessions: noted when they begin, told to the person, and ended from anywhere (manual 3.2).

What decides is the session store alone. A note without its session is told to nobody and swept; a session without its
note works, and ends by itself.
"""

from dataclasses import dataclass

from django.contrib.sessions.models import Session
from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import CertificateState
from yunqian.server import scope
from yunqian.server.access import certificates, found
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.actions import Done, Trace, action
from yunqian.server.records.models import Certificate, OpenSession
from yunqian.wire.envelope import LoginWay


@dataclass(frozen=True)
class Visit:
    """From where a session was opened, as far as a request tells."""

    address: str
    browser: str
    certificate_sha256: str = ""
    """Of the certificate that opened it, where one did."""


def note(asking: Asking, *, before: str | None, key: str, way: LoginWay, visit: Visit) -> None:
    """A session has begun under `key`, in the place of the one that this browser had `before`.

    Raises Refused(LOGIN_CERTIFICATE_UNBOUND) where its certificate was stopped while it was opened.
    """
    with scope.platform(is_writing=True):
        if visit.certificate_sha256:
            _require_bound(asking, visit.certificate_sha256)
        OpenSession.objects.filter(key=before).delete()
        OpenSession.objects.create(
            person_id=asking.person_id,
            key=key,
            way=way,
            certificate_sha256=visit.certificate_sha256,
            address=visit.address[:64],
            browser="".join(filter(str.isprintable, visit.browser))[:300],
        )


def _require_bound(asking: Asking, sha256: str) -> None:
    """Under the lock of whoever stops it, so that no session slips in between and stays."""
    certificates.lock(sha256)
    with scope.showing(sha256):
        rows = Certificate.objects.filter(sha256=sha256, person_id=asking.person_id)
        if not rows.filter(state=CertificateState.BOUND).exists():
            raise Refused(Problem.LOGIN_CERTIFICATE_UNBOUND)


def move(*, before: str | None, key: str) -> None:
    """The same session goes on under another key."""
    with scope.platform(is_writing=True):
        OpenSession.objects.filter(key=before).update(key=key)


def forget(key: str | None) -> None:
    """The session of this key is over."""
    with scope.platform(is_writing=True):
        OpenSession.objects.filter(key=key).delete()


@action("session.closed")
def end(actor: Actor, *, session_id: str) -> Done[None]:
    """End one of one's own sessions, from its next request on. Raises Refused(SESSION_NOT_FOUND)."""
    own = _own(actor, session_id)
    if not Session.objects.filter(session_key=own.key, expire_date__gt=timezone.now()).delete()[0]:
        raise Refused(Problem.SESSION_NOT_FOUND)
    own.delete()
    return Done(None, Trace(scope.Pass(actor.tenant_id), None, {"from_elsewhere": True}))


def _own(actor: Actor, session_id: str) -> OpenSession:
    rows = OpenSession.objects.filter(person_id=actor.person_id)
    return found.one(rows, session_id, Problem.SESSION_NOT_FOUND)
