"""Which certificates may apply a seal: chosen for the organization's, all of his for a person's own."""

from collections.abc import Sequence
from uuid import UUID

from yunqian.problems import Problem, Refused
from yunqian.server.access.actor import Actor
from yunqian.server.queries import seals as reading
from yunqian.server.records.models import Certificate, Seal, SealCertificate


def bind(actor: Actor, row: Seal, certificate_ids: Sequence[str]) -> None:
    """These certificates and no others, each bound here and lasting. Raises Refused(CERTIFICATE_NOT_FOUND)."""
    wanted = {_uuid(one) for one in certificate_ids}
    found = list(reading.usable_certificates(actor).filter(id__in=wanted).order_by("id"))
    if len(found) != len(wanted):
        raise Refused(Problem.CERTIFICATE_NOT_FOUND)
    links = SealCertificate.objects.filter(tenant_id=actor.tenant_id, seal=row)
    links.exclude(certificate__in=found).delete()
    known = set(links.values_list("certificate_id", flat=True))
    _link(row, [one for one in found if one.id not in known])


def give_own(actor: Actor, row: Seal) -> None:
    """Every certificate of the person's own."""
    own = reading.usable_certificates(actor).filter(person_id=actor.person_id)
    _link(row, list(own.order_by("id")))


def _link(row: Seal, certificates: Sequence[Certificate]) -> None:
    for one in certificates:
        SealCertificate.objects.create(seal=row, certificate=one)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused(Problem.CERTIFICATE_NOT_FOUND) from None
