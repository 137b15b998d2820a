"""One login, several signatures: soft keys, real PKCS#11 keys, and what a driver's process may say of it."""

import base64
from typing import Any

import pytest
from pkcs11 import Attribute, KeyType, MechanismFlag, Session

from tests import needs
from tests.agent.keys import managed
from tests.agent.keys.bench import WRONG_PIN, Bench, refused
from tests.agent.softhsm import PIN
from tests.agent.world import PIN as SOFT_PIN
from tests.agent.world import World, pin
from yunqian.agent.keys import child_answers
from yunqian.agent.keys.child_pipe import Broken
from yunqian.agent.keys.pkcs11 import Pkcs11Key, pairs, signing
from yunqian.agent.keys.port import Series
from yunqian.agent.keys.serving import Serving
from yunqian.agent.keys.soft import SoftDriver
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

MESSAGES = [f"signed attributes of document {number}".encode() for number in range(5)]
needs_softhsm = needs.program("softhsm2-util")


def are_right(certificate: Certificate, series: Series, count: int = len(MESSAGES)) -> bool:
    suite = suites.suite_of(certificate)
    assert len(series.values) == count
    pairs_of = zip(MESSAGES, series.values, strict=False)
    return all(suites.check(suite, certificate, message, value) for message, value in pairs_of)


def test_a_soft_key_signs_several_messages_with_one_login(client: World, certificate: Certificate) -> None:
    (key,) = SoftDriver(client.folder / "keys").plugged()
    assert are_right(certificate, key.sign_each(certificate, Suite.RSA_SHA256, MESSAGES, pin()))
    assert (
        refused(lambda: key.sign_each(certificate, Suite.RSA_SHA256, MESSAGES, pin("000000")))
        is Problem.PIN_INCORRECT
    )
    assert client.tries_left() == 5, "one try, however many messages"


# Behind a real PKCS#11 module


@needs_softhsm
def test_a_real_key_signs_several_messages_and_is_logged_out_afterwards(bench: Bench) -> None:
    assert are_right(bench.own, bench.key.sign_each(bench.own, Suite.RSA_SHA256, MESSAGES, pin(PIN)))
    assert refused(lambda: bench.signs(WRONG_PIN)) is Problem.PIN_INCORRECT_UNCOUNTED


@needs_softhsm
def test_a_wrong_pin_is_refused_before_anything_is_signed(bench: Bench) -> None:
    act = lambda: bench.key.sign_each(bench.own, Suite.RSA_SHA256, MESSAGES, pin(WRONG_PIN))  # noqa: E731
    assert refused(act) is Problem.PIN_INCORRECT_UNCOUNTED
    assert bench.signs()


@needs_softhsm
def test_a_failure_in_the_middle_gives_what_was_made_and_leaves_the_key_logged_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = signing.signature, []

    def failing(*given: Any) -> bytes:
        asked.append(given)
        if len(asked) == 3:
            raise RuntimeError
        return real(*given)

    monkeypatch.setattr(signing, "signature", failing)
    series = bench.key.sign_each(bench.own, Suite.RSA_SHA256, MESSAGES, pin(PIN))
    assert are_right(bench.own, series, 2)
    assert series.stopped is not None
    assert series.stopped.problem is Problem.KEY_FAILED
    monkeypatch.undo()
    monkeypatch.setenv("SOFTHSM2_CONF", bench.store.environment["SOFTHSM2_CONF"])
    assert refused(lambda: bench.signs(WRONG_PIN)) is Problem.PIN_INCORRECT_UNCOUNTED


def asking_each_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> tuple[Pkcs11Key, Certificate]:
    """A key whose private key has CKA_ALWAYS_AUTHENTICATE, as some national identity cards have."""

    def make(session: Session, suite: Suite, owner: str) -> pairs.Pair:
        private = {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True, Attribute.PRIVATE: True}
        halves = session.generate_keypair(
            KeyType.RSA,
            2048,
            label=owner,
            store=True,
            capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
            private_template=private | {Attribute.ALWAYS_AUTHENTICATE: True},
        )
        return pairs._finished(*halves)

    monkeypatch.setattr(pairs, "make", make)
    certificate = managed.issued(bench.key.enrol(Suite.RSA_SHA256, "李明", pin(PIN)))
    bench.key.store(certificate, (), pin(PIN))
    return bench.key, certificate


@needs_softhsm
def test_a_key_that_authenticates_each_use_signs_once_for_one_pin(
    empty: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = asking_each_time(empty, monkeypatch)
    series = key.sign_each(certificate, Suite.RSA_SHA256, MESSAGES, pin(PIN))
    assert are_right(certificate, series, 1)
    assert series.stopped is not None
    assert (series.stopped.problem, series.stopped.facts) == (
        Problem.PIN_EACH_SIGNATURE,
        {"done": 1, "left": 4},
    )
    assert key.sign_each(certificate, Suite.RSA_SHA256, MESSAGES[:1], pin(PIN)).stopped is None


# Through a driver's process


def series_message(certificate: Certificate) -> dict[str, Any]:
    return {
        "act": "sign_each",
        "number": 7,
        "serial": "SOFT-1",
        "label": "签名章",
        "certificates": [certificate.sha256],
        "suite": "RSA_SHA256",
        "certificate": base64.b64encode(certificate.der).decode(),
        "messages": [base64.b64encode(one).decode() for one in MESSAGES],
    }


def test_a_drivers_process_signs_a_series_and_wipes_the_pin(client: World, certificate: Certificate) -> None:
    secret = bytearray(SOFT_PIN.encode())
    answer = Serving(SoftDriver(client.folder / "keys")).answer(series_message(certificate), [secret])
    assert are_right(certificate, child_answers.series(answer, asked_for=len(MESSAGES)))
    assert secret == bytes(len(secret))


VALUE = base64.b64encode(b"v" * 64).decode()
STOPPED = {"refused": "KEY_FAILED", "facts": {"detail": "x"}}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"values": [VALUE], "stopped": None},
        {"values": [VALUE] * 3, "stopped": None},
        {"values": [VALUE] * 2, "stopped": STOPPED},
        {"values": [VALUE], "stopped": {}},
        {"values": [VALUE], "stopped": {"refused": "ORDER_NOT_GENUINE", "facts": {}}},
        {"values": [VALUE, ""], "stopped": None},
        {"values": [VALUE, base64.b64encode(bytes(9000)).decode()], "stopped": None},
        {"values": VALUE, "stopped": None},
        {"values": [VALUE], "stopped": "KEY_FAILED"},
    ],
    ids=range(10),
)
def test_a_series_that_does_not_add_up_breaks_off(answer: dict[str, Any]) -> None:
    with pytest.raises(Broken):
        child_answers.series(answer, asked_for=2)


def test_a_series_that_was_stopped_says_why() -> None:
    series = child_answers.series({"values": [VALUE], "stopped": STOPPED}, asked_for=2)
    assert series.values == (b"v" * 64,)
    assert isinstance(series.stopped, Refused)
    assert series.stopped.problem is Problem.KEY_FAILED
