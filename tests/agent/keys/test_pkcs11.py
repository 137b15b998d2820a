"""Keys behind a real PKCS#11 module: SoftHSM2 with two slots."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests import needs
from tests.agent import softhsm, world
from tests.agent.softhsm import PIN, Slot, Store
from tests.agent.world import pin
from yunqian.agent.keys.pkcs11 import Pkcs11Driver, Pkcs11Key
from yunqian.agent.pin import Tries
from yunqian.crypto import certificates, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

pytestmark = needs.program("softhsm2-util")
MESSAGE = b"signed attributes of a document"


@dataclass(frozen=True)
class Bench:
    """A store, the driver on it, and the certificates by label."""

    store: Store
    driver: Pkcs11Driver
    certificates: dict[str, Certificate]

    def key(self, label: str) -> Pkcs11Key:
        (found,) = [key for key in self.driver.plugged() if key.label == label]
        return found

    def issue(self, label: str, owner: str, *, pin: str = PIN) -> None:
        pem = world.certify(load_pem_public_key(self.store.public_key(label)), owner)
        certificate = certificates.read(pem)
        self.store.put_certificate(label, certificate.der, pin=pin)
        self.certificates[label] = certificate


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    store = softhsm.make(tmp_path_factory.mktemp("hsm") / "store", [Slot("签名章"), Slot("公章")])
    made = Bench(store, Pkcs11Driver(store.module), {})
    made.issue("签名章", "李明")
    made.issue("公章", "广东示例科技有限公司")
    return made


@pytest.fixture
def bench(template: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    store = softhsm.copy(template.store, tmp_path / "hsm")
    monkeypatch.setenv("SOFTHSM2_CONF", store.environment["SOFTHSM2_CONF"])
    return Bench(store, Pkcs11Driver(store.module), dict(template.certificates))


def test_both_keys_are_listed_with_their_certificates_before_any_pin(bench: Bench) -> None:
    found = {key.label: key for key in bench.driver.plugged()}
    assert set(found) == {"签名章", "公章"}
    assert len({key.serial for key in found.values()}) == 2
    for label, key in found.items():
        assert key.certificates == (bench.certificates[label],)
        assert (key.driver, key.is_demo) == ("pkcs11", False)
        assert key.tries() == Tries(left=None)


def test_both_keys_sign_in_turns(bench: Bench) -> None:
    for round_ in range(3):
        for label in ("签名章", "公章"):
            message = MESSAGE + bytes([round_])
            certificate = bench.certificates[label]
            value = bench.key(label).sign(certificate, Suite.RSA_SHA256, message, pin(PIN))
            assert suites.check(Suite.RSA_SHA256, certificate, message, value)


def test_a_wrong_pin_is_refused_and_the_right_one_works_afterwards(bench: Bench) -> None:
    key, certificate = bench.key("签名章"), bench.certificates["签名章"]
    for wrong in ("000000", "1", "9" * 60):
        with pytest.raises(Refused) as caught:
            key.sign(certificate, Suite.RSA_SHA256, MESSAGE, pin(wrong))
        assert caught.value.problem is Problem.PIN_INCORRECT_UNCOUNTED
    value = key.sign(certificate, Suite.RSA_SHA256, MESSAGE, pin(PIN))
    assert suites.check(Suite.RSA_SHA256, certificate, MESSAGE, value)


def test_every_signature_asks_the_key_for_the_pin_anew(bench: Bench) -> None:
    key, certificate = bench.key("签名章"), bench.certificates["签名章"]
    key.sign(certificate, Suite.RSA_SHA256, MESSAGE, pin(PIN))
    with pytest.raises(Refused) as caught:
        key.sign(certificate, Suite.RSA_SHA256, MESSAGE, pin("000000"))
    assert caught.value.problem is Problem.PIN_INCORRECT_UNCOUNTED


def test_the_pin_of_one_key_does_not_open_the_other(bench: Bench) -> None:
    other = Slot("个人章", pin="97531024")
    softhsm.add(bench.store, other)
    bench.issue(other.label, "王芳", pin=other.pin)
    bench.driver._module.doubt()
    key, certificate = bench.key(other.label), bench.certificates[other.label]
    with pytest.raises(Refused) as caught:
        key.sign(certificate, Suite.RSA_SHA256, MESSAGE, pin(PIN))
    assert caught.value.problem is Problem.PIN_INCORRECT_UNCOUNTED
    value = key.sign(certificate, Suite.RSA_SHA256, MESSAGE, pin(other.pin))
    assert suites.check(Suite.RSA_SHA256, certificate, MESSAGE, value)


def test_a_key_without_the_certificate_is_a_mismatch(bench: Bench) -> None:
    with pytest.raises(Refused) as caught:
        bench.key("签名章").sign(bench.certificates["公章"], Suite.RSA_SHA256, MESSAGE, pin(PIN))
    assert caught.value.problem is Problem.CERTIFICATE_MISMATCH


def test_a_key_pulled_out_is_told_and_one_plugged_in_is_seen(bench: Bench) -> None:
    key, certificate = bench.key("签名章"), bench.certificates["签名章"]
    bench.store.remove("签名章")
    with pytest.raises(Refused) as caught:
        key.sign(certificate, Suite.RSA_SHA256, MESSAGE, pin(PIN))
    assert caught.value.problem is Problem.KEY_REMOVED
    assert [one.label for one in bench.driver.plugged()] == ["公章"]
    softhsm.add(bench.store, Slot("新Key"))
    bench.driver._module.doubt()  # as after four seconds
    assert {one.label for one in bench.driver.plugged()} == {"公章", "新Key"}


def test_an_elliptic_key_gives_der_signatures(bench: Bench) -> None:
    softhsm.add(bench.store, Slot("椭圆", algorithm="EC"))
    bench.issue("椭圆", "王芳")
    bench.driver._module.doubt()
    certificate = bench.certificates["椭圆"]
    value = bench.key("椭圆").sign(certificate, Suite.ECDSA_SHA256, MESSAGE, pin(PIN))
    assert suites.check(Suite.ECDSA_SHA256, certificate, MESSAGE, value)


def test_a_module_that_pads_but_does_not_hash_gets_a_digest_info(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pkcs11 import Mechanism

    from yunqian.agent.keys.pkcs11 import signing

    class Less:
        """SoftHSM as if it offered CKM_RSA_PKCS only."""

        @staticmethod
        def get_mechanisms() -> set[Mechanism]:
            return {Mechanism.RSA_PKCS}

    original = signing.signature

    def with_less(session: object, *rest: object) -> bytes:
        class Session:
            class token:
                slot = Less

        return original(Session, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(signing, "signature", with_less)
    certificate = bench.certificates["签名章"]
    value = bench.key("签名章").sign(certificate, Suite.RSA_SHA256, MESSAGE, pin(PIN))
    assert suites.check(Suite.RSA_SHA256, certificate, MESSAGE, value)


def test_a_module_that_is_no_module_fails_alone(tmp_path: Path) -> None:
    fake = tmp_path / "driver.so"
    fake.write_text("not a library")
    with pytest.raises(Refused) as caught:
        Pkcs11Driver(str(fake)).plugged()
    assert caught.value.problem is Problem.KEY_FAILED


def test_the_request_of_the_fixture_is_signed_by_the_key_in_the_slot(bench: Bench) -> None:
    request = x509.load_pem_x509_csr(bench.store.request("公章"))
    assert request.is_signature_valid


def test_sm2_is_refused_before_the_module_sees_a_pin(bench: Bench) -> None:
    """No vendor's SM2 mechanism could be tried here, and plain ECDSA over that curve is no SM2."""
    key = bench.key("签名章")
    assert Suite.SM2_SM3 not in key.suites
    with pytest.raises(Refused) as caught:
        key.sign(bench.certificates["签名章"], Suite.SM2_SM3, MESSAGE, pin("wrong1"))
    assert caught.value.problem is Problem.ALGORITHM_UNSUPPORTED
    assert key.tries() == Tries(left=None)
