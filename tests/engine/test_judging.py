"""The five answers one by one: which forms of signature are taken, and that no defect takes an answer away."""

import io
from dataclasses import replace

import pikepdf
import pytest

from tests.engine import test_sealing
from tests.engine.papers import TRUST, WORLD, act, judged, paper
from tests.pki.hierarchy import NOW
from yunqian.engine import coverage, found, judging, sealing, signed_message, trust
from yunqian.engine import report as reports
from yunqian.engine.report import CHECKS, Finding, Purpose, Verdict, joined, worst
from yunqian.engine.verify import verify
from yunqian.wire import panel

V, I, U, N = Verdict.VALID, Verdict.INVALID, Verdict.INDETERMINATE, Verdict.NOT_APPLICABLE  # noqa: E741
SIGNED = act(paper())
REPORT = judged(SIGNED)


def answers(document: bytes) -> dict[str, Finding]:
    (one,) = judged(document).signatures
    return {finding.check: finding for finding in one.findings}


def told_as(kind: bytes) -> bytes:
    """The signed document with another /SubFilter of the same length, so that nothing else moves."""
    assert SIGNED.count(b"/ETSI.CAdES.detached") == 1
    return SIGNED.replace(b"/ETSI.CAdES.detached", kind.ljust(len(b"/ETSI.CAdES.detached")))


def test_every_signature_gets_all_five_answers_in_order():
    assert tuple(one.check for one in REPORT.signatures[0].findings) == CHECKS
    assert all(one.zh and one.en for one in REPORT.signatures[0].findings)


def test_a_picture_is_not_an_electronic_seal_and_that_worsens_nothing():
    told = answers(SIGNED)
    assert (told["seal"].verdict, told["membership"].verdict) == (N, N)
    assert "the picture is not an electronic seal (GB/T 38540)" in told["seal"].en
    assert REPORT.verdict is V


def test_what_does_not_apply_is_never_a_total():
    assert worst([N, V]) is V
    assert worst([N, N]) is worst([]) is U
    assert worst([V, U, I, N]) is I


def test_several_sentences_are_one_answer_and_the_worst_comes_first():
    one = joined("trust", [Finding("a", V, "好", "good"), Finding("b", U, "不明", "unclear")])
    assert one == Finding("trust", U, "不明；好", "unclear; good")


@pytest.mark.parametrize(
    "kind", [b"/adbe.pkcs7.sha1", b"/adbe.x509.rsa_sha1", b"/ETSI.RFC3161", b"/Other", b""]
)
def test_other_forms_of_signature_are_never_valid(kind: bytes):
    told = answers(told_as(kind))
    assert told["crypto"].verdict in {U, I}
    assert judged(told_as(kind)).verdict is I  # the dictionary itself is signed


def message(**changes) -> judging.Read:
    """Our own signature as read, altered behind the reader's back."""
    history = coverage.History(SIGNED)
    one = judging.read(_found(), history)
    assert one.message is not None
    return replace(one, message=replace(one.message, **changes))


def _found() -> found.FoundSignature:
    with pikepdf.open(io.BytesIO(SIGNED)) as pdf:
        return found.signatures(pdf)[0]


def crypto(one: judging.Read) -> Verdict:
    return judging._crypto(one, None).verdict


def test_pades_without_the_newer_naming_of_the_certificate_is_not_confirmed():
    assert crypto(message()) is V
    assert crypto(message(names_certificate=None)) is U
    assert crypto(message(names_certificate=False)) is I


def test_the_older_naming_by_sha1_is_not_enough(monkeypatch):
    monkeypatch.setattr(judging, "_NEWER_NAMING", b"nothing like it")
    assert crypto(message()) is U


def test_the_plain_format_is_taken_with_an_explanation():
    one = message(names_certificate=None)
    plain = replace(one, found=replace(one.found, sub_filter="/adbe.pkcs7.detached"))
    answer = judging._crypto(plain, None)
    assert answer.verdict is V
    assert "adbe.pkcs7.detached" in answer.zh
    assert "adbe.pkcs7.detached" in answer.en


def test_sha1_is_never_valid():
    weak = message()
    scheme = replace(weak.message.scheme, digest="sha1")
    assert judging._strength(replace(weak.message, scheme=scheme))[0].verdict is U
    assert judging._strength(weak.message) == ()


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, RecursionError, KeyError])
@pytest.mark.parametrize(
    ("room", "function", "check"),
    [
        (coverage, "judge", "coverage"),
        (signed_message, "read", "crypto"),
        (trust, "judge", "trust"),
        (judging, "_value", "crypto"),
    ],
)
def test_a_defect_in_one_part_is_told_and_the_other_answers_stand(
    monkeypatch, error: type[Exception], room, function: str, check: str
):
    def fail(*_arguments: object, **_named: object) -> None:
        raise error("made for the test")

    monkeypatch.setattr(room, function, fail)
    told = answers(SIGNED)
    assert tuple(told) == CHECKS
    assert told[check].verdict is U
    assert V in {one.verdict for one in told.values()} or room is coverage


def test_a_seal_that_cannot_be_judged_is_not_confirmed(monkeypatch):
    def fail(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("made for the test")

    monkeypatch.setattr(sealing, "judge", fail)
    monkeypatch.setattr(judging, "_SEALS", b"%PDF-")
    told = answers(SIGNED)
    assert (told["seal"].verdict, told["membership"].verdict) == (U, U)


def test_the_signed_revision_can_be_cut_out():
    later = act(SIGNED, WORLD.company)
    first = judged(later).signatures[0]
    assert (first.signed_bytes, first.revision) == (len(SIGNED), 2)
    assert verify(later[: first.signed_bytes], trust=TRUST, at=NOW).verdict is V


def test_later_revisions_are_told_one_by_one():
    twice = act(SIGNED, WORLD.company)
    first, second = judged(twice).signatures
    assert [(one.revision, one.is_allowed) for one in first.later] == [(3, True)]
    assert first.later[0].zh
    assert second.later == ()
    assert verify(twice[: first.signed_bytes], trust=TRUST, at=NOW).signatures[0].later == ()


def test_the_words_of_the_report_are_those_of_the_wire():
    assert {one.value for one in panel.Answer} == {one.value for one in reports.Verdict}
    assert {one.value for one in panel.Verdict} == {one.value for one in reports.Verdict if one is not N}


SEALED = act(paper(), test_sealing.SIGNER, [test_sealing.mark()])
GUOMI_TRUST = reports.Trust((test_sealing.GUOMI.root.certificate,), test_sealing.GUOMI.crls)


@pytest.mark.parametrize(
    ("purposes", "seal", "total"),
    [(tuple(Purpose), V, V), ((Purpose.DOCUMENTS,), U, U)],
    ids=["its maker trusted", "its maker not trusted"],
)
def test_an_electronic_seal_inside_is_judged_with_the_roots_for_its_maker(purposes, seal, total):
    (root,) = GUOMI_TRUST.roots
    trusted = replace(GUOMI_TRUST, roots=(), special=tuple((purpose, root) for purpose in purposes))
    report = verify(SEALED, trust=trusted, at=NOW)
    (one,) = report.signatures
    told = {finding.check: finding.verdict for finding in one.findings}
    assert told == {"crypto": V, "coverage": V, "seal": seal, "membership": V, "trust": V}
    assert report.verdict is total
