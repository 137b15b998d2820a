"""What the verifier says of documents that are not as they should be."""

import io
from datetime import UTC, datetime

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.papers import SEAL, TRUST, WORLD, act, judged, paper, seal
from tests.pki import stamps
from tests.pki.hierarchy import NOW, Holder, revocation_list
from yunqian.engine import found, material, proofs, signed_message, timestamp, unsigned_strips
from yunqian.engine.append import Update, deflated, reference, with_entries
from yunqian.engine.marks import SealMark
from yunqian.engine.report import Report, Trust, Verdict
from yunqian.engine.verify import verify

SIGNED = act(paper())
TOKEN = signed_message.read(stamps.token(WORLD.stamper, bytes(32)))


def findings(report: Report, number: int = 0) -> dict[str, Verdict]:
    return {one.check: one.verdict for one in report.signatures[number].findings}


def test_an_unsigned_document_is_not_called_valid():
    report = judged(paper())
    assert (report.verdict, report.signatures, report.page_count) == (Verdict.INDETERMINATE, (), 2)
    assert report.notes_en == ("The document holds no signature.",)


def test_traces_of_a_signature_are_not_called_unsigned():
    hidden = SIGNED.replace(b"/FT/Sig", b"/FT/Tx ")
    report = judged(hidden)
    assert report.verdict is Verdict.INDETERMINATE
    assert "traces" in report.notes_en[0]


@pytest.mark.parametrize("document", [b"", b"hello", b"%PDF-1.7", bytes(500)])
def test_what_is_no_pdf_cannot_be_confirmed(document: bytes):
    report = judged(document)
    assert (report.verdict, report.signatures) == (Verdict.INDETERMINATE, ())
    assert report.notes_zh


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(SIGNED) - 1), st.binary(max_size=12), st.integers(0, 40))
def test_no_damage_ever_raises_or_stays_valid(at: int, inserted: bytes, removed: int):
    damaged = SIGNED[:at] + inserted + SIGNED[at + removed :]
    report = judged(damaged)
    if damaged != SIGNED and damaged.rstrip() != SIGNED.rstrip():
        gap = _gap()
        in_padding = at >= gap[0] and at + max(removed, len(inserted)) < gap[1]
        assert report.verdict is not Verdict.VALID or in_padding


def _gap() -> tuple[int, int]:
    with pikepdf.open(io.BytesIO(SIGNED)) as pdf:
        spans = [int(one) for one in pdf.Root.AcroForm.Fields[0].V.ByteRange]
    return spans[1], spans[2]


@pytest.mark.parametrize(
    ("who", "verdict"),
    [
        (WORLD.person, Verdict.VALID),
        (WORLD.stranger, Verdict.INDETERMINATE),
        (WORLD.expired, Verdict.INVALID),
        (WORLD.wrong_usage, Verdict.INVALID),
    ],
    ids=["trusted", "stranger", "expired", "wrong usage"],
)
def test_trust_is_judged_apart_from_the_signature_itself(who: Holder, verdict: Verdict):
    told = findings(judged(act(paper(), who)))
    assert told == {
        "crypto": Verdict.VALID,
        "coverage": Verdict.VALID,
        "seal": Verdict.NOT_APPLICABLE,
        "membership": Verdict.NOT_APPLICABLE,
        "trust": verdict,
    }


def test_a_revoked_certificate_is_invalid_and_an_unknown_state_is_not_valid():
    revoking = revocation_list(WORLD.issuing, [WORLD.person.certificate])
    root_list = revocation_list(WORLD.root)
    for lists, verdict in (
        ((revoking,), Verdict.INVALID),
        ((), Verdict.INDETERMINATE),
        ((root_list,), Verdict.INDETERMINATE),
        ((WORLD.crl,), Verdict.INDETERMINATE),
        ((WORLD.crl, root_list), Verdict.VALID),
    ):
        report = judged(SIGNED, Trust(TRUST.roots, lists))
        assert (findings(report)["trust"], report.verdict) == (verdict, verdict)


@pytest.mark.parametrize("junk", [b"x", b"%%EOF\n", b"1 0 obj\n<<>>\nendobj\n"])
def test_bytes_behind_the_end_are_reported(junk: bytes):
    assert findings(judged(SIGNED + junk))["coverage"] is Verdict.INVALID


def test_blanks_behind_the_end_are_harmless():
    assert judged(SIGNED + b"\r\n \n").verdict is Verdict.VALID


def changed(alter) -> Report:
    """The signed document with an incremental update that nobody signed."""
    update = Update(SIGNED)
    alter(update)
    return judged(SIGNED + update.tail())


def test_a_changed_page_makes_the_signature_invalid():
    def alter(update):
        update.replace(update.pdf.pages[0].obj.Contents, deflated(b"", b"BT ET"))

    assert findings(changed(alter))["coverage"] is Verdict.INVALID


def test_another_page_box_makes_the_signature_invalid():
    def alter(update):
        page = update.pdf.pages[0].obj
        update.replace(page, with_entries(page, {"/MediaBox": b"[0 0 200 200]"}))

    assert findings(changed(alter))["coverage"] is Verdict.INVALID


def test_an_annotation_over_the_text_cannot_be_confirmed():
    def alter(update):
        page = update.pdf.pages[1].obj
        stamp = update.add(b"<</Type/Annot/Subtype/Square/Rect[0 0 500 500]/IC[1 1 1]>>")
        update.replace(page, with_entries(page, {"/Annots": b"[%s]" % reference(stamp)}))

    assert findings(changed(alter))["coverage"] is Verdict.INDETERMINATE


def test_a_seal_picture_swapped_afterwards_cannot_be_confirmed():
    def alter(update):
        form = update.pdf.Root.AcroForm.Fields[0].AP.N
        update.replace(form, deflated(b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]", b"q Q"))

    assert findings(changed(alter))["coverage"] is Verdict.INDETERMINATE


def test_a_missing_object_filled_in_afterwards_cannot_be_confirmed():
    """The hide attack: the signed revision refers to an object that comes only later."""
    document = paper()
    update = Update(document)
    page = update.pdf.pages[1].obj
    update.replace(page, with_entries(page, {"/Thumb": b"400 0 R"}))
    holed = act(document + update.tail())
    update = Update(holed)
    update.put(400, deflated(b"", b"late"))
    tail = update.tail()
    sized = tail.replace(b"/Size %d" % int(update.pdf.trailer.Size), b"/Size 401")
    for late in (tail, sized):
        assert findings(judged(holed + late))["coverage"] is Verdict.INDETERMINATE


def test_two_seals_by_one_key_are_one_signature_with_two_fields():
    document = act(paper(), marks=[SEAL, SealMark(2, SEAL.box, seal())])
    report = judged(document)
    assert [one.fields for one in report.signatures] == [("yunqian", "yunqian-2")]
    assert report.signatures[0].pages == (1, 2)


def test_the_total_is_the_worst_of_the_signatures():
    document = act(act(paper()), WORLD.stranger, [SealMark(2, SEAL.box, seal())])
    report = judged(document)
    assert [one.verdict for one in report.signatures] == [Verdict.VALID, Verdict.INDETERMINATE]
    assert report.verdict is Verdict.INDETERMINATE


def test_a_claimed_time_in_another_zone_is_told_in_utc():
    moved = SIGNED.replace(b"D:20261122100000+00'00'", b"D:20261122180000+08'00'")
    (one,) = judged(moved).signatures
    assert one.claimed_at == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    assert one.verdict is Verdict.INVALID


def test_the_time_of_the_question_stands_in_the_report():
    assert verify(SIGNED, trust=TRUST, at=NOW).verified_at == NOW


@pytest.mark.parametrize("error", [MemoryError, RecursionError, KeyError, UnicodeDecodeError])
@pytest.mark.parametrize(
    ("room", "function"),
    [
        (found, "signatures"),
        (material, "of_document"),
        (proofs, "over_document"),
        (unsigned_strips, "settled"),
    ],
)
def test_whatever_goes_wrong_is_not_confirmed_and_never_unsigned(monkeypatch, room, function: str, error):
    def fail(*_arguments: object, **_named: object) -> None:
        raise error("utf-8", b"", 0, 1, "made for the test") if error is UnicodeDecodeError else error

    monkeypatch.setattr(room, function, fail)
    report = judged(SIGNED)
    assert (report.verdict, report.signatures) == (Verdict.INDETERMINATE, ())
    assert report.notes_en == ("The document cannot be read reliably; nothing can be confirmed.",)


def test_a_signature_that_no_field_leads_to_is_not_overlooked():
    with pikepdf.open(io.BytesIO(SIGNED)) as pdf:
        pdf.Root.Lost = pdf.Root.AcroForm.Fields[0].V
        del pdf.Root.AcroForm, pdf.pages[0].obj.Annots
        made = io.BytesIO()
        pdf.save(made, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    report = judged(made.getvalue())
    assert report.verdict is Verdict.INDETERMINATE
    assert "traces" in report.notes_en[0]


def test_two_time_stamps_that_end_one_revision_are_judged_each_by_itself():
    """A right stamp must not lend its answer to a wrong one beside it."""
    one = proofs.Covered(TOKEN, [b"other bytes"], 2)
    imprint = stamps.token(WORLD.stamper, timestamp.timestamp_imprint(b"these bytes"))
    two = proofs.Covered(signed_message.read(imprint), [b"these bytes"], 2)
    for order in ((one, two), (two, one)):
        told = proofs.over_document(order, TRUST, material.of_reader(TRUST), asked_at=NOW)
        assert [each.imprint.verdict is Verdict.VALID for each in told] == [each is two for each in order]
