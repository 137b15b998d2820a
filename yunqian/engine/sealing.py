"""The electronic seal itself in the signed revision, and what it proves there (GB/T 38540-2020, GM/T 0031).

The signature dictionary has one private entry, `/YQSeals`: an array with a dictionary for each seal, `/Seal` the
SESeal as its maker gave it out and `/Picture` the image object that shows it. All of it stands inside the byte
range, so no seal can be put in, taken out or shown by another picture afterwards. The seal is a string of the
dictionary, not an object of its own: checkers that list what a revision may add (pyHanko's default policy among
them) doubt a document over every object they cannot explain. It is written in hexadecimal, so that nothing in a
seal can look like a part of the file. No standard that we could read names such an entry: other readers pass over
it, ours answers *seal* and *membership* from it, offline.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import pikepdf

from yunqian.crypto import certificates
from yunqian.crypto.certificates import Certificate
from yunqian.engine import form_fields, impression, material, reading, revisions, seal_picture
from yunqian.engine import trust as trusting
from yunqian.engine.found import FoundSignature
from yunqian.engine.marks import Impression, Mark
from yunqian.engine.report import Finding, Purpose, Trust, Verdict
from yunqian.engine.resources import Resources
from yunqian.engine.seal_picture import NotComparable, Pixels, Shown
from yunqian.eseal import seal as seals
from yunqian.eseal import verdicts
from yunqian.eseal.seal import Seal
from yunqian.problems import Problem, Refused

_ENTRY = "/YQSeals"
_MAX_SEALS = 64


def require(shown: Impression, certificate: Certificate, *, at: datetime) -> None:
    """Check a seal before anything is signed with it; an impression that brings no seal object passes.

    Whether its maker is trusted is not asked here: that is for whoever took the seal in, and for every reader.
    Raises Refused(SEAL_UNREADABLE, SEAL_NOT_GENUINE, SEAL_OUT_OF_DATE, SEAL_NOT_OF_CERTIFICATE,
    SEAL_PICTURE_DIFFERS).
    """
    if shown.eseal is None:
        return
    seal = seals.read(shown.eseal)
    if not _is_valid(verdicts.judge_maker(seal)):
        raise Refused(Problem.SEAL_NOT_GENUINE, seal=seal.name)
    if not _is_valid(verdicts.judge_validity(seal, at=at)):
        begins, ends = _day(seal.valid_from_at), _day(seal.valid_until_at)
        raise Refused(Problem.SEAL_OUT_OF_DATE, seal=seal.name, not_before=begins, not_after=ends)
    if not _is_valid(verdicts.judge_membership(seal, certificate.der)):
        raise Refused(Problem.SEAL_NOT_OF_CERTIFICATE, seal=seal.name, owner=certificate.owner)
    try:
        is_same = seal_picture.pixels_of_file(seal.picture.content) == seal_picture.pixels_of_file(shown.png)
    except NotComparable as error:
        raise Refused(Problem.SEAL_UNREADABLE) from error
    if not is_same or (seal.picture.width_mm, seal.picture.height_mm) != (shown.width_mm, shown.height_mm):
        raise Refused(Problem.SEAL_PICTURE_DIFFERS, seal=seal.name)


def _is_valid(finding: verdicts.Finding) -> bool:
    return finding.verdict is verdicts.Verdict.VALID


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "?"


def entries(marks: Sequence[Mark], resources: Resources, certificate: Certificate, *, at: datetime) -> bytes:
    """The signature dictionary's entry for the seals of these marks; nothing where no mark brings one.

    Refuses as `require` does, before an object is added.
    """
    sealed = {one.eseal: one for one in _impressions(marks) if one.eseal is not None}
    for one in sealed.values():
        require(one, certificate, at=at)
    listed = [
        b"<</Seal<%s>/Picture %s>>"
        % (eseal.hex().encode("ascii"), resources.picture(impression.picture(one.png)))
        for eseal, one in sealed.items()
    ]
    return b"%s[%s]" % (_ENTRY.encode("ascii"), b"".join(listed)) if listed else b""


def _impressions(marks: Sequence[Mark]) -> Iterator[Impression]:
    for mark in marks:
        shown = getattr(mark, "impression", None)
        if shown is not None:
            yield shown


def judge(
    revision: bytes,
    signature: FoundSignature,
    certificate: Certificate,
    trust: Trust,
    *,
    at: datetime | None,
    others: Sequence[Certificate] = (),
) -> tuple[Finding, ...]:
    """The findings `seal` and `membership` of one signature; none where it carries no seal object.

    `revision` is the document up to the end of the signed byte range, `certificate` the signer's, `at` the moment
    of signing as well as it is known, None where nobody says. `others` help to lead from the seals' makers to
    the roots of `trust`. Of several seals the worst is told. Never raises: what cannot be read is not confirmed.
    """
    if _ENTRY.encode("ascii") not in revision:
        return ()
    try:
        with reading.strictly(revision) as pdf:
            return _judged(
                _carried(pdf, revision, signature), _Maker(trust, tuple(others), at), certificate, at
            )
    except Exception:  # noqa: BLE001  a stranger's bytes: what we cannot read we do not confirm
        return _both(
            Verdict.INDETERMINATE, "电子印章无法读取，不能确认", "the seal cannot be read, so not confirmed"
        )


def _both(verdict: Verdict, zh: str, en: str) -> tuple[Finding, ...]:
    return tuple(Finding(check, verdict, zh, en) for check in ("seal", "membership"))


@dataclass(frozen=True, slots=True)
class _Carried:
    """The entries of one signature's `/YQSeals`, and what its widgets show; no entries where it has none."""

    entries: tuple[pikepdf.Object, ...]
    shown: Shown


def _carried(pdf: pikepdf.Pdf, revision: bytes, signature: FoundSignature) -> _Carried:
    """Raises ValueError where the entry is there and is not what we write."""
    shown = Shown()
    listed: pikepdf.Object | None = None
    buttons: list[pikepdf.Object] = []
    for one in form_fields.walk(pdf):
        if isinstance(one.value, pikepdf.Dictionary) and _is_value_of(one.value, signature):
            listed = one.value.get(_ENTRY)
            shown.look_at(one.node)
        elif one.kind == "/Btn" and "/AP" in one.node:
            buttons.append(one.node)
    if listed is None:
        return _Carried((), shown)
    if not isinstance(listed, pikepdf.Array) or not 0 < len(listed) <= _MAX_SEALS:
        raise ValueError("not a list of seals")
    for button in _filled_since(buttons, revision):
        shown.look_at(button)
    return _Carried(tuple(listed), shown)


def _filled_since(buttons: Sequence[pikepdf.Object], revision: bytes) -> Iterator[pikepdf.Object]:
    """The buttons whose appearance is new in the last revision: paging seals lie in them (decision 7)."""
    ends = revisions.split(revision)
    if not buttons or len(ends) < 2:
        yield from buttons
        return
    with reading.strictly(revision[: ends[-2]]) as before:
        for button in buttons:
            earlier = before.get_object(button.objgen)
            was = earlier.get("/AP") if isinstance(earlier, pikepdf.Dictionary) else None
            if not isinstance(was, pikepdf.Dictionary) or was.unparse() != button["/AP"].unparse():
                yield button


def _is_value_of(value: pikepdf.Object, signature: FoundSignature) -> bool:
    spans, contents = value.get("/ByteRange"), value.get("/Contents")
    if not isinstance(spans, pikepdf.Array) or not isinstance(contents, pikepdf.String):
        return False
    return tuple(spans) == signature.byte_range and bytes(contents) == signature.contents


def _judged(
    carried: _Carried, maker: "_Maker", certificate: Certificate, at: datetime | None
) -> tuple[Finding, ...]:
    if not carried.entries:
        return ()
    proven: set[tuple[int, int]] = set()
    about: list[Finding] = []
    members: list[Finding] = []
    for entry in carried.entries:
        seal, picture = seals.read(_whole(entry)), entry["/Picture"]
        proven.add(picture.objgen)
        about.append(_worst(seal, _answers(seal, picture, carried.shown, maker, at)))
        members.append(_engines(verdicts.judge_membership(seal, certificate.der)))
    about.append(_nothing_else(carried.shown, proven))
    return _first_worst(about), _first_worst(members)


def _whole(entry: pikepdf.Object) -> bytes:
    found = entry.get("/Seal")
    if not isinstance(found, pikepdf.String):
        raise ValueError("a seal that is no string")
    return bytes(found)


def _answers(
    seal: Seal, picture: pikepdf.Object, shown: Shown, maker: "_Maker", at: datetime | None
) -> list[Finding]:
    return [
        _engines(verdicts.judge_maker(seal)),
        _picture(seal, picture, shown),
        _engines(verdicts.judge_validity(seal, at=at)),
        maker.judge(seal),
    ]


def _engines(finding: verdicts.Finding) -> Finding:
    """A finding about a seal as one of the report's."""
    return Finding(finding.check, Verdict(finding.verdict.value), finding.zh, finding.en)


def _seal(verdict: Verdict, zh: str, en: str) -> Finding:
    return Finding("seal", verdict, zh, en)


def _worst(seal: Seal, findings: Sequence[Finding]) -> Finding:
    """One seal's answer: the worst of its findings, named; or that all is right."""
    worst = _first_worst(findings)
    if worst.verdict is Verdict.VALID:
        zh = f"电子印章“{seal.name}”真实、在有效期内，与图样一致"
        return _seal(
            Verdict.VALID, zh, f"the seal “{seal.name}” is genuine, in its validity, and the one shown"
        )
    return _seal(worst.verdict, f"电子印章“{seal.name}”：{worst.zh}", f"the seal “{seal.name}”: {worst.en}")


def _first_worst(findings: Sequence[Finding]) -> Finding:
    order = (Verdict.INVALID, Verdict.INDETERMINATE, Verdict.VALID)
    return min(findings, key=lambda one: order.index(one.verdict))


def _picture(seal: Seal, picture: pikepdf.Object, shown: Shown) -> Finding:
    """Whether the picture on the page is the one that the maker put into the seal."""
    if picture.objgen not in shown.pictures:
        zh, en = "页面上没有显示这枚印章的印模", "its picture is shown nowhere in this signature"
        return _seal(Verdict.INVALID, zh, en)
    try:
        inside: Pixels = seal_picture.pixels_of_file(seal.picture.content)
        is_same = inside == seal_picture.pixels_of_object(picture)
    except NotComparable:
        zh, en = "印模无法与页面上的图样比较", "its picture cannot be compared with the one shown"
        return _seal(Verdict.INDETERMINATE, zh, en)
    if not is_same:
        zh, en = "页面上的图样不是印章中的印模", "the picture shown is not the one inside the seal"
        return _seal(Verdict.INVALID, zh, en)
    return _seal(Verdict.VALID, "图样与印模一致", "the picture shown is the one inside the seal")


def _nothing_else(shown: Shown, proven: set[tuple[int, int]]) -> Finding:
    """A picture beside a right seal would borrow its credit: it is told, and the seal is not confirmed."""
    if shown.is_plain and shown.pictures <= proven:
        return _seal(Verdict.VALID, "没有其他图样", "no other picture is shown")
    zh = "签名中还显示了不属于任何电子印章的图样，不能确认"
    return _seal(Verdict.INDETERMINATE, zh, "the signature also shows a picture that belongs to no seal")


@dataclass(frozen=True, slots=True)
class _Maker:
    """Whether a seal's maker leads to a trusted root; a list that names it counts, none need be at hand."""

    trust: Trust
    others: tuple[Certificate, ...]
    at: datetime | None

    def judge(self, seal: Seal) -> Finding:
        moment = self.at or seal.created_at
        try:
            maker = certificates.read(seal.maker_certificate)
            if not maker.may_sign:
                zh, en = "制作者的证书不是签名证书", "its maker's certificate is not for signing"
                return _seal(Verdict.INVALID, zh, en)
            if moment is None:
                raise Refused(Problem.CERTIFICATE_UNTRUSTED, owner=maker.owner)
            path = certificates.chain(maker, self.others, self.trust.roots_for(Purpose.SEALS), at=moment)
        except Refused as refusal:
            return self._without_path(refusal)
        for subject, issuer in pairwise(path):
            known = trusting.told(subject, issuer, material.of_reader(self.trust), at=moment)
            if known.since is not None and known.since <= moment:
                zh = f"制作者的证书链中“{subject.owner}”已被吊销"
                return _seal(Verdict.INVALID, zh, f"in its maker's chain “{subject.owner}” has been revoked")
        return _seal(Verdict.VALID, "制作者受信任", "its maker is trusted")

    def _without_path(self, refusal: Refused) -> Finding:
        if refusal.problem is Problem.CERTIFICATE_EXPIRED:
            zh = "使用印章时制作者的证书不在有效期内，不能确认"
            en = "its maker's certificate was outside its validity when the seal was used, so not confirmed"
            return _seal(Verdict.INDETERMINATE, zh, en)
        zh = "印章制作者不在信任列表中，不能确认"
        return _seal(Verdict.INDETERMINATE, zh, "its maker is not among the trusted ones, so not confirmed")
