"""The calls of a library: rooms and sizes, references given back, the PIN wiped."""

import ctypes

import pytest

from tests.agent.skf.softskf import NEEDED, PIN, Act, SoftSkf
from tests.agent.world import pin
from yunqian.agent.keys.skf import device
from yunqian.agent.keys.skf.errors import CODES, Failure
from yunqian.agent.keys.skf.library import Library

pytestmark = NEEDED
ROOM = 4096


def listed(library: Library, *, room: int = ROOM) -> bytes:
    return library.filled("SKF_EnumDev", 1, room=room)


def test_what_was_written_is_given_and_no_byte_more(vendor: SoftSkf) -> None:
    vendor.add("SN-1", "章", name="one")
    assert listed(Library(str(vendor.path))) == b"one\0\0"


@pytest.mark.parametrize("size", [ROOM + 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_length_beyond_the_room_is_a_failure(vendor: SoftSkf, size: int) -> None:
    vendor.breaks("SKF_EnumDev", Act.SIZE, size)
    with pytest.raises(Failure) as caught:
        listed(Library(str(vendor.path)))
    assert caught.value.name == "INDATALEN"


def test_a_room_that_is_too_small_is_told_by_the_library(vendor: SoftSkf) -> None:
    vendor.add("SN-1", "章", name="one")
    with pytest.raises(Failure) as caught:
        listed(Library(str(vendor.path)), room=3)
    assert caught.value.name == "BUFFER_TOO_SMALL"


def test_a_function_that_the_library_lacks_is_not_supported() -> None:
    library = Library.__new__(Library)
    library._functions = {}
    with pytest.raises(Failure) as caught:
        library.call("SKF_ECCSignData", 1, b"", 0, None)
    assert caught.value.code == CODES["NOTSUPPORTYET"]


def test_a_reference_is_given_back_when_the_act_fails(vendor: SoftSkf) -> None:
    vendor.key("SN-1", "章", "李明")
    library = Library(str(vendor.path))

    def fail() -> None:
        with device.connected(library, b"device SN-1") as found, found.application(b"YQAPP"):
            assert not vendor.is_at_rest()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert vendor.is_at_rest()


def test_the_copy_of_the_pin_is_wiped_and_the_pin_itself_left_alone(
    vendor: SoftSkf, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.key("SN-1", "章", "李明")
    copies = []
    make = ctypes.create_string_buffer

    def remember(*arguments: int) -> ctypes.Array[ctypes.c_char]:
        copies.append(make(*arguments))
        return copies[-1]

    given = pin(PIN)
    library = Library(str(vendor.path))
    with device.connected(library, b"device SN-1") as found, found.application(b"YQAPP") as application:
        monkeypatch.setattr(ctypes, "create_string_buffer", remember)
        with application.logged_in(given):
            assert copies[0].raw == bytes(len(PIN) + 1)
    assert bytes(given.secret) == PIN.encode()


def test_every_copy_of_both_pins_is_wiped_whatever_the_library_says(
    vendor: SoftSkf, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.key("SN-1", "章", "李明")
    library = Library(str(vendor.path))
    copies: list[ctypes.Array[ctypes.c_char]] = []
    make = ctypes.create_string_buffer

    def remember(*arguments: int) -> ctypes.Array[ctypes.c_char]:
        copies.append(make(*arguments))
        return copies[-1]

    with device.connected(library, b"device SN-1") as found, found.application(b"YQAPP") as application:
        monkeypatch.setattr(ctypes, "create_string_buffer", remember)
        for function, arguments in (("SKF_ChangePIN", (1,)), ("SKF_UnblockPIN", ())):
            code, left = library.with_pins(
                function, application.reference, *arguments, pins=(pin("864209"), pin("135791"))
            )
            assert (code, left) == (CODES["PIN_INCORRECT"], left)
            assert left is not None
    assert len(copies) == 4
    assert all(not any(copy.raw) for copy in copies)
