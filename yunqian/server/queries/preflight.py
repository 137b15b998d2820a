"""A look ahead before sending: the rules of rules.preflight over one's own uploads and recipients. Reads only.

What is said of a recipient depends on him only where he is an active member of the organization that sends; of anybody
else the answer is the same whether he has an account, a certificate, or nothing at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from yunqian.engine.geometry import PageGeometry, pt_to_mm
from yunqian.engine.paging import MAX_FIELDS
from yunqian.problems import Refused
from yunqian.rules import identity, preflight
from yunqian.rules.preflight import Finding, Known, Paper, Severity, Signer
from yunqian.server.access import permit
from yunqian.server.access.actor import Actor, Asking, recognise
from yunqian.server.queries import query, seal
from yunqian.server.records.models import Member, Upload
from yunqian.wire import uploads as wire
from yunqian.wire.envelope import RecipientWanted
from yunqian.wire.uploads import Preflight, PreflightFinding, PreflightWanted


@dataclass(frozen=True)
class _Told:
    finding: Finding
    upload_id: str | None = None
    recipient: int | None = None


@query
def of(actor: Actor, *, wanted: PreflightWanted) -> Preflight:
    """What would stop a signer later. Raises Refused(START_NOT_GRANTED or UPLOAD_NOT_FOUND)."""
    permit.start(actor)
    asked = [one for one in wanted.recipients if not one.is_copy]
    told = [*_of_uploads(actor, wanted, len(asked)), *_of_recipients(actor, wanted)]
    told += [] if asked else [_Told(preflight.NOBODY)]
    told.sort(key=lambda one: preflight.rank(one.finding.severity))
    return Preflight(
        findings=tuple(_shown(one) for one in told),
        may_send=all(one.finding.severity is not Severity.BLOCK for one in told),
    )


def _of_uploads(actor: Actor, wanted: PreflightWanted, signers: int) -> Iterator[_Told]:
    for upload_id in dict.fromkeys(wanted.upload_ids):
        row = permit.upload(actor, upload_id, is_locking=False)
        for finding in preflight.of_paper(_paper(row), signers):
            yield _Told(finding, upload_id=str(row.id))


def _paper(row: Upload) -> Paper:
    remarks = tuple((one["code"], one["zh"], one["en"]) for one in row.remarks)
    pages = tuple(_page(PageGeometry(**page)) for page in row.pages)
    stands = dict(row.standing)
    fields = tuple(stands.pop("open_fields", ()))
    return Paper(pages, remarks, open_fields=fields, most_strips=MAX_FIELDS, **stands)


def _page(shown: PageGeometry) -> preflight.Page:
    width, height = (pt_to_mm(side, shown.user_unit) for side in (shown.crop_width_pt, shown.crop_height_pt))
    return preflight.Page(shown.number, width, height, shown.rotation)


def _of_recipients(actor: Actor, wanted: PreflightWanted) -> Iterator[_Told]:
    deadline = timezone.localdate(wanted.deadline_at) if wanted.deadline_at else None
    seen: set[str] = set()
    for place, one in enumerate(wanted.recipients):
        try:
            key, named = _named(one)
        except Refused as refusal:
            refused = Finding(refusal.problem.code, Severity.BLOCK, refusal.text("zh"), refusal.text("en"))
            yield _Told(refused, recipient=place)
            continue
        if key in seen:
            yield _Told(preflight.TWICE, recipient=place)
        seen.add(key)
        if not one.is_copy:
            yield _Told(preflight.of_signer(_signer(actor, one, named, deadline)), recipient=place)


def _named(one: RecipientWanted) -> tuple[str, str]:
    """By what two are known to be one, and what he is called. Raises Refused(MOBILE_INVALID, PERSON_NAME_INVALID)."""
    if one.mobile is None:
        return f"account:{one.account}", one.account or ""
    return f"mobile:{identity.mobile(one.mobile)}", identity.person_name(one.name or "")


def _signer(actor: Actor, one: RecipientWanted, named: str, deadline: date | None) -> Signer:
    """A number is not looked up: whose it is would be told by how the answer differs."""
    members = Member.objects.filter(tenant_id=actor.tenant_id).select_related("person")
    member = members.filter(person__account=one.account).first() if one.mobile is None else None
    if member is None:
        return Signer(named, Known.STRANGER)
    if not member.is_active:
        return Signer(member.person.name, Known.SUSPENDED)
    colleague = recognise(Asking(member.person_id, actor.tenant_id))
    ends = seal.ends(colleague)
    last = max(ends.values(), default=None)
    is_certified = bool(ends) or seal.valid(colleague).filter(person_id=colleague.person_id).exists()
    return Signer(
        member.person.name,
        Known.MEMBER,
        has_certificate=is_certified,
        has_seal=bool(ends),
        certificate_ends_on=timezone.localdate(last) if last else None,
        deadline_on=deadline,
    )


def _shown(told: _Told) -> PreflightFinding:
    finding = told.finding
    return PreflightFinding(
        code=finding.code,
        severity=wire.Severity(finding.severity),
        zh=finding.zh,
        en=finding.en,
        upload_id=told.upload_id,
        recipient=told.recipient,
        pages=finding.pages,
    )
