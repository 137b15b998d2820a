"""The demonstration's world: who is in it, and how it is made once and completed where something lacks.

Every organization is one transaction with one event in its ledger, and none where nothing was missing. Only what
lacks is added: what a visitor has changed stays as he left it.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from yunqian.crypto import certificates
from yunqian.eseal import drawing
from yunqian.eseal.drawing import Picture
from yunqian.eseal.make import Maker
from yunqian.problems import Problem, Refused
from yunqian.server import scope
from yunqian.server.actions import eseals, ledger
from yunqian.server.adapters import personal as keys
from yunqian.server.queries import personal
from yunqian.server.queries.demo import DEMO_PASSWORD
from yunqian.server.records.models import (
    Certificate,
    Department,
    Grant,
    Member,
    Person,
    Seal,
    SealCertificate,
    SealGrant,
    Tenant,
)
from yunqian.server.records.seal import SealKind
from yunqian.wire.envelope import Right, TenantKind


@dataclass(frozen=True)
class DemoMember:
    """A person with an open password, in one organization."""

    account: str
    name: str
    department: str
    mobile: str
    rights: tuple[Right, ...] = ()


@dataclass(frozen=True)
class DemoSeal:
    """A seal of the organization, or of the member `owner`; `granted` are those who may apply the former.

    `draw` is called only when the seal is missing: drawing takes longer than all the rest.
    """

    name: str
    kind: SealKind
    draw: Callable[[], Picture]
    owner: str | None = None
    granted: tuple[str, ...] = ()


@dataclass(frozen=True)
class DemoTenant:
    """An organization with its members and seals."""

    slug: str
    name: str
    kind: TenantKind
    members: tuple[DemoMember, ...]
    seals: tuple[DemoSeal, ...]


@dataclass(frozen=True)
class DemoKey:
    """A key of the demo's security client: of the member `owner` (an account), or of the organization `tenant`.

    `name` and `organization` are what its certificate will say.
    """

    serial: str
    tenant: str
    owner: str | None
    name: str
    organization: str | None = None


@dataclass(frozen=True)
class DemoCertificate:
    """A key's certificate; it may apply all seals of the same owner."""

    key: DemoKey
    certificate: certificates.Certificate


def _personal(account: str, name: str) -> DemoSeal:
    wording = drawing.inscription(name)
    return DemoSeal(wording, SealKind.NAME, functools.partial(drawing.name_seal, wording), owner=account)


def _official(tenant_name: str, account: str, *, diameter_mm: float = 40.0) -> DemoSeal:
    draw = functools.partial(drawing.round_seal, tenant_name, diameter_mm=diameter_mm)
    return DemoSeal("公章", SealKind.OFFICIAL, draw, granted=(account,))


def _contract(tenant_name: str, *accounts: str) -> DemoSeal:
    line = "合同专用章"
    draw = functools.partial(drawing.round_seal, tenant_name, line=line)
    return DemoSeal(line, SealKind.CONTRACT, draw, granted=accounts)


_COMPANY, _CENTER, _AUTHORITY = "广东示例科技有限公司", "某市公共资源交易中心", "演示证书机构"
_ADMINISTRATOR = (Right.MEMBERS, Right.SEALS, Right.CERTIFICATES)

TENANTS = (
    DemoTenant(
        slug="demo-company",
        name=_COMPANY,
        kind=TenantKind.COMPANY,
        members=(
            DemoMember("liming", "李明", "采购部", "13800000001", (Right.START,)),
            DemoMember("zhangwei", "张伟", "销售部", "13800000002"),
            DemoMember("sunli", "孙丽", "行政部", "13800000003", _ADMINISTRATOR),
        ),
        seals=(
            _personal("liming", "李明"),
            _official(_COMPANY, "liming"),
            _contract(_COMPANY, "liming", "zhangwei"),
        ),
    ),
    DemoTenant(
        slug="demo-center",
        name=_CENTER,
        kind=TenantKind.GOVERNMENT,
        members=(
            DemoMember("wangfang", "王芳", "交易科", "13800000004", (Right.START,)),
            DemoMember("chenjing", "陈静", "综合科", "13800000005", _ADMINISTRATOR),
        ),
        seals=(_personal("wangfang", "王芳"), _official(_CENTER, "wangfang", diameter_mm=42.0)),
    ),
    DemoTenant(
        slug="demo-authority",
        name=_AUTHORITY,
        kind=TenantKind.AUTHORITY,
        members=(DemoMember("desk", "赵敏", "受理点", "13800000006", (Right.DESK,)),),
        seals=(),
    ),
    DemoTenant(
        slug="demo-operator",
        name="演示平台运营中心",
        kind=TenantKind.OPERATOR,
        members=(DemoMember("operator", "何平", "运营部", "13800000007", (Right.OPERATE, Right.MEMBERS)),),
        seals=(),
    ),
)

KEYS = (
    DemoKey("DEMO-SIGN-0001", "demo-company", "liming", "李明"),
    DemoKey("DEMO-SEAL-0001", "demo-company", None, _COMPANY, organization=_COMPANY),
    DemoKey("DEMO-SM2-0001", "demo-center", None, _CENTER, organization=_CENTER),
)


def refuse_among_others() -> None:
    """Raise Refused(CONFIG_INSECURE) when the database serves organizations that are not the demo's.

    Accounts with an open password do not belong beside them, whatever the mode says.
    """
    with scope.platform():
        if Tenant.objects.filter(is_demo=False).exists() or Person.objects.filter(is_demo=False).exists():
            detail = "the database holds organizations or people that are not the demo's"
            raise Refused(Problem.CONFIG_INSECURE, detail=detail)


def make(*, wanted: DemoTenant, bound: Sequence[DemoCertificate], maker: Maker) -> int:
    """Make an organization with everything in it, or what is missing of it; the number of things that were added.

    `maker` signs the electronic seals: of new seals, of those of an older demo that were pictures alone, and again
    where the certificates that may apply one are others than it lists.
    """
    tenant_id, people, added = _platform_rows(wanted)
    with scope.entered(person_id=None, tenant_id=tenant_id):
        scope.alone("demo")  # a second start at the same time waits for the end of this transaction
        members, new_members = _members(wanted, people)
        new_seals = _seals(wanted, people, members)
        new_bindings = _bindings(bound, people)
        at = timezone.now()
        new_eseals = _eseals(wanted, people, maker, at=at)
        facts = {
            "members": new_members,
            "seals": new_seals,
            "bindings": new_bindings,
            "eseals": new_eseals,
        }
        if any(facts.values()):
            ledger.append("demo.made", envelope_id=None, person_id=None, facts=facts, at=at)
    return added + sum(facts.values())


def eseals_for(wanted: DemoTenant, certificate: certificates.Certificate) -> tuple[bytes, ...]:
    """The seal objects of this organization that a certificate may apply, to lie on its demo key."""
    with scope.platform():
        tenant_id = Tenant.objects.get(slug=wanted.slug).id
    with scope.reading(person_id=None, tenant_id=tenant_id):
        bound = SealCertificate.objects.filter(
            certificate__sha256=certificate.sha256, seal__eseal__isnull=False
        )
        return tuple(bytes(row.seal.eseal or b"") for row in bound.select_related("seal").order_by("seal_id"))


def _platform_rows(wanted: DemoTenant) -> tuple[UUID, Mapping[str, UUID], int]:
    with scope.platform(is_writing=True):
        scope.alone("demo")  # a second start at the same time waits for the end of this transaction
        tenant, is_new = Tenant.objects.get_or_create(
            slug=wanted.slug,
            defaults={
                "name": wanted.name,
                "kind": wanted.kind,
                "is_demo": True,
                "verified_at": timezone.now(),
            },
        )
        accounts = [member.account for member in wanted.members]
        mobiles = {member.account: member.mobile for member in wanted.members}
        people = dict(Person.objects.filter(account__in=accounts).values_list("account", "id"))
        missing = [member for member in wanted.members if member.account not in people]
        for member in missing:
            people[member.account] = Person.objects.create(
                account=member.account,
                name=member.name,
                password=make_password(DEMO_PASSWORD),
                home=tenant,
                is_demo=True,
            ).id
        without = Person.objects.filter(account__in=accounts, mobile_index=None)
        unreached = list(without)
        for person in unreached:
            _give_mobile(person, mobiles[person.account])
    return tenant.id, people, len(missing) + len(unreached) + is_new


def _give_mobile(person: Person, mobile: str) -> None:
    """A number by which the demo's person logs in; what is sent there the demo's own pages show."""
    column = personal.MOBILE
    person.mobile_sealed = keys.seal(mobile, table=personal.TABLE, column=column, row_id=str(person.id))
    person.mobile_index = keys.index(mobile, field=column)
    person.verified_at = timezone.now()
    person.save(update_fields=["mobile_sealed", "mobile_index", "verified_at"])


def _members(wanted: DemoTenant, people: Mapping[str, UUID]) -> tuple[Mapping[str, Member], int]:
    """All members by account, and how many are new. A right is given with the membership, not again later."""
    members, added = {}, 0
    for each in wanted.members:
        department, _ = Department.objects.get_or_create(name=each.department, parent=None)
        member, is_new = Member.objects.get_or_create(
            person_id=people[each.account], defaults={"department": department}
        )
        for right in each.rights if is_new else ():
            Grant.objects.create(member=member, right=right)
        members[each.account] = member
        added += is_new
    return members, added


def _seals(wanted: DemoTenant, people: Mapping[str, UUID], members: Mapping[str, Member]) -> int:
    known = set(Seal.objects.values_list("person_id", "name"))
    missing = [seal for seal in wanted.seals if (people.get(seal.owner or ""), seal.name) not in known]
    for each in missing:
        picture = each.draw()
        seal = Seal.objects.create(
            person_id=people[each.owner] if each.owner else None,
            name=each.name,
            kind=each.kind,
            picture_png=picture.png,
            width_mm=picture.width_mm,
            height_mm=picture.height_mm,
        )
        for account in each.granted:
            SealGrant.objects.create(seal=seal, member=members[account])
    return len(missing)


def _bindings(bound: Sequence[DemoCertificate], people: Mapping[str, UUID]) -> int:
    """Bind what is not bound yet; each may apply all seals of its owner."""
    known = dict(Certificate.objects.values_list("sha256", "id"))
    seals = list(Seal.objects.values_list("id", "person_id"))
    pairs = set(SealCertificate.objects.values_list("seal_id", "certificate__sha256"))
    added = 0
    for each in bound:
        owner_id = people[each.key.owner] if each.key.owner else None
        sha256 = each.certificate.sha256
        if sha256 not in known:
            known[sha256] = _certificate_row(each.certificate, owner_id).id
            added += 1
        for seal_id, seal_owner_id in seals:
            if seal_owner_id == owner_id and (seal_id, sha256) not in pairs:
                SealCertificate.objects.create(seal_id=seal_id, certificate_id=known[sha256])
                added += 1
    return added


def _eseals(wanted: DemoTenant, people: Mapping[str, UUID], maker: Maker, *, at: datetime) -> int:
    """Have every seal of the demo made that no seal object stands for, or one that says something else."""
    ours = {(people.get(seal.owner or ""), seal.name) for seal in wanted.seals}
    return sum(
        eseals.renew(row, owner=wanted.name, maker=maker, at=at)
        for row in Seal.objects.order_by("id")
        if (row.person_id, row.name) in ours
    )


def _certificate_row(certificate: certificates.Certificate, owner_id: UUID | None) -> Certificate:
    return Certificate.objects.create(
        person_id=owner_id,
        der=certificate.der,
        sha256=certificate.sha256,
        owner=certificate.owner,
        not_before_at=certificate.not_before_at,
        not_after_at=certificate.not_after_at,
    )
