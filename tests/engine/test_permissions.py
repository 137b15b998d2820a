"""What earlier signatures permit: certifications, locks and demands of fields, obeyed and judged by others."""

import io
from collections.abc import Sequence

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import conformance, needs
from tests.engine import judges
from tests.engine.papers import SEAL, WORLD, judged, paper, seal
from tests.pki.hierarchy import NOW, Holder
from yunqian.engine import empty_fields, field_locks, intake, pages, permissions, reading, slots
from yunqian.engine.embed import embed
from yunqian.engine.empty_fields import Reserved
from yunqian.engine.field_locks import Level, Lock, Scope
from yunqian.engine.intake_limits import Limits
from yunqian.engine.marks import Box, Mark, PagingMark, SealMark
from yunqian.engine.prepare import prepare
from yunqian.engine.report import Verdict
from yunqian.problems import Problem, Refused

FIRST, SECOND = Box(90, 490, 140, 140), Box(350, 490, 140, 140)
HERE = SealMark(1, Box(360, 500, 113, 113), seal())
STRIPS = PagingMark(impression=seal())
OF_PERSON = (
    f"<</Cert<</Ff 3/Subject[<{WORLD.person.certificate.der.hex()}>]"
    f"/Issuer[<{WORLD.issuing.certificate.der.hex()}>]>>>>"
)
ALL = Lock(Scope.ALL, level=Level.NOTHING)


def sign(document: bytes, marks: Sequence[Mark] = (), who: Holder = WORLD.person, **terms) -> bytes:
    """A whole act on given terms (into, certify, lock)."""
    prepared = prepare(
        document, marks, certificate=who.certificate, chain=who.chain, field="yunqian", at=NOW, **terms
    )
    value = who.sign(prepared.signed_attributes)
    return document + embed(document, prepared, value, certificate=who.certificate, chain=who.chain)


def form(
    *wanted: Reserved, count: int = 3, has_slots: bool = False, is_streamed: bool = False, seed: str = ""
) -> bytes:
    """A paper with empty signature fields, and perhaps slots; `seed` are the seed values of the first."""
    with pikepdf.open(io.BytesIO(paper(count, is_streamed=is_streamed))) as pdf:
        if has_slots:
            slots.reserve(pdf)
        empty_fields.reserve(pdf, wanted, pages.walk(pdf))
        if seed:
            pdf.Root.AcroForm.Fields[-1].SV = pikepdf.Object.parse(seed.encode())
        saved = io.BytesIO()
        mode = pikepdf.ObjectStreamMode
        pdf.save(saved, object_stream_mode=mode.generate if is_streamed else mode.disable)
    return saved.getvalue()


def asked(document: bytes) -> permissions.Permissions:
    with reading.strictly(document) as pdf:
        return permissions.of(pdf)


def refusal(document: bytes, *marks: Mark, **terms) -> Refused:
    with pytest.raises(Refused) as refused:
        sign(document, marks, **terms)
    return refused.value


def are_all_good(document: bytes, count: int) -> bool:
    """PyHanko by its default policy, poppler, qpdf and ours, on every field."""
    answers = judges.pyhanko(document)
    by_poppler = judges.pdfsig(document)
    assert [answer for answer in answers if not answer.is_good] == []
    assert by_poppler == [True] * count
    assert judges.qpdf(document) == ""
    report = judged(document)
    assert [one.verdict for one in report.signatures] == [Verdict.VALID] * len(report.signatures)
    return len(answers) == count


LEFT, RIGHT = Reserved("甲方", 1, FIRST), Reserved("乙方", 1, SECOND)


@needs.program("pdfsig")
@needs.program("qpdf")
@pytest.mark.parametrize("is_streamed", [False, True], ids=["table", "stream"])
def test_certified_with_reserved_fields_and_slots_takes_two_signers_and_a_last_lock(is_streamed: bool):
    document = form(LEFT, RIGHT, has_slots=True, is_streamed=is_streamed)
    certified = sign(document, who=WORLD.company, certify=Level.SIGNING)
    assert are_all_good(certified, 1)
    once = sign(certified, [SEAL, STRIPS])
    assert are_all_good(once, 2)
    closing = asked(once).closing()
    assert closing.fields == ("甲方", "yunqian", "乙方")
    twice = sign(once, [HERE, STRIPS], WORLD.elliptic, lock=closing)
    assert are_all_good(twice, 3)
    found = asked(twice)
    assert (found.level, [one.fields for one in found.locks]) == (Level.NOTHING, [closing.fields])
    assert found.open_fields == ()
    assert refusal(twice, STRIPS).problem is Problem.DOCUMENT_CERTIFIED


def test_plain_questions_get_plain_answers():
    document = form(LEFT, Reserved("乙方", 2, SECOND, ALL))
    found = asked(document)
    assert (found.level, found.is_signed, found.may_sign, found.may_add_visible_fields) == (
        None,
        False,
        True,
        True,
    )
    assert [(one.name, one.page, one.box, one.lock) for one in found.open_fields] == [
        ("甲方", 1, FIRST, None),
        ("乙方", 2, SECOND, ALL),
    ]


def test_a_certification_is_named_in_the_catalog_and_comes_first():
    certified = sign(paper(), certify=Level.ANNOTATIONS)
    with reading.strictly(certified) as pdf:
        reference = pdf.Root.Perms.DocMDP.Reference[0]
        assert (reference.TransformMethod, reference.TransformParams.P) == (pikepdf.Name.DocMDP, 3)
    assert refusal(certified, certify=Level.SIGNING).problem is Problem.DOCUMENT_ALREADY_SIGNED


@pytest.mark.parametrize("level", [Level.SIGNING, Level.ANNOTATIONS])
def test_a_new_visible_field_after_a_certification_is_refused_for_pyhanko_would_call_it_broken(level: Level):
    certified = sign(paper(), certify=level)
    assert refusal(certified, SEAL).problem is Problem.DOCUMENT_TAKES_NO_FIELD
    assert refusal(certified, STRIPS).problem is Problem.DOCUMENT_TAKES_NO_FIELD


def test_a_mark_beside_the_reserved_fields_is_told_their_names():
    certified = sign(form(LEFT, RIGHT), certify=Level.SIGNING)
    beside = SealMark(2, SEAL.box, seal())
    refused = refusal(certified, beside)
    assert (refused.problem, refused.facts) == (Problem.MARK_OUTSIDE_FIELD, {"fields": "甲方, 乙方"})


@needs.program("pdfsig")
@needs.program("qpdf")
def test_a_signature_that_nobody_sees_may_follow_a_certification():
    certified = sign(form(has_slots=True), certify=Level.SIGNING)
    assert are_all_good(sign(certified, [STRIPS], WORLD.elliptic), 2)


@needs.program("pdfsig")
@needs.program("qpdf")
def test_a_named_field_is_filled_and_other_marks_get_fields_of_their_own():
    signed = sign(form(LEFT), [SEAL, HERE], into="甲方")
    assert are_all_good(signed, 2)
    with reading.strictly(signed) as pdf:
        names = [str(one.T) for one in pdf.Root.AcroForm.Fields]
        values = {one.V.objgen for one in pdf.Root.AcroForm.Fields}
    assert (names, len(values)) == (["甲方", "yunqian"], 1)


def test_a_named_field_must_be_there_be_empty_and_hold_the_mark():
    document = form(LEFT)
    assert refusal(document, SEAL, into="丙方").problem is Problem.FIELD_NOT_FOUND
    assert refusal(document, HERE, into="甲方").problem is Problem.MARK_OUTSIDE_FIELD
    signed = sign(document, [SEAL], into="甲方")
    assert refusal(signed, SEAL, into="甲方").problem is Problem.FIELD_NOT_FOUND


@needs.program("pdftoppm")
def test_the_seal_is_seen_in_the_field_where_it_was_dropped():
    signed = sign(form(LEFT), [SEAL], into="甲方")
    free = sign(paper(3), [SEAL])
    assert judges.picture(signed, 1).tobytes() == judges.picture(free, 1).tobytes()


def transforms(document: bytes, field: str) -> dict[str, str]:
    """The parameters of each transform of a field's signature, and what else its reference says."""
    with reading.strictly(document) as pdf:
        (found,) = [one for one in pdf.Root.AcroForm.Fields if str(one.T) == field]
        told = {}
        for part in found.V.Reference:
            data = str(part.Data.Type) if "/Data" in part else ""
            told[str(part.TransformMethod)] = (
                field_locks.read(part.TransformParams) if data else part.TransformParams.P,
                data,
                str(part.get("/DigestMethod", "")),
            )
        return told


@needs.program("pdfsig")
@needs.program("qpdf")
@pytest.mark.parametrize(
    "lock",
    [
        Lock(Scope.INCLUDE, ("甲方", "seam_right_1")),
        Lock(Scope.EXCLUDE, ("乙方",)),
        Lock(Scope.ALL),
        Lock(Scope.INCLUDE, ("甲方",), Level.SIGNING),
    ],
)
def test_the_lock_of_a_field_becomes_the_transform_of_its_signature(lock: Lock):
    signed = sign(form(Reserved("甲方", 1, FIRST, lock), RIGHT, has_slots=True), [SEAL], into="甲方")
    assert are_all_good(signed, 1)
    found = transforms(signed, "甲方")
    assert found.pop("/FieldMDP") == (Lock(lock.scope, lock.fields), "/Catalog", "/SHA256")
    assert found == ({} if lock.level is None else {"/DocMDP": (lock.level, "", "")})
    assert asked(signed).locks == (Lock(lock.scope, lock.fields),)


@needs.program("pdfsig")
@needs.program("qpdf")
def test_what_a_lock_leaves_open_can_be_signed_and_what_it_covers_is_refused():
    only = Lock(Scope.INCLUDE, ("甲方", "丙方", "yunqian"))
    signed = sign(form(Reserved("甲方", 1, FIRST, only), RIGHT, has_slots=True), [SEAL], into="甲方")
    assert [one.name for one in asked(signed).open_fields] == ["乙方"]
    again = sign(signed, [HERE, STRIPS], WORLD.elliptic, into="乙方")
    assert are_all_good(again, 2)
    assert are_all_good(sign(again, [SealMark(2, SEAL.box, seal())]), 3)
    with reading.strictly(sign(again, [SealMark(2, SEAL.box, seal())])) as pdf:
        assert str(pdf.Root.AcroForm.Fields[-1].T) == "yunqian-2"  # a name that is locked is passed over


def test_where_every_name_is_locked_no_field_can_be_added():
    only = Lock(Scope.EXCLUDE, ("乙方",))
    signed = sign(form(Reserved("甲方", 1, FIRST, only), RIGHT), [SEAL], into="甲方")
    refused = refusal(signed, SealMark(2, SEAL.box, seal()))
    assert (refused.problem, refused.facts) == (Problem.FIELD_LOCKED, {"field": "yunqian"})


@pytest.mark.parametrize("is_closing", [False, True])
def test_a_lock_over_reserved_slots_is_one_that_nobody_signs_after(is_closing: bool):
    only = ALL if is_closing else Lock(Scope.INCLUDE, ("seam_right_1",))
    signed = sign(form(Reserved("甲方", 1, FIRST, only), has_slots=True), [SEAL], into="甲方")
    refused = refusal(signed, HERE)
    if is_closing:
        assert refused.problem is Problem.DOCUMENT_CERTIFIED
    else:
        assert refused.problem is Problem.DOCUMENT_LOCKED
        assert str(refused.facts["field"]).startswith("seam_right_1.p")


@needs.program("pdfsig")
@needs.program("qpdf")
def test_slots_that_were_filled_in_the_revision_that_locks_them_do_no_harm():
    document = form(LEFT, has_slots=True)
    lock = Lock(Scope.INCLUDE, ("seam_right_1",))
    signed = sign(document, [SEAL, STRIPS], into="甲方", lock=lock)
    assert are_all_good(sign(signed, [HERE, STRIPS], WORLD.elliptic), 2)


def test_a_field_that_was_locked_is_refused_by_name():
    lock = Lock(Scope.INCLUDE, ("乙方",))
    signed = sign(form(LEFT, RIGHT), [SEAL], into="甲方", lock=lock)
    assert refusal(signed, HERE, into="乙方").problem is Problem.FIELD_LOCKED


def test_two_different_locks_in_one_signature_are_refused():
    document = form(Reserved("甲方", 1, FIRST, Lock(Scope.ALL)))
    assert refusal(document, SEAL, into="甲方", lock=ALL).facts == {"field": "甲方", "demand": "Lock"}


@pytest.mark.parametrize(
    ("seed", "demand"),
    [
        ("<</Ff 1/Filter/Entrust.PPKEF>>", "Filter"),
        ("<</Ff 2/SubFilter[/adbe.pkcs7.detached]>>", "SubFilter"),
        ("<</Ff 2/SubFilter[/adbe.pkcs7.detached/ETSI.CAdES.detached]>>", "SubFilter"),
        ("<</Ff 4/V 9>>", "V"),
        ("<</Ff 8/Reasons[(I agree)]>>", "Reasons"),
        ("<</Ff 64/DigestMethod[(SHA512)]>>", "DigestMethod"),
        ("<</Ff 128/LockDocument/true>>", "LockDocument"),
        ("<</Ff 4096>>", "Ff"),
        ("<</MDP<</P 2>>>>", "MDP"),
        ("<</TimeStamp<</URL(http://tsa.example)/Ff 1>>>>", "TimeStamp"),
        ("<</Cert<</Ff 1/Subject[<3000>]>>>>", "Cert.Subject"),
        ("<</Cert<</Ff 4/OID[(1.2.3)]>>>>", "Cert.OID"),
        ("[]", "SV"),
    ],
)
def test_a_demand_that_we_do_not_meet_is_refused_by_name(seed: str, demand: str):
    refused = refusal(form(LEFT, seed=seed), SEAL, into="甲方")
    assert refused.problem is Problem.FIELD_DEMANDS_MORE
    assert refused.facts == {"field": "甲方", "demand": demand}


@needs.program("pdfsig")
@needs.program("qpdf")
@pytest.mark.parametrize(
    "seed",
    [
        "<</SubFilter[/adbe.pkcs7.detached]/Reasons[(I agree)]>>",
        "<</Ff 3/Filter/Adobe.PPKLite/SubFilter[/ETSI.CAdES.detached/adbe.pkcs7.detached]>>",
        "<</Ff 72/Reasons[(.)]/DigestMethod[(SHA384)(SHA256)]/MDP<</P 0>>>>",
        OF_PERSON,
    ],
)
def test_what_is_only_wished_for_or_met_does_not_stop_anybody(seed: str):
    assert are_all_good(sign(form(LEFT, seed=seed), [SEAL], into="甲方"), 1)


@pytest.mark.parametrize(
    ("field", "is_covered"), [("a", True), ("a.b", True), ("ab", False), ("b", False), ("", False)]
)
def test_a_lock_covers_what_stands_below_a_name(field: str, is_covered: bool):
    assert Lock(Scope.INCLUDE, ("a",)).covers(field) is is_covered
    assert Lock(Scope.EXCLUDE, ("a",)).covers(field) is not is_covered
    assert Lock(Scope.ALL).covers(field)


@conformance.needed
def test_the_document_certified_against_any_change_is_refused_with_the_reason():
    document = conformance.document("pdf/certified-no-change-permitted.pdf")
    assert asked(document).level is Level.NOTHING
    for marks in ((SEAL,), ()):
        refused = refusal(document, *marks, lock=ALL)
        assert refused.problem is Problem.DOCUMENT_CERTIFIED
        assert "不允许" in refused.problem.row.zh


@conformance.needed
@needs.program("qpdf")
def test_a_certified_document_with_locked_fields_takes_a_signature_that_carries_its_fields_lock():
    document = conformance.document("pdf/fieldmdp-include.pdf")
    found = asked(document)
    assert (found.level, found.locks) == (Level.SIGNING, (Lock(Scope.INCLUDE, ("Signature2",)),))
    signed = sign(document, lock=Lock(Scope.INCLUDE, ("yunqian",)))
    with reading.strictly(signed) as pdf:
        (held,) = [one.Lock for one in pdf.Root.AcroForm.Fields if str(one.T) == "yunqian"]
        assert field_locks.read(held) == transforms(signed, "yunqian")["/FieldMDP"][0]
    was, now = (judges.pyhanko(one) for one in (document, signed))
    assert [one.is_intact for one in now] == [True, True]
    assert (now[0].later, was[0].later) == ("FORM_FILLING", "NONE")
    assert now[1].is_good
    assert refusal(document, SEAL).problem is Problem.DOCUMENT_TAKES_NO_FIELD


NAMES = st.sampled_from(["甲方", "乙方", "yunqian", "yunqian-2", "seam_right_1", "seam_right_2.p1", "丙方"])
LOCKS = st.none() | st.builds(
    Lock,
    st.sampled_from(Scope),
    st.lists(NAMES, max_size=3, unique=True).map(tuple),
    st.none() | st.sampled_from(Level),
)
TERMS = st.fixed_dictionaries({"lock": LOCKS, "into": st.sampled_from([None, None, "甲方", "乙方"])})
PLACED = st.lists(st.sampled_from([SEAL, HERE, STRIPS]), unique=True, max_size=3)


@needs.program("pdfsig")
@settings(max_examples=40, deadline=None)
@given(
    has_slots=st.booleans(),
    certify=st.none() | st.sampled_from(Level),
    of_fields=st.tuples(LOCKS, LOCKS),
    acts=st.lists(st.tuples(PLACED, TERMS), min_size=2, max_size=3),
)
def test_whatever_is_not_refused_leaves_every_signature_good_for_pyhanko_and_poppler(
    has_slots, certify, of_fields, acts
):
    fields = [
        Reserved(one.name, one.page, one.box, lock)
        for one, lock in zip((LEFT, RIGHT), of_fields, strict=True)
    ]
    document = form(*fields, has_slots=has_slots)
    for marks, terms in acts:
        first = {"certify": certify} if certify and b"/ByteRange" not in document else {}
        try:
            document = sign(document, marks, **terms, **first)
        except Refused:
            continue
        assert [one for one in judges.pyhanko(document) if not one.is_good] == []
        assert all(judges.pdfsig(document))
        assert judged(document).verdict is Verdict.VALID


def test_intake_says_at_once_that_nobody_can_sign_any_more():
    document = form(LEFT, RIGHT)
    closed = sign(document, [SEAL], lock=asked(document).closing("yunqian"))
    with pytest.raises(Refused) as refused:
        intake.accept(closed, limits=Limits())
    assert refused.value.problem is Problem.DOCUMENT_CERTIFIED
    still_open = sign(document, [SEAL], certify=Level.SIGNING)
    assert intake.accept(still_open, limits=Limits()).document == still_open
