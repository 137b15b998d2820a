"""PAdES B-LT and B-LTA: made offline, judged offline by pyHanko's AdES rules, by poppler, by qpdf and by us."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from tests import needs
from tests.engine import judges, judges_longterm
from tests.engine.papers import SEAL, WORLD, act, paper, seal
from tests.engine.test_permissions import HERE, LEFT, RIGHT, asked, form, sign
from tests.pki import answers, guomi, stamps
from tests.pki.hierarchy import NOW, YEAR, Holder, issue, revocation_list, rsa_key
from yunqian.engine import empty_fields, longterm, reading, timestamp
from yunqian.engine.embed import embed
from yunqian.engine.field_locks import Level
from yunqian.engine.marks import Box, SealMark
from yunqian.engine.prepare import prepare
from yunqian.engine.report import Report, Trust, Verdict
from yunqian.engine.verify import verify
from yunqian.problems import Problem, Refused

LATER = NOW + timedelta(minutes=5)
STAMPED, JUDGED = LATER + timedelta(minutes=5), LATER + timedelta(minutes=10)
ROOT = WORLD.root.certificate


def lists(at: datetime = LATER) -> tuple[bytes, bytes]:
    return revocation_list(WORLD.issuing, at=at), revocation_list(WORLD.root, at=at)


def stamped(signature: bytes) -> bytes:
    return stamps.token(WORLD.stamper, timestamp.timestamp_imprint(signature))


def material(document: bytes, *who: Holder, at: datetime = LATER) -> bytes:
    """B-LT: the document with the certificates of `who` and the lists of both authorities."""
    held = [one for holder in (*who, WORLD.stamper) for one in (holder.certificate, *holder.above)]
    return document + longterm.add_validation_material(document, certificates=held, crls=lists(at))


def archived(document: bytes, by: Holder = WORLD.stamper, at: datetime = STAMPED, **digest: str) -> bytes:
    """B-LTA: the document with a document time stamp."""
    return document + longterm.add_document_time_stamp(
        document, lambda imprint: stamps.token(by, imprint, at=at, **digest), **digest
    )


def ours(document: bytes, roots: Sequence = (ROOT,), at: datetime = JUDGED) -> Report:
    """Our own report without any list but those in the document."""
    return verify(document, trust=Trust(tuple(roots)), at=at)


def theirs(document: bytes, at: datetime = JUDGED, roots: Sequence = (ROOT,)) -> list[str]:
    """What is not good for pyHanko."""
    judged = judges_longterm.answers(document, roots=[one.der for one in roots], at=at)
    assert judged
    return [f"{one.field}: {one.status}" for one in judged if not one.is_good or not one.proven_at]


def assert_stands(document: bytes, count: int) -> None:
    """Every judge on a B-LTA document with so many signatures and time stamps."""
    assert theirs(document) == []
    report = ours(document)
    is_stamp = [one.fields[0].startswith("yunqian-timestamp") for one in report.signatures]
    assert sorted(judges.pdfsig(document)) == sorted(
        not one for one in is_stamp
    )  # poppler knows no time stamps
    assert judges.qpdf(document) == ""
    assert [one.verdict for one in report.signatures] == [Verdict.VALID] * count, report.signatures


SIGNERS = {"rsa": WORLD.person, "p256": WORLD.elliptic, "p384": WORLD.elliptic_384}


@needs.program("pdfsig")
@needs.program("qpdf")
@pytest.mark.parametrize(
    ("who", "shape"),
    [
        ("rsa", {}),
        ("rsa", {"is_streamed": True}),
        ("p256", {"form": "direct"}),
        ("p384", {"is_streamed": True}),
    ],
    ids=str,
)
def test_every_kind_of_signature_is_archived_offline(who: str, shape):
    signer = SIGNERS[who]
    signed = act(paper(**shape), signer, timestamp=stamped)
    lasting = material(signed, signer)
    assert [one.is_good for one in judges.pyhanko(lasting)] == [True]
    assert judges.pyhanko(lasting)[0].later == "LTA_UPDATES"
    assert judges.qpdf(lasting) == ""
    assert_stands(archived(lasting), 2)


def test_the_lists_that_a_document_carries_answer_for_revocation():
    signed = act(paper(), timestamp=stamped)
    assert ours(signed).verdict is Verdict.INDETERMINATE
    assert ours(material(signed, WORLD.person)).verdict is Verdict.VALID


def test_a_list_that_revokes_is_carried_and_counts():
    signed = act(paper())
    revoked = revocation_list(WORLD.issuing, [WORLD.person.certificate])
    document = signed + longterm.add_validation_material(signed, crls=[revoked])
    assert ours(document).verdict is Verdict.INVALID


@needs.program("pdfsig")
@needs.program("qpdf")
def test_a_further_signer_on_top_and_his_archive_leave_the_earlier_ones_valid():
    once = archived(material(act(paper(), timestamp=stamped), WORLD.person))
    mark = SealMark(2, Box(100, 300, 113, 113), seal("合同章"))
    twice = act(once, WORLD.elliptic, [mark], timestamp=stamped)
    again = archived(material(twice, WORLD.elliptic, at=LATER + timedelta(minutes=1)))
    assert_stands(again, 4)


@needs.program("pdfsig")
@needs.program("qpdf")
@pytest.mark.parametrize("level", [Level.NOTHING, Level.SIGNING])
def test_archiving_is_permitted_whatever_a_certification_or_a_last_lock_forbids(level: Level):
    certified = sign(paper(), certify=level)
    assert_stands(archived(material(certified, WORLD.person)), 2)


@needs.program("pdfsig")
@needs.program("qpdf")
def test_a_ceremony_closed_by_a_lock_is_archived():
    certified = sign(form(LEFT, RIGHT, has_slots=True), who=WORLD.company, certify=Level.SIGNING)
    once = sign(certified, [SEAL])
    closed = sign(once, [HERE], WORLD.elliptic, lock=asked(once).closing())
    assert_stands(archived(material(closed, WORLD.company, WORLD.person, WORLD.elliptic)), 4)


BEGAN = NOW - 4 * YEAR


@cache
def century() -> tuple[Holder, Holder, Holder, Holder, Holder]:
    """Authorities that last: root, issuing, a signer for two years, and two stampers, one after the other."""
    stamping = ExtendedKeyUsageOID.TIME_STAMPING
    early, late = BEGAN - YEAR, BEGAN + 20 * YEAR
    root = issue(rsa_key("root"), "长期根", is_ca=True, begins=early, ends=late)
    issuing = issue(rsa_key("issuing"), "长期签发机构", by=root, is_ca=True, begins=early, ends=late)
    brief = {"begins": early, "ends": BEGAN + YEAR}
    signer = issue(rsa_key("person"), "李明", by=issuing, **brief)
    first = issue(rsa_key("stamper"), "第一时间戳机构", by=issuing, extended=stamping, **brief)
    second = issue(
        rsa_key("stamper-2"), "第二时间戳机构", by=issuing, extended=stamping, begins=early, ends=late
    )
    return root, issuing, signer, first, second


def renewed_at(document: bytes, by: Holder, at: datetime) -> bytes:
    """Fresh lists, and an archive time stamp over them."""
    root, issuing, signer, first, second = century()
    longer = document + longterm.add_validation_material(
        document,
        certificates=[one.certificate for one in (root, issuing, signer, first, second)],
        crls=[revocation_list(issuing, at=at), revocation_list(root, at=at)],
    )
    return archived(longer, by, at + timedelta(minutes=1))


def signed_long_ago() -> bytes:
    """A stamped signature of four years ago."""
    _, _, signer, first, _ = century()
    prepared = prepare(
        paper(), [SEAL], certificate=signer.certificate, chain=signer.chain, field="yunqian", at=BEGAN
    )
    value = signer.sign(prepared.signed_attributes)
    token = stamps.token(first, timestamp.timestamp_imprint(value), at=BEGAN)
    whole = {"certificate": signer.certificate, "chain": signer.chain, "timestamp": token}
    return paper() + embed(paper(), prepared, value, **whole)


@needs.program("qpdf")
def test_a_renewed_archive_proves_a_signature_after_its_certificate_and_first_stamper_expired():
    root, _, _, first, second = century()
    archive = renewed_at(signed_long_ago(), first, BEGAN + timedelta(days=1))
    renewed = renewed_at(archive, second, BEGAN + timedelta(days=300))
    assert judges.qpdf(renewed) == ""
    report = ours(renewed, [root.certificate], NOW)
    assert [one.verdict for one in report.signatures] == [Verdict.VALID] * 3, report.signatures


@needs.program("pdfsig")
@needs.program("qpdf")
def test_renewing_an_archive_leaves_everything_before_it_valid():
    once = archived(material(act(paper(), timestamp=stamped), WORLD.person))
    again = archived(material(once, WORLD.person, at=LATER + timedelta(minutes=6)), at=JUDGED)
    assert len(again) - len(once) < 48_000  # 32 kB of it are the gap
    assert_stands(again, 3)


GUOMI = guomi.built()


@needs.program("openssl")
@needs.program("qpdf")
def test_sm2_signatures_are_archived_with_sm3_stamps():
    signer = GUOMI.signer("国密签章人")
    signed = act(
        paper(),
        signer,
        timestamp=lambda value: stamps.token(
            GUOMI.stamper, timestamp.timestamp_imprint(value, "sm3"), digest="sm3"
        ),
    )
    held = [signer.certificate, GUOMI.stamper.certificate, *signer.above]
    lasting = signed + longterm.add_validation_material(signed, certificates=held, crls=GUOMI.crls)
    document = archived(lasting, GUOMI.stamper, digest="sm3")
    assert judges.qpdf(document) == ""
    report = ours(document, [GUOMI.root.certificate])
    assert [one.verdict for one in report.signatures] == [Verdict.VALID] * 2, report.signatures
    assert theirs(document, roots=[GUOMI.root.certificate]) == []


def store(document: bytes) -> tuple[list[bytes], list[bytes], list[bytes], dict[str, dict[str, int]]]:
    """Certificates, lists, OCSP answers, and how many of each kind /VRI names for each signature."""
    with reading.strictly(document) as pdf:
        found = pdf.Root.DSS
        parts = [
            [one.read_bytes() for one in found.get(f"/{kind}", ())] for kind in ("Certs", "CRLs", "OCSPs")
        ]
        named = {key: {kind: len(one[kind]) for kind in one.keys()} for key, one in found.VRI.items()}  # noqa: SIM118
        return parts[0], parts[1], parts[2], named


def test_nothing_is_stored_twice_and_every_signature_is_named():
    held = [WORLD.person.certificate, *WORLD.person.above]
    answer = answers.response(WORLD.person.certificate, WORLD.issuing)
    signed = act(paper())
    once = signed + longterm.add_validation_material(
        signed, certificates=held, crls=lists(), ocsps=[answer, answer]
    )
    certificates, crls, ocsps, named = store(once)
    assert (certificates, crls, ocsps) == ([one.der for one in held], list(lists()), [answer])
    with reading.strictly(once) as pdf:
        (one,) = empty_fields.signature_fields(pdf)
        key = hashlib.sha1(bytes(one.value.Contents)).hexdigest().upper()
    assert named == {f"/{key}": {"/Cert": 3, "/CRL": 2, "/OCSP": 1}}
    assert longterm.add_validation_material(once, certificates=held, crls=lists(), ocsps=[answer]) == b""
    fresh = revocation_list(WORLD.issuing, at=LATER + timedelta(days=1))
    twice = once + longterm.add_validation_material(once, crls=[fresh])
    assert store(twice)[1] == [*lists(), fresh]
    assert store(twice)[3] == named  # entries of earlier revisions are never changed


def test_a_document_without_signatures_takes_material_and_a_time_stamp_too():
    document = archived(material(paper(), WORLD.person))
    (one,) = ours(document).signatures
    assert (one.verdict, one.stamped_at) == (Verdict.VALID, STAMPED)


@pytest.mark.parametrize(
    ("handed", "kind"),
    [
        ({"crls": [b""]}, "CRL"),
        ({"crls": [b"\x30\x03\x02\x01\x05"]}, "CRL"),
        ({"crls": [b"-----BEGIN X509 CRL-----"]}, "CRL"),
        ({"ocsps": [b"\x30\x00"]}, "OCSP"),
        ({"ocsps": [answers.refusal()]}, "OCSP"),
    ],
)
def test_material_that_nobody_can_read_is_refused(handed, kind: str):
    with pytest.raises(Refused) as refused:
        longterm.add_validation_material(act(paper()), **handed)
    assert (refused.value.problem, refused.value.facts) == (
        Problem.VALIDATION_MATERIAL_INVALID,
        {"kind": kind},
    )


@given(st.binary(max_size=300))
def test_any_bytes_as_material_are_refused_and_never_a_traceback(handed: bytes):
    for kind in ("crls", "ocsps"):
        with pytest.raises(Refused):
            longterm.add_validation_material(paper(), **{kind: [handed]})


@pytest.mark.parametrize(
    "token",
    [
        lambda imprint: b"",
        lambda imprint: stamps.token(WORLD.stamper, bytes(32)),
        lambda imprint: stamps.token(WORLD.person, imprint),
        lambda imprint: stamps.token(WORLD.stamper, imprint, tampered=True),
    ],
    ids=["nothing", "another imprint", "not a stamper", "tampered"],
)
def test_a_wrong_token_is_not_embedded(token):
    with pytest.raises(Refused) as refused:
        longterm.add_document_time_stamp(paper(), token)
    assert refused.value.problem is Problem.TIMESTAMP_INVALID


def test_a_prepared_stamp_is_for_its_own_document_alone():
    prepared = longterm.prepare_stamp(paper())
    right = stamps.token(WORLD.stamper, prepared.imprint)
    assert longterm.embed_stamp(paper(), prepared, right)
    for other in (act(paper()), paper()[:-1], b"x" + paper()[1:]):
        with pytest.raises(Refused) as refused:
            longterm.embed_stamp(other, prepared, right)
        assert refused.value.problem is Problem.SIGNATURE_INVALID


def test_what_the_authority_refuses_comes_through_and_nothing_is_made():
    def refuses(imprint: bytes) -> bytes:
        raise Refused(Problem.TIMESTAMP_UNAVAILABLE)

    with pytest.raises(Refused) as refused:
        longterm.add_document_time_stamp(paper(), refuses)
    assert refused.value.problem is Problem.TIMESTAMP_UNAVAILABLE


def test_the_version_of_the_document_is_told_by_the_extension_of_etsi():
    with reading.strictly(archived(paper())) as pdf:
        assert pdf.Root.Extensions.ESIC.ExtensionLevel == 1
