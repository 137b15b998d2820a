"""Signatures per second through each driver, PIN and all, beside the bare call of the library that does the work.

Through a driver means `UsbKey.sign` as the client calls it: for a vendor's library over the pipe of its own process,
with the certificate looked up, a login with the PIN, one signature, a logout.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pkcs11
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

from bench.client import KINDS, SIGNING, enrolled
from tests.agent import softhsm, world
from tests.agent.skf import softskf
from yunqian.agent.keys import soft
from yunqian.agent.keys.child import ChildDriver
from yunqian.agent.keys.port import Driver
from yunqian.agent.keys.skf import signing
from yunqian.agent.keys.skf.device import connected, present
from yunqian.agent.keys.skf.library import Library
from yunqian.crypto import sm2, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite

MESSAGE = b"signed attributes of a document" * 4
ROUNDS, BARE = 12, 8


@dataclass
class Rate:
    """One driver and algorithm: signatures a second through it, and by the bare library."""

    driver: str
    suite: Suite
    per_second: float
    bare_name: str
    bare_per_second: float


@cache
def bare(suite: Suite) -> Callable[[], bytes]:
    """One signature by cryptography's or OpenSSL's own call, with a key that is loaded already."""
    if suite is Suite.SM2_SM3:
        holder = sm2.PrivateKey.of_number(bytes(31) + b"\7")
        return lambda: holder.sign(MESSAGE)
    if suite is Suite.ECDSA_SHA256:
        curve = ec.generate_private_key(ec.SECP256R1())
        return lambda: curve.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
    key = rsa.generate_private_key(65537, 2048)
    return lambda: key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())


@dataclass(frozen=True)
class Subject:
    """One key and certificate to sign with, and what it is compared with."""

    name: str
    driver: Driver
    serial: str
    certificate: Certificate
    pin: str
    bare_name: str
    bare: Callable[[], bytes]

    def rate(self, rounds: int) -> Rate:
        """Strictly in turns: one signature through the driver, then several bare ones."""
        key = next(one for one in self.driver.plugged() if one.serial == self.serial)
        suite = suites.suite_of(self.certificate)
        spent = bare_spent = 0.0
        for number in range(rounds + 1):
            began = time.perf_counter()
            key.sign(self.certificate, suite, MESSAGE, world.pin(self.pin))
            signed = time.perf_counter()
            for _ in range(BARE):
                self.bare()
            if number:  # the first round warms both
                spent += signed - began
                bare_spent += time.perf_counter() - signed
        return Rate(self.name, suite, rounds / spent, self.bare_name, rounds * BARE / bare_spent)


def measure(folder: Path, *, rounds: int = ROUNDS) -> list[Rate]:
    """Every driver that this machine has what it needs for."""
    folder.mkdir(parents=True, exist_ok=True)
    found = _soft(folder / "soft", rounds)
    if shutil.which("softhsm2-util"):
        found += _pkcs11(folder / "pkcs11", rounds)
    if shutil.which("gcc"):
        found += _skf(folder / "skf", rounds)
    return found


def _soft(folder: Path, rounds: int) -> list[Rate]:
    soft.create(folder, serial="SOFT-1", label="章", pin=world.pin(), algorithm=None)
    driver = soft.SoftDriver(folder)

    def subject(suite: Suite) -> Subject:
        certificate = enrolled(driver, "SOFT-1", suite)
        return Subject("soft", driver, "SOFT-1", certificate, world.PIN, "OpenSSL, key loaded", bare(suite))

    return [subject(suite).rate(rounds) for suite in SIGNING]


def _pkcs11(folder: Path, rounds: int) -> list[Rate]:
    store = softhsm.make(folder, [softhsm.Slot("章")])
    os.environ |= store.environment
    with closing(ChildDriver("pkcs11", store.module)) as driver:
        (key,) = driver.plugged()
        suites_here = (Suite.RSA_SHA256, Suite.ECDSA_SHA256)
        certificates = [enrolled(driver, key.serial, suite, softhsm.PIN) for suite in suites_here]
        module = pkcs11.lib(store.module)
        module.reinitialize()  # it reads where its store is when it begins, and may have begun with another
        slot = module.get_token(token_label="章")
        with slot.open(user_pin=softhsm.PIN) as session:
            return [
                Subject(
                    *("PKCS#11 (SoftHSM2)", driver, key.serial, certificate, softhsm.PIN),
                    *("python-pkcs11, logged in", _module_call(session, suite)),
                ).rate(rounds)
                for suite, certificate in zip(suites_here, certificates, strict=True)
            ]


def _module_call(session: pkcs11.Session, suite: Suite) -> Callable[[], bytes]:
    is_rsa = suite is Suite.RSA_SHA256
    mechanism = Mechanism.SHA256_RSA_PKCS if is_rsa else Mechanism.ECDSA
    wanted = {
        Attribute.CLASS: ObjectClass.PRIVATE_KEY,
        Attribute.KEY_TYPE: KeyType.RSA if is_rsa else KeyType.EC,
    }
    held = list(session.get_objects(wanted))[-1]
    message = MESSAGE if is_rsa else MESSAGE[:32]  # ECDSA takes a digest
    return lambda: bytes(held.sign(message, mechanism=mechanism))


def _skf(folder: Path, rounds: int) -> list[Rate]:
    """The child's copy of the test suite's software library, and another copy in this process for the bare call."""
    folder.mkdir()
    built = softskf.build(folder)
    (folder / "child").mkdir()
    library = shutil.copy(built, folder / "child" / "libsoftskf.so")
    Path(f"{library}.plugged").write_text("SN-7")
    found = []
    with closing(ChildDriver("skf", str(library))) as driver:
        for suite in (Suite.SM2_SM3, Suite.RSA_SHA256):
            certificate = enrolled(driver, "SN-7", suite, softskf.PIN)
            with _skf_call(softskf.copied(built, folder / suite.name), suite) as call:
                subject = Subject(
                    *("SKF (software library)", driver, "SN-7", certificate, softskf.PIN),
                    *("the library's functions, logged in", call),
                )
                found.append(subject.rate(rounds))
    return found


@contextmanager
def _skf_call(own: softskf.SoftSkf, suite: Suite) -> Iterator[Callable[[], bytes]]:
    _, held = own.key("SN-1", "章", "李明", kind=KINDS[suite])
    loaded = Library(str(own.path))
    with (
        connected(loaded, present(loaded)[0]) as device,
        device.application(device.applications()[0]) as application,
        application.holding(held) as container,
        application.logged_in(world.pin(softskf.PIN)),
    ):
        yield lambda: signing.value(loaded, container, suite, held.public_key_der, MESSAGE)
