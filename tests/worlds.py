"""Small worlds of organizations and people for tests that need a database."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID, uuid4

from tests.pki.hierarchy import Holder, ec_key, issue, rsa_key

PASSWORD = "four walls and a door"


@dataclass(frozen=True)
class Member:
    """A person in his organization, with the identifiers that tests act with."""

    person_id: UUID
    tenant_id: UUID
    member_id: UUID
    account: str
    name: str


@dataclass(frozen=True)
class TwoTenants:
    """A company and a government body with two people each; one of each may start envelopes.

    li_ming (START) holds a personal key and his company's key; wang_fang (START) a personal key.
    `holders` are the private halves by certificate SHA-256, as a security client would hold them.
    """

    company_id: UUID
    center_id: UUID
    li_ming: Member
    zhang_wei: Member
    wang_fang: Member
    chen_jing: Member
    seals: Mapping[str, UUID]
    root: Holder
    holders: Mapping[str, Holder]
    li_ming_key: Holder
    company_key: Holder
    wang_fang_key: Holder


def two_tenants() -> TwoTenants:
    """Write the world through the ordinary doors; needs an empty migrated database."""
    from yunqian.server import scope
    from yunqian.server.records.models import Tenant

    now = datetime.now(UTC)
    with scope.platform(is_writing=True):
        company = Tenant.objects.create(
            slug="company", name="广东示例科技有限公司", kind="company", verified_at=now
        )
        center = Tenant.objects.create(
            slug="center", name="某市公共资源交易中心", kind="government", verified_at=now
        )
    valid = {"begins": now - timedelta(days=1), "ends": now + timedelta(days=30)}
    root = issue(ec_key("world-root"), "测试根证书机构", is_ca=True, **valid)
    keys = {
        "li_ming": issue(rsa_key("world-person"), "李明", by=root, **valid),
        "company": issue(rsa_key("world-company"), company.name, by=root, **valid),
        "wang_fang": issue(ec_key("world-wang"), "王芳", by=root, **valid),
    }
    people = {
        account: _member(tenant.pk, account, name, department, may_start=may_start)
        for tenant, account, name, department, may_start in (
            (company, "liming", "李明", "采购部", True),
            (company, "zhangwei", "张伟", "销售部", False),
            (center, "wangfang", "王芳", "交易科", True),
            (center, "chenjing", "陈静", "综合科", False),
        )
    }
    seals = {
        **_seals(company.pk, people["liming"], keys["li_ming"], keys["company"]),
        **_seals(center.pk, people["wangfang"], keys["wang_fang"], None),
    }
    return TwoTenants(
        company_id=company.pk,
        center_id=center.pk,
        li_ming=people["liming"],
        zhang_wei=people["zhangwei"],
        wang_fang=people["wangfang"],
        chen_jing=people["chenjing"],
        seals=seals,
        root=root,
        holders={holder.certificate.sha256: holder for holder in keys.values()},
        li_ming_key=keys["li_ming"],
        company_key=keys["company"],
        wang_fang_key=keys["wang_fang"],
    )


def _member(tenant_id: UUID, account: str, name: str, department: str, *, may_start: bool) -> Member:
    from yunqian.server import scope
    from yunqian.server.records.models import Department, Grant, Person
    from yunqian.server.records.models import Member as Row

    with scope.platform(is_writing=True):
        person = Person.objects.create(
            account=account, name=name, password=_hashed_password(), home_id=tenant_id
        )
    with scope.entered(person_id=None, tenant_id=tenant_id):
        row, _ = Department.objects.get_or_create(name=department, parent=None)
        member = Row.objects.create(person=person, department=row)
        if may_start:
            Grant.objects.create(member=member, right="start")
    return Member(person.pk, tenant_id, member.pk, account, name)


def administrator(tenant_id: UUID) -> Member:
    """Who manages an organization's members, seals and certificates, and starts nothing."""
    return _holding(_member(tenant_id, "sunli", "孙丽", "行政部", may_start=False), ADMINISTRATOR)


def operator() -> Member:
    """Who runs the platform, in an organization of its own."""
    tenant_id = _tenant(slug="operator", name="平台运营中心", kind="operator")
    return _holding(_member(tenant_id, "heping", "何平", "运营部", may_start=False), ("operate",))


def external() -> Member:
    """A person of no organization, in his own space."""
    from yunqian.server import scope
    from yunqian.server.records.models import Person

    tenant_id = _tenant(slug="p-wudi", name="吴迪", kind="person")
    member = _member(tenant_id, "wudi", "吴迪", "个人", may_start=False)
    with scope.platform(is_writing=True):
        Person.objects.filter(id=member.person_id).update(space_id=tenant_id)
    return member


ADMINISTRATOR = ("members", "seals", "certificates")


def _tenant(*, slug: str, name: str, kind: str) -> UUID:
    from yunqian.server import scope
    from yunqian.server.records.models import Tenant

    with scope.platform(is_writing=True):
        return Tenant.objects.create(slug=slug, name=name, kind=kind).pk


def _holding(member: Member, rights: tuple[str, ...]) -> Member:
    from yunqian.server import scope
    from yunqian.server.records.models import Grant

    with scope.entered(person_id=None, tenant_id=member.tenant_id):
        for right in rights:
            Grant.objects.create(member_id=member.member_id, right=right)
    return member


def join(member: Member, *, slug: str, name: str) -> Member:
    """A further organization, of which the person becomes a member too; his home stays where it was."""
    from yunqian.server import scope
    from yunqian.server.records.models import Member as Row
    from yunqian.server.records.models import Tenant

    with scope.platform(is_writing=True):
        tenant = Tenant.objects.create(slug=slug, name=name, kind="company")
    with scope.entered(person_id=None, tenant_id=tenant.pk):
        row = Row.objects.create(person_id=member.person_id)
    return replace(member, tenant_id=tenant.pk, member_id=row.pk)


def _seals(tenant_id: UUID, member: Member, personal: Holder, official: Holder | None) -> dict[str, UUID]:
    """A personal seal of the member, and an official seal granted to him."""
    from yunqian.server import scope
    from yunqian.server.records.models import Seal, SealCertificate, SealGrant

    made: dict[str, UUID] = {}
    with scope.entered(person_id=None, tenant_id=tenant_id):
        own = Seal.objects.create(
            person_id=member.person_id,
            name=f"{member.name}之印",
            kind="name",
            picture_png=_picture(),
            width_mm=18,
            height_mm=18,
        )
        round_one = Seal.objects.create(
            name="公章", kind="official", picture_png=_picture(), width_mm=40, height_mm=40
        )
        SealGrant.objects.create(seal=round_one, member_id=member.member_id)
        bound = _certificate(personal, member.person_id)
        SealCertificate.objects.create(seal=own, certificate_id=bound)
        if official:
            SealCertificate.objects.create(seal=round_one, certificate_id=_certificate(official, None))
        made |= {f"{member.account}.personal": own.pk, f"{member.account}.official": round_one.pk}
    return made


def _certificate(holder: Holder, person_id: UUID | None) -> UUID:
    from yunqian.server.records.models import Certificate

    certificate = holder.certificate
    row = Certificate.objects.create(
        id=uuid4(),
        person_id=person_id,
        der=certificate.der,
        sha256=certificate.sha256,
        owner=certificate.owner,
        not_before_at=certificate.not_before_at,
        not_after_at=certificate.not_after_at,
    )
    identifier: UUID = row.pk
    return identifier


def _picture() -> bytes:
    from PIL import Image, ImageDraw

    image = Image.new("RGBA", (160, 160), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((4, 4, 156, 156), outline=(200, 0, 0, 255), width=8)
    written = BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def _hashed_password() -> str:
    """Argon2id as Django writes it, with the least work: no test is about how long guessing takes."""
    from argon2 import PasswordHasher

    return "argon2" + PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
