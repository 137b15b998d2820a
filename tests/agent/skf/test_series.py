"""One login, several signatures, behind GM/T 0016: whole, broken off, and by a key that forgets its login."""

import pytest

from tests.agent.skf.softskf import NEEDED, PIN, Act, SoftSkf
from tests.agent.world import pin
from yunqian.agent.keys.skf import signing
from yunqian.agent.keys.skf.driver import SkfDriver
from yunqian.agent.keys.skf.errors import CODES, Failure
from yunqian.agent.keys.skf.key import SkfKey
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

pytestmark = NEEDED
MESSAGES = [f"signed attributes of document {number}".encode() for number in range(4)]


@pytest.fixture
def held(vendor: SoftSkf) -> tuple[SkfKey, Certificate]:
    _, certificate = vendor.key("SN-1", "签名章", "李明")
    (key,) = SkfDriver(str(vendor.path)).plugged()
    return key, certificate


def test_several_messages_are_signed_with_one_check_of_the_pin(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate]
) -> None:
    key, certificate = held
    series = key.sign_each(certificate, Suite.SM2_SM3, MESSAGES, pin(PIN))
    assert series.stopped is None
    for message, value in zip(MESSAGES, series.values, strict=True):
        assert suites.check(Suite.SM2_SM3, certificate, message, value)
    assert vendor.pin_checks == 1
    assert vendor.is_at_rest()


def test_a_wrong_pin_is_one_try_and_no_signature(vendor: SoftSkf, held: tuple[SkfKey, Certificate]) -> None:
    with pytest.raises(Refused) as caught:
        held[0].sign_each(held[1], Suite.SM2_SM3, MESSAGES, pin("999999"))
    assert caught.value.problem is Problem.PIN_INCORRECT
    assert vendor.pin_checks == 1


def test_a_key_that_is_pulled_out_at_the_first_message_is_told_and_at_rest(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate]
) -> None:
    vendor.breaks("SKF_ECCSignData", Act.UNPLUG, 0)
    series = held[0].sign_each(held[1], Suite.SM2_SM3, MESSAGES, pin(PIN))
    assert series.values == ()
    assert series.stopped is not None
    assert series.stopped.problem is Problem.KEY_REMOVED
    assert vendor.is_at_rest()


def test_a_key_that_forgets_its_login_after_a_signature_wants_its_pin_for_each(
    vendor: SoftSkf, held: tuple[SkfKey, Certificate], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = signing.value, []

    def forgetting(*given: object) -> bytes:
        asked.append(given)
        if len(asked) > 1:
            raise Failure(CODES["USER_NOT_LOGGED_IN"])
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(signing, "value", forgetting)
    series = held[0].sign_each(held[1], Suite.SM2_SM3, MESSAGES, pin(PIN))
    assert len(series.values) == 1
    assert series.stopped is not None
    assert (series.stopped.problem, series.stopped.facts) == (
        Problem.PIN_EACH_SIGNATURE,
        {"done": 1, "left": 3},
    )
    assert vendor.is_at_rest()
