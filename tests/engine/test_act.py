"""The act end to end, judged by ourselves and by poppler, pyHanko and qpdf."""

import io
from dataclasses import replace

import pikepdf
import pytest

from tests import needs
from tests.engine import judges
from tests.engine.papers import DATE, SEAL, WORLD, act, judged, paper, seal
from tests.pki.hierarchy import NOW, Holder
from yunqian.engine.embed import embed, require_signature
from yunqian.engine.marks import Box, DateMark, SealMark
from yunqian.engine.prepare import prepare
from yunqian.engine.prepared import Prepared
from yunqian.engine.report import Verdict
from yunqian.problems import Problem, Refused

SHAPES = [
    {},
    {"is_streamed": True},
    {"form": "indirect"},
    {"form": "direct"},
    {"rotation": 90, "crop": (20, 30, 500, 800)},
    {"is_streamed": True, "form": "direct", "rotation": 270},
]
KEYS = [WORLD.person, WORLD.elliptic, WORLD.elliptic_384]


def prepared(document: bytes, who: Holder = WORLD.person) -> Prepared:
    return prepare(
        document, [SEAL, DATE], certificate=who.certificate, chain=who.chain, field="yunqian", at=NOW
    )


@needs.program("pdfsig")
@needs.program("qpdf")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_two_signers_are_valid_for_every_judge(shape):
    first = act(paper(**shape), WORLD.person, [SEAL, DATE])
    second = act(first, WORLD.elliptic, [SealMark(2, Box(200, 200, 113, 113), seal())])
    assert second.startswith(first)
    for document, count in ((first, 1), (second, 2)):
        assert judges.qpdf(document) == ""
        assert judges.pdfsig(document) == [True] * count
        assert all(answer.is_good for answer in judges.pyhanko(document))
        report = judged(document)
        assert report.verdict is Verdict.VALID, report
        assert len(report.signatures) == count
    assert judges.pyhanko(second)[0].later == "FORM_FILLING"


@pytest.mark.parametrize("who", KEYS, ids=["rsa", "p-256", "p-384"])
def test_every_suite_signs_and_is_good_for_pyhanko(who: Holder):
    document = act(paper(), who)
    assert [answer.is_good for answer in judges.pyhanko(document)] == [True]
    assert judged(document).verdict is Verdict.VALID


def test_the_report_names_signer_time_pages_and_fields():
    document = act(paper(), WORLD.person, [SEAL, DateMark(2, Box(300, 300, 90, 14), "2026-11-22")])
    (one,) = judged(document).signatures
    assert (one.signer, one.issuer, one.algorithm) == ("李明", "测试签发机构", "RSA-SHA256")
    assert (one.fields, one.pages, one.revision) == (("yunqian", "yunqian-2"), (1, 2), 2)
    assert (one.claimed_at, one.stamped_at) == (NOW, None)
    assert one.certificate_sha256 == WORLD.person.certificate.sha256


@needs.program("pdfsig")
@pytest.mark.parametrize("part", [0, 0.01, 0.3, 0.5, 0.9, 0.999])
def test_one_changed_byte_fails_ours_and_poppler(part: float):
    document = act(paper(), WORLD.person, [SEAL, DATE])
    (first, size, resumed, rest) = spans(document)
    signed = [*range(first + 9, size - 1), *range(resumed + 1, resumed + rest)]
    at = signed[int(part * (len(signed) - 1))]
    changed = document[:at] + bytes([document[at] ^ 1]) + document[at + 1 :]
    assert judged(changed).verdict is not Verdict.VALID
    assert judges.pdfsig(changed) != [True]


def spans(document: bytes) -> list[int]:
    with pikepdf.open(io.BytesIO(document)) as pdf:
        return [int(one) for one in pdf.Root.AcroForm.Fields[-1].V.ByteRange]


def test_pades_asks_for_three_attributes_and_no_signing_time():
    document = act(paper())
    with pikepdf.open(io.BytesIO(document)) as pdf:
        value = pdf.Root.AcroForm.Fields[0].V
        assert value.SubFilter == pikepdf.Name("/ETSI.CAdES.detached")
        assert str(value.M) == "D:20261122100000+00'00'"
        assert int(pdf.Root.AcroForm.SigFlags) == 3
        assert bytes.fromhex("2a864886f70d010905") not in bytes(value.Contents)  # signing-time


@needs.program("pdfsig")
def test_what_a_page_inherits_stays_where_it_is():
    """A page that is written out again keeps only its own entries: a foreign signature may stand below."""
    with pikepdf.open(io.BytesIO(paper()), inherit_page_attributes=False) as pdf:
        for page in pdf.Root.Pages.Kids:
            del page.MediaBox
        pdf.Root.Pages.MediaBox = pikepdf.Array([0, 0, 595, 842])
        saved = io.BytesIO()
        pdf.save(saved)
    first = act(saved.getvalue())
    second = act(first, WORLD.company, [SealMark(2, SEAL.box, seal("另一枚"))])
    assert b"/MediaBox" not in second[len(saved.getvalue()) :]
    assert judges.pdfsig(second) == [True, True]
    assert all(answer.is_good for answer in judges.pyhanko(second))
    assert judged(second).verdict is Verdict.VALID


def test_prepared_survives_its_journey_as_json():
    one = prepared(paper())
    assert Prepared.from_json(one.to_json(), one.tail) == one


def test_what_another_version_prepared_has_to_be_prepared_again():
    one = prepared(paper())
    older = one.to_json().replace('"version": 2', '"version": 1')
    assert refusal(lambda: Prepared.from_json(older, one.tail)) is Problem.ORDER_EXPIRED


def test_preparing_twice_gives_the_same_bytes():
    assert prepared(paper()) == prepared(paper())


def test_the_same_seal_is_not_stored_twice():
    first = act(paper(), WORLD.person, [SEAL, DATE])
    second = act(first, WORLD.company, [SealMark(2, SEAL.box, seal()), DateMark(2, DATE.box, "2026-11-22")])
    other = act(first, WORLD.company, [SealMark(2, SEAL.box, seal("另一枚")), DATE])
    assert second[len(first) :].count(b"/Subtype/Image") == 0
    assert second[len(first) :].count(b"/FontFile2") == 0
    assert other[len(first) :].count(b"/Subtype/Image") == 2


def embedded(document: bytes, one: Prepared, signature: bytes, who: Holder = WORLD.person) -> bytes:
    return embed(document, one, signature, certificate=who.certificate, chain=who.chain)


def refusal(action) -> Problem:
    with pytest.raises(Refused) as refused:
        action()
    return refused.value.problem


def test_a_value_by_another_key_is_never_embedded():
    document, one = paper(), prepared(paper())
    foreign = WORLD.company.sign(one.signed_attributes)
    right = WORLD.person.sign(one.signed_attributes)
    for signature, who in (
        (foreign, WORLD.person),
        (foreign, WORLD.company),
        (right, WORLD.company),
        (right[:-1], WORLD.person),
        (b"", WORLD.person),
        (WORLD.person.sign(b"something else"), WORLD.person),
    ):
        assert refusal(lambda: embedded(document, one, signature, who)) is Problem.SIGNATURE_INVALID  # noqa: B023
    require_signature(one, right, certificate=WORLD.person.certificate)


def test_another_base_or_a_changed_tail_is_never_embedded():
    document, one = paper(), prepared(paper())
    right = WORLD.person.sign(one.signed_attributes)
    moved = document[:100] + bytes([document[100] ^ 1]) + document[101:]
    changed = replace(one, tail=one.tail[:50] + bytes([one.tail[50] ^ 1]) + one.tail[51:])
    assert refusal(lambda: embedded(moved, one, right)) is Problem.SIGNATURE_INVALID
    assert refusal(lambda: embedded(document + b" ", one, right)) is Problem.SIGNATURE_INVALID
    assert refusal(lambda: embedded(document, changed, right)) is Problem.SIGNATURE_INVALID


def test_a_gap_that_is_too_small_is_told_with_both_sizes():
    document, one = paper(), prepared(paper())
    right = WORLD.person.sign(one.signed_attributes)
    with pytest.raises(Refused) as refused:
        embed(document, one, right, certificate=WORLD.person.certificate, chain=(), timestamp=bytes(9000))
    assert refused.value.problem is Problem.SIGNATURE_TOO_LARGE
    assert refused.value.facts["reserved_bytes"] == one.reserved_bytes


def test_another_document_of_the_same_size_is_refused_with_or_without_the_base_at_hand():
    base = paper()
    prepared = prepare(base, [SEAL], certificate=WORLD.person.certificate, chain=(), field="yunqian", at=NOW)
    signature = WORLD.person.sign(prepared.signed_attributes)
    other = base[:-20] + bytes([base[-20] ^ 1]) + base[-19:]
    stored = Prepared.from_json(prepared.to_json(), prepared.tail)
    for pinned in (prepared, stored):
        with pytest.raises(Refused) as refused:
            embed(other, pinned, signature, certificate=WORLD.person.certificate, chain=())
        assert refused.value.problem is Problem.SIGNATURE_INVALID
        embed(bytes(bytearray(base)), pinned, signature, certificate=WORLD.person.certificate, chain=())
