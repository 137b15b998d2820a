"""Certification paths after the manner of NIST's PKITS, for RSA, ECDSA and SM2."""

import time
from datetime import timedelta

import pytest

from tests import conformance
from tests.pki.hierarchy import NOW, YEAR
from tests.pki.parties import (
    GENERALIZED_TIME,
    KINDS,
    Odd,
    Party,
    authority,
    constraints,
    extension,
    key,
    name,
    person,
)
from yunqian.crypto import certificates, der, schemes
from yunqian.problems import Problem, Refused

UNTRUSTED, EXPIRED = Problem.CERTIFICATE_UNTRUSTED, Problem.CERTIFICATE_EXPIRED
NAME_CONSTRAINTS = der.sequence(der.tlv(0xA0, der.sequence(der.explicit(4, name("甲")))))


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture
def root(kind: str) -> Party:
    return authority(key(kind, "root"), "根机构")


@pytest.fixture
def issuing(kind: str, root: Party) -> Party:
    return authority(key(kind, "issuing"), "签发机构", by=root)


def judged(*links: Party, root: Party, at=NOW) -> Problem | int:
    """The length of the path from the first link, or why there is none."""
    leaf, *others = [one.certificate for one in links]
    try:
        return len(certificates.chain(leaf, others, [root.certificate], at=at))
    except Refused as refused:
        return refused.problem


# ------------------------------------------------------------------ PKITS 4.1, signatures


def test_a_path_of_three_leads_to_the_root(kind: str, root: Party, issuing: Party):
    leaf = person(key(kind, "leaf"), "李明", by=issuing)
    assert judged(leaf, issuing, root=root) == 3
    assert leaf.certificate.may_sign
    assert schemes.verify(
        leaf.certificate.scheme,
        issuing.certificate.public_key_der,
        leaf.certificate.signed_der,
        leaf.certificate.signature,
    )


def test_a_wrong_signature_of_the_leaf_breaks_the_path(kind: str, root: Party, issuing: Party):
    leaf = person(key(kind, "leaf"), "李明", by=issuing, odd=Odd(spoilt=True))
    assert judged(leaf, issuing, root=root) is UNTRUSTED


def test_a_wrong_signature_of_the_authority_breaks_the_path(kind: str, root: Party):
    spoilt = authority(key(kind, "issuing"), "签发机构", by=root, odd=Odd(spoilt=True))
    assert judged(person(key(kind, "leaf"), "李明", by=spoilt), spoilt, root=root) is UNTRUSTED


def test_every_byte_of_a_certificate_counts(kind: str, root: Party, issuing: Party):
    """No single changed byte leaves a path that ends in the same words of the authority."""
    leaf = person(key(kind, "leaf"), "李明", by=issuing).certificate
    for at in range(0, len(leaf.der), 7):
        changed = leaf.der[:at] + bytes([leaf.der[at] ^ 1]) + leaf.der[at + 1 :]
        try:
            read = certificates.read(changed)
            certificates.chain(read, [issuing.certificate], [root.certificate], at=NOW)
        except Refused:
            continue
        pytest.fail(f"byte {at} does not count")


def test_the_algorithm_inside_and_outside_must_agree(kind: str, root: Party, issuing: Party):
    other = der.sequence(der.oid("1.2.840.113549.1.1.12"), der.NULL)
    leaf = person(key(kind, "leaf"), "李明", by=issuing, odd=Odd(inner_algorithm=other))
    assert judged(leaf, issuing, root=root) is UNTRUSTED


@pytest.mark.parametrize("above", KINDS)
def test_links_of_different_algorithms_make_one_path(kind: str, above: str):
    top = authority(key(above, "top"), "上级机构")
    middle = authority(key(kind, "middle"), "中级机构", by=top)
    for below in KINDS:
        assert judged(person(key(below, "leaf"), "李明", by=middle), middle, root=top) == 3


def test_a_key_of_another_algorithm_does_not_fit(kind: str, root: Party):
    other = KINDS[(KINDS.index(kind) + 1) % 3]
    forger = Party(key(other, "forger"), root.certificate, root.subject)
    assert judged(person(key(kind, "leaf"), "李明", by=forger), root=root) is UNTRUSTED


# ------------------------------------------------------------------ PKITS 4.2, validity


@pytest.mark.parametrize("tag", [0x17, GENERALIZED_TIME], ids=["UTCTime", "GeneralizedTime"])
def test_validity_includes_both_ends(kind: str, root: Party, issuing: Party, tag: int):
    odd = Odd(begins=NOW, ends=NOW + timedelta(days=1), time_tag=tag)
    leaf = person(key(kind, "leaf"), "李明", by=issuing, odd=odd)
    assert judged(leaf, issuing, root=root, at=NOW) == 3
    assert judged(leaf, issuing, root=root, at=NOW + timedelta(days=1)) == 3
    assert judged(leaf, issuing, root=root, at=NOW - timedelta(seconds=1)) is EXPIRED
    assert judged(leaf, issuing, root=root, at=NOW + timedelta(days=1, seconds=1)) is EXPIRED


def test_an_authority_out_of_date_makes_the_path_out_of_date(kind: str, root: Party):
    old = authority(key(kind, "issuing"), "签发机构", by=root, odd=Odd(ends=NOW - YEAR / 2))
    assert judged(person(key(kind, "leaf"), "李明", by=old), old, root=root) is EXPIRED


def test_a_renewed_authority_replaces_the_one_out_of_date(kind: str, root: Party, issuing: Party):
    old = authority(key(kind, "issuing"), "签发机构", by=root, odd=Odd(ends=NOW - YEAR / 2))
    assert judged(person(key(kind, "leaf"), "李明", by=old), old, issuing, root=root) == 3


# ------------------------------------------------------------------ PKITS 4.3, names


def test_a_name_in_another_kind_of_string_is_the_same_name(kind: str, root: Party):
    upper = authority(
        key(kind, "issuing"), "Issuing CA", by=root, odd=Odd(subject=name("Issuing  CA ", tag=0x13))
    )
    leaf = person(key(kind, "leaf"), "李明", by=upper, odd=Odd(issuer=name("ISSUING CA")))
    assert judged(leaf, upper, root=root) == 3


def test_another_name_does_not_chain(kind: str, root: Party, issuing: Party):
    for issuer in (name("别家机构"), name("签发机构", country="US")):
        leaf = person(key(kind, "leaf"), "李明", by=issuing, odd=Odd(issuer=issuer))
        assert judged(leaf, issuing, root=root) is UNTRUSTED


# ------------------------------------------------------------------ PKITS 4.6, basic constraints


@pytest.mark.parametrize(
    "basic",
    [b"", constraints(False), der.sequence(der.tlv(1, b"\x00"))],
    ids=["none", "default", "said to be not"],
)
def test_who_is_no_authority_cannot_issue(kind: str, root: Party, basic: bytes):
    person_above = authority(key(kind, "issuing"), "签发机构", by=root, odd=Odd(basic=basic))
    assert judged(person(key(kind, "leaf"), "李明", by=person_above), person_above, root=root) is UNTRUSTED


def test_a_certificate_without_extensions_cannot_issue(kind: str, root: Party):
    old = authority(key(kind, "issuing"), "签发机构", by=root, odd=Odd(without_extensions=True))
    assert judged(person(key(kind, "leaf"), "李明", by=old), old, root=root) is UNTRUSTED


def test_a_path_length_of_zero_allows_a_person_and_no_authority(kind: str, root: Party):
    last = authority(key(kind, "issuing"), "末级机构", by=root, path_length=0)
    beyond = authority(key(kind, "beyond"), "下级机构", by=last)
    assert judged(person(key(kind, "leaf"), "李明", by=last), last, root=root) == 3
    assert judged(person(key(kind, "leaf"), "李明", by=beyond), beyond, last, root=root) is UNTRUSTED


def test_the_path_length_of_the_root_counts_too(kind: str):
    top = authority(key(kind, "root"), "根机构", path_length=0)
    middle = authority(key(kind, "issuing"), "签发机构", by=top)
    assert judged(person(key(kind, "leaf"), "李明", by=middle), middle, root=top) is UNTRUSTED


def test_a_renewed_key_of_the_same_authority_uses_no_path_length(kind: str, root: Party):
    last = authority(key(kind, "issuing"), "末级机构", by=root, path_length=0)
    renewed = authority(key(kind, "renewed"), "末级机构", by=last)
    assert judged(person(key(kind, "leaf"), "李明", by=renewed), renewed, last, root=root) == 4


@pytest.mark.parametrize("basic", [b"\x30\x05\x01\x01\xff", b"\x05\x00", constraints(True, -1)])
def test_constraints_that_cannot_be_read_break_the_path(kind: str, root: Party, basic: bytes):
    broken = authority(key(kind, "issuing"), "签发机构", by=root, odd=Odd(basic=basic))
    assert judged(person(key(kind, "leaf"), "李明", by=broken), broken, root=root) is UNTRUSTED


def test_an_extension_stated_twice_breaks_the_path(kind: str, root: Party):
    twice = (extension("2.5.29.19", constraints(True), critical=True),)
    doubtful = authority(
        key(kind, "issuing"), "签发机构", by=root, odd=Odd(basic=constraints(False), more=twice)
    )
    assert judged(person(key(kind, "leaf"), "李明", by=doubtful), doubtful, root=root) is UNTRUSTED


# ------------------------------------------------------------------ PKITS 4.7, key usage


def test_an_authority_whose_key_is_not_for_certificates_cannot_issue(kind: str, root: Party):
    odd = Odd(basic=constraints(True))
    other = person(key(kind, "issuing"), "签发机构", by=root, usages=("digital_signature",), odd=odd)
    assert judged(person(key(kind, "leaf"), "李明", by=other), other, root=root) is UNTRUSTED


def test_an_authority_that_states_no_usage_may_issue(kind: str, root: Party):
    silent = person(key(kind, "issuing"), "签发机构", by=root, usages=(), odd=Odd(basic=constraints(True)))
    assert judged(person(key(kind, "leaf"), "李明", by=silent), silent, root=root) == 3


def test_the_certificate_for_encryption_does_not_sign(kind: str, issuing: Party):
    assert not person(
        key(kind, "leaf"), "李明", by=issuing, usages=("key_encipherment",)
    ).certificate.may_sign
    both = ("digital_signature", "key_encipherment")
    assert person(key(kind, "leaf"), "李明", by=issuing, usages=both).certificate.may_sign


# ------------------------------------------------------------------ PKITS 4.8-4.14, constraints on names and policies


@pytest.mark.parametrize("critical", [True, False])
def test_an_authority_with_constraints_on_names_is_not_followed(kind: str, root: Party, critical: bool):
    odd = Odd(more=(extension("2.5.29.30", NAME_CONSTRAINTS, critical=critical),))
    bound = authority(key(kind, "issuing"), "签发机构", by=root, odd=odd)
    assert judged(person(key(kind, "leaf"), "李明", by=bound), bound, root=root) is UNTRUSTED


# ------------------------------------------------------------------ PKITS 4.16, extensions nobody knows


@pytest.mark.parametrize(
    "dotted", ["1.2.3.4.5", "2.5.29.36", "2.5.29.33", "2.5.29.54", "1.2.156.10260.4.1.1"]
)
@pytest.mark.parametrize("critical", [True, False])
def test_only_a_critical_extension_that_is_not_understood_breaks_the_path(
    kind: str, root: Party, issuing: Party, dotted: str, critical: bool
):
    odd = Odd(more=(extension(dotted, der.NULL, critical=critical),))
    leaf = person(key(kind, "leaf"), "李明", by=issuing, odd=odd)
    middle = authority(key(kind, "issuing"), "签发机构", by=root, odd=odd)
    plain = person(key(kind, "leaf"), "李明", by=middle)
    assert judged(leaf, issuing, root=root) == (UNTRUSTED if critical else 3)
    assert judged(plain, middle, root=root) == (UNTRUSTED if critical else 3)


# ------------------------------------------------------------------ made to tire the reader


def test_a_pile_of_authorities_that_vouch_for_each_other_ends_soon():
    top, stranger = authority(key("ecdsa", "root"), "根机构"), key("ecdsa", "stranger")
    start = authority(stranger, "互签机构")
    pile = [authority(key("ecdsa", f"pile {n}"), "互签机构", by=start) for n in range(40)]
    crossed = [authority(one.key, "互签机构", by=other) for one in pile[:14] for other in pile[:14]]
    leaf = person(key("ecdsa", "leaf"), "李明", by=start)
    began = time.perf_counter()
    assert judged(leaf, start, *pile, *crossed, root=top) is UNTRUSTED
    assert time.perf_counter() - began < 2


def test_two_authorities_that_certified_each_other_are_no_endless_path(kind: str, root: Party):
    first = authority(key(kind, "first"), "甲机构")
    second = authority(key(kind, "second"), "乙机构", by=first)
    again = authority(key(kind, "first"), "甲机构", by=second)
    assert judged(person(key(kind, "leaf"), "李明", by=again), again, second, first, root=root) is UNTRUSTED


# ------------------------------------------------------------------ of others


@conformance.needed
@pytest.mark.parametrize(("prefix", "answer"), [("sm2", 2), ("sm2-noza", UNTRUSTED)])
def test_a_certificate_signed_without_z_is_rejected(prefix: str, answer: Problem | int):
    top, leaf = (
        certificates.read(conformance.document(f"sm/{prefix}-{which}.pem")) for which in ("root-cert", "cert")
    )
    assert certificates.is_signed_by(top, top) is (answer == 2)
    try:
        said: Problem | int = len(certificates.chain(leaf, [], [top], at=NOW))
    except Refused as refused:
        said = refused.problem
    assert said == answer
