"""The child's side: which key is meant, and what leaves the process."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.agent.world import PIN, World
from yunqian.agent.keys import serving
from yunqian.agent.keys.serving import Nonsense, Serving
from yunqian.agent.keys.soft import SoftDriver, SoftKey
from yunqian.crypto import suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused


class Several(SoftDriver):
    """Shows the one key of a folder several times, changed."""

    def __init__(self, folder: Path, *changes: dict[str, Any]) -> None:
        super().__init__(folder)
        self._changes = changes

    def plugged(self) -> tuple[SoftKey, ...]:
        (key,) = super().plugged()
        return tuple(replace(key, **change) for change in self._changes)


def named(held: Certificate, act: str, **more: object) -> dict[str, Any]:
    return {
        "act": act,
        "number": 7,
        "serial": "SOFT-1",
        "label": "签名章",
        "certificates": [held.sha256],
        **more,
    }


def signing(certificate: Certificate) -> dict[str, Any]:
    return named(
        certificate,
        "sign",
        suite="RSA_SHA256",
        certificate=base64.b64encode(certificate.der).decode(),
        message=base64.b64encode(b"m").decode(),
    )


def test_a_fresh_child_finds_the_key_that_is_meant_without_a_listing(
    client: World, certificate: Certificate
) -> None:
    answer = Serving(SoftDriver(client.folder / "keys")).answer(
        signing(certificate), [bytearray(PIN.encode())]
    )
    assert answer["number"] == 7
    value = base64.b64decode(str(answer["value"]))
    assert suites.check(Suite.RSA_SHA256, certificate, b"m", value)


def test_the_pin_is_wiped_whatever_happens(client: World, certificate: Certificate) -> None:
    served = Serving(SoftDriver(client.folder / "keys"))
    for text, message in (
        (PIN, signing(certificate)),
        ("000000", signing(certificate)),
        (PIN, {**signing(certificate), "serial": "OTHER"}),
        (PIN, {**signing(certificate), "suite": "MD5"}),
        (PIN, named(certificate, "change_pin")),
    ):
        secret = bytearray(text.encode())
        served.answer(message, [secret])
        assert secret == bytes(len(secret))
    secret = bytearray(PIN.encode())
    with pytest.raises(Nonsense):
        served.answer({"act": "format"}, [secret])
    assert secret == bytes(len(secret))


def test_a_refusal_travels_with_its_facts(client: World, certificate: Certificate) -> None:
    served = Serving(SoftDriver(client.folder / "keys"))
    answer = served.answer(signing(certificate), [bytearray(b"000000")])
    assert answer == {"refused": "PIN_INCORRECT", "facts": {"tries_left": 5}, "number": 7}


def test_of_two_keys_with_one_name_the_certificates_tell_which(
    client: World, certificate: Certificate
) -> None:
    driver = Several(client.folder / "keys", {}, {"certificates": ()})
    assert "value" in Serving(driver).answer(signing(certificate), [bytearray(PIN.encode())])


def test_of_two_keys_that_nothing_tells_apart_none_is_asked(client: World, certificate: Certificate) -> None:
    served = Serving(Several(client.folder / "keys", {}, {}))
    answer = served.answer(signing(certificate), [bytearray(b"000000")])
    assert (answer["refused"], client.tries_left()) == ("KEY_REMOVED", 6)


def test_a_list_that_is_known_already_is_not_sent_again(client: World) -> None:
    served = Serving(SoftDriver(client.folder / "keys"))
    first = served.answer({"act": "plugged", "known": "", "number": 1}, [])
    assert served.answer({"act": "plugged", "known": first["state"], "number": 2}, []) == {
        "same": True,
        "number": 2,
    }
    (client.folder / "keys" / "SOFT-1" / "certificate.pem").unlink()
    later = served.answer({"act": "plugged", "known": first["state"], "number": 3}, [])
    assert later["keys"] != first["keys"]


def test_what_a_vendor_writes_on_its_key_cannot_break_a_line(client: World) -> None:
    odd = "\N{REPLACEMENT CHARACTER}"
    served = Serving(Several(client.folder / "keys", {"label": "a\r\nb\ud800" + "x" * 99}))
    (key,) = served.answer({"act": "plugged"}, [])["keys"]  # type: ignore[misc]
    assert key["label"] == f"a{odd}{odd}b{odd}" + "x" * 59
    assert served.answer({"act": "tries", **key}, [])["left"] == 6, "it is found by what was told of it"
    served = Serving(Several(client.folder / "keys", {"serial": "1\x002"}))
    (key,) = served.answer({"act": "plugged"}, [])["keys"]  # type: ignore[misc]
    assert key["serial"] == f"1{odd}2"


def test_more_seals_than_a_message_holds_are_left_out(client: World) -> None:
    seals = (bytes(serving.MAX_SEALS_BYTES - 1), b"x", b"too much")
    driver = Several(client.folder / "keys", {"seals": seals}, {"label": "other", "seals": (b"y",)})
    keys = Serving(driver).answer({"act": "plugged"}, [])["keys"]
    assert [len(key["seals"]) for key in keys] == [2, 0]  # type: ignore[attr-defined]


def test_what_a_driver_raises_is_told_by_its_kind_only(client: World) -> None:
    class Raising(SoftDriver):
        def plugged(self) -> tuple[SoftKey, ...]:
            raise OSError(f"the PIN is {PIN}")

    answer = Serving(Raising(client.folder)).answer({"act": "plugged"}, [])
    assert (answer["refused"], answer["facts"]) == ("KEY_FAILED", {"detail": "OSError"})


def test_a_driver_that_refuses_to_list_says_why(client: World) -> None:
    class Refusing(SoftDriver):
        def plugged(self) -> tuple[SoftKey, ...]:
            raise Refused(Problem.KEY_FAILED, detail="a\nb")

    answer = Serving(Refusing(client.folder)).answer({"act": "plugged"}, [])
    assert answer["facts"] == {"detail": "a\N{REPLACEMENT CHARACTER}b"}
