"""What a soft key can do beside signing: new PIN, unlocking, key pairs, and what is written on it."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from tests.agent import world
from tests.agent.world import PIN, pin
from tests.eseal import making
from yunqian.agent.keys import soft, soft_record
from yunqian.agent.keys.port import SUITES, KeyAct
from yunqian.agent.keys.soft import MAX_ADMIN_TRIES, MAX_PAIRS, MAX_SEALS, MAX_TRIES, SoftDriver, SoftKey
from yunqian.crypto import certificate_requests, certificates, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.eseal import seal
from yunqian.problems import Problem, Refused

ADMIN, NEW = "admin-135", "975310"
OLD_KEY = Path(__file__).parent / "old_soft_key"
P256 = Suite.ECDSA_SHA256
CODE = seal.read(making.seal(making.PLAIN)).es_id.encode()


def made(folder: Path, *, admin: str | None = ADMIN, algorithm: Suite | None = None) -> SoftKey:
    soft.create(
        folder,
        serial="S-1",
        label="签名章",
        pin=pin(),
        algorithm=algorithm,
        admin_pin=None if admin is None else pin(admin),
    )
    return listed(folder)


def listed(folder: Path) -> SoftKey:
    (key,) = SoftDriver(folder).plugged()
    return key


def certified(request: bytes, owner: str = "李明") -> Certificate:
    asked = certificate_requests.read(request)
    assert asked.is_proven
    if certificate_is_sm2(request):
        return certificates.read(world.certify_sm2(request, owner))
    return certificates.read(world.certify(x509.load_der_x509_csr(request).public_key(), owner))


def certificate_is_sm2(request: bytes) -> bool:
    return bytes.fromhex("2a811ccf5501822d") in request


def problem(act: object, *arguments: object) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*arguments)  # type: ignore[operator]
    return caught.value


def enrolled(key: SoftKey, suite: Suite = P256) -> Certificate:
    certificate = certified(key.enrol(suite, "李明", pin()))
    key.store(certificate, (), pin())
    return certificate


def test_an_empty_key_has_a_pin_and_nothing_else(tmp_path: Path) -> None:
    key = made(tmp_path)
    assert (key.certificates, key.seals) == ((), ())
    assert not (key.home / "request.pem").exists()
    assert (key.tries().left, key.tries().is_default) == (MAX_TRIES, False)


def test_it_says_that_it_cannot_be_unlocked_without_an_admin_pin(tmp_path: Path) -> None:
    key = made(tmp_path, admin=None)
    assert key.acts == {KeyAct.CHANGE_PIN, KeyAct.ENROL, KeyAct.STORE}
    assert problem(key.unlock, pin(ADMIN), pin(NEW)).problem is Problem.KEY_ACT_UNSUPPORTED
    assert made(tmp_path / "other").acts == {*KeyAct}


@pytest.mark.parametrize("suite", SUITES)
def test_an_empty_key_becomes_one_that_signs(tmp_path: Path, suite: Suite) -> None:
    certificate = enrolled(made(tmp_path), suite)
    key = listed(tmp_path)
    assert key.certificates == (certificate,)
    value = key.sign(certificate, suite, b"message", pin())
    assert suites.check(suite, certificate, b"message", value)


def test_one_key_holds_several_pairs_with_one_certificate_each(tmp_path: Path) -> None:
    first = world.soft_key(tmp_path, algorithm=P256)
    key = listed(tmp_path / "keys")
    second = enrolled(key, Suite.SM2_SM3)
    assert set(listed(tmp_path / "keys").certificates) == {first, second}
    for one in (first, second):
        suite = suites.suite_of(one)
        assert suites.check(suite, one, b"m", key.sign(one, suite, b"m", pin()))


def test_a_new_certificate_takes_the_place_of_the_old_one_of_its_pair(tmp_path: Path) -> None:
    old = world.soft_key(tmp_path, algorithm=P256)
    key = listed(tmp_path / "keys")
    public = x509.load_der_x509_certificate(old.der).public_key()
    renewed = certificates.read(world.certify(public, "李明", days=800))
    key.store(renewed, (), pin())
    assert listed(tmp_path / "keys").certificates == (renewed,)


def test_a_certificate_of_no_pair_is_not_written(tmp_path: Path) -> None:
    stranger = world.soft_key(tmp_path / "other", algorithm=P256)
    key = made(tmp_path / "mine")
    one = making.seal(making.PLAIN)
    assert problem(key.store, stranger, (one,), pin()).problem is Problem.CERTIFICATE_MISMATCH
    assert (listed(tmp_path / "mine").certificates, listed(tmp_path / "mine").seals) == ((), ())


def test_a_seal_with_the_same_code_is_replaced_and_another_stands_beside_it(tmp_path: Path) -> None:
    key = made(tmp_path)
    first = making.seal(making.PLAIN)
    renewed = making.seal(making.PLAIN.but(size_mm=(41, 31)))
    other = first.replace(CODE, b"9" * len(CODE))
    assert seal.read(first).es_id.encode() == CODE
    key.store(None, (first, other), pin())
    assert set(listed(tmp_path).seals) == {first, other}
    key.store(None, (renewed,), pin())
    assert set(listed(tmp_path).seals) == {renewed, other}


def test_what_is_no_seal_is_kept_as_it_is_and_judged_by_others(tmp_path: Path) -> None:
    key = made(tmp_path)
    key.store(None, (b"\x30\x00",), pin())
    assert listed(tmp_path).seals == (b"\x30\x00",)


def test_more_than_there_is_room_for_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    key = made(tmp_path)
    many = [bytes([number]) for number in range(MAX_SEALS + 1)]
    assert problem(key.store, None, many, pin()).problem is Problem.KEY_FULL
    assert problem(key.store, None, (b"x", bytes(soft.MAX_SEAL_BYTES + 1)), pin()).problem is Problem.KEY_FULL
    assert listed(tmp_path).seals == ()


def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = made(tmp_path)
    key.store(None, (b"old",), pin())
    real = soft_record._write

    def full(path: Path, content: bytes) -> None:
        if content == b"second":
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, content)

    monkeypatch.setattr(soft_record, "_write", full)
    refusal = problem(key.store, None, (b"first", b"second"), pin())
    assert (refusal.problem, refusal.facts) == (Problem.KEY_FAILED, {"detail": "OSError"})
    monkeypatch.undo()
    assert listed(tmp_path).seals == (b"old",)
    assert list(key.home.rglob("*.new")) == []


def test_enrolling_ends_where_the_room_for_pairs_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soft, "MAX_PAIRS", 2)
    key = made(tmp_path)
    for _ in range(2):
        key.enrol(P256, "李明", pin())
    assert problem(key.enrol, P256, "李明", pin("000000")).problem is Problem.KEY_FULL
    assert key.tries().left == MAX_TRIES, "a full key costs no try"
    assert MAX_PAIRS >= 4


@pytest.mark.parametrize("act", ["change_pin", "enrol", "store", "sign"])
def test_every_act_counts_a_wrong_pin(tmp_path: Path, act: str) -> None:
    certificate = world.soft_key(tmp_path, algorithm=P256)
    key = listed(tmp_path / "keys")
    wrong = pin("000000")
    acts = {
        "change_pin": lambda: key.change_pin(wrong, pin(NEW)),
        "enrol": lambda: key.enrol(P256, "李明", wrong),
        "store": lambda: key.store(None, (b"seal",), wrong),
        "sign": lambda: key.sign(certificate, P256, b"m", wrong),
    }
    refusal = problem(acts[act])
    assert (refusal.problem, refusal.facts) == (Problem.PIN_INCORRECT, {"tries_left": MAX_TRIES - 1})
    assert key.tries().left == MAX_TRIES - 1
    assert listed(tmp_path / "keys").seals == ()


def test_a_changed_pin_is_the_only_one_that_opens(tmp_path: Path) -> None:
    certificate = world.soft_key(tmp_path, algorithm=P256)
    key = listed(tmp_path / "keys")
    key.change_pin(pin(), pin(NEW))
    assert problem(key.sign, certificate, P256, b"m", pin()).problem is Problem.PIN_INCORRECT
    assert suites.check(P256, certificate, b"m", key.sign(certificate, P256, b"m", pin(NEW)))
    assert key.tries().left == MAX_TRIES


@pytest.mark.parametrize("new", ["12345", "", "9" * 65])
def test_a_new_pin_of_the_wrong_length_costs_no_try(tmp_path: Path, new: str) -> None:
    key = made(tmp_path)
    for act in (key.change_pin, key.unlock):
        refusal = problem(act, pin("000000"), pin(new))
        assert refusal.problem is Problem.PIN_NOT_ACCEPTED
    assert key.tries().left == MAX_TRIES
    key.change_pin(pin(), pin(NEW))  # the old one still stood


def test_unlocking_sets_a_new_pin_and_fills_both_counts(tmp_path: Path) -> None:
    key = made(tmp_path)
    certificate = enrolled(key)
    for _ in range(MAX_TRIES):
        problem(key.change_pin, pin("000000"), pin(NEW))
    assert key.tries().is_locked
    assert problem(key.unlock, pin("wrong-admin"), pin(NEW)).problem is Problem.ADMIN_PIN_INCORRECT
    key.unlock(pin(ADMIN), pin(NEW))
    assert (key.tries().left, key.tries().is_locked) == (MAX_TRIES, False)
    assert key._record().admin_tries_left == MAX_ADMIN_TRIES  # type: ignore[union-attr]
    assert suites.check(P256, certificate, b"m", key.sign(certificate, P256, b"m", pin(NEW)))
    assert problem(key.sign, certificate, P256, b"m", pin()).problem is Problem.PIN_INCORRECT


def test_the_tenth_wrong_admin_pin_locks_it_for_good(tmp_path: Path) -> None:
    key = made(tmp_path)
    said = [problem(key.unlock, pin("wrong-admin"), pin(NEW)).problem for _ in range(MAX_ADMIN_TRIES)]
    assert said == [Problem.ADMIN_PIN_INCORRECT] * 9 + [Problem.ADMIN_PIN_LOCKED]
    assert problem(listed(tmp_path).unlock, pin(ADMIN), pin(NEW)).problem is Problem.ADMIN_PIN_LOCKED
    key.change_pin(pin(), pin(NEW))  # the person's own PIN is counted apart


def test_an_admin_try_is_written_down_before_the_pin_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = made(tmp_path)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(soft_record, "opened", killed)
    with pytest.raises(KeyboardInterrupt):
        key.unlock(pin(ADMIN), pin(NEW))
    assert key._record().admin_tries_left == MAX_ADMIN_TRIES - 1  # type: ignore[union-attr]


def test_neither_pin_opens_in_the_place_of_the_other(tmp_path: Path) -> None:
    """Whoever swaps the two boxes in the document does not make the admin PIN a PIN that signs."""
    key = made(tmp_path)
    record = key._record()
    assert isinstance(record, soft_record.KeyRecord)
    soft_record.write(key.home, record.model_copy(update={"pin": record.admin, "admin": record.pin}))
    assert problem(key.change_pin, pin(ADMIN), pin(NEW)).problem is Problem.PIN_INCORRECT
    assert problem(key.unlock, pin(), pin(NEW)).problem is Problem.ADMIN_PIN_INCORRECT


def test_a_pair_whose_public_half_was_exchanged_does_not_open(tmp_path: Path) -> None:
    key = made(tmp_path)
    mine, other = enrolled(key), enrolled(key)
    record = key._record()
    assert isinstance(record, soft_record.KeyRecord)
    first, second = record.pairs
    swapped = (first.model_copy(update={"private": second.private}), second)
    soft_record.write(key.home, record.model_copy(update={"pairs": swapped}))
    assert problem(key.sign, mine, P256, b"m", pin()).problem is Problem.KEY_FAILED
    assert suites.check(P256, other, b"m", key.sign(other, P256, b"m", pin()))


def test_a_key_of_the_first_version_opens_and_can_be_looked_after(tmp_path: Path) -> None:
    shutil.copytree(OLD_KEY, tmp_path / "OLD-1")
    request = x509.load_pem_x509_csr((tmp_path / "OLD-1" / "request.pem").read_bytes())
    pem = world.certify(request.public_key(), "旧章")
    (tmp_path / "OLD-1" / "certificate.pem").write_bytes(pem)
    key = listed(tmp_path)
    assert (key.serial, key.label, key.acts) == (
        "OLD-1",
        "旧章",
        {KeyAct.CHANGE_PIN, KeyAct.ENROL, KeyAct.STORE},
    )
    (certificate,) = key.certificates
    assert problem(key.sign, certificate, P256, b"m", pin("000000")).facts == {"tries_left": MAX_TRIES - 1}
    assert suites.check(P256, certificate, b"m", key.sign(certificate, P256, b"m", pin()))
    assert problem(key.unlock, pin(ADMIN), pin(NEW)).problem is Problem.KEY_ACT_UNSUPPORTED
    key.change_pin(pin(), pin(NEW))
    assert suites.check(P256, certificate, b"m", listed(tmp_path).sign(certificate, P256, b"m", pin(NEW)))


def test_an_old_key_that_was_never_opened_stays_as_it_was(tmp_path: Path) -> None:
    shutil.copytree(OLD_KEY, tmp_path / "OLD-1")
    assert listed(tmp_path).tries().left == MAX_TRIES
    assert (tmp_path / "OLD-1" / "key.json").read_bytes() == (OLD_KEY / "key.json").read_bytes()


def test_neither_pin_nor_admin_pin_lies_on_disk(tmp_path: Path) -> None:
    key = made(tmp_path, algorithm=P256)
    key.store(None, (b"seal",), pin())
    for path in (path for path in key.home.rglob("*") if path.is_file()):
        assert path.stat().st_mode & 0o077 == 0, path
        assert not any(secret.encode() in path.read_bytes() for secret in (PIN, ADMIN, "PRIVATE KEY"))


def test_a_damaged_document_beside_the_record_hides_only_itself(tmp_path: Path) -> None:
    key = made(tmp_path)
    certificate = enrolled(key)
    (key.home / "certificates" / f"{'0' * 64}.der").write_bytes(b"not a certificate")
    os.mkfifo(key.home / "certificates" / "not-ours.der")  # never opened: it would wait for ever
    assert listed(tmp_path).certificates == (certificate,)
    assert replace(key, seals=()).tries().left == MAX_TRIES
