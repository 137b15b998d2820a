"""Which key signs with which suite, and what a check accepts."""

import pytest

from tests.pki import hierarchy
from tests.pki.hierarchy import Holder
from yunqian.crypto import suites
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


@pytest.mark.parametrize("key", [hierarchy.rsa_key("short", 1024), hierarchy.ec_key("odd", "P-521")])
def test_other_keys_are_refused(key):
    with pytest.raises(Refused) as refused:
        suites.suite_of(hierarchy.issue(key, "别的算法").certificate)
    assert refused.value.problem is Problem.ALGORITHM_UNSUPPORTED
