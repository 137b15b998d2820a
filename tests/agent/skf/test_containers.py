"""A key pair made in a key behind GM/T 0016, its request, and the certificate that comes back for it."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.agent.skf import softskf
from tests.agent.skf.keeping import KINDS, issued, only_key, refusal
from tests.agent.skf.softskf import ENCRYPTION, MOST_TRIES, NEEDED, OLD_SM2_NUMBER, PIN, Act, SoftSkf
from tests.agent.world import pin
from yunqian.agent.keys.skf.errors import NAMES
from yunqian.crypto import certificate_requests, suites
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

pytestmark = NEEDED
OWNER = "广东示例科技有限公司"
MESSAGE = b"signed attributes of a document"
BOTH = pytest.mark.parametrize("suite", [Suite.SM2_SM3, Suite.RSA_SHA256])
MAKING = ("CreateContainer", "GenECCKeyPair", "ExportPublicKey", "ECCSignData")
STORING = ("OpenContainer", "ExportPublicKey", "VerifyPIN", "ImportCertificate", "ExportCertificate")


@pytest.fixture
def empty(vendor: SoftSkf) -> SoftSkf:
    vendor.add("SN-1", "新 Key")
    return vendor


@BOTH
def test_an_empty_key_becomes_one_that_signs(empty: SoftSkf, suite: Suite) -> None:
    request = only_key(empty).enrol(suite, OWNER, pin(PIN))
    assert empty.is_at_rest()
    certificate = issued(request, OWNER, kind=KINDS[suite.name])
    only_key(empty).store(certificate, (), pin(PIN))
    assert empty.is_at_rest()
    key = only_key(empty)
    assert key.certificates == (certificate,)
    assert suites.check(suite, certificate, MESSAGE, key.sign(certificate, suite, MESSAGE, pin(PIN)))
    assert empty.pin_checks == 3


def test_a_second_key_pair_stands_beside_the_first(vendor: SoftSkf) -> None:
    _, first = vendor.key("SN-1", "签名章", "李明")
    second = issued(only_key(vendor).enrol(Suite.RSA_SHA256, OWNER, pin(PIN)), OWNER, kind="rsa")
    only_key(vendor).store(second, (), pin(PIN))
    key = only_key(vendor)
    assert key.certificates == (first, second)
    for one in key.certificates:
        suite = suites.suite_of(one)
        assert suites.check(suite, one, MESSAGE, key.sign(one, suite, MESSAGE, pin(PIN)))


def test_a_library_with_the_older_number_of_sm2_makes_a_key_pair_too(empty: SoftSkf) -> None:
    empty.calls.TEST_number_sm2(0, OLD_SM2_NUMBER)
    request = only_key(empty).enrol(Suite.SM2_SM3, OWNER, pin(PIN))
    assert certificate_requests.read(request).is_proven


def test_two_key_pairs_are_two(empty: SoftSkf) -> None:
    made = [only_key(empty).enrol(Suite.SM2_SM3, OWNER, pin(PIN)) for _ in range(2)]
    assert len({certificate_requests.read(one).public_key_der for one in made}) == 2
    assert empty.containers(0) == 2


@pytest.mark.parametrize("suite", [Suite.ECDSA_SHA256, Suite.ECDSA_SHA384])
def test_a_suite_that_such_keys_have_not_is_refused_before_the_pin(empty: SoftSkf, suite: Suite) -> None:
    said = refusal(lambda: only_key(empty).enrol(suite, OWNER, pin(PIN)))
    assert said.problem is Problem.ALGORITHM_UNSUPPORTED
    assert empty.pin_checks == 0


@pytest.mark.parametrize("name", ["NOTSUPPORTYET", "INVALIDPARAM", "KEYINFOTYPE", "MODULUSLEN"])
def test_a_key_without_a_kind_of_key_pair_says_so_and_keeps_no_container(empty: SoftSkf, name: str) -> None:
    for call, suite in (("SKF_GenECCKeyPair", Suite.SM2_SM3), ("SKF_GenRSAKeyPair", Suite.RSA_SHA256)):
        empty.breaks(call, Act.FAIL, name)
        said = refusal(lambda suite=suite: only_key(empty).enrol(suite, OWNER, pin(PIN)))
        assert said.problem is Problem.ALGORITHM_UNSUPPORTED
    assert empty.containers(0) == 0
    assert empty.is_at_rest()


@pytest.mark.parametrize("owner", ["", " ", "a\nb", "\ud800"])
def test_an_owner_that_no_certificate_can_carry_is_refused(empty: SoftSkf, owner: str) -> None:
    said = refusal(lambda: only_key(empty).enrol(Suite.SM2_SM3, owner, pin(PIN)))
    assert said.problem is Problem.REQUEST_INVALID
    assert empty.pin_checks == 0


def test_a_wrong_pin_makes_no_key_pair_and_is_counted(empty: SoftSkf) -> None:
    key = only_key(empty)
    for left in range(MOST_TRIES - 1, 0, -1):
        said = refusal(lambda: key.enrol(Suite.SM2_SM3, OWNER, pin("999999")))
        assert (said.problem, said.facts) == (Problem.PIN_INCORRECT, {"tries_left": left})
    for text in ("999999", PIN):
        said = refusal(lambda text=text: key.enrol(Suite.SM2_SM3, OWNER, pin(text)))
        assert said.problem is Problem.PIN_LOCKED
    assert empty.containers(0) == 0
    assert empty.is_at_rest()


def test_a_key_full_of_containers_says_so(empty: SoftSkf) -> None:
    for number in range(4):
        empty.put(0, None, container=f"c{number}", kind="sm2", which=f"full {number}")
    said = refusal(lambda: only_key(empty).enrol(Suite.SM2_SM3, OWNER, pin(PIN)))
    assert said.problem is Problem.KEY_FULL
    assert empty.containers(0) == 4


@pytest.mark.parametrize("name", NAMES.values())
def test_every_error_in_making_a_key_pair_refuses_and_leaves_no_container(empty: SoftSkf, name: str) -> None:
    key = only_key(empty)
    for call in MAKING:
        empty.breaks(f"SKF_{call}", Act.FAIL, name)
        said = refusal(lambda: key.enrol(Suite.SM2_SM3, OWNER, pin(PIN)))
        assert said.problem is not Problem.KEY_REMOVED or name == "DEVICE_REMOVED"
        empty.breaks(f"SKF_{call}", Act.NONE)
        assert empty.containers(0) == 0
    assert empty.is_at_rest()
    assert key.enrol(Suite.SM2_SM3, OWNER, pin(PIN))


@pytest.mark.parametrize("call", ["ExportPublicKey", "ECCSignData"])
def test_a_key_pair_that_cannot_be_read_or_signs_wrongly_is_not_kept(empty: SoftSkf, call: str) -> None:
    empty.breaks(f"SKF_{call}", Act.CRAZY_TEXT)
    said = refusal(lambda: only_key(empty).enrol(Suite.SM2_SM3, OWNER, pin(PIN)))
    assert said.problem in (Problem.KEY_FAILED, Problem.SIGNATURE_INVALID)
    assert empty.containers(0) == 0


@pytest.mark.parametrize("call", MAKING)
def test_a_key_pulled_out_while_a_key_pair_is_made_works_when_it_is_back(empty: SoftSkf, call: str) -> None:
    key = only_key(empty)
    empty.breaks(f"SKF_{call}", Act.UNPLUG, 0)
    assert refusal(lambda: key.enrol(Suite.SM2_SM3, OWNER, pin(PIN))).problem is Problem.KEY_REMOVED
    assert empty.is_at_rest()
    empty.breaks(f"SKF_{call}", Act.NONE)
    empty.plug(0, is_present=True)
    assert certificate_requests.read(key.enrol(Suite.SM2_SM3, OWNER, pin(PIN))).is_proven


def test_an_empty_container_left_by_pulling_is_cleared_away_and_one_with_a_key_pair_is_not(
    empty: SoftSkf,
) -> None:
    key = only_key(empty)
    empty.breaks("SKF_GenECCKeyPair", Act.UNPLUG, 0)
    refusal(lambda: key.enrol(Suite.SM2_SM3, OWNER, pin(PIN)))
    empty.breaks("SKF_GenECCKeyPair", Act.NONE)
    empty.plug(0, is_present=True)
    assert empty.containers(0) == 1
    waiting = key.enrol(Suite.SM2_SM3, OWNER, pin(PIN))
    assert empty.containers(0) == 1
    key.enrol(Suite.RSA_SHA256, OWNER, pin(PIN))
    key.store(issued(waiting, OWNER), (), pin(PIN))
    assert empty.containers(0) == 2


def test_a_container_that_says_nothing_of_its_kind_keeps_its_key_pair(empty: SoftSkf) -> None:
    """A library may tell kind 0 of a pair without a certificate: it is never deleted for that alone."""
    key = only_key(empty)
    waiting = key.enrol(Suite.SM2_SM3, OWNER, pin(PIN))
    empty.breaks("SKF_GetContainerType", Act.SIZE, 0)
    key.enrol(Suite.SM2_SM3, OWNER, pin(PIN))
    empty.breaks("SKF_GetContainerType", Act.NONE)
    key.store(issued(waiting, OWNER), (), pin(PIN))
    assert empty.containers(0) == 2


def test_a_certificate_for_another_key_pair_is_refused_before_the_pin(vendor: SoftSkf) -> None:
    _, mine = vendor.key("SN-1", "签名章", "李明")
    said = refusal(lambda: only_key(vendor).store(softskf.certified("sm2", "another", "王芳"), (), pin(PIN)))
    assert said.problem is Problem.CERTIFICATE_MISMATCH
    assert vendor.pin_checks == 0
    assert only_key(vendor).certificates == (mine,)


def test_a_certificate_that_may_not_sign_is_not_written_as_one_that_does(vendor: SoftSkf) -> None:
    _, mine = vendor.key("SN-1", "签名章", "李明")
    unfit = softskf.certified("sm2", "SN-1", "李明", usages=ENCRYPTION)
    said = refusal(lambda: only_key(vendor).store(unfit, (), pin(PIN)))
    assert said.problem is Problem.CERTIFICATE_USAGE
    assert only_key(vendor).certificates == (mine,)


def test_a_renewed_certificate_takes_the_place_of_the_old_one(vendor: SoftSkf) -> None:
    vendor.key("SN-1", "签名章", "李明")
    renewed = softskf.certified("sm2", "SN-1", "李明（换证）")
    for _ in range(2):
        only_key(vendor).store(renewed, (), pin(PIN))
        assert only_key(vendor).certificates == (renewed,)


def test_a_wrong_pin_writes_nothing(vendor: SoftSkf) -> None:
    _, mine = vendor.key("SN-1", "签名章", "李明")
    renewed = softskf.certified("sm2", "SN-1", "李明（换证）")
    said = refusal(lambda: only_key(vendor).store(renewed, (), pin("999999")))
    assert (said.problem, said.facts) == (Problem.PIN_INCORRECT, {"tries_left": MOST_TRIES - 1})
    assert only_key(vendor).certificates == (mine,)


@pytest.mark.parametrize("name", NAMES.values())
def test_every_error_in_writing_a_certificate_refuses_and_leaves_the_old_one(
    vendor: SoftSkf, name: str
) -> None:
    _, mine = vendor.key("SN-1", "签名章", "李明")
    key, renewed = only_key(vendor), softskf.certified("sm2", "SN-1", "李明（换证）")
    for call in ("SKF_ImportCertificate", "SKF_ExportPublicKey"):
        vendor.breaks(call, Act.FAIL, name)
        said = refusal(lambda: key.store(renewed, (), pin(PIN)))
        assert said.problem is not Problem.KEY_REMOVED or name == "DEVICE_REMOVED"
        vendor.breaks(call, Act.NONE)
    assert only_key(vendor).certificates == (mine,)
    assert vendor.is_at_rest()


def test_a_certificate_that_reads_back_as_garbage_is_told_and_the_old_one_put_back(vendor: SoftSkf) -> None:
    _, mine = vendor.key("SN-1", "签名章", "李明")
    vendor.breaks("SKF_ExportCertificate", Act.CRAZY_TEXT, after=2)
    key, renewed = only_key(vendor), softskf.certified("sm2", "SN-1", "李明（换证）")
    assert refusal(lambda: key.store(renewed, (), pin(PIN))).problem is Problem.KEY_FAILED
    vendor.breaks("SKF_ExportCertificate", Act.NONE)
    assert only_key(vendor).certificates == (mine,)


@pytest.mark.parametrize("call", STORING)
def test_a_key_pulled_out_while_a_certificate_is_written_still_has_one_that_signs(
    vendor: SoftSkf, call: str
) -> None:
    _, mine = vendor.key("SN-1", "签名章", "李明")
    key, renewed = only_key(vendor), softskf.certified("sm2", "SN-1", "李明（换证）")
    vendor.breaks(f"SKF_{call}", Act.UNPLUG, 0)
    assert refusal(lambda: key.store(renewed, (), pin(PIN))).problem is Problem.KEY_REMOVED
    assert vendor.is_at_rest()
    vendor.breaks(f"SKF_{call}", Act.NONE)
    vendor.plug(0, is_present=True)
    assert only_key(vendor).certificates == (mine,)
    key.store(renewed, (), pin(PIN))
    assert only_key(vendor).certificates == (renewed,)


def test_the_keys_of_two_vendors_are_filled_side_by_side(softskf_template: Path, tmp_path: Path) -> None:
    vendors = [softskf.copied(softskf_template, tmp_path / name) for name in ("one", "two")]
    wanted = (Suite.SM2_SM3, Suite.RSA_SHA256)
    requests = []
    for vendor, suite in zip(vendors, wanted, strict=True):
        vendor.add("SN-1", "新 Key")
        requests.append(only_key(vendor).enrol(suite, OWNER, pin(PIN)))
    made = [
        issued(request, OWNER, kind=KINDS[suite.name])
        for request, suite in zip(requests, wanted, strict=True)
    ]
    crossed = refusal(lambda: only_key(vendors[0]).store(made[1], (), pin(PIN)))
    assert crossed.problem is Problem.CERTIFICATE_MISMATCH
    for vendor, certificate, suite in zip(vendors, made, wanted, strict=True):
        only_key(vendor).store(certificate, (), pin(PIN))
        value = only_key(vendor).sign(certificate, suite, MESSAGE, pin(PIN))
        assert suites.check(suite, certificate, MESSAGE, value)
        assert vendor.is_at_rest()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.sampled_from(list(NAMES.values())), after=st.integers(0, 6), call=st.sampled_from(STORING))
def test_an_error_at_any_moment_leaves_one_of_the_two_certificates(
    vendor: SoftSkf, name: str, after: int, call: str
) -> None:
    mine, renewed = (softskf.certified("sm2", "SN-1", owner) for owner in ("李明", "李明（换证）"))
    if not vendor.calls.TEST_containers(0):
        vendor.key("SN-1", "签名章", "李明")
    vendor.certify(0, 0, mine.der)
    key = only_key(vendor)
    vendor.breaks(f"SKF_{call}", Act.FAIL, name, after=after)
    try:
        key.store(renewed, (), pin(PIN))
        possible = [renewed]
    except Refused:
        # A library that denies a certificate it has cannot be asked to keep it; one of the two stands all the same.
        denies = call == "ExportCertificate" and name in ("CERTNOTFOUND", "FILE_NOT_EXIST", "KEYNOTFOUND")
        possible = [mine, renewed] if denies else [mine]
    vendor.breaks(f"SKF_{call}", Act.NONE)
    (standing,) = only_key(vendor).certificates
    assert standing in possible
    assert vendor.is_at_rest()
