"""What decides whether a proved certificate is bound at once: whom it names, and what became of the one before it."""

from uuid import UUID

from yunqian.crypto import certificates, identities, names
from yunqian.crypto.certificates import Certificate as Read
from yunqian.problems import Problem, Refused
from yunqian.rules import binding
from yunqian.rules.lifecycle import CertificateState as State
from yunqian.server.access import certificates as permits
from yunqian.server.access.actor import Actor
from yunqian.server.queries import personal
from yunqian.server.records.models import Certificate, Member, Person, Tenant
from yunqian.wire.envelope import TenantKind

_STOPPED_BY_OTHERS = frozenset({State.SUSPENDED, State.REVOKED})


def is_clear(actor: Actor, leaf: Read, *, for_organization: bool) -> bool:
    """Whether the certificate says enough, so that nobody has to decide.

    It does not where a certificate before it was suspended or revoked here: a new one must not be the way around
    that. In a person's own space nobody could decide. Raises Refused(BINDING_NAMES_OTHER) there, and
    Refused(CERTIFICATES_NOT_GRANTED).
    """
    person_id = None if for_organization else actor.person_id
    if for_organization:
        permits.decide(actor)
        is_right = binding.is_organization(identities.read(leaf), _organization(actor))
    else:
        is_right = binding.is_person(identities.read(leaf), _person(actor))
    if actor.tenant_kind == TenantKind.PERSON:
        if not is_right:
            raise Refused(Problem.BINDING_NAMES_OTHER, owner=leaf.owner)
        return True
    return is_right and not any(row.state in _STOPPED_BY_OTHERS for row in earlier(actor, leaf, person_id))


def earlier(actor: Actor, leaf: Read, person_id: UUID | None) -> list[Certificate]:
    """The holder's certificates that this one renews: the same issuer and stable identity, begun and ended before.

    The one that ends first comes first.
    """
    here = Certificate.objects.filter(tenant_id=actor.tenant_id).exclude(sha256=leaf.sha256)
    rows = here.filter(person_id=person_id) if person_id else here.filter(person__isnull=True)
    older = rows.filter(not_before_at__lte=leaf.not_before_at, not_after_at__lt=leaf.not_after_at)
    return [row for row in older.order_by("not_after_at", "id") if _is_same(bytes(row.der), leaf)]


def require_member(actor: Actor, person_id: UUID) -> None:
    """Raise Refused(MEMBER_NOT_FOUND) unless the person is an active member of the actor's organization now."""
    if not Member.objects.filter(tenant_id=actor.tenant_id, person_id=person_id, is_active=True).exists():
        raise Refused(Problem.MEMBER_NOT_FOUND)


def _is_same(der: bytes, leaf: Read) -> bool:
    old = certificates.read(der)
    return (
        names.match(old.issuer_der, leaf.issuer_der)
        and identities.read(old).stable == identities.read(leaf).stable
    )


def _person(actor: Actor) -> binding.Holder:
    """What the platform has verified of the actor; in his own space he has no organization beside him."""
    person = Person.objects.get(id=actor.person_id)
    own_space = actor.tenant_kind == TenantKind.PERSON
    return binding.Holder(
        name=person.name,
        organization="" if own_space else actor.tenant_name,
        id_number=personal.id_number(person) if person.verified_at else None,
    )


def _organization(actor: Actor) -> binding.Holder:
    tenant = Tenant.objects.get(id=actor.tenant_id)
    return binding.Holder(name=tenant.name, code=tenant.uscc or None if tenant.verified_at else None)
