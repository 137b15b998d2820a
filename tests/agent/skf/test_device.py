"""The PIN and the signature behind GM/T 0016: counters that lock, errors, removal in every call, garbage."""

import pytest

from tests.agent.skf import softskf
from tests.agent.skf.softskf import MOST_TRIES, NEEDED, PIN, Act, SoftSkf
from tests.agent.world import pin
from yunqian.agent.keys.skf.driver import SkfDriver
from yunqian.agent.keys.skf.errors import NAMES
from yunqian.agent.keys.skf.key import SkfKey
from yunqian.agent.pin import Tries
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

pytestmark = NEEDED
MESSAGE = b"signed attributes of a document"
BEFORE_PIN = ("EnumDev", "ConnectDev", "GetDevInfo", "OpenApplication", "EnumContainer", "OpenContainer")
CALLS = (*BEFORE_PIN, "GetContainerType", "ExportCertificate", "VerifyPIN", "ECCSignData")
SIZED = ("EnumDev", "EnumContainer", "ExportCertificate")
GARBAGE = (0, 1, 7, 65537, 0x7FFFFFFF, 0xFFFFFFFF)


@pytest.fixture
def held(vendor: SoftSkf) -> tuple[SkfKey, Certificate]:
    _, certificate = vendor.key("SN-1", "签名章", "李明")
    (key,) = SkfDriver(str(vendor.path)).plugged()
    return key, certificate


def refused(
    key: SkfKey, certificate: Certificate, *, text: str = PIN, suite: Suite = Suite.SM2_SM3
) -> Refused:
    with pytest.raises(Refused) as caught:
        key.sign(certificate, suite, MESSAGE, pin(text))
    return caught.value


def test_wrong_pins_are_counted_until_the_key_locks(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate]
) -> None:
    key, certificate = held
    for left in range(MOST_TRIES - 1, 0, -1):
        said = refused(key, certificate, text="999999")
        assert (said.problem, said.facts) == (Problem.PIN_INCORRECT, {"tries_left": left})
        assert key.tries() == Tries(left=left, is_last=left == 1)
    assert refused(key, certificate, text="999999").problem is Problem.PIN_LOCKED
    assert key.tries() == Tries(left=0, is_locked=True)
    assert refused(key, certificate).problem is Problem.PIN_LOCKED
    assert vendor.is_at_rest()


def test_the_right_pin_resets_the_counter(vendor: SoftSkf, held: tuple[SkfKey, Certificate]) -> None:
    key, certificate = held
    refused(key, certificate, text="999999")
    value = key.sign(certificate, Suite.SM2_SM3, MESSAGE, pin(PIN))
    assert suites.check(Suite.SM2_SM3, certificate, MESSAGE, value)
    assert key.tries() == Tries(left=MOST_TRIES)
    assert vendor.is_at_rest()


def test_a_login_that_still_stands_lets_no_wrong_pin_pass(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate]
) -> None:
    vendor.calls.TEST_be_lax(0)
    vendor.calls.TEST_log_in(0)
    assert refused(*held, text="999999").problem is Problem.PIN_INCORRECT
    assert vendor.pin_checks == 1


def test_one_confirm_is_one_try(vendor: SoftSkf, held: tuple[SkfKey, Certificate]) -> None:
    refused(*held, text="999999")
    assert vendor.pin_checks == 1
    vendor.breaks("SKF_VerifyPIN", Act.FAIL, "USER_ALREADY_LOGGED_IN")
    assert refused(*held).problem is Problem.KEY_FAILED
    assert vendor.pin_checks == 1


@pytest.mark.parametrize("text", ["1", "1" * 40])
def test_a_pin_of_a_wrong_length_tells_the_tries_that_are_left(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate], text: str
) -> None:
    said = refused(*held, text=text)
    assert (said.problem, said.facts) == (Problem.PIN_INCORRECT, {"tries_left": MOST_TRIES})


def test_a_pin_with_a_zero_byte_never_reaches_the_key(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate]
) -> None:
    assert refused(*held, text="1234\x0056").problem is Problem.PIN_EMPTY
    assert vendor.pin_checks == 0


def test_a_certificate_that_is_not_on_the_key_costs_no_try(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate]
) -> None:
    said = refused(held[0], softskf.certified("sm2", "another", "王芳"))
    assert said.problem is Problem.CERTIFICATE_MISMATCH
    assert vendor.pin_checks == 0
    assert vendor.is_at_rest()


@pytest.mark.parametrize("suite", [Suite.RSA_SHA256, Suite.ECDSA_SHA256])
def test_a_suite_that_is_not_the_certificates_is_refused(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate], suite: Suite
) -> None:
    assert refused(*held, suite=suite).problem is Problem.ALGORITHM_UNSUPPORTED
    assert vendor.pin_checks == 0


@pytest.mark.parametrize("call", CALLS)
def test_a_key_pulled_out_in_any_call_is_told_and_signs_again_when_it_is_back(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate], call: str
) -> None:
    key, certificate = held
    vendor.breaks(f"SKF_{call}", Act.UNPLUG, 0)
    assert refused(key, certificate).problem is Problem.KEY_REMOVED
    with pytest.raises(Refused) as caught:
        key.tries()
    assert caught.value.problem is Problem.KEY_REMOVED
    assert vendor.is_at_rest()
    vendor.breaks(f"SKF_{call}", Act.NONE)
    vendor.plug(0, is_present=True)
    assert key.sign(certificate, Suite.SM2_SM3, MESSAGE, pin(PIN))


@pytest.mark.parametrize("name", NAMES.values())
def test_every_error_of_the_list_is_a_refusal_and_leaves_the_key_at_rest(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate], name: str
) -> None:
    for call in ("SKF_VerifyPIN", "SKF_ECCSignData"):
        vendor.breaks(call, Act.FAIL, name)
        said = refused(*held)
        assert said.problem is not Problem.KEY_REMOVED or name == "DEVICE_REMOVED"
        vendor.breaks(call, Act.NONE)
    assert vendor.is_at_rest()
    assert held[0].sign(held[1], Suite.SM2_SM3, MESSAGE, pin(PIN))


@pytest.mark.parametrize("call", CALLS)
def test_a_failure_in_any_call_is_a_refusal(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate], call: str
) -> None:
    vendor.breaks(f"SKF_{call}", Act.FAIL, "FAIL")
    assert refused(*held).problem in {
        Problem.KEY_FAILED,
        Problem.KEY_REMOVED,
        Problem.CERTIFICATE_MISMATCH,
    }
    vendor.breaks(f"SKF_{call}", Act.NONE)
    assert vendor.is_at_rest()


@pytest.mark.parametrize("size", GARBAGE)
@pytest.mark.parametrize("call", SIZED)
def test_a_size_that_is_a_lie_is_a_refusal(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate], call: str, size: int
) -> None:
    vendor.breaks(f"SKF_{call}", Act.SIZE, size)
    refused(*held)
    assert vendor.pin_checks == 0
    vendor.breaks(f"SKF_{call}", Act.NONE)
    assert vendor.is_at_rest()


@pytest.mark.parametrize("size", [*GARBAGE, 255])
def test_an_rsa_value_of_a_wrong_size_is_refused(vendor: SoftSkf, size: int) -> None:
    _, certificate = vendor.key("SN-1", "签名章", "李明", kind="rsa")
    (key,) = SkfDriver(str(vendor.path)).plugged()
    vendor.breaks("SKF_RSASignData", Act.SIZE, size)
    said = refused(key, certificate, suite=Suite.RSA_SHA256)
    assert said.problem in {Problem.SIGNATURE_INVALID, Problem.KEY_FAILED}
    assert vendor.is_at_rest()


@pytest.mark.parametrize(
    "call", ["EnumDev", "GetDevInfo", "EnumApplication", "EnumContainer", "ExportCertificate"]
)
def test_rooms_full_of_garbage_list_nothing_and_hurt_nobody(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate], call: str
) -> None:
    vendor.breaks(f"SKF_{call}", Act.CRAZY_TEXT)
    assert held[1] not in [
        certificate
        for key in SkfDriver(str(vendor.path)).plugged()
        if key.serial == "SN-1"
        for certificate in key.certificates
    ]
    vendor.breaks(f"SKF_{call}", Act.NONE)
    assert vendor.is_at_rest()


def test_a_signature_that_is_garbage_is_refused(vendor: SoftSkf, held: tuple[SkfKey, Certificate]) -> None:
    vendor.breaks("SKF_ECCSignData", Act.CRAZY_TEXT)
    assert refused(*held).problem is Problem.SIGNATURE_INVALID
    assert vendor.is_at_rest()


def test_a_library_that_tells_no_tries_or_nonsense_tells_no_number(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate]
) -> None:
    vendor.breaks("SKF_GetPINInfo", Act.SIZE, 0xFFFFFFFF)
    assert held[0].tries() == Tries(left=None)
    vendor.breaks("SKF_GetPINInfo", Act.FAIL, "NOTSUPPORTYET")
    assert held[0].tries() == Tries(left=None)
    vendor.breaks("SKF_VerifyPIN", Act.SIZE, 0x12345678)
    assert refused(*held, text="999999").problem is Problem.PIN_INCORRECT_UNCOUNTED
    vendor.breaks("SKF_GetPINInfo", Act.FAIL, "PIN_LOCKED")
    assert held[0].tries() == Tries(left=0, is_locked=True)


def test_a_library_that_tells_no_kind_of_container_lists_by_certificate(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate]
) -> None:
    vendor.breaks("SKF_GetContainerType", Act.FAIL, "NOTSUPPORTYET")
    (key,) = SkfDriver(str(vendor.path)).plugged()
    assert key.certificates == (held[1],)


def test_no_pin_stands_in_what_is_printed(held: tuple[SkfKey, Certificate]) -> None:
    said = refused(*held, text="864209")
    assert "864209" not in repr(said) + repr(held[0])
