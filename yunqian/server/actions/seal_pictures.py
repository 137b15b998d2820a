"""The picture of a seal that is wanted: drawn by the program, cut out of a scan, or written by hand.

What an organization's seal says is the organization's own name, never the applicant's words. Nothing is drawn or
read inside a transaction, and a scan only in a process of its own.
"""

from dataclasses import dataclass

from yunqian.eseal import drawing, layout
from yunqian.eseal.drawing import Picture
from yunqian.eseal.kinds import KINDS, Holder, SealKind
from yunqian.eseal.strokes import signature_strokes
from yunqian.problems import Problem, Refused
from yunqian.server.access import seals as permits
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.adapters.scans import sandbox
from yunqian.server.queries import query
from yunqian.server.records.models import Tenant
from yunqian.server.records.seal_application import PictureSource
from yunqian.wire.seals import Drawn, PreviewSeal, Strokes

_ROUND = frozenset({SealKind.OFFICIAL, SealKind.CONTRACT, SealKind.FINANCE})


@dataclass(frozen=True)
class Made:
    """A picture and where it came from."""

    picture: Picture
    source: PictureSource


def is_personal(kind: SealKind) -> bool:
    """Whether a seal of this kind is a person's own."""
    return KINDS[kind].holder is Holder.PERSON


def made(asking: Asking, wanted: PreviewSeal) -> Made:
    """Draw what is wanted.

    Raises Refused(TENANT_NOT_VERIFIED, LEGAL_REPRESENTATIVE_UNKNOWN, SEAL_SIZE_WRONG_FOR_KIND, GLYPH_MISSING,
    SIGNATURE_EMPTY or REQUEST_INVALID).
    """
    if isinstance(wanted.picture, Strokes):
        return _written(asking, wanted.kind, wanted.picture)
    wording = _wording(asking, kind=wanted.kind, is_drawn=True)
    return Made(_drawn(wanted, wanted.picture, wording), PictureSource.DRAWN)


def scanned(asking: Asking, scan: bytes, kind: SealKind, *, width_mm: float) -> Made:
    """Cut the ink out of a scan. Raises Refused(TENANT_NOT_VERIFIED) and what adapters.scans raises."""
    _wording(asking, kind=kind, is_drawn=False)
    return Made(sandbox.cleaned(scan, kind, width_mm=width_mm), PictureSource.SCAN)


def _written(asking: Asking, kind: SealKind, written: Strokes) -> Made:
    if kind is not SealKind.SIGNATURE:
        raise Refused(Problem.REQUEST_INVALID, detail="only a signature is written by hand")
    _wording(asking, kind=kind, is_drawn=False)
    return Made(signature_strokes(written.strokes, width_mm=written.width_mm), PictureSource.STROKES)


def _drawn(wanted: PreviewSeal, picture: Drawn, wording: str) -> Picture:
    code = (wanted.filing_number or "") if wanted.kind in _ROUND else ""
    return drawing.painted(layout.layout_of(wanted.kind, wording, size_mm=picture.size_mm, code=code))


@query
def _wording(actor: Actor, *, kind: SealKind, is_drawn: bool) -> str:
    """What stands on the seal; asked also where nothing is drawn, because it says who may want one."""
    if is_personal(kind):
        return layout.inscription(actor.name)
    permits.require_verified(actor)
    if kind is not SealKind.LEGAL_REPRESENTATIVE:
        return actor.tenant_name
    representative = Tenant.objects.get(id=actor.tenant_id).legal_representative
    if is_drawn and not representative:
        raise Refused(Problem.LEGAL_REPRESENTATIVE_UNKNOWN, tenant=actor.tenant_name)
    return layout.inscription(representative)
