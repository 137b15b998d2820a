"""Seal objects on a key behind GM/T 0016: found among anything, read bounded, written whole or not at all."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.agent.skf import softskf
from tests.agent.skf.keeping import issued, only_key, other_seal, refusal, seal
from tests.agent.skf.softskf import MOST_TRIES, NEEDED, PIN, Act, SoftSkf
from tests.agent.world import pin
from tests.eseal import making
from yunqian.agent.keys.skf import files
from yunqian.agent.keys.skf.driver import SkfDriver
from yunqian.agent.keys.skf.errors import NAMES
from yunqian.agent.keys.skf.key import SkfKey
from yunqian.crypto.suites import Suite
from yunqian.eseal import make
from yunqian.eseal.make import Kind, Maker, Wanted
from yunqian.problems import Problem, Refused

pytestmark = NEEDED
GARBAGE = (0, 1, 7, 65537, 0x7FFFFFFF, 0xFFFFFFFF)
READING = ("EnumFiles", "GetFileInfo", "ReadFile")
WRITING = ("CreateFile", "WriteFile", "ReadFile")
USUAL_NAME = "usual"


@pytest.fixture
def held(vendor: SoftSkf) -> SoftSkf:
    vendor.key("SN-1", "公章", "广东示例科技有限公司")
    return vendor


def store(vendor: SoftSkf, *seals: bytes, text: str = PIN) -> None:
    only_key(vendor).store(None, seals, pin(text))


def name_of(whole: bytes) -> str:
    return files.name_of(whole).decode()


def made() -> bytes:
    """A seal by the product's own maker."""
    by = making.maker()
    wanted = Wanted(
        *(
            "44010000000009",
            "广东示例科技有限公司",
            Kind.ORGANIZATION,
            b"\x89PNG\r\n\x1a\n" + bytes(30_000),
            40,
            40,
        ),
        signers=(making.signer().certificate,),
        created_at=making.BEGINS,
        valid_from_at=making.BEGINS,
        valid_until_at=making.ENDS,
    )
    return make.make(wanted, Maker(by.certificate, by.key.sign))


def test_a_seal_is_written_and_read_back_byte_for_byte(held: SoftSkf) -> None:
    whole = made()
    store(held, whole)
    assert only_key(held).seals == (whole,)
    assert held.files(0) == {name_of(whole): whole}
    assert (held.pin_checks, held.is_at_rest()) == (1, True)


def test_certificate_and_seals_are_written_by_one_pin(vendor: SoftSkf) -> None:
    vendor.add("SN-1", "新 Key")
    certificate = issued(only_key(vendor).enrol(Suite.SM2_SM3, "李明", pin(PIN)), "李明")
    only_key(vendor).store(certificate, (seal(), other_seal()), pin(PIN))
    key = only_key(vendor)
    assert (key.certificates, set(key.seals)) == ((certificate,), {seal(), other_seal()})
    assert vendor.pin_checks == 2


def test_seals_are_listed_without_a_pin_and_none_is_judged(held: SoftSkf) -> None:
    held.put_file(0, "SES_00", seal())
    held.put_file(0, "e-seal.dat", other_seal() + bytes(700))
    held.put_file(0, "padded", seal(b"\x89PNG 3").replace(b"44010000000001", b"44010000000003") + b"\xff" * 9)
    assert len(only_key(held).seals) == 3
    assert set(only_key(held).seals) >= {seal(), other_seal()}
    assert held.pin_checks == 0


def test_what_is_no_seal_is_left_out(held: SoftSkf) -> None:
    cut_off = seal()[:-1]
    held.put_file(0, "readme", b"hello")
    held.put_file(0, "empty", b"")
    held.put_file(0, "cut off", cut_off)
    held.put_file(0, "certificate", making.maker().certificate.der)
    held.put_file(0, "secret", other_seal(), may_read=0x10)
    held.put_file(0, "large", seal(b"\x89PNG" + bytes(files.MAX_SEAL_BYTES)))
    held.put_file(0, name_of(seal()), other_seal())
    assert only_key(held).seals == ()
    held.put_file(0, "among them", seal())
    assert only_key(held).seals == (seal(),)


def test_the_same_seal_twice_is_shown_once(held: SoftSkf) -> None:
    held.put_file(0, "one", seal())
    held.put_file(0, "two", seal())
    assert only_key(held).seals == (seal(),)


def test_a_library_without_files_lists_its_certificates(held: SoftSkf) -> None:
    held.breaks("SKF_EnumFiles", Act.FAIL, "NOTSUPPORTYET")
    key = only_key(held)
    assert (key.seals, len(key.certificates)) == ((), 1)


def test_listing_again_reads_the_end_of_a_seal_only(held: SoftSkf) -> None:
    whole = made()
    store(held, whole)
    driver = SkfDriver(str(held.path))
    costs = []
    for _ in range(3):
        before = held.calls_made
        (key,) = driver.plugged()
        costs.append(held.calls_made - before)
        assert key.seals == (whole,)
    assert costs[0] > 30 + costs[1]
    assert costs[1] == costs[2] < 16


def test_a_seal_changed_under_the_same_name_and_size_is_seen(held: SoftSkf) -> None:
    driver = SkfDriver(str(held.path))
    held.put_file(0, USUAL_NAME, seal(b"\x89PNG 1"))
    assert driver.plugged()[0].seals == (seal(b"\x89PNG 1"),)
    changed = next(
        one for number in range(2, 200) if len(one := seal(b"\x89PNG %d" % number)) == len(seal(b"\x89PNG 1"))
    )
    held.calls.TEST_clear_files(0)
    held.put_file(0, USUAL_NAME, changed)
    assert driver.plugged()[0].seals == (changed,)


def test_a_key_that_is_gone_is_forgotten(held: SoftSkf) -> None:
    held.put_file(0, USUAL_NAME, seal())
    driver = SkfDriver(str(held.path))
    driver.plugged()
    assert len(driver._shelf._of) == 1
    held.plug(0, is_present=False)
    assert driver.plugged() == ()
    assert driver._shelf._of == {}


def test_a_seal_with_the_same_code_is_replaced_and_others_stay(held: SoftSkf) -> None:
    held.put_file(0, "vendor.ses", seal())
    held.put_file(0, "other.ses", other_seal())
    held.put_file(0, "readme", b"hello")
    newer = seal(b"\x89PNG newer")
    store(held, newer)
    assert held.files(0) == {"other.ses": other_seal(), "readme": b"hello", name_of(newer): newer}


def test_the_same_seal_written_again_stays_where_it_is(held: SoftSkf) -> None:
    held.put_file(0, "vendor.ses", seal())
    for _ in range(2):
        store(held, seal())
        assert held.files(0) == {"vendor.ses": seal()}


def test_the_new_seal_is_read_back_before_the_old_one_goes(held: SoftSkf) -> None:
    store(held, seal())
    held.breaks("SKF_WriteFile", Act.CRAZY_TEXT)
    said = refusal(lambda: store(held, seal(b"\x89PNG newer")))
    assert said.problem is Problem.KEY_FAILED
    assert held.files(0) == {name_of(seal()): seal()}


def test_a_key_without_room_for_both_keeps_the_old_one(held: SoftSkf) -> None:
    store(held, seal())
    held.calls.TEST_set_room(0, len(seal()) + 10)
    assert refusal(lambda: store(held, seal(b"\x89PNG newer"))).problem is Problem.KEY_FULL
    assert held.files(0) == {name_of(seal()): seal()}


def test_an_old_seal_that_cannot_be_deleted_does_not_undo_the_new_one(held: SoftSkf) -> None:
    store(held, seal())
    newer = seal(b"\x89PNG newer")
    held.breaks("SKF_DeleteFile", Act.FAIL, "FAIL")
    store(held, newer)
    held.breaks("SKF_DeleteFile", Act.NONE)
    assert set(held.files(0).values()) == {seal(), newer}
    store(held, newer)
    assert held.files(0) == {name_of(newer): newer}


def test_a_certificate_that_is_refused_takes_the_seals_back(held: SoftSkf) -> None:
    store(held, seal())
    renewed = softskf.certified("sm2", "SN-1", "广东示例科技有限公司（换证）")
    held.breaks("SKF_ImportCertificate", Act.FAIL, "FAIL")
    key = only_key(held)
    seals = (seal(b"\x89PNG newer"), other_seal())
    assert refusal(lambda: key.store(renewed, seals, pin(PIN))).problem is Problem.KEY_FAILED
    assert held.files(0) == {name_of(seal()): seal()}
    assert only_key(held).certificates == key.certificates


@pytest.mark.parametrize(
    ("seals", "problem"),
    [
        ((b"",), Problem.SEAL_UNREADABLE),
        ((seal()[:-1],), Problem.SEAL_UNREADABLE),
        ((seal(), b"\x30\x00"), Problem.SEAL_UNREADABLE),
        ((seal(), seal(b"\x89PNG newer")), Problem.REQUEST_INVALID),
        ((seal(b"\x89PNG" + bytes(files.MAX_SEAL_BYTES)),), Problem.KEY_FULL),
        (tuple(other_seal(f"440100000001{n:02d}") for n in range(files.MAX_SEALS + 1)), Problem.KEY_FULL),
    ],
)
def test_what_cannot_be_read_back_never_reaches_the_key(
    held: SoftSkf, seals: tuple[bytes, ...], problem: Problem
) -> None:
    key, asked = only_key(held), held.calls_made
    assert refusal(lambda: key.store(None, seals, pin(PIN))).problem is problem
    assert held.calls_made >= asked
    assert (held.pin_checks, held.files(0)) == (0, {})


def test_a_wrong_pin_writes_no_seal_and_is_counted(held: SoftSkf) -> None:
    for left in range(MOST_TRIES - 1, 0, -1):
        said = refusal(lambda: store(held, seal(), text="999999"))
        assert (said.problem, said.facts) == (Problem.PIN_INCORRECT, {"tries_left": left})
    for text in ("999999", PIN):
        assert refusal(lambda text=text: store(held, seal(), text=text)).problem is Problem.PIN_LOCKED
    assert held.files(0) == {}


@pytest.mark.parametrize("name", NAMES.values())
def test_every_error_in_writing_a_seal_refuses_and_leaves_the_old_one(held: SoftSkf, name: str) -> None:
    store(held, seal())
    for call in WRITING[:2]:
        for after in (0, 1):
            held.breaks(f"SKF_{call}", Act.FAIL, name, after=after)
            said = refusal(lambda: store(held, other_seal(), seal(b"\x89PNG" + bytes(3000))))
            assert said.problem is not Problem.KEY_REMOVED or name == "DEVICE_REMOVED"
            held.breaks(f"SKF_{call}", Act.NONE)
            assert held.files(0) == {name_of(seal()): seal()}
    assert held.is_at_rest()


@pytest.mark.parametrize("after", [0, 1, 2, 5])
@pytest.mark.parametrize("call", WRITING)
def test_a_key_pulled_out_in_the_middle_shows_whole_seals_only_and_is_tidied_later(
    held: SoftSkf, call: str, after: int
) -> None:
    store(held, seal())
    newer = seal(b"\x89PNG" + bytes(9000))
    key = only_key(held)
    held.breaks(f"SKF_{call}", Act.UNPLUG, 0, after=after)
    told = _stored_or_told(key, newer)
    held.breaks(f"SKF_{call}", Act.NONE)
    held.plug(0, is_present=True)
    assert told in (None, Problem.KEY_REMOVED)
    assert held.is_at_rest()
    assert set(only_key(held).seals) <= {seal(), newer}
    assert only_key(held).seals
    store(held, newer)
    assert held.files(0) == {name_of(newer): newer}


def _stored_or_told(key: SkfKey, whole: bytes) -> Problem | None:
    try:
        key.store(None, (whole,), pin(PIN))
    except Refused as refused:
        return refused.problem
    return None


def test_a_key_whose_files_cannot_be_listed_is_not_written_to(held: SoftSkf) -> None:
    store(held, seal())
    held.breaks("SKF_EnumFiles", Act.FAIL, "FAIL")
    assert refusal(lambda: store(held, seal(b"\x89PNG newer"))).problem is Problem.KEY_FAILED
    assert held.files(0) == {name_of(seal()): seal()}


def test_a_file_of_ours_that_cannot_be_read_is_not_taken_for_one_that_was_cut_off(held: SoftSkf) -> None:
    store(held, other_seal())
    held.breaks("SKF_GetFileInfo", Act.FAIL, "READFILE")
    store(held, seal())
    held.breaks("SKF_GetFileInfo", Act.NONE)
    assert set(held.files(0).values()) == {seal(), other_seal()}


def test_a_library_that_rounds_sizes_up_keeps_its_seals(held: SoftSkf) -> None:
    store(held, seal())
    held.breaks("SKF_GetFileInfo", Act.SIZE, 4096)
    store(held, other_seal())
    assert set(only_key(held).seals) == {seal(), other_seal()}


@pytest.mark.parametrize("size", [0, 1, 15, 100])
@pytest.mark.parametrize("call", ["GetFileInfo", "ReadFile"])
def test_a_file_of_ours_is_not_deleted_for_a_size_that_is_told_wrongly(
    held: SoftSkf, call: str, size: int
) -> None:
    store(held, seal())
    key = only_key(held)
    held.breaks(f"SKF_{call}", Act.SIZE, size)
    _stored_or_told(key, other_seal())
    held.breaks(f"SKF_{call}", Act.NONE)
    assert seal() in only_key(held).seals


@pytest.mark.parametrize("rest", [b"", bytes(500), b"\xff" * 500, seal()[:400] + bytes(len(seal()) - 400)])
def test_a_file_of_ours_that_was_cut_off_is_cleared_by_the_next_writing(held: SoftSkf, rest: bytes) -> None:
    held.put_file(0, name_of(seal()), rest)
    assert only_key(held).seals == ()
    store(held, other_seal())
    assert held.files(0) == {name_of(other_seal()): other_seal()}


@pytest.mark.parametrize("size", GARBAGE)
@pytest.mark.parametrize("call", READING)
def test_a_size_that_is_a_lie_hides_the_seals_and_nothing_else(held: SoftSkf, call: str, size: int) -> None:
    store(held, seal())
    held.breaks(f"SKF_{call}", Act.SIZE, size)
    key = only_key(held)
    assert key.seals in ((), (seal(),))
    assert len(key.certificates) == 1
    assert held.calls_made < 3000


@pytest.mark.parametrize("call", READING)
def test_rooms_full_of_garbage_hide_the_seals_and_nothing_else(held: SoftSkf, call: str) -> None:
    store(held, seal())
    held.breaks(f"SKF_{call}", Act.CRAZY_TEXT)
    key = only_key(held)
    assert (key.seals, len(key.certificates)) == ((), 1)


@pytest.mark.parametrize("name", NAMES.values())
def test_an_error_in_reading_hides_the_seals_and_nothing_else(held: SoftSkf, name: str) -> None:
    store(held, seal())
    for call in READING:
        held.breaks(f"SKF_{call}", Act.FAIL, name)
        listed = SkfDriver(str(held.path)).plugged()
        held.breaks(f"SKF_{call}", Act.NONE)
        if name == "DEVICE_REMOVED":
            assert listed == ()
        else:
            assert [(key.seals, len(key.certificates)) for key in listed] == [((), 1)]


def test_a_library_that_gives_a_crumb_at_a_time_is_not_listened_to_for_ever(held: SoftSkf) -> None:
    held.put_file(0, "large", seal(b"\x89PNG" + bytes(200_000)))
    held.breaks("SKF_ReadFile", Act.SIZE, 1, after=1)
    before = held.calls_made
    assert only_key(held).seals == ()
    assert held.calls_made - before < 30


def test_seals_are_bounded_in_sum(held: SoftSkf) -> None:
    for number in range(8):
        held.put_file(0, f"large {number}", seal(b"\x89PNG%d" % number + bytes(200_000)))
    found = only_key(held).seals
    assert 0 < sum(map(len, found)) <= files.MAX_ALL_BYTES


names = st.binary(min_size=1, max_size=31).map(lambda raw: raw.replace(b"\0", b"?"))
like_a_seal = st.builds(
    lambda at, with_: seal()[:at] + with_ + seal()[at + len(with_) :],
    st.integers(0, 900),
    st.binary(max_size=3),
)
lengths = st.builds(
    lambda count, rest: b"\x30" + bytes([count]) + rest, st.integers(0, 255), st.binary(max_size=40)
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    put=st.dictionaries(
        names, st.one_of(st.binary(max_size=300), like_a_seal, lengths, st.just(seal())), max_size=8
    )
)
def test_whatever_stands_in_files_the_key_is_listed_and_writes(
    held: SoftSkf, put: dict[bytes, bytes]
) -> None:
    held.calls.TEST_clear_files(0)
    for name, content in put.items():
        held.put_file(0, name, content)
    key = only_key(held)
    assert len(key.certificates) == 1
    assert set(key.seals) <= {content[: len(one)] for content in put.values() for one in key.seals}
    store(held, other_seal("44010000000077"))
    assert other_seal("44010000000077") in only_key(held).seals
    assert held.is_at_rest()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    call=st.sampled_from([*WRITING, "EnumFiles", "GetFileInfo", "DeleteFile", "ClearSecureState"]),
    name=st.sampled_from(list(NAMES.values())),
    after=st.integers(0, 40),
)
def test_an_error_at_any_moment_leaves_a_whole_seal_of_the_code(
    held: SoftSkf, call: str, name: str, after: int
) -> None:
    held.calls.TEST_clear_files(0)
    store(held, seal())
    newer = seal(b"\x89PNG" + bytes(5000))
    key = only_key(held)
    held.breaks(f"SKF_{call}", Act.FAIL, name, after=after)
    told = _stored_or_told(key, newer)
    held.breaks(f"SKF_{call}", Act.NONE)
    shown = only_key(held).seals
    assert (newer if told is None else seal()) in shown
    assert held.is_at_rest() or call == "ClearSecureState"


def test_names_are_ascii_and_fit_their_field() -> None:
    name = files.name_of(seal())
    assert len(name) == 28
    assert name.isascii()
    assert name[4:].decode() in hashlib.sha256(seal()).hexdigest()


def test_two_vendors_at_once_each_keep_their_own_seals(softskf_template: Path, tmp_path: Path) -> None:
    vendors = [softskf.copied(softskf_template, tmp_path / name) for name in ("one", "two")]
    wanted = (seal(), other_seal())
    for vendor, whole in zip(vendors, wanted, strict=True):
        vendor.key("SN-1", "公章", "广东示例科技有限公司")
        store(vendor, whole)
    keys: list[SkfKey] = [only_key(vendor) for vendor in vendors]
    assert [key.seals for key in keys] == [(one,) for one in wanted]
