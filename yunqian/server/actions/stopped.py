"""What a certificate that was stopped here is refused with, and the sessions that end with it."""

from uuid import UUID

from django.contrib.sessions.models import Session

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import CertificateState
from yunqian.server.records.models import OpenSession

_WORDS = {
    CertificateState.SUSPENDED: ("已被停用", "is suspended"),
    CertificateState.LOST: ("已挂失", "was reported lost"),
    CertificateState.REPLACED: ("已由更新后的证书替换", "was replaced by a renewed one"),
}


def require_bound(state: str, *, owner: str) -> None:
    """Refuse a certificate that our own rows stop. Raises Refused(CERTIFICATE_REVOKED or CERTIFICATE_STOPPED)."""
    if state == CertificateState.BOUND:
        return
    if state == CertificateState.REVOKED:
        raise Refused(Problem.CERTIFICATE_REVOKED, owner=owner)
    chinese, english = _WORDS[CertificateState(state)]
    raise Refused(Problem.CERTIFICATE_STOPPED, owner=owner, state_zh=chinese, state_en=english)


def end_sessions(*, sha256: str, person_id: UUID | None) -> None:
    """End every session of the person that this certificate opened, from its next request on."""
    if person_id is None:  # an organization's certificate logs nobody in
        return
    opened = OpenSession.objects.filter(person_id=person_id, certificate_sha256=sha256)
    Session.objects.filter(session_key__in=list(opened.values_list("key", flat=True))).delete()
    opened.delete()
