"""The electronic seal in a PDF: what may be applied, what stands in the revision, and every way to cheat with it."""

import io
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pikepdf
import pytest
from PIL import Image

from tests import conformance, needs
from tests.engine import judges
from tests.engine.papers import DATE, SEAL, TRUST, WORLD, act, judged, paper, seal
from tests.eseal import making
from tests.eseal.making import PLAIN, Shape
from tests.pki import guomi, parties
from tests.pki.hierarchy import NOW, YEAR
from yunqian.crypto import der
from yunqian.engine import fields, found, sealing, slots
from yunqian.engine.marks import Box, DateMark, Impression, PagingMark, SealMark, TextMark
from yunqian.engine.prepare import prepare
from yunqian.engine.report import Finding, Trust, Verdict
from yunqian.eseal.seal import Version
from yunqian.problems import Problem, Refused

V, I, U = Verdict.VALID, Verdict.INVALID, Verdict.INDETERMINATE  # noqa: E741
GUOMI = guomi.built()
MAKER = GUOMI.signer("国密印章制作单位")
SIGNER, OTHER = GUOMI.signer("国密签章人"), GUOMI.signer("国密另一人")
GUOMI_TRUST = Trust((GUOMI.root.certificate,), (GUOMI.crl(),))
ABOVE = (GUOMI.issuing.certificate,)
PICTURE = seal().png
BASE = PLAIN.but(
    by=MAKER.party,
    picture=PICTURE,
    size_mm=(40, 40),
    signers=(der.octets(SIGNER.certificate.der), der.octets(WORLD.person.certificate.der)),
)


@cache
def sealed(shape: Shape) -> bytes:
    """One seal per shape: SM2 values differ each time they are made."""
    return making.seal(shape)


def mark(shape: Shape = BASE, *, page: int = 1, eseal: bytes | None = None) -> SealMark:
    impression = replace(seal(), eseal=eseal or sealed(shape))
    return SealMark(page, Box(100, 500, 113, 113), impression)


def revised(found_png: bytes) -> Impression:
    return Impression("另一枚", found_png, 40, 40)


def answers(document: bytes, who=SIGNER, *, trust: Trust = GUOMI_TRUST, at=NOW) -> list[Finding]:
    """The findings about the last signature of a document."""
    with pikepdf.open(io.BytesIO(document)) as pdf:
        signature = found.signatures(pdf)[-1]
    return list(sealing.judge(document, signature, who.certificate, trust, at=at, others=ABOVE))


def verdicts(document: bytes, *arguments, **named) -> tuple[Verdict, ...]:
    told = answers(document, *arguments, **named)
    assert [one.check for one in told] == ["seal", "membership"]
    return tuple(one.verdict for one in told)


def refusal(shape: Shape = BASE, who=SIGNER, **named) -> Problem:
    with pytest.raises(Refused) as refused:
        prepare(
            paper(), [mark(shape, **named)], certificate=who.certificate, chain=who.chain, field="f", at=NOW
        )
    for language in ("zh", "en"):
        assert refused.value.text(language)
    return refused.value.problem


# ------------------------------------------------------------------ what stands in the revision


@pytest.mark.parametrize("version", Version)
def test_a_seal_of_each_version_goes_into_the_signed_revision_and_is_confirmed(version: Version):
    shape = BASE.but(version=version)
    document = act(paper(), SIGNER, [mark(shape), DATE])
    with pikepdf.open(io.BytesIO(document)) as pdf:
        value = pdf.Root.AcroForm.Fields[0].V
        (entry,) = value["/YQSeals"]
        assert bytes(entry.Seal) == sealed(shape)
        first, size, resumed, rest = (int(one) for one in value.ByteRange)
    where = document.index(sealed(shape).hex().encode())
    assert first <= where < first + size or resumed <= where < resumed + rest
    assert verdicts(document) == (V, V)


def test_the_finding_names_the_seal():
    told, _ = answers(act(paper(), SIGNER, [mark()]))
    assert told.zh == "电子印章“广东示例科技有限公司”真实、在有效期内，与图样一致"


def test_a_signature_without_a_seal_object_has_nothing_to_say_about_one():
    plain = act(paper(), SIGNER, [SEAL])
    assert answers(plain) == []
    sealed_before = act(act(paper(), SIGNER, [mark()]), WORLD.person, [SealMark(2, SEAL.box, seal("另一枚"))])
    assert answers(sealed_before, WORLD.person) == []


@needs.program("pdfsig")
@needs.program("qpdf")
def test_seals_of_two_signers_leave_every_outside_judge_content():
    """The entry is private: what nobody else knows must not make anybody else doubt."""
    first = act(paper(), WORLD.person, [mark(), DATE])
    other = BASE.but(signers=(der.octets(WORLD.elliptic.certificate.der),))
    second = act(first, WORLD.elliptic, [mark(other, page=2), DateMark(2, DATE.box, "2026-11-22")])
    assert second.count(b"/YQSeals") == 2
    for document, count in ((first, 1), (second, 2)):
        assert judges.qpdf(document) == ""
        assert judges.pdfsig(document) == [True] * count
        assert all(answer.is_good for answer in judges.pyhanko(document))
        assert [one.findings[0].verdict for one in judged(document).signatures] == [V] * count
    assert verdicts(second, WORLD.elliptic) == (V, V)
    assert verdicts(first, WORLD.person) == (V, V)


def test_the_same_seal_on_many_pages_is_carried_once():
    document = act(paper(), SIGNER, [mark(page=1), mark(page=2)])
    assert document.count(sealed(BASE).hex().encode()) == 1
    assert verdicts(document) == (V, V)


# ------------------------------------------------------------------ refused before anything is signed


def test_a_seal_that_does_not_list_the_certificate_is_refused():
    assert refusal(who=OTHER) is Problem.SEAL_NOT_OF_CERTIFICATE


def test_a_seal_listed_by_digest_is_for_its_certificate_only():
    by_digest = BASE.but(
        list_kind=2, signers=(making.digest_entry("SM3", making.digest("sm2", SIGNER.certificate.der)),)
    )
    assert verdicts(act(paper(), SIGNER, [mark(by_digest)])) == (V, V)
    assert refusal(by_digest, OTHER) is Problem.SEAL_NOT_OF_CERTIFICATE


def test_a_seal_out_of_its_validity_is_refused():
    late = BASE.but(begins=making.moment(NOW + timedelta(days=1)))
    assert refusal(late) is Problem.SEAL_OUT_OF_DATE
    assert refusal(BASE.but(begins=parties.moment(NOW)[:-4] + b"abcd")) is Problem.SEAL_OUT_OF_DATE


def test_a_seal_that_is_not_its_makers_is_refused():
    spoilt = sealed(BASE).replace("广东示例".encode(), "广西示例".encode())
    assert refusal(eseal=spoilt) is Problem.SEAL_NOT_GENUINE


@pytest.mark.parametrize("eseal", [b"\x30\x00", b"not a seal", sealed(BASE)[:-1], sealed(BASE) + b"\x00"])
def test_bytes_that_are_no_seal_are_refused(eseal: bytes):
    assert refusal(eseal=eseal) is Problem.SEAL_UNREADABLE


def test_another_picture_or_another_size_than_the_seals_is_refused():
    assert refusal(BASE.but(picture=seal("另一枚").png)) is Problem.SEAL_PICTURE_DIFFERS
    assert refusal(BASE.but(size_mm=(42, 42))) is Problem.SEAL_PICTURE_DIFFERS
    assert refusal(BASE.but(picture=b"PK\x03\x04 an OFD")) is Problem.SEAL_UNREADABLE


def test_the_same_picture_in_another_encoding_is_the_same_picture():
    """Many makers put a GIF in; what is compared is what is seen, not how it is written."""
    image = Image.open(io.BytesIO(PICTURE)).convert("RGBA")
    opaque = Image.new("RGB", image.size, "white")
    opaque.paste(image, mask=image.getchannel("A"))
    palette = opaque.quantize(64)
    written, shown = io.BytesIO(), io.BytesIO()
    palette.save(written, "GIF")
    palette.convert("RGBA").save(shown, "PNG")
    eseal = sealed(BASE.but(picture=written.getvalue()))
    impression = Impression("公章", shown.getvalue(), 40, 40, eseal)
    assert verdicts(act(paper(), SIGNER, [SealMark(1, SEAL.box, impression)])) == (V, V)


# ------------------------------------------------------------------ every way to cheat


def cheating(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signer who does not use our `prepare`: nothing is checked before he signs."""
    monkeypatch.setattr(sealing, "require", lambda *_arguments, **_named: None)


def test_another_signer_is_not_in_the_list(monkeypatch):
    cheating(monkeypatch)
    assert verdicts(act(paper(), OTHER, [mark()]), OTHER) == (V, I)


def test_another_picture_than_the_seals_is_told(monkeypatch):
    cheating(monkeypatch)
    swapped = act(paper(), SIGNER, [mark(BASE.but(picture=seal("另一枚").png))])
    assert verdicts(swapped) == (I, V)
    assert "不是印章中的印模" in answers(swapped)[0].zh


def test_a_seal_that_is_carried_and_not_shown_is_told(monkeypatch):
    cheating(monkeypatch)
    real = sealing.impression.picture
    monkeypatch.setattr(sealing.impression, "picture", lambda png: real(seal("另一枚").png))
    drawn = act(paper(), SIGNER, [mark()])
    assert verdicts(drawn) == (I, V)


def test_a_picture_beside_the_seal_is_not_confirmed():
    """Somebody else's seal, shown beside one's own right one, must not borrow its credit."""
    document = act(paper(), SIGNER, [mark(), SealMark(2, SEAL.box, seal("另一枚"))])
    assert verdicts(document) == (U, V)


@pytest.mark.parametrize("painted", [b"0 0 20 20 re f", b"1 0 0 RG 0 0 m 9 9 l S", b"/P sh", b"/G gs"])
def test_what_is_painted_without_a_picture_is_not_confirmed(monkeypatch, painted: bytes):
    real = sealing.impression.form
    monkeypatch.setattr(
        sealing.impression,
        "form",
        lambda *arguments, **named: _with_content(real(*arguments, **named), painted),
    )
    assert verdicts(act(paper(), SIGNER, [mark()])) == (U, V)


def _with_content(form: bytes, painted: bytes) -> bytes:
    head, _, content = form.partition(b"\nstream\n")
    content = content[: -len(b"\nendstream")] + b"\n" + painted
    start = head.rindex(b"/Length")
    return b"%s/Length %d>>\nstream\n%s\nendstream" % (head[:start], len(content), content)


def test_a_spoilt_seal_is_told_whichever_byte_it_is(monkeypatch):
    cheating(monkeypatch)
    whole = sealed(BASE)
    for part in (
        PICTURE[100:140],
        "广东示例".encode(),
        MAKER.certificate.der[-20:],
        SIGNER.certificate.der[60:90],
    ):
        at = whole.index(part) + len(part) - 1
        spoilt = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        assert verdicts(act(paper(), SIGNER, [mark(eseal=spoilt)]))[0] is not V


def test_a_seal_changed_in_the_document_breaks_the_signature_itself():
    document = act(paper(), WORLD.person, [mark()])
    at = document.index(sealed(BASE).hex().encode()) + 80
    digit = b"0" if document[at : at + 1] != b"0" else b"1"
    assert judged(document[:at] + digit + document[at + 1 :]).verdict is I


def test_an_entry_that_is_not_ours_to_read_is_not_confirmed(monkeypatch):
    cheating(monkeypatch)
    for written in (
        b"/YQSeals 5",
        b"/YQSeals[]",
        b"/YQSeals[7]",
        b"/YQSeals[<<>>]",
        b"/YQSeals[<</Seal(x)>>]",
    ):
        monkeypatch.setattr(sealing, "entries", lambda *_a, written=written, **_n: b"/YQSeals" + written)
        assert verdicts(act(paper(), SIGNER, [mark()])) == (U, U)


def test_a_seal_used_outside_its_validity_is_told(monkeypatch):
    cheating(monkeypatch)
    document = act(paper(), SIGNER, [mark(BASE.but(begins=making.moment(NOW + timedelta(days=1))))])
    assert verdicts(document) == (I, V)


def test_without_a_known_time_the_validity_is_not_confirmed():
    assert verdicts(act(paper(), SIGNER, [mark()]), at=None) == (U, V)


@pytest.mark.parametrize("flags", [2, 32, 134])
def test_a_seal_in_a_widget_that_nobody_sees_is_not_shown(monkeypatch, flags: int):
    monkeypatch.setattr(fields, "_WIDGET_FLAGS", flags)  # Hidden, NoView (ISO 32000-2 table 167)
    assert verdicts(act(paper(), SIGNER, [mark()])) == (I, V)


# ------------------------------------------------------------------ whose seal it is


def test_a_maker_nobody_trusts_is_not_confirmed():
    document = act(paper(), SIGNER, [mark()])
    assert verdicts(document, trust=TRUST) == (U, V)
    assert "不在信任列表" in answers(document, trust=TRUST)[0].zh


def test_a_revoked_maker_is_told():
    document = act(paper(), SIGNER, [mark()])
    revoking = Trust((GUOMI.root.certificate,), (GUOMI.crl([MAKER.certificate], at=NOW - YEAR / 4),))
    assert verdicts(document, trust=revoking) == (I, V)


def test_a_maker_whose_certificate_was_over_is_not_confirmed():
    old = GUOMI.signer("过期制作单位", odd=replace(parties.PLAIN, ends=NOW - timedelta(days=9)))
    document = act(paper(), SIGNER, [mark(BASE.but(by=old.party))])
    assert verdicts(document) == (U, V)


@conformance.needed
@pytest.mark.parametrize("name", ["UserV1", "UserV4", "UserV5"])
def test_seals_that_nobody_here_made_are_judged_in_a_document(name: str, monkeypatch):
    """Their makers' roots are not public and V1 and V4 ended in 2022; none of them lists our signer."""
    cheating(monkeypatch)
    eseal = conformance.document(f"seal/{name}.esl")
    read = sealing.seals.read(eseal)
    shown = io.BytesIO()
    Image.open(io.BytesIO(read.picture.content)).convert("RGBA").save(shown, "PNG")
    impression = Impression(read.name, shown.getvalue(), 40, 40, eseal)
    document = act(paper(), SIGNER, [SealMark(1, SEAL.box, impression)])
    within = read.valid_from_at + timedelta(days=1)
    assert verdicts(document, at=within) == (U, I)
    assert verdicts(document, at=read.valid_until_at + timedelta(days=1)) == (I, I)
    at = document.index(read.picture.content.hex().encode()) + 200
    digit = b"0" if document[at : at + 1] != b"0" else b"1"
    assert verdicts(document[:at] + digit + document[at + 1 :], at=within) == (I, I)


# ------------------------------------------------------------------ paging seals and notes


def slotted(pages: int = 4) -> bytes:
    with pikepdf.open(io.BytesIO(paper(pages))) as pdf:
        slots.reserve(pdf)
        saved = io.BytesIO()
        pdf.save(saved)
        return saved.getvalue()


def paging(shape: Shape = BASE) -> PagingMark:
    return PagingMark(impression=replace(seal(), eseal=sealed(shape)))


@pytest.mark.parametrize("base", ["with slots", "without"])
def test_a_paging_seal_alone_shows_its_seal(base: str):
    document = act(slotted() if base == "with slots" else paper(4), SIGNER, [paging()])
    assert verdicts(document) == (V, V)


def test_seal_note_date_and_paging_seal_of_one_act_are_confirmed_together():
    note = TextMark(1, Box(60, 60, 200, 40), "同意，按此执行。")
    document = act(slotted(), SIGNER, [mark(), DATE, note, paging()])
    assert verdicts(document) == (V, V)
    assert document.count(sealed(BASE).hex().encode()) == 1


def test_another_picture_as_the_paging_seal_beside_ones_own_is_not_confirmed():
    other = PagingMark(impression=seal("另一枚"))
    for base in (slotted(), paper(4)):
        assert verdicts(act(base, SIGNER, [mark(), other])) == (U, V)


def test_the_strips_of_earlier_signers_are_not_held_against_a_later_one():
    first = act(slotted(), WORLD.person, [PagingMark(impression=seal("另一枚"))])
    second = act(first, SIGNER, [paging()])
    assert verdicts(second) == (V, V)


@needs.program("pdfsig")
@needs.program("qpdf")
def test_paging_seals_with_seal_objects_leave_every_outside_judge_content():
    other = BASE.but(signers=(der.octets(WORLD.elliptic.certificate.der),))
    first = act(slotted(), WORLD.person, [paging(), mark()])
    second = act(first, WORLD.elliptic, [paging(other)])
    assert judges.qpdf(second) == ""
    assert judges.pdfsig(second) == [True, True]
    assert all(answer.is_good for answer in judges.pyhanko(second))
    assert verdicts(second, WORLD.elliptic) == (V, V)


# ------------------------------------------------------------------ in the report


def test_the_report_of_a_document_answers_seal_and_membership():
    document = act(paper(), SIGNER, [mark(), DATE])
    (one,) = judged(document, GUOMI_TRUST).signatures
    told = {finding.check: finding for finding in one.findings}
    assert (told["seal"].verdict, told["membership"].verdict) == (V, V)
    assert "广东示例科技有限公司" in told["seal"].zh


def test_the_report_is_as_bad_as_its_seal(monkeypatch):
    cheating(monkeypatch)
    swapped = act(paper(), SIGNER, [mark(BASE.but(picture=seal("另一枚").png))])
    assert judged(swapped, GUOMI_TRUST).verdict is I
    not_listed = act(paper(), OTHER, [mark()])
    assert judged(not_listed, GUOMI_TRUST).verdict is I
