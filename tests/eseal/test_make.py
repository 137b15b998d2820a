"""Making seals: what is made reads back field by field and is judged right, what cannot be said is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.eseal import making
from tests.eseal.making import PLAIN, maker, signer
from tests.pki import parties
from tests.pki.hierarchy import NOW, YEAR
from yunqian.crypto import der, sm2
from yunqian.eseal import drawing, make, seal, verdicts
from yunqian.eseal.make import Kind, Maker, Wanted
from yunqian.eseal.seal import CertificateDigest, SealPicture, Version
from yunqian.eseal.verdicts import Verdict
from yunqian.problems import Problem, Refused

PNG = drawing.name_seal("李明之印").png
MADE_AT = NOW.replace(microsecond=0)
WANTED = Wanted(
    es_id="44010000000001",
    name="广东示例科技有限公司",
    kind=Kind.ORGANIZATION,
    png=PNG,
    width_mm=18.0,
    height_mm=18.0,
    signers=(signer().certificate, signer("rsa").certificate),
    created_at=MADE_AT,
    valid_from_at=MADE_AT,
    valid_until_at=MADE_AT + YEAR / 2,
)
MADE_VERSIONS = (Version.V1, Version.V4)


def by(kind: str = "sm2") -> Maker:
    party = maker(kind)
    return Maker(party.certificate, lambda message: parties.sign(party.key, message))


def judged(encoded: bytes, certificate: bytes = signer().certificate.der) -> tuple[Verdict, ...]:
    found = seal.read(encoded)
    findings = (*verdicts.judge_seal(found, at=MADE_AT), verdicts.judge_membership(found, certificate))
    return tuple(one.verdict for one in findings)


@pytest.mark.parametrize("kind", ["sm2", "rsa", "ecdsa"])
@pytest.mark.parametrize("version", MADE_VERSIONS)
def test_a_made_seal_reads_back_and_is_judged_right(version: Version, kind: str):
    encoded = make.make(WANTED, by(kind), version=version)
    found = seal.read(encoded)
    assert (found.version, found.stated_version, found.whole) == (version, version, encoded)
    assert (found.es_id, found.vendor_id, found.kind) == ("44010000000001", "YUNQIAN", 1)
    assert (found.name, found.extensions, found.timestamp) == (WANTED.name, (), None)
    assert found.picture == SealPicture("PNG", PNG, 18, 18)
    assert found.certificates == tuple(one.der for one in WANTED.signers)
    assert (found.certificate_digests, found.unknown_signers) == ((), ())
    assert (found.created_at, found.valid_from_at) == (MADE_AT, MADE_AT)
    assert found.valid_until_at == WANTED.valid_until_at.replace(microsecond=0)
    assert (found.maker_certificate, found.algorithm) == (maker(kind).certificate.der, making.OIDS[kind])
    assert judged(encoded) == (Verdict.VALID,) * 3


@pytest.mark.parametrize("version", MADE_VERSIONS)
def test_it_is_byte_for_byte_what_the_independent_maker_of_the_tests_writes(version: Version):
    """With RSA, whose values are always the same."""
    shape = PLAIN.but(version=version, maker="rsa", picture=PNG, size_mm=(18, 18))
    wanted = replace(
        WANTED,
        signers=(signer().certificate,),
        created_at=making.BEGINS,
        valid_from_at=making.BEGINS,
        valid_until_at=making.ENDS,
    )
    assert make.make(wanted, by("rsa"), version=version) == making.seal(shape)


@pytest.mark.parametrize(("kind", "named"), [("sm2", "SM3"), ("rsa", "SHA256")])
def test_signers_may_be_named_by_the_digest_of_the_makers_suite(kind: str, named: str):
    found = seal.read(encoded := make.make(WANTED, by(kind), is_by_digest=True))
    assert found.certificates == ()
    assert found.certificate_digests == tuple(
        CertificateDigest(named, making.digest(kind, one.der)) for one in WANTED.signers
    )
    assert judged(encoded) == (Verdict.VALID,) * 3
    assert judged(encoded, maker().certificate.der)[2] is Verdict.INVALID


def test_a_certificate_that_is_not_listed_may_not_apply_it():
    other = signer(called="王芳").certificate.der
    assert judged(make.make(WANTED, by()), other) == (Verdict.VALID, Verdict.VALID, Verdict.INVALID)


def test_an_sm2_module_that_gives_64_bare_bytes_serves():
    party = maker()
    bare = Maker(party.certificate, lambda message: sm2.raw_value(parties.sign(party.key, message)))
    assert judged(make.make(WANTED, bare)) == (Verdict.VALID,) * 3


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=100)
MARKS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(-timedelta(hours=11))])
TIMES = st.datetimes(datetime(1951, 1, 1), datetime(2049, 6, 1), timezones=ZONES)  # noqa: DTZ001
SIZES = st.integers(1, 200)


@settings(max_examples=60, deadline=None)
@given(
    es_id=MARKS,
    vendor_id=MARKS,
    name=WORDS,
    kind=st.sampled_from(Kind),
    sizes=st.tuples(SIZES, SIZES),
    begins=TIMES,
    lasts=st.timedeltas(timedelta(seconds=1), timedelta(days=180)),
    tail=st.binary(max_size=300),
    version=st.sampled_from(MADE_VERSIONS),
)
def test_whatever_is_said_reads_back(es_id, vendor_id, name, kind, sizes, begins, lasts, tail, version):
    wanted = replace(
        WANTED,
        es_id=es_id,
        vendor_id=vendor_id,
        name=name,
        kind=kind,
        width_mm=sizes[0],
        height_mm=sizes[1],
        png=PNG[:8] + tail,
        valid_from_at=begins,
        valid_until_at=begins + lasts,
    )
    found = seal.read(encoded := make.make(wanted, by("rsa"), version=version))
    assert found.whole == encoded
    assert (found.es_id, found.vendor_id, found.name, found.kind) == (es_id, vendor_id, name, kind)
    assert found.picture == SealPicture("PNG", PNG[:8] + tail, *sizes)
    assert found.valid_from_at == begins.replace(microsecond=0)
    assert found.valid_until_at == (begins + lasts).replace(microsecond=0)
    assert make.is_as_wanted(found, wanted, maker("rsa").certificate)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), version=st.sampled_from(MADE_VERSIONS), kind=st.sampled_from(["sm2", "rsa"]))
def test_a_changed_copy_is_never_the_makers(data: st.DataObject, version: Version, kind: str):
    encoded = bytearray(_made(version, kind))
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= data.draw(st.integers(1, 255))
    found = _read(bytes(encoded))
    if found is None:
        return
    original = seal.read(_made(version, kind))
    if (found.signed, found.value) != (original.signed, original.value):
        assert verdicts.judge_maker(found).verdict is not Verdict.VALID
    elif verdicts.judge_maker(found).verdict is Verdict.VALID:
        # V4 does not sign certificate and algorithm: only the spelling of these may change without being noticed.
        assert _bare_key(found) == _bare_key(original)


def _read(encoded: bytes) -> seal.Seal | None:
    try:
        return seal.read(encoded)
    except Refused:
        return None


def _bare_key(found: seal.Seal) -> bytes:
    return verdicts.certificates.read(found.maker_certificate).public_key_der


_KEPT: dict[tuple[Version, str], bytes] = {}


def _made(version: Version, kind: str) -> bytes:
    small = replace(WANTED, png=PNG[:8] + b"picture", signers=(signer("rsa").certificate,))
    if (version, kind) not in _KEPT:
        _KEPT[version, kind] = make.make(small, by(kind), version=version)
    return _KEPT[version, kind]


@pytest.mark.parametrize(
    "odd",
    [
        {"es_id": ""},
        {"es_id": "印章"},
        {"es_id": "a\x00b"},
        {"es_id": "1" * 65},
        {"vendor_id": " x"},
        {"name": ""},
        {"name": "公" * 101},
        {"name": "a\nb"},
        {"name": "公章 "},
        {"png": b"GIF89a"},
        {"png": b""},
        {"png": PNG[:8] + bytes(seal.MAX_BYTES // 2)},
        {"width_mm": 0},
        {"width_mm": 201},
        {"height_mm": 17.5},
        {"height_mm": float("nan")},
        {"width_mm": float("inf")},
        {"signers": ()},
        {"signers": (signer().certificate,) * 2},
        {"valid_until_at": MADE_AT},
        {"valid_from_at": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"valid_until_at": datetime(2050, 1, 1, tzinfo=UTC)},
    ],
    ids=str,
)
def test_what_a_seal_cannot_say_is_refused_and_the_key_is_not_asked(odd: dict[str, object]):
    def never(_message: bytes) -> bytes:
        raise AssertionError("the key was asked")

    with pytest.raises(Refused) as refused:
        make.make(replace(WANTED, **odd), replace(by(), sign=never), version=Version.V1)
    assert refused.value.problem is Problem.REQUEST_INVALID


def test_the_newer_form_reaches_beyond_the_years_of_two_digits():
    late = datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
    found = seal.read(make.make(replace(WANTED, valid_until_at=late), by()))
    assert found.valid_until_at == late
    edge = datetime.max.replace(tzinfo=timezone(-timedelta(hours=11)))
    with pytest.raises(Refused) as refused:
        make.make(replace(WANTED, valid_until_at=edge), by())
    assert refused.value.problem is Problem.REQUEST_INVALID


@pytest.mark.parametrize("odd", [{"version": Version.V5}, {"version": Version.V1, "is_by_digest": True}])
def test_forms_that_are_not_made_are_refused(odd: dict[str, object]):
    with pytest.raises(Refused) as refused:
        make.make(WANTED, by(), **odd)
    assert refused.value.problem is Problem.REQUEST_INVALID


def test_a_maker_who_may_not_sign_or_whose_time_is_over_makes_no_seal():
    root = parties.authority(parties.key("ecdsa", "seal root"), "印章根机构")
    for certificate, problem in (
        (root.certificate, Problem.CERTIFICATE_USAGE),
        (
            replace(maker().certificate, not_after_at=MADE_AT - timedelta(seconds=1)),
            Problem.CERTIFICATE_EXPIRED,
        ),
        (replace(maker("rsa").certificate, key_bits=1024), Problem.ALGORITHM_UNSUPPORTED),
    ):
        with pytest.raises(Refused) as refused:
            make.make(WANTED, replace(by(), certificate=certificate))
        assert refused.value.problem is problem


@pytest.mark.parametrize("value", [b"", b"x" * 64, der.sequence(der.integer(1), der.integer(1))])
def test_a_value_that_is_not_the_makers_is_not_given_away(value: bytes):
    with pytest.raises(Refused) as refused:
        make.make(WANTED, replace(by(), sign=lambda _message: value))
    assert refused.value.problem is Problem.SIGNATURE_INVALID


@pytest.mark.parametrize("is_by_digest", [False, True])
def test_a_seal_is_known_to_be_as_wanted(is_by_digest: bool):
    found = seal.read(make.make(WANTED, by(), is_by_digest=is_by_digest))

    def fits(wanted: Wanted, kind: str = "sm2", *, digested: bool = is_by_digest) -> bool:
        return make.is_as_wanted(found, wanted, maker(kind).certificate, is_by_digest=digested)

    assert fits(WANTED)
    assert fits(replace(WANTED, es_id="2", signers=WANTED.signers[::-1]))
    assert not fits(WANTED, digested=not is_by_digest)
    assert not fits(WANTED, "rsa")
    for odd in ({"signers": WANTED.signers[:1]}, {"name": "别的"}, {"width_mm": 40}, {"png": PNG + b"x"}):
        assert not fits(replace(WANTED, **odd))
