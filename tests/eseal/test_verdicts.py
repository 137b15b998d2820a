"""Judging: five separate answers, right ones only for what is right, and an answer for whatever can be read."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha1, sha256

import pytest
from asn1crypto import algos
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given
from hypothesis import strategies as st

from tests.eseal import making
from tests.eseal.making import CONTENT, PLAIN, Shape
from yunqian.crypto import der
from yunqian.eseal import seal, signature, verdicts
from yunqian.eseal.seal import Version
from yunqian.eseal.verdicts import Finding, Verdict
from yunqian.problems import Problem, Refused

V, I, U = Verdict.VALID, Verdict.INVALID, Verdict.INDETERMINATE  # noqa: E741
CHECKS = ("maker", "validity", "membership", "value", "content")


def answers(encoded: bytes, content: bytes = CONTENT) -> tuple[Verdict, ...]:
    findings = verdicts.judge(signature.read(encoded), content)
    assert tuple(one.check for one in findings) == CHECKS
    return tuple(one.verdict for one in findings)


@pytest.mark.parametrize("kind", ["sm2", "rsa", "ecdsa"])
@pytest.mark.parametrize("version", Version)
def test_a_right_signature_is_right_in_all_five(version: Version, kind: str):
    encoded = making.signature(PLAIN.but(version=version, maker=kind, signer=kind))
    assert answers(encoded) == (V, V, V, V, V)


@pytest.mark.parametrize("version", Version)
def test_sm2_values_of_64_bare_bytes_are_right_too(version: Version):
    assert answers(making.signature(PLAIN.but(version=version, raw_value=True))) == (V, V, V, V, V)


def test_no_name_of_an_algorithm_makes_judging_fail():
    found = signature.read(making.signature())
    for dotted in (*algos.SignedDigestAlgorithmId._map, "2.999.1", "0.0"):
        named = replace(found, algorithm=dotted, seal=replace(found.seal, algorithm=dotted))
        answered = [one.verdict for one in verdicts.judge(named, CONTENT)]
        assert V not in (answered[0], answered[3])


@pytest.mark.parametrize("dotted", ["1.2.156.10197.501", "1.2.156.10197.1.301", "1.2.156.10197.1.301.1"])
def test_misspelt_names_of_sm2_are_understood(dotted: str):
    assert answers(making.signature(PLAIN.but(algorithm=dotted))) == (V, V, V, V, V)


def test_other_content_is_only_the_contents_fault():
    assert answers(making.signature(), b"something else") == (V, V, V, V, I)


def test_a_digest_of_zeros_is_the_digest_of_nothing():
    assert answers(making.signature(PLAIN.but(data_hash=bytes(32)))) == (V, V, V, V, I)


def test_a_digest_with_z_in_it_is_told_as_unusual():
    with_z = making.signer().key.public.e_value(CONTENT)
    found = signature.read(making.signature(PLAIN.but(data_hash=with_z)))
    finding = verdicts.judge_content(found, CONTENT)
    assert (finding.verdict, "not the usual form" in finding.en) == (V, True)
    assert verdicts.judge_content(found, b"something else").verdict is I


def test_a_stranger_to_the_seal_is_not_in_its_list():
    theirs = making.seal(PLAIN.but(signers=(der.octets(making.signer(called="王芳").certificate.der),)))
    assert answers(making.signature(sealed=theirs)) == (V, V, I, V, V)


def test_an_empty_list_lets_nobody_in():
    assert answers(making.signature(sealed=making.seal(PLAIN.but(signers=())))) == (V, V, I, V, V)


@pytest.mark.parametrize(
    ("entry", "verdict"),
    [
        (lambda der_: making.digest_entry("SM3", making.digest("sm2", der_)), V),
        (lambda der_: making.digest_entry("1.2.156.10197.1.401", making.digest("sm2", der_)), V),
        (lambda der_: making.digest_entry("sha-256", sha256(der_).digest()), V),
        (lambda der_: making.digest_entry("SM3", sha256(der_).digest()), I),
        (lambda _: making.digest_entry("SM3", b""), I),
        (lambda der_: making.digest_entry("MD4", sha256(der_).digest()), U),
        (lambda der_: making.text(making.IA5, "0" + sha256(der_).hexdigest()), U),
    ],
    ids=["SM3", "its number", "SHA-256", "another digest", "empty", "an unknown digest", "an unknown name"],
)
def test_membership_by_digest(entry, verdict: Verdict):
    member = entry(making.signer().certificate.der)
    sealed = making.seal(PLAIN.but(signers=(member,), list_kind=2))
    assert answers(making.signature(sealed=sealed)) == (V, V, verdict, V, V)


def test_both_ends_of_the_validity_are_inside_and_a_second_more_is_outside():
    found = seal.read(making.seal())
    second = timedelta(seconds=1)
    begins, ends = found.valid_from_at, found.valid_until_at
    at = (begins - second, begins, ends, ends + second, None)
    assert [verdicts.judge_validity(found, at=each).verdict for each in at] == [I, V, V, I, U]


def test_a_validity_that_names_no_moment_is_not_confirmed():
    found = seal.read(making.seal(PLAIN.but(begins=making.text(0x18, "from now on"))))
    assert verdicts.judge_validity(found, at=making.SIGNED_AT).verdict is U


def test_a_better_known_moment_takes_the_place_of_the_claim():
    found = signature.read(making.signature())
    later = found.seal.valid_until_at + timedelta(days=1)
    assert [one.verdict for one in verdicts.judge(found, CONTENT, at=later)] == [V, I, V, V, V]


def test_an_algorithm_nobody_here_knows_is_not_confirmed():
    assert answers(making.signature(PLAIN.but(algorithm="1.2.156.10197.1.599"))) == (U, V, V, U, U)


def test_a_key_that_does_not_fit_the_algorithm_is_wrong():
    shape = PLAIN.but(signer="rsa", algorithm=making.OIDS["sm2"])
    assert answers(making.signature(shape))[3] is I


def test_a_certificate_that_cannot_be_read_is_not_confirmed():
    encoded = making.signature()
    certificate = making.signer().certificate.der
    spoilt = encoded[::-1].replace(certificate[::-1], bytes(len(certificate)), 1)[::-1]
    findings = verdicts.judge(signature.read(spoilt), CONTENT)
    assert [one.verdict for one in findings] == [V, V, I, U, V]
    assert findings[3].en == "the signature value cannot be checked: its certificate cannot be read"


def test_sha1_is_right_but_not_good(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        making.parties, "sign", lambda key, message: key.sign(message, padding.PKCS1v15(), hashes.SHA1())
    )
    monkeypatch.setattr(making, "digest", lambda kind, content: sha1(content).digest())
    shape = PLAIN.but(version=Version.V1, maker="rsa", signer="rsa", algorithm="1.2.840.113549.1.1.5")
    assert answers(making.signature(shape)) == (U, V, V, U, U)
    assert answers(making.signature(shape), b"something else")[4] is I


def test_a_machine_without_sm2_says_so_instead_of_no(monkeypatch: pytest.MonkeyPatch):
    found = signature.read(making.signature())

    def unsupported(*_: object) -> bool:
        raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm="SM2")

    monkeypatch.setattr(verdicts.schemes, "verify", unsupported)
    assert verdicts.judge_value(found) == Finding(
        "value", U, "签名值无法在本机核验", "the signature value cannot be checked on this machine"
    )


SHAPES = tuple(PLAIN.but(version=version, raw_value=raw) for version in Version for raw in (False, True))
MADE = {shape: making.signature(shape) for shape in SHAPES}


@given(st.sampled_from(SHAPES), st.data())
def test_a_changed_byte_in_a_signed_slice_is_never_right(shape: Shape, drawn: st.DataObject):
    encoded = MADE[shape]
    for part, check in (("signature", 3), ("seal", 0)):
        found = signature.read(encoded)
        signed = found.signed if part == "signature" else _info(found)
        start = encoded.index(signed)
        at = start + drawn.draw(st.integers(0, len(signed) - 1), label=part)
        bit = 1 << drawn.draw(st.integers(0, 7))
        changed = encoded[:at] + bytes([encoded[at] ^ bit]) + encoded[at + 1 :]
        if _read(signature.read, changed) is not None:
            assert answers(changed)[check] is not V


def _read(reader, encoded: bytes):
    """What was read, None where it was refused as it may be; any other exception fails the test."""
    try:
        return reader(encoded)
    except Refused as refused:
        if refused.problem is not Problem.SEAL_UNREADABLE:
            raise
        return None


def _info(found: signature.SealSignature) -> bytes:
    """The seal's contents as they stand in it: V1 signs them inside a frame that is not written down."""
    whole = found.seal.whole
    return der.children(der.only(whole, der.SEQUENCE))[0][1]


@given(st.sampled_from(SHAPES), st.data())
def test_whatever_is_changed_is_read_or_refused_and_judged_without_a_fault(
    shape: Shape, drawn: st.DataObject
):
    mutated = bytearray(MADE[shape])
    for _ in range(drawn.draw(st.integers(1, 6))):
        at = drawn.draw(st.integers(0, len(mutated) - 1))
        kind = drawn.draw(st.sampled_from(["set", "cut", "double", "end"]))
        if kind == "set":
            mutated[at] = drawn.draw(st.integers(0, 255))
        elif kind == "end":
            del mutated[max(at, 1) :]
        else:
            size = drawn.draw(st.integers(1, 8))
            mutated[at : at + size] = mutated[at : at + size] * 2 if kind == "double" else b""
        if not mutated:
            break
    _survives(bytes(mutated))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(encoded: bytes):
    _survives(encoded)
    _survives(der.sequence(encoded))


def _survives(encoded: bytes) -> None:
    as_seal, as_signature = _read(seal.read, encoded), _read(signature.read, encoded)
    if as_seal is not None:
        assert as_seal.whole == encoded
        verdicts.judge_seal(as_seal, at=making.SIGNED_AT)
    if as_signature is not None:
        assert as_signature.whole == encoded
        verdicts.judge(as_signature, CONTENT)


def test_the_answers_are_told_in_both_languages():
    for finding in verdicts.judge(signature.read(making.signature()), CONTENT):
        assert any("一" <= letter <= "鿿" for letter in finding.zh)
        assert finding.en.isascii()
