"""Which key signs with which suite, and what a check accepts."""

import pytest

from tests.pki import hierarchy, parties
from tests.pki.hierarchy import Holder
from yunqian.crypto import certificates, sm2, suites
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

WORLD = hierarchy.built()


@pytest.mark.parametrize(
    ("holder", "suite"),
    [
        (WORLD.person, Suite.RSA_SHA256),
        (WORLD.elliptic, Suite.ECDSA_SHA256),
        (WORLD.elliptic_384, Suite.ECDSA_SHA384),
    ],
)
def test_each_key_has_one_suite_and_its_signature_is_checked(holder: Holder, suite: Suite):
    assert suites.suite_of(holder.certificate) is suite
    value = holder.sign(b"message")
    assert suites.check(suite, holder.certificate, b"message", value)
    assert not suites.check(suite, holder.certificate, b"massage", value)
    assert not suites.check(suite, holder.certificate, b"message", value[:-1])
    assert not suites.check(suite, holder.certificate, b"message", b"")


def test_another_persons_key_does_not_fit():
    value = WORLD.person.sign(b"message")
    assert not suites.check(Suite.RSA_SHA256, WORLD.company.certificate, b"message", value)
    assert not suites.check(Suite.ECDSA_SHA256, WORLD.person.certificate, b"message", value)


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_every_usual_size_of_rsa_signs(bits: int):
    holder = hierarchy.issue(hierarchy.rsa_key("sized", bits), "李明", by=WORLD.issuing)
    assert suites.suite_of(holder.certificate) is Suite.RSA_SHA256
    assert suites.check(Suite.RSA_SHA256, holder.certificate, b"message", holder.sign(b"message"))


def test_sm2_goes_with_sm3():
    holder = parties.person(
        parties.key("sm2", "leaf"), "李明", by=parties.authority(parties.key("rsa", "root"), "根机构")
    )
    suite = suites.suite_of(holder.certificate)
    assert (suite, suite.name, suite.digest) == (Suite.SM2_SM3, "SM2_SM3", "sm3")
    assert suite.digest_identifier.hex() == "300a06082a811ccf55018311"
    assert suite.signature_identifier.hex() == "300a06082a811ccf55018375"
    value = parties.sign(holder.key, b"message")
    assert suites.check(suite, holder.certificate, b"message", value)
    assert not suites.check(suite, holder.certificate, b"massage", value)
    assert not suites.check(suite, WORLD.elliptic.certificate, b"message", value)
    assert not suites.check(Suite.RSA_SHA256, holder.certificate, b"message", value)


def test_where_the_machine_has_no_sm2_the_answer_is_unsupported_and_never_no(monkeypatch):
    top = parties.authority(parties.key("sm2", "root"), "根机构 无国密")
    holder = parties.person(parties.key("sm2", "leaf"), "李明 无国密", by=top)
    value = parties.sign(holder.key, b"message")
    monkeypatch.setattr(sm2, "_loaded", [None])
    for asked in (
        lambda: suites.suite_of(holder.certificate),
        lambda: suites.check(Suite.SM2_SM3, holder.certificate, b"message", value),
        lambda: certificates.chain(holder.certificate, [], [top.certificate], at=hierarchy.NOW),
    ):
        with pytest.raises(Refused) as refused:
            asked()
        assert refused.value.problem is Problem.ALGORITHM_UNSUPPORTED
        assert refused.value.facts == {"algorithm": "SM2"}
    assert certificates.read(holder.certificate.der).owner == "李明 无国密"


@pytest.mark.parametrize("key", [hierarchy.rsa_key("short", 1024), hierarchy.ec_key("odd", "P-521")])
def test_other_keys_are_refused(key):
    with pytest.raises(Refused) as refused:
        suites.suite_of(hierarchy.issue(key, "别的算法").certificate)
    assert refused.value.problem is Problem.ALGORITHM_UNSUPPORTED
