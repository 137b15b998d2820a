"""Keys behind a library of GM/T 0016: listed, told apart, plugged and pulled; every layout of its structures."""

import time
from pathlib import Path

import pytest

from tests.agent.skf import softskf
from tests.agent.skf.keeping import KINDS, issued, other_seal, seal
from tests.agent.skf.softskf import ADMIN_PIN, ENCRYPTION, MOST_TRIES, NARROW, NEEDED, PIN, WIDE, Act, SoftSkf
from tests.agent.world import pin
from yunqian.agent.keys.skf.application import SUITES
from yunqian.agent.keys.skf.driver import SkfDriver
from yunqian.agent.pin import Tries
from yunqian.crypto import suites
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

pytestmark = NEEDED
MESSAGE = b"signed attributes of a document"


def driver(vendor: SoftSkf) -> SkfDriver:
    return SkfDriver(str(vendor.path))


@pytest.mark.parametrize(("width", "packing"), [(NARROW, 1), (NARROW, 8), (WIDE, 1), (WIDE, 8)])
def test_every_layout_is_listed_and_signs(tmp_path: Path, width: str, packing: int) -> None:
    vendor = SoftSkf(softskf.build(tmp_path, width=width, packing=packing))
    sizes = {(NARROW, 1): 294, (NARROW, 8): 296, (WIDE, 1): 326, (WIDE, 8): 328}
    assert vendor.calls.TEST_devinfo_size() == sizes[width, packing]
    device, certificate = vendor.key("SN-1", "签名章", "李明")
    (key,) = driver(vendor).plugged()
    assert (key.serial, key.label, key.certificates) == ("SN-1", "签名章", (certificate,))
    assert key.tries() == Tries(left=MOST_TRIES)
    with pytest.raises(Refused) as caught:
        key.sign(certificate, Suite.SM2_SM3, MESSAGE, pin("999999"))
    assert caught.value.facts == {"tries_left": MOST_TRIES - 1}
    value = key.sign(certificate, Suite.SM2_SM3, MESSAGE, pin(PIN))
    assert suites.check(Suite.SM2_SM3, certificate, MESSAGE, value)
    assert vendor.tries_left(device) == MOST_TRIES
    assert vendor.is_at_rest()


@pytest.mark.parametrize(("width", "packing"), [(NARROW, 1), (NARROW, 8), (WIDE, 1), (WIDE, 8)])
def test_every_layout_is_enrolled_written_and_unlocked(tmp_path: Path, width: str, packing: int) -> None:
    vendor = SoftSkf(softskf.build(tmp_path, width=width, packing=packing))
    sizes = {(NARROW, 1): [132, 268, 44], (NARROW, 8): [132, 268, 44]}
    wide = [136, 276, 56] if packing == 1 else [136, 280, 56]
    assert [vendor.calls.TEST_size(which) for which in range(3)] == sizes.get((width, packing), wide)
    vendor.add("SN-1", "新 Key")
    (key,) = driver(vendor).plugged()
    for suite in SUITES:
        request = key.enrol(suite, "李明", pin(PIN))
        key.store(issued(request, "李明", kind=KINDS[suite.name]), (seal(), other_seal()), pin(PIN))
    (key,) = driver(vendor).plugged()
    assert [suites.suite_of(one) for one in key.certificates] == list(SUITES)
    assert set(key.seals) == {seal(), other_seal()}
    with pytest.raises(Refused) as caught:
        key.change_pin(pin("999999"), pin("222222"))
    assert caught.value.facts == {"tries_left": MOST_TRIES - 1}
    key.unlock(pin(ADMIN_PIN), pin("222222"))
    key.change_pin(pin("222222"), pin(PIN))
    assert key.tries() == Tries(left=MOST_TRIES)
    assert vendor.is_at_rest()


def test_two_keys_are_listed_before_any_pin(vendor: SoftSkf) -> None:
    _, mine = vendor.key("SN-1", "签名章", "李明")
    _, ours = vendor.key("SN-2", "公章", "广东示例科技有限公司", kind="rsa")
    found = {key.serial: key for key in driver(vendor).plugged()}
    assert {serial: key.certificates for serial, key in found.items()} == {"SN-1": (mine,), "SN-2": (ours,)}
    assert {(key.driver, key.is_demo, key.suites) for key in found.values()} == {("skf", False, SUITES)}
    assert vendor.pin_checks == 0
    assert vendor.is_at_rest()


def test_libraries_of_two_vendors_are_used_in_turns(softskf_template: Path, tmp_path: Path) -> None:
    vendors = [softskf.copied(softskf_template, tmp_path / name) for name in ("one", "two")]
    kinds = {"sm2": Suite.SM2_SM3, "rsa": Suite.RSA_SHA256}
    made = [
        vendor.key(f"V-{kind}", "章", "李明", kind=kind)[1]
        for vendor, kind in zip(vendors, kinds, strict=True)
    ]
    drivers = [driver(vendor) for vendor in vendors]
    for _ in range(2):
        for one, certificate, suite in zip(drivers, made, kinds.values(), strict=True):
            (key,) = one.plugged()
            value = key.sign(certificate, suite, MESSAGE, pin(PIN))
            assert suites.check(suite, certificate, MESSAGE, value)
    assert all(vendor.is_at_rest() for vendor in vendors)


def test_only_signing_certificates_are_offered(vendor: SoftSkf) -> None:
    device, signing = vendor.key("SN-1", "签名章", "李明")
    sealing = softskf.certified("sm2", "enc", "李明", usages=ENCRYPTION)
    vendor.certify(device, 0, sealing.der, is_signing=False)
    vendor.put(device, sealing, container="misfiled", kind="sm2", which="enc")
    vendor.put(device, None, container="empty", kind="sm2", which="empty")
    of_other_kind = softskf.certified("rsa", "other kind", "李明")
    vendor.put(device, of_other_kind, container="contradicts itself", kind="sm2", which="x")
    (key,) = driver(vendor).plugged()
    assert key.certificates == (signing,)


def test_several_containers_of_a_key_each_sign_with_their_own(vendor: SoftSkf) -> None:
    device, first = vendor.key("SN-1", "签名章", "李明")
    second = softskf.certified("rsa", "second", "李明")
    vendor.put(device, second, container="RSA", kind="rsa", which="second")
    (key,) = driver(vendor).plugged()
    assert key.certificates == (first, second)
    for certificate, suite in ((first, Suite.SM2_SM3), (second, Suite.RSA_SHA256)):
        assert suites.check(suite, certificate, MESSAGE, key.sign(certificate, suite, MESSAGE, pin(PIN)))


def test_names_and_labels_in_gbk_are_read_and_go_back_as_they_came(vendor: SoftSkf) -> None:
    certificate = softskf.certified("sm2", "gbk", "李明")
    device = vendor.add("SN-1", "公章".encode("gbk"), name="设备".encode("gbk"))
    vendor.put(device, certificate, container="容器", kind="sm2", which="gbk")
    (key,) = driver(vendor).plugged()
    assert key.label == "公章"
    assert key.sign(certificate, Suite.SM2_SM3, MESSAGE, pin(PIN))


def test_a_label_that_fills_its_field_stays_in_it(vendor: SoftSkf) -> None:
    vendor.key("S" * 40, "L" * 40, "李明")
    (key,) = driver(vendor).plugged()
    assert (key.serial, key.label) == ("S" * 32, "L" * 32)


def test_an_empty_key_is_listed_without_certificates(vendor: SoftSkf) -> None:
    vendor.add("SN-1", "")
    (key,) = driver(vendor).plugged()
    assert (key.label, key.certificates) == ("YQAPP", ())


def test_each_application_with_certificates_is_a_key_with_a_pin_of_its_own(vendor: SoftSkf) -> None:
    device, first = vendor.key("SN-1", "公章", "李明")
    vendor.add_application(device, "第二应用", pin="222222")
    second = softskf.certified("sm2", "second", "王芳")
    vendor.put(device, second, container="签名容器", kind="sm2", which="second")
    keys = driver(vendor).plugged()
    assert [(key.label, key.certificates) for key in keys] == [
        ("公章 (YQAPP)", (first,)),
        ("公章 (第二应用)", (second,)),
    ]
    with pytest.raises(Refused):
        keys[1].sign(second, Suite.SM2_SM3, MESSAGE, pin(PIN))
    assert [vendor.tries_left(device, number) for number in (0, 1)] == [MOST_TRIES, MOST_TRIES - 1]
    value = keys[1].sign(second, Suite.SM2_SM3, MESSAGE, pin("222222"))
    assert suites.check(Suite.SM2_SM3, second, MESSAGE, value)
    assert vendor.is_at_rest()


def test_an_application_without_certificates_is_not_listed_beside_one_that_has_some(vendor: SoftSkf) -> None:
    device = vendor.add("SN-1", "公章")
    vendor.add_application(device, "second")
    certificate = softskf.certified("sm2", "SN-1", "李明")
    vendor.put(device, certificate, container="c", kind="sm2", which="SN-1")
    assert [(key.label, key.certificates) for key in driver(vendor).plugged()] == [("公章", (certificate,))]


def test_plugging_and_pulling_are_seen_at_the_next_look(vendor: SoftSkf) -> None:
    looking = driver(vendor)
    assert looking.plugged() == ()
    device, _ = vendor.key("SN-1", "签名章", "李明")
    started = time.monotonic()
    assert [key.serial for key in looking.plugged()] == ["SN-1"]
    vendor.plug(device, is_present=False)
    assert looking.plugged() == ()
    vendor.plug(device, is_present=True)
    assert [key.serial for key in looking.plugged()] == ["SN-1"]
    assert time.monotonic() - started < 2


def test_a_key_is_found_by_its_serial_when_names_change_places(vendor: SoftSkf) -> None:
    one, certificate = vendor.key("SN-1", "签名章", "李明")
    other, _ = vendor.key("SN-2", "公章", "广东示例科技有限公司")
    key = next(key for key in driver(vendor).plugged() if key.serial == "SN-1")
    vendor.calls.TEST_swap_names(one, other)
    with pytest.raises(Refused):
        key.sign(certificate, Suite.SM2_SM3, MESSAGE, pin("999999"))
    assert (vendor.tries_left(one), vendor.tries_left(other)) == (MOST_TRIES - 1, MOST_TRIES)
    value = key.sign(certificate, Suite.SM2_SM3, MESSAGE, pin(PIN))
    assert suites.check(Suite.SM2_SM3, certificate, MESSAGE, value)


def test_of_two_keys_with_one_serial_the_certificate_decides(vendor: SoftSkf) -> None:
    made = []
    for which in ("a", "b"):
        device = vendor.add("00000000", "章", name=f"device {which}")
        certificate = softskf.certified("sm2", which, f"李{which}")
        vendor.put(device, certificate, container="c", kind="sm2", which=which)
        made.append(certificate)
    keys = driver(vendor).plugged()
    assert [key.certificates for key in keys] == [(one,) for one in made]
    with pytest.raises(Refused):
        keys[1].sign(made[1], Suite.SM2_SM3, MESSAGE, pin("999999"))
    assert [vendor.tries_left(device) for device in (0, 1)] == [MOST_TRIES, MOST_TRIES - 1]
    assert [key.tries().left for key in keys] == [MOST_TRIES, MOST_TRIES - 1]


def test_a_bad_key_hides_only_itself(vendor: SoftSkf) -> None:
    _, certificate = vendor.key("SN-1", "签名章", "李明")
    broken = vendor.add("SN-2", "坏")
    vendor.breaks("SKF_EnumApplication", Act.UNPLUG, broken)
    found = driver(vendor).plugged()
    assert [key.certificates for key in found] == [(certificate,)]


@pytest.mark.parametrize("content", [None, b"not a library"])
def test_a_library_that_cannot_be_loaded_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "libskf.so"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Refused) as caught:
        SkfDriver(str(path)).plugged()
    assert caught.value.problem is Problem.KEY_FAILED


def test_a_library_of_something_else_is_told() -> None:
    with pytest.raises(Refused, match="SKF_EnumDev") as caught:
        SkfDriver("libcrypto.so.3").plugged()
    assert caught.value.problem is Problem.KEY_FAILED
