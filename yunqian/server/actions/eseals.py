"""Having the seal object of a row made (GB/T 38540): what it says, and when it has to be made anew."""

from datetime import datetime, timedelta

from yunqian.crypto import certificates
from yunqian.eseal import make as making
from yunqian.eseal import seal as seals
from yunqian.eseal import verdicts
from yunqian.eseal.make import Maker
from yunqian.problems import Refused
from yunqian.server.records.certificate import CertificateState
from yunqian.server.records.models import Seal, SealCertificate

_RENEWED_BEFORE = timedelta(days=30)


def renew(row: Seal, *, owner: str, maker: Maker, at: datetime) -> bool:
    """Make the seal object anew unless the present one says what it should, is genuine and lasts; whether it did.

    `owner` is the organization's name, which stands before the name of its own seals. Nothing is made for a seal
    that no certificate may apply now.
    """
    signers = _signers(row, at=at)
    if not signers:
        return False
    asked = _wanted(row, owner, signers, maker, at=at)
    if _stands(row, asked, maker):
        return False
    row.eseal = making.make(asked, maker, is_by_digest=True)
    row.save(update_fields=["eseal"])
    return True


def _signers(row: Seal, *, at: datetime) -> tuple[certificates.Certificate, ...]:
    """The certificates that may apply a seal and hold now, in an order that does not change."""
    named = SealCertificate.objects.filter(seal=row, certificate__state=CertificateState.BOUND)
    listed = named.order_by("certificate__sha256").values_list("certificate__der", flat=True)
    return tuple(one for one in (certificates.read(bytes(der)) for der in listed) if one.covers(at))


def _wanted(
    row: Seal, owner: str, signers: tuple[certificates.Certificate, ...], maker: Maker, *, at: datetime
) -> making.Wanted:
    """What the seal object says: its number and picture, valid as long as its maker's certificate, or to its end."""
    return making.Wanted(
        es_id=row.id.hex.upper(),
        name=row.name if row.person_id else f"{owner}{row.name}",
        kind=making.Kind.PERSON if row.person_id else making.Kind.ORGANIZATION,
        png=bytes(row.picture_png),
        width_mm=row.width_mm,
        height_mm=row.height_mm,
        signers=signers,
        created_at=at,
        valid_from_at=at,
        valid_until_at=min(
            maker.certificate.not_after_at, row.valid_until_at or maker.certificate.not_after_at
        ),
    )


def _stands(row: Seal, asked: making.Wanted, maker: Maker) -> bool:
    """Whether the seal object that is there is genuine, says what is asked, and will still last."""
    if row.eseal is None:
        return False
    try:
        found = seals.read(bytes(row.eseal))
    except Refused:
        return False
    lasts = asked.created_at + _RENEWED_BEFORE
    if row.valid_until_at is not None:  # written in whole seconds
        lasts = min(lasts, row.valid_until_at - timedelta(seconds=1))
    moments = (asked.created_at, lasts)
    findings = (
        verdicts.judge_maker(found),
        *(verdicts.judge_validity(found, at=moment) for moment in moments),
    )
    is_good = all(one.verdict is verdicts.Verdict.VALID for one in findings)
    return is_good and making.is_as_wanted(found, asked, maker.certificate, is_by_digest=True)
