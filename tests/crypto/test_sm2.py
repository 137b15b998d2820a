"""SM2 and SM3: the standard's example, Tongsuo's known answers, and everything that is not a signature."""

import copy
import logging
import pickle
import re
import subprocess
import traceback
from base64 import b64decode, encodebytes
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.decrepit.ciphers.modes import CFB, OFB
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import conformance, needs
from yunqian.crypto import der, libcrypto, sm2
from yunqian.problems import Problem, Refused

# GB/T 32918.5-2017, appendix A.2
NUMBER = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
X = bytes.fromhex("09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020")
Y = bytes.fromhex("CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13")
Z = bytes.fromhex("B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3")
E = bytes.fromhex("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640")
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
MESSAGE = b"message digest"
KEY = sm2.PrivateKey.of_number(NUMBER)


def value(r: int, s: int) -> bytes:
    return der.sequence(der.integer(r), der.integer(s))


def refusal(action) -> Problem:
    with pytest.raises(Refused) as refused:
        action()
    return refused.value.problem


def test_the_example_of_the_standard_is_reproduced():
    public = sm2.PublicKey(b"\x04" + X + Y)
    assert KEY.public.point == public.point
    assert sm2.z_value(public.point) == Z
    assert public.e_value(MESSAGE) == E
    assert public.is_right(MESSAGE, value(R, S))
    assert public.is_right_over_e(E, value(R, S))


def test_what_was_signed_is_right_and_nothing_else_is():
    signed = KEY.sign(MESSAGE)
    assert KEY.public.is_right(MESSAGE, signed)
    assert KEY.public.is_right_over_e(E, signed)
    assert not KEY.public.is_right(MESSAGE + b" ", signed)
    assert not KEY.public.is_right_over_e(sm2.sm3(MESSAGE), signed)
    assert not sm2.PrivateKey.of_number(bytes(31) + b"\x02").public.is_right(MESSAGE, signed)


def test_another_identity_is_another_signer():
    signed = KEY.sign(MESSAGE, b"liming@example.cn")
    assert KEY.public.is_right(MESSAGE, signed, b"liming@example.cn")
    assert not KEY.public.is_right(MESSAGE, signed)
    assert not KEY.public.is_right(MESSAGE, KEY.sign(MESSAGE), b"")


def test_a_bare_e_is_signed_as_it_is():
    assert KEY.public.is_right_over_e(E, KEY.sign_e(E))
    assert not KEY.public.is_right_over_e(E[:31], KEY.sign_e(E))
    with pytest.raises(ValueError, match="32 bytes"):
        KEY.sign_e(MESSAGE)


def test_a_long_message_is_digested_in_pieces():
    pieces = KEY.public.digest()
    pieces.update(b"message ")
    pieces.update(b"digest")
    assert pieces.digest() == E


@pytest.mark.parametrize(
    ("r", "s"),
    [
        (0, S),
        (R, 0),
        (sm2.N, S),
        (R, sm2.N),
        (R + sm2.N, S),
        (R, S + sm2.N),
        (-R, S),
        (R, sm2.N - R),
        (R, S + 1),
    ],
)
def test_numbers_out_of_range_and_a_sum_of_zero_are_no_signature(r: int, s: int):
    assert not KEY.public.is_right_over_e(E, value(r, s))


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        value(R, S) + b"\x00",
        value(R, S)[:-1],
        b"\x30\x81" + value(R, S)[1:],
        der.sequence(der.tlv(2, b"\x00\x00", R.to_bytes(32, "big")), der.integer(S)),
        der.sequence(der.tlv(2, R.to_bytes(32, "big")), der.integer(S)),
        der.sequence(der.integer(R), der.integer(S), der.integer(1)),
        der.set_of(der.integer(R), der.integer(S)),
    ],
    ids=["nothing", "more behind", "cut off", "long form", "padded", "negative", "three numbers", "a set"],
)
def test_a_value_in_any_other_encoding_is_no_signature(encoded: bytes):
    assert not KEY.public.is_right_over_e(E, encoded)
    assert refusal(lambda: sm2.der_value(encoded)) is Problem.SIGNATURE_INVALID


def test_both_forms_of_a_value_become_each_other():
    raw = R.to_bytes(32, "big") + S.to_bytes(32, "big")
    assert sm2.der_value(raw) == sm2.der_value(value(R, S)) == value(R, S)
    assert sm2.raw_value(raw) == sm2.raw_value(value(R, S)) == raw
    assert sm2.raw_value(value(1, 2)) == bytes(31) + b"\x01" + bytes(31) + b"\x02"
    assert refusal(lambda: sm2.der_value(bytes(64))) is Problem.SIGNATURE_INVALID
    assert refusal(lambda: sm2.der_value(b"\xff" * 64)) is Problem.SIGNATURE_INVALID


@given(st.binary(max_size=80))
def test_no_bytes_give_more_than_a_no(encoded: bytes):
    assert not KEY.public.is_right_over_e(E, encoded)


@settings(max_examples=30)
@given(st.integers(min_value=1, max_value=sm2.N - 2), st.binary(max_size=200))
def test_every_key_signs_every_message(number: int, message: bytes):
    key = sm2.PrivateKey.of_number(number.to_bytes(32, "big"))
    signed = key.sign(message)
    assert key.public.is_right(message, signed)
    assert sm2.der_value(sm2.raw_value(signed)) == signed
    compressed = bytes([2 + key.public.point[-1] % 2]) + key.public.point[1:33]
    assert sm2.PublicKey(compressed).point == key.public.point


@pytest.mark.parametrize(
    "point",
    [
        b"",
        b"\x00",
        bytes(65),
        b"\x04" + bytes(64),
        b"\x04" + X + X,
        b"\x04" + X + Y[:-1],
        b"\x04" + X + Y + b"\x00",
        b"\x06" + X + Y,
        b"\x04" + (int.from_bytes(X, "big") + sm2.P).to_bytes(33, "big")[1:] + Y,
        b"\x04" + b"\xff" * 64,
        b"\x02" + bytes(31) + b"\x05",
    ],
)
def test_a_point_that_is_not_on_the_curve_is_no_key(point: bytes):
    assert refusal(lambda: sm2.PublicKey(point)) is Problem.CERTIFICATE_UNREADABLE


@pytest.mark.parametrize("number", [0, sm2.N - 1, sm2.N, 2**256 - 1])
def test_a_number_out_of_range_is_no_private_key_and_is_not_told(number: int):
    with pytest.raises(ValueError, match=r"^the number is no private key$"):
        sm2.PrivateKey.of_number(number.to_bytes(32, "big"))


def test_other_keys_and_other_bytes_are_no_private_key():
    assert refusal(lambda: sm2.PrivateKey(b"")) is Problem.ALGORITHM_UNSUPPORTED
    assert refusal(lambda: sm2.PrivateKey(b"0" * 100)) is Problem.ALGORITHM_UNSUPPORTED
    p256 = der.sequence(der.integer(1), der.octets(NUMBER), der.explicit(0, der.oid("1.2.840.10045.3.1.7")))
    assert refusal(lambda: sm2.PrivateKey(p256)) is Problem.ALGORITHM_UNSUPPORTED


def test_a_private_key_never_shows_itself(caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("test").warning("%s %r %s", KEY, KEY, vars(sm2.PrivateKey))
    shown = caplog.text + repr(KEY) + str(KEY) + f"{KEY}" + repr(KEY._key)
    for broken in (lambda: KEY.sign_e(b""), lambda: pickle.dumps(KEY), lambda: copy.deepcopy(KEY)):
        try:
            broken()
        except (ValueError, TypeError):
            shown += traceback.format_exc()
    assert "Traceback" in shown
    for secret in (NUMBER.hex(), NUMBER.hex().upper(), str(int.from_bytes(NUMBER, "big")), repr(NUMBER)):
        assert secret not in shown
    with pytest.raises(TypeError):
        pickle.dumps(KEY)


def test_threads_share_a_key():
    def one(number: int) -> bool:
        message = str(number).encode()
        signed = KEY.sign(message)
        return KEY.public.is_right(message, signed) and not KEY.public.is_right(b"", signed)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(400)))


# ------------------------------------------------------------------ the machine


@pytest.fixture
def machine(monkeypatch):
    """A process that has not looked for a library yet."""
    monkeypatch.setattr(sm2, "_loaded", [])
    return monkeypatch


def unsupported(action) -> bool:
    with pytest.raises(Refused) as refused:
        action()
    return refused.value.problem is Problem.ALGORITHM_UNSUPPORTED and refused.value.facts == {
        "algorithm": "SM2"
    }


def test_a_machine_without_libcrypto_is_refused_and_asked_only_once(machine):
    asked = []
    machine.setattr(
        libcrypto.ctypes, "CDLL", lambda name: asked.append(name) or (_ for _ in ()).throw(OSError)
    )
    assert unsupported(lambda: sm2.PublicKey(b"\x04" + X + Y))
    before = len(asked)
    assert unsupported(lambda: sm2.PrivateKey.of_number(NUMBER))
    assert before >= 3
    assert len(asked) == before


def test_an_older_libcrypto_will_not_do(machine):
    machine.setattr(libcrypto, "_version", lambda loaded: 0x1010117F)
    assert unsupported(sm2.require)


def test_a_libcrypto_that_lacks_a_function_will_not_do(machine):
    machine.setitem(libcrypto._SIGNATURES, "EVP_PKEY_no_such_function", (None, ()))
    assert unsupported(sm2.require)


@pytest.mark.parametrize("answer", [True, False])
def test_a_libcrypto_that_fails_the_example_will_not_do(machine, answer: bool):
    machine.setattr(libcrypto.Library, "verify", lambda self, key, e, value: answer)
    assert unsupported(sm2.require)


def test_a_machine_without_any_sm3_will_not_do(machine):
    def missing(*_arguments):
        raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm="sm3")

    machine.setattr(sm2.digests, "new", missing)
    assert unsupported(sm2.require)
    with pytest.raises(Refused):
        sm2.sm3(b"abc")


def test_a_kept_key_is_read_again_and_is_the_same():
    encoded = sm2.PrivateKey.pkcs8_of_number(NUMBER)
    assert sm2.PrivateKey(encoded).public.point == sm2.PrivateKey.of_number(NUMBER).public.point
    with pytest.raises(ValueError, match="no private key"):
        sm2.PrivateKey.pkcs8_of_number(bytes(32))


def test_nothing_is_left_behind_in_memory():
    """Each path of sign and check, wrong ones too, many times: the process does not grow by even a context each."""

    def all_paths(times: int) -> None:
        for _ in range(times):
            key = sm2.PrivateKey.of_number(NUMBER)
            signed = key.sign_e(E)
            assert key.public.is_right_over_e(E, signed)
            assert not key.public.is_right_over_e(Z, signed)
            with pytest.raises(Refused):
                sm2.PrivateKey(b"\x30\x03\x02\x01\x05")
            with pytest.raises(Refused):
                sm2.PublicKey(b"\x04" + X + X)

    all_paths(300)
    before = resident_bytes()
    all_paths(1000)
    assert resident_bytes() - before < 700_000


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


# ------------------------------------------------------------------ another program


def armoured(kind: str, encoded: bytes) -> bytes:
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (kind.encode(), encodebytes(encoded), kind.encode())


def openssl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    identity = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")
    command = ["openssl", "pkeyutl", *arguments, "-in", "message", *identity]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)


@needs.program("openssl")
def test_openssl_agrees_in_both_directions(tmp_path: Path):
    private = der.sequence(
        der.integer(1), der.octets(NUMBER), der.explicit(0, der.oid("1.2.156.10197.1.301"))
    )
    (tmp_path / "private").write_bytes(armoured("EC PRIVATE KEY", private))
    (tmp_path / "public").write_bytes(armoured("PUBLIC KEY", KEY.public.spki))
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "ours").write_bytes(KEY.sign(MESSAGE))
    (tmp_path / "wrong").write_bytes(KEY.sign(b"another"))
    assert openssl(tmp_path, "-verify", "-pubin", "-inkey", "public", "-sigfile", "ours").returncode == 0
    assert openssl(tmp_path, "-verify", "-pubin", "-inkey", "public", "-sigfile", "wrong").returncode != 0
    theirs = openssl(tmp_path, "-sign", "-inkey", "private").stdout
    assert KEY.public.is_right(MESSAGE, theirs)


# ------------------------------------------------------------------ known answers of others


def stanzas(name: str) -> list[dict[str, str]]:
    """The paragraphs of an OpenSSL test file, each a dictionary in the order of its lines."""
    text = re.sub(r"^#.*\n", "", conformance.document(name).decode(), flags=re.MULTILINE)
    found = (dict(re.findall(r"^(\w+)\s*=\s*(.*)$", part, re.MULTILINE)) for part in text.split("\n\n"))
    return [one for one in found if one]


@conformance.needed
def test_tongsuo_signatures_over_a_bare_e():
    pem = re.search(
        rb"-----BEGIN PRIVATE KEY-----(.*?)-----END", conformance.document("sm/evppkey_sm2.txt"), re.DOTALL
    )
    assert pem is not None
    key = sm2.PrivateKey(b64decode(pem[1]))
    answers = {
        one["Input"][:8]: (
            key.public.is_right_over_e(bytes.fromhex(one["Input"]), bytes.fromhex(one["Output"])),
            "Result" not in one,
        )
        for one in stanzas("sm/evppkey_sm2.txt")
        if "Verify" in one
    }
    assert len(answers) == 3
    assert all(said is wanted for said, wanted in answers.values())
    assert sorted(said for said, _ in answers.values()) == [False, True, True]


@conformance.needed
def test_tongsuo_signing_gives_a_fresh_value_each_time():
    signing = [one for one in stanzas("sm/evppkey_sm2.txt") if "Sign" in one]
    assert [one["Result"] for one in signing] == ["KEYOP_MISMATCH"]
    e, listed = bytes.fromhex(signing[0]["Input"]), bytes.fromhex(signing[0]["Output"])
    made = [KEY.sign_e(e) for _ in range(4)]
    assert all(KEY.public.is_right_over_e(e, one) for one in made)
    assert all(one not in (other, listed) for one, other in pairwise(made))


@conformance.needed
def test_sm3_digests_are_as_known():
    cases = [one for one in stanzas("sm/evpmd_sm3.txt") if one.get("Digest") == "SM3"]
    assert len(cases) == 8
    for one in cases:
        assert sm2.sm3(bytes.fromhex(one["Input"])) == bytes.fromhex(one["Output"])


@conformance.needed
def test_sm4_of_cryptography_gives_the_known_answers():
    cases = [one for one in stanzas("sm/evpciph_sm4.txt") if "Cipher" in one]
    kinds = {
        "SM4-ECB": lambda iv: modes.ECB(),
        "SM4-CBC": modes.CBC,
        "SM4-OFB": OFB,
        "SM4-CFB": CFB,
        "SM4-CTR": modes.CTR,
        "SM4-GCM": modes.GCM,
    }
    left = set()
    for one in cases:
        parts = {name: bytes.fromhex(text) for name, text in one.items() if name != "Cipher" and is_hex(text)}
        if one["Cipher"] not in kinds:
            left.add(one["Cipher"])
            continue
        mode = kinds[one["Cipher"]](parts.get("IV", b""))
        encryptor = Cipher(SM4(parts["Key"]), mode).encryptor()
        if "AAD" in parts:
            encryptor.authenticate_additional_data(parts["AAD"])
        assert encryptor.update(parts["Plaintext"]) + encryptor.finalize() == parts["Ciphertext"]
        if "Tag" in parts:
            assert encryptor.tag == parts["Tag"]
    assert left == {"SM4-CCM", "SM4-XTS"}, "cryptography offers SM4 in six modes"


def is_hex(text: str) -> bool:
    return re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", text) is not None
