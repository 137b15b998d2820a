"""The software SKF library of `softskf.c`: built once with gcc, copied for each use, filled with keys by tests.

A copy is a library of its own to the loader, so that every test starts with empty devices and several can be
loaded side by side, as with keys of two vendors.
"""

import ctypes
import hashlib
import shutil
import subprocess
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests import needs
from tests.pki import parties
from yunqian.agent.keys.skf.errors import CODES
from yunqian.crypto import sm2
from yunqian.crypto.certificates import Certificate

NEEDED = [needs.program("gcc"), needs.header("openssl/evp.h", "libssl-dev")]
SOURCE = Path(__file__).with_name("softskf.c")
NARROW, WIDE = "uint32_t", "unsigned long"
PIN, MOST_TRIES = "135790", 6
ADMIN_PIN, MOST_ADMIN_TRIES = "admin-86420", 3
OLD_SM2_NUMBER = 0x0002_0100
_MOST_FILES, _FILE_ROOM = 24, 1 << 20
ENCRYPTION = ("key_encipherment",)


class Act(IntEnum):
    """What a broken call does, as numbered in softskf.c."""

    NONE, FAIL, UNPLUG, SIZE, CRAZY_TEXT = range(5)


def build(folder: Path, *, width: str = NARROW, packing: int = 1) -> Path:
    """Compile the library with a width of ULONG and a packing of structures."""
    made = folder / f"libsoftskf-{width.replace(' ', '-')}-{packing}.so"
    options = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
    layout = [f"-DULONG_T={width}", f"-DPACK={packing}"]
    command = ["gcc", *options, *layout, "-o", str(made), str(SOURCE), "-lcrypto"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return made


def secret(kind: str, which: str) -> bytes:
    """DER PKCS#8 of the key that `parties` has by this kind and name."""
    if kind == "sm2":
        return sm2.PrivateKey.pkcs8_of_number(hashlib.sha256(which.encode()).digest())
    key = parties.key(kind, which)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def certified(
    kind: str, which: str, owner: str, *, usages: tuple[str, ...] = ("digital_signature", "non_repudiation")
) -> Certificate:
    """A certificate by an authority of the same kind for that key."""
    top = parties.authority(parties.key(kind, "skf root"), "测试证书机构")
    return parties.person(parties.key(kind, which), owner, by=top, usages=usages).certificate


@dataclass
class SoftSkf:
    """One loaded copy and the tests' own calls on it."""

    path: Path
    calls: ctypes.CDLL = field(init=False)

    def __post_init__(self) -> None:
        self.calls = ctypes.CDLL(str(self.path))

    def add(
        self, serial: str, label: str | bytes, *, name: str | bytes | None = None, most: int = MOST_TRIES
    ) -> int:
        """A device without containers; gives its number."""
        texts = [_raw(one) for one in (name or f"device {serial}", serial, label, PIN)]
        return int(self.calls.TEST_add_device(*texts, most))

    def put(
        self, device: int, certificate: Certificate | None, *, container: str, kind: str, which: str
    ) -> int:
        """A container with a key, and its signing certificate."""
        pkcs8 = secret(kind, which)
        number = {"rsa": 1, "sm2": 2}[kind]
        made = int(self.calls.TEST_add_container(device, container.encode(), number, pkcs8, len(pkcs8)))
        assert made >= 0
        if certificate is not None:
            self.certify(device, made, certificate.der)
        return made

    def certify(self, device: int, container: int, der: bytes, *, is_signing: bool = True) -> None:
        self.calls.TEST_certify(device, container, int(is_signing), der, len(der))

    def key(self, serial: str, label: str, owner: str, *, kind: str = "sm2") -> tuple[int, Certificate]:
        """A device with one container and its signing certificate."""
        device, certificate = self.add(serial, label), certified(kind, serial, owner)
        self.put(device, certificate, container="签名容器", kind=kind, which=serial)
        return device, certificate

    def breaks(self, function: str, act: Act, number: int | str = 0, *, after: int = 0) -> None:
        """From now on this call goes wrong, but for the first `after` times; an error's name is its code."""
        wanted = CODES[number] if isinstance(number, str) else number
        self.calls.TEST_break(function.encode(), int(act), ctypes.c_uint64(wanted))
        self.calls.TEST_spare(function.encode(), after)

    def plug(self, device: int, *, is_present: bool) -> None:
        self.calls.TEST_plug(device, int(is_present))

    def tries_left(self, device: int, application: int = 0) -> int:
        return int(self.calls.TEST_tries_left(device, application))

    def add_application(self, device: int, name: str, *, pin: str = PIN) -> int:
        """One more application; containers that follow are put into it."""
        return int(self.calls.TEST_add_application(device, name.encode(), pin.encode(), MOST_TRIES))

    def admin_tries_left(self, device: int) -> int:
        return int(self.calls.TEST_admin_tries_left(device))

    def put_file(self, device: int, name: str | bytes, content: bytes, *, may_read: int = 0xFF) -> None:
        """A file as a vendor's own tool would leave it; by `may_read` everyone may read it."""
        assert self.calls.TEST_put_file(device, _raw(name), content, len(content), may_read) == 0

    def files(self, device: int) -> dict[str, bytes]:
        """Every file and its content."""
        name, content = ctypes.create_string_buffer(64), ctypes.create_string_buffer(_FILE_ROOM)
        found = {}
        for place in range(_MOST_FILES):
            size = int(self.calls.TEST_file(device, place, name, content))
            if size >= 0:
                found[name.value.decode("latin-1")] = content.raw[:size]
        return found

    def containers(self, device: int) -> int:
        """How many containers there are."""
        return int(self.calls.TEST_containers(device))

    @property
    def calls_made(self) -> int:
        """How many calls of the standard were made, ever."""
        return int(self.calls.TEST_calls_made())

    @property
    def pin_checks(self) -> int:
        """How often a PIN was compared, ever."""
        return int(self.calls.TEST_pin_checks())

    def is_at_rest(self) -> bool:
        """Nobody is logged in and every handle was given back."""
        is_logged_in = any(self.calls.TEST_is_logged_in(device) for device in range(4))
        return not is_logged_in and self.calls.TEST_open_handles() == 0


def copied(template: Path, folder: Path, name: str = "libsoftskf.so") -> SoftSkf:
    """A fresh library without devices."""
    folder.mkdir(parents=True, exist_ok=True)
    return SoftSkf(Path(shutil.copy(template, folder / name)))


def _raw(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
