"""Looking after keys behind a real PKCS#11 module (SoftHSM2): PINs, key pairs, certificates, seals."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass, Session
from pkcs11 import exceptions as trouble

from tests import needs
from tests.agent import softhsm
from tests.agent.keys import managed
from tests.agent.softhsm import PIN, SO_PIN, Store
from tests.agent.world import pin
from tests.eseal import making
from yunqian.agent.keys.pkcs11 import Pkcs11Driver, Pkcs11Key, contents, pairs, writing
from yunqian.agent.keys.port import KeyAct, ManagedKey
from yunqian.agent.pin import MAX_PIN_BYTES, Pin, Tries
from yunqian.crypto import certificate_requests, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.eseal.seal import Version
from yunqian.problems import Problem, Refused

pytestmark = needs.program("softhsm2-util")
MESSAGE = b"signed attributes of a document"
LABEL, WRONG_PIN, NEW_PIN = "签名章", "000000", "97531024"
SUITES = (Suite.RSA_SHA256, Suite.ECDSA_SHA256, Suite.ECDSA_SHA384)
QUICK = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass
class Bench:
    """A store with one slot, the driver on it, and the certificate of its first pair."""

    store: Store
    driver: Pkcs11Driver
    certificate: Certificate | None = field(default=None)

    @property
    def key(self) -> Pkcs11Key:
        (found,) = self.driver.plugged()
        return found

    @property
    def own(self) -> Certificate:
        assert self.certificate is not None
        return self.certificate

    def signs(self, secret: str = PIN, *, by: Certificate | None = None) -> bool:
        certificate = by or self.own
        suite = suites.suite_of(certificate)
        value = self.key.sign(certificate, suite, MESSAGE, pin(secret))
        return suites.check(suite, certificate, MESSAGE, value)

    def counted(self) -> dict[str, int]:
        """How many objects of each kind lie on the key."""
        kinds = {"pairs": ObjectClass.PRIVATE_KEY, "public": ObjectClass.PUBLIC_KEY}
        kinds |= {"certificates": ObjectClass.CERTIFICATE, "data": ObjectClass.DATA}
        return self.within(
            lambda session: {
                name: len(list(session.get_objects({Attribute.CLASS: kind}))) for name, kind in kinds.items()
            }
        )

    def within(self, act: Callable[[Session], Any]) -> Any:
        """Do something in a session of our own, as another program would."""
        key = self.key
        with key.module.find(key.serial, key.label).open(rw=True, user_pin=PIN) as session:
            done = act(session)
        key.module.doubt()
        return done


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Certificate]:
    """A store whose key was enrolled and got its certificate; and the certificate."""
    store = softhsm.empty(tmp_path_factory.mktemp("hsm") / "store", LABEL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", store.environment["SOFTHSM2_CONF"])
        (key,) = Pkcs11Driver(store.module).plugged()
        certificate = managed.issued(key.enrol(Suite.RSA_SHA256, "李明", pin(PIN)))
        key.store(certificate, (), pin(PIN))
    return store, certificate


@pytest.fixture
def bench(template: tuple[Store, Certificate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    store = softhsm.copy(template[0], tmp_path / "hsm")
    monkeypatch.setenv("SOFTHSM2_CONF", store.environment["SOFTHSM2_CONF"])
    return Bench(store, Pkcs11Driver(store.module), template[1])


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    store = softhsm.empty(tmp_path / "hsm", LABEL)
    monkeypatch.setenv("SOFTHSM2_CONF", store.environment["SOFTHSM2_CONF"])
    return Bench(store, Pkcs11Driver(store.module))


def refused(act: Callable[[], object]) -> Problem:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.problem


def test_it_is_a_managed_key_that_can_do_all_acts(bench: Bench) -> None:
    key: ManagedKey = bench.key
    assert key.acts == frozenset(KeyAct)
    assert (key.suites, key.seals) == (SUITES, ())


# The PIN


def test_the_pin_is_changed_with_the_old_one(bench: Bench) -> None:
    bench.key.change_pin(pin(PIN), pin(NEW_PIN))
    assert bench.signs(NEW_PIN)
    assert refused(bench.signs) is Problem.PIN_INCORRECT_UNCOUNTED


@pytest.mark.parametrize("new", ["", "1", "123", "9" * (MAX_PIN_BYTES + 1)])
def test_a_new_pin_of_a_length_that_nobody_takes_changes_nothing(bench: Bench, new: str) -> None:
    assert refused(lambda: bench.key.change_pin(pin(PIN), pin(new))) is Problem.PIN_NOT_ACCEPTED
    assert refused(lambda: bench.key.unlock(pin(SO_PIN), pin(new))) is Problem.PIN_NOT_ACCEPTED
    assert bench.signs()


def test_what_the_key_said_of_a_new_pin_is_told_by_its_name_in_the_standard(bench: Bench) -> None:
    with pytest.raises(Refused) as caught:
        bench.key.change_pin(pin(PIN), pin("1"))
    assert caught.value.facts == {"detail": "CKR_PIN_LEN_RANGE"}


def test_a_new_pin_that_is_no_text_is_refused_before_the_old_one_is_used(bench: Bench) -> None:
    assert (
        refused(lambda: bench.key.change_pin(pin(WRONG_PIN), Pin(bytearray(b"\xff\xfe123"))))
        is Problem.PIN_EMPTY
    )
    assert (
        refused(lambda: bench.key.unlock(pin(WRONG_PIN), Pin(bytearray(b"\xff\xfe123")))) is Problem.PIN_EMPTY
    )
    assert bench.signs()


def test_a_wrong_old_pin_changes_nothing(bench: Bench) -> None:
    said = refused(lambda: bench.key.change_pin(pin(WRONG_PIN), pin(NEW_PIN)))
    assert said is Problem.PIN_INCORRECT_UNCOUNTED
    assert bench.signs()
    assert refused(lambda: bench.signs(NEW_PIN)) is Problem.PIN_INCORRECT_UNCOUNTED


def test_the_officer_sets_a_new_pin(bench: Bench) -> None:
    bench.key.unlock(pin(SO_PIN), pin(NEW_PIN))
    assert bench.signs(NEW_PIN)
    assert refused(bench.signs) is Problem.PIN_INCORRECT_UNCOUNTED


def test_a_wrong_officers_pin_changes_nothing(bench: Bench) -> None:
    for wrong in (WRONG_PIN, "1", PIN):
        assert refused(lambda: bench.key.unlock(pin(wrong), pin(NEW_PIN))) is Problem.ADMIN_PIN_INCORRECT  # noqa: B023
    assert bench.signs()


def test_no_refusal_ever_says_a_pin(bench: Bench) -> None:
    for act in (
        lambda: bench.key.change_pin(pin("86420-old"), pin(NEW_PIN)),
        lambda: bench.key.change_pin(pin(PIN), pin("864")),
        lambda: bench.key.unlock(pin("86420-so"), pin(NEW_PIN)),
    ):
        with pytest.raises(Refused) as caught:
            act()
        error: BaseException | None = caught.value
        while error is not None:
            assert "864" not in repr(error)
            error = error.__cause__ or error.__context__


# Key pairs and certificates


@pytest.mark.parametrize("suite", SUITES)
def test_an_empty_key_becomes_a_working_one(empty: Bench, suite: Suite) -> None:
    request = empty.key.enrol(suite, "李明", pin(PIN))
    asked = certificate_requests.read(request)
    assert (asked.owner, asked.is_proven) == ("李明", True)
    certificate = managed.issued(request)
    seal = managed.seal(certificate)
    empty.key.store(certificate, (seal,), pin(PIN))
    assert empty.key.certificates == (certificate,)
    assert empty.key.seals == (seal,)
    assert suites.suite_of(certificate) is suite
    assert empty.signs(by=certificate)


def test_the_private_half_was_made_in_the_key_and_never_leaves_it(bench: Bench) -> None:
    wanted = (
        Attribute.LOCAL,
        Attribute.SENSITIVE,
        Attribute.ALWAYS_SENSITIVE,
        Attribute.NEVER_EXTRACTABLE,
        Attribute.PRIVATE,
        Attribute.SIGN,
        Attribute.EXTRACTABLE,
        Attribute.DECRYPT,
        Attribute.UNWRAP,
    )

    def look(session: Session) -> dict[Attribute, Any]:
        (private,) = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))
        with pytest.raises(trouble.AttributeSensitive):
            private[Attribute.PRIVATE_EXPONENT]
        return {which: private[which] for which in wanted}

    assert bench.within(look) == {which: place < 6 for place, which in enumerate(wanted)}


def test_pair_and_certificate_have_one_identifier_by_which_other_programs_find_them(bench: Bench) -> None:
    kinds = (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY, ObjectClass.CERTIFICATE)

    def look(session: Session) -> set[bytes]:
        return {
            bytes(one[Attribute.ID])
            for kind in kinds
            for one in list(session.get_objects({Attribute.CLASS: kind}))
        }

    (identifier,) = bench.within(look)
    assert len(identifier) == 20


def test_a_pair_that_waits_for_its_certificate_is_asked_for_again(empty: Bench) -> None:
    """A person who clicks twice gets one pair; a certificate for the first request still finds it."""
    first = empty.key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN))
    second = empty.key.enrol(Suite.ECDSA_SHA256, "李明（新）", pin(PIN))
    keys = {certificate_requests.read(one).public_key_der for one in (first, second)}
    assert len(keys) == 1
    assert empty.counted()["pairs"] == 1
    certificate = managed.issued(first)
    empty.key.store(certificate, (), pin(PIN))
    assert empty.signs(by=certificate)
    third = empty.key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN))
    assert certificate_requests.read(third).public_key_der not in keys
    assert empty.counted()["pairs"] == 2


def test_pairs_of_other_programs_are_neither_used_nor_touched(empty: Bench) -> None:
    def foreign(session: Session) -> None:
        curve = {Attribute.EC_PARAMS: bytes.fromhex("06082a8648ce3d030107")}
        domain = session.create_domain_parameters(KeyType.EC, curve, local=True)
        domain.generate_keypair(
            id=b"\x01", label="vendor", store=True, capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY
        )

    empty.within(foreign)
    empty.key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN))
    assert empty.counted() == {"pairs": 2, "public": 2, "certificates": 0, "data": 0}


def test_a_pair_whose_request_fails_is_taken_away_again(
    empty: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bytes:
        raise trouble.GeneralError

    monkeypatch.setattr("yunqian.agent.keys.pkcs11.signing.signature", fails)
    assert refused(lambda: empty.key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN))) is Problem.KEY_FAILED
    assert empty.counted() == {"pairs": 0, "public": 0, "certificates": 0, "data": 0}


def test_a_module_that_signs_wrongly_is_found_out_at_the_request(
    empty: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "yunqian.agent.keys.pkcs11.signing.signature", lambda *_: bytes.fromhex("3006020101020101")
    )
    assert refused(lambda: empty.key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN))) is Problem.KEY_FAILED
    assert empty.counted()["pairs"] == 0


def test_a_pair_that_could_leave_the_key_is_not_accepted(
    empty: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "_is_well_kept", lambda private: False)
    assert refused(lambda: empty.key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN))) is Problem.KEY_FAILED
    assert empty.counted()["pairs"] == 0


def test_sm2_is_refused_before_the_pin_is_used(empty: Bench) -> None:
    """SoftHSM makes keys on that curve, and signs with them as ECDSA: a green test would be a false one."""
    said = refused(lambda: empty.key.enrol(Suite.SM2_SM3, "李明", pin(WRONG_PIN)))
    assert said is Problem.ALGORITHM_UNSUPPORTED
    assert empty.key.tries() == Tries(left=None)


def test_a_certificate_of_no_pair_on_the_key_is_a_mismatch_and_nothing_is_written(bench: Bench) -> None:
    before = bench.counted()
    seal = managed.seal(bench.own)
    said = refused(lambda: bench.key.store(managed.stranger(), (seal,), pin(PIN)))
    assert said is Problem.CERTIFICATE_MISMATCH
    assert bench.counted() == before
    assert bench.key.certificates == (bench.own,)


def test_a_renewed_certificate_takes_the_place_of_the_older_one(bench: Bench) -> None:
    def public(session: Session) -> bytes:
        return pairs._encoded(
            next(iter(list(session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY}))))
        )

    assert bench.within(public) == bench.own.public_key_der
    renewed = _renewed(bench.own)
    bench.key.store(renewed, (), pin(PIN))
    assert bench.key.certificates == (renewed,)
    assert bench.signs(by=renewed)


def test_writing_the_same_twice_changes_nothing(bench: Bench) -> None:
    seal = managed.seal(bench.own)
    for _ in range(2):
        bench.key.store(bench.own, (seal, seal), pin(PIN))
        assert bench.counted() == {"pairs": 1, "public": 1, "certificates": 1, "data": 1}
    assert (bench.key.certificates, bench.key.seals) == ((bench.own,), (seal,))


def test_the_older_one_stays_where_the_new_one_could_not_be_written(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificate is written first, and taken away again when the seal after it fails."""
    seal = managed.seal(bench.own)
    bench.key.store(None, (seal,), pin(PIN))
    monkeypatch.setattr(
        writing, "_seal", lambda one: {Attribute.CLASS: ObjectClass.DATA, Attribute.MODULUS_BITS: 1}
    )
    newer = managed.seal(bench.own, name="新签名章")
    assert refused(lambda: bench.key.store(_renewed(bench.own), (newer,), pin(PIN))) is Problem.KEY_FAILED
    assert (bench.key.certificates, bench.key.seals) == ((bench.own,), (seal,))
    assert bench.counted() == {"pairs": 1, "public": 1, "certificates": 1, "data": 1}
    assert bench.signs()


def test_a_full_key_is_told_as_full_and_holds_what_it_held(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise trouble.DeviceMemory

    monkeypatch.setattr(writing, "_replace", full)
    assert refused(lambda: bench.key.store(_renewed(bench.own), (), pin(PIN))) is Problem.KEY_FULL
    assert bench.key.certificates == (bench.own,)


def _renewed(certificate: Certificate) -> Certificate:
    from tests.pki import parties
    from tests.pki.hierarchy import NOW, YEAR

    top = parties.authority(parties.key("ecdsa", "issuer of keys"), "测试证书机构")
    odd = parties.Odd(spki=certificate.public_key_der, ends=NOW + YEAR + timedelta(days=9))
    return parties.person(parties.key("ecdsa", "nobody"), certificate.owner, by=top, odd=odd).certificate


# Seals


@pytest.mark.parametrize("version", [Version.V1, Version.V4])
def test_seals_of_both_standards_are_read_byte_for_byte_without_a_pin(bench: Bench, version: Version) -> None:
    seal = making.seal(making.PLAIN.but(version=version, maker="rsa"))
    bench.key.store(None, (seal,), pin(PIN))
    assert Pkcs11Driver(bench.store.module).plugged()[0].seals == (seal,)


def test_a_seal_with_the_number_of_an_older_one_takes_its_place(bench: Bench) -> None:
    older, other = managed.seal(bench.own), managed.seal(bench.own, es_id="44010000000002")
    bench.key.store(None, (older, other), pin(PIN))
    newer = managed.seal(bench.own, png=managed.PNG * 900)
    bench.key.store(None, (newer,), pin(PIN))
    assert set(bench.key.seals) == {newer, other}
    assert bench.counted()["data"] == 2


def test_of_two_seals_with_one_number_the_last_is_written(bench: Bench) -> None:
    first, last = managed.seal(bench.own), managed.seal(bench.own, name="改")
    bench.key.store(None, (first, last), pin(PIN))
    assert bench.key.seals == (last,)


def test_what_is_no_seal_is_refused_before_the_pin_is_used(bench: Bench) -> None:
    for foreign in (b"", b"0", bench.own.der, managed.seal(bench.own) + b"\0"):
        said = refused(lambda: bench.key.store(None, (foreign,), pin(WRONG_PIN)))  # noqa: B023
        assert said is Problem.SEAL_UNREADABLE
    large = bytes(contents.MAX_SEAL_BYTES + 1)
    assert refused(lambda: bench.key.store(None, (large,), pin(WRONG_PIN))) is Problem.KEY_FULL
    assert bench.key.tries() == Tries(left=None)


def test_more_seals_than_are_read_back_are_not_written(bench: Bench) -> None:
    many = tuple(managed.seal(bench.own, es_id=f"{number:014}") for number in range(contents.MAX_SEALS + 1))
    assert refused(lambda: bench.key.store(None, many, pin(PIN))) is Problem.KEY_FULL
    assert bench.counted()["data"] == 0
    bench.key.store(None, many[1:], pin(PIN))
    assert set(bench.key.seals) == set(many[1:])
    assert refused(lambda: bench.key.store(None, many[:1], pin(PIN))) is Problem.KEY_FULL


def _object(value: bytes, **more: Any) -> dict[Attribute, Any]:
    facts = {"class": ObjectClass.DATA, "token": True, "private": False, "value": value} | more
    return {Attribute[name.upper()]: fact for name, fact in facts.items()}


def test_seals_of_other_programs_are_shown_and_their_other_objects_passed_over(bench: Bench) -> None:
    seal = managed.seal(bench.own)
    foreign = (b"", b"0" * 3, b"\x30\x80" * 40, bytes(contents.MAX_SEAL_BYTES + 5), b"\x30" + b"\xff" * 64)

    def write(session: Session) -> None:
        for value in (*foreign, seal, seal):
            session.create_object(_object(value, application="vendor"))

    bench.within(write)
    assert bench.key.seals == (seal,)


def test_a_private_seal_is_not_seen_without_a_pin(bench: Bench) -> None:
    seal = managed.seal(bench.own)
    bench.within(lambda session: session.create_object(_object(seal, private=True)))
    assert bench.key.seals == ()


@QUICK
@given(values=some.lists(some.binary(max_size=300), max_size=3), text=some.text(max_size=40))
def test_no_data_object_of_a_stranger_disturbs_the_list(bench: Bench, values: list[bytes], text: str) -> None:
    label = text.encode(errors="replace").decode()

    def write(session: Session) -> None:
        for one in list(session.get_objects({Attribute.CLASS: ObjectClass.DATA})):
            one.destroy()
        for value in values:
            session.create_object(_object(value, label=label, application=label))

    bench.within(write)
    assert (bench.key.seals, bench.key.certificates) == ((), (bench.own,))


@QUICK
@given(name=some.text(some.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=80))
def test_whatever_a_seal_or_an_owner_is_called_it_is_written(bench: Bench, name: str) -> None:
    seal = making.seal(making.PLAIN.but(maker="rsa"))
    assert pairs._label(name).startswith(pairs.OURS)
    assert len(pairs._label(name).encode()) <= 32
    certificate = managed.stranger(name[:40])
    facts = writing._certificate(certificate, b"\1")
    bench.within(lambda session: session.create_object(facts).destroy())
    bench.key.store(None, (seal,), pin(PIN))
    assert bench.key.seals == (seal,)


# Removal


def pulled(bench: Bench) -> None:
    """Take the key's folder away, as far as SoftHSM goes a key that was pulled out."""
    for place in (bench.store.folder / "places").iterdir():
        shutil.rmtree(place)


@pytest.mark.parametrize("act", ["change_pin", "unlock", "enrol", "store"])
def test_a_key_pulled_out_before_an_act_is_told(bench: Bench, act: str) -> None:
    key = bench.key
    pulled(bench)
    acts: dict[str, Callable[[], object]] = {
        "change_pin": lambda: key.change_pin(pin(PIN), pin(NEW_PIN)),
        "unlock": lambda: key.unlock(pin(SO_PIN), pin(NEW_PIN)),
        "enrol": lambda: key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN)),
        "store": lambda: key.store(bench.own, (), pin(PIN)),
    }
    assert refused(acts[act]) is Problem.KEY_REMOVED
    assert bench.driver.plugged() == ()


def test_a_key_pulled_out_while_it_is_written_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    original = writing._replace

    def pull_first(*rest: Any) -> None:
        pulled(bench)
        original(*rest)

    monkeypatch.setattr(writing, "_replace", pull_first)
    key, seal = bench.key, managed.seal(bench.own)
    assert refused(lambda: key.store(None, (seal,), pin(PIN))) is Problem.KEY_REMOVED
    assert bench.driver.plugged() == ()


def test_a_key_pulled_out_while_a_pair_is_made_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    original = pairs.make

    def pull_first(*rest: Any) -> pairs.Pair:
        pulled(bench)
        return original(*rest)

    monkeypatch.setattr(pairs, "make", pull_first)
    key = bench.key
    assert refused(lambda: key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN))) is Problem.KEY_REMOVED


def test_a_write_protected_key_can_be_changed_in_nothing(bench: Bench) -> None:
    from dataclasses import replace

    key = replace(bench.key, acts=frozenset())
    acts: list[Callable[[], object]] = [
        lambda: key.change_pin(pin(WRONG_PIN), pin(NEW_PIN)),
        lambda: key.unlock(pin(WRONG_PIN), pin(NEW_PIN)),
        lambda: key.enrol(Suite.RSA_SHA256, "李明", pin(WRONG_PIN)),
        lambda: key.store(None, (), pin(WRONG_PIN)),
    ]
    assert [refused(act) for act in acts] == [Problem.KEY_ACT_UNSUPPORTED] * 4
    assert key.tries() == Tries(left=None)
