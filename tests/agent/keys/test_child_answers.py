"""What a driver's process says is read like a stranger's message."""

import base64
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agent.world import pin
from yunqian.agent.keys import child_answers
from yunqian.agent.keys.child import ChildDriver
from yunqian.agent.keys.child_pipe import Broken
from yunqian.agent.keys.port import KeyAct
from yunqian.agent.pin import Tries
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

STATE = "ab" * 32
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["SM2_SM3", "store"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("serial", "label", "suites", "acts", "certificates", "seals")


def told(certificate: Certificate | None = None, **changes: object) -> dict[str, Any]:
    key: dict[str, Any] = {
        "serial": "S-1",
        "label": "签名章",
        "suites": ["SM2_SM3"],
        "acts": ["enrol", "store"],
        "certificates": [] if certificate is None else [base64.b64encode(certificate.der).decode()],
        "seals": [base64.b64encode(b"seal").decode()],
    }
    return {"state": STATE, "keys": [{**key, **changes}]}


def test_a_list_is_read(certificate: Certificate) -> None:
    read = child_answers.plugged(told(certificate), known="")
    assert read is not None
    state, (key,) = read
    assert (state, key.serial, key.label, key.suites) == (STATE, "S-1", "签名章", (Suite.SM2_SM3,))
    assert (key.acts, key.certificates, key.seals) == (
        {KeyAct.ENROL, KeyAct.STORE},
        (certificate,),
        (b"seal",),
    )


def test_the_same_as_before_is_taken_only_where_there_was_something_before() -> None:
    assert child_answers.plugged({"same": True}, known=STATE) is None
    with pytest.raises(Broken):
        child_answers.plugged({"same": True}, known="")


@pytest.mark.parametrize(
    "changes",
    [
        {"serial": "A\nB"},
        {"serial": "x" * 65},
        {"serial": 7},
        {"label": "\ud800"},
        {"suites": ["MD5"]},
        {"suites": "SM2_SM3"},
        {"acts": ["format"]},
        {"certificates": ["AAAA"]},
        {"certificates": [None]},
        {"seals": ["not base64!"]},
        {"seals": ["签"]},
        {"seals": ["QQ=="] * 641},
    ],
    ids=repr,
)
def test_a_key_that_says_something_else_breaks_the_whole_answer(changes: dict[str, object]) -> None:
    with pytest.raises(Broken):
        child_answers.plugged(told(**changes), known="")


def test_more_keys_than_a_computer_has_room_for_are_refused() -> None:
    with pytest.raises(Broken):
        child_answers.plugged({"state": STATE, "keys": told()["keys"] * 33}, known="")


@given(st.sampled_from(FIELDS), JSON)
def test_any_field_may_be_anything_and_is_read_or_broken(name: str, value: object) -> None:
    try:
        read = child_answers.plugged(told(**{name: value}), known="")
    except Broken:
        return
    assert read is not None


@given(
    st.dictionaries(
        st.sampled_from(["refused", "facts", "left", "is_locked", "value", "state", "keys"]), JSON
    )
)
def test_any_answer_is_read_or_broken(answer: dict[str, Any]) -> None:
    for read in (child_answers.refusal, child_answers.tries, child_answers.value, child_answers.nothing):
        try:
            read(answer)
        except Broken:
            continue


def test_tries_are_read() -> None:
    flags = {"is_locked": False, "is_last": True, "is_default": False}
    assert child_answers.tries({"left": 1, **flags}) == Tries(1, is_last=True)
    assert child_answers.tries({"left": None, **flags}) == Tries(None, is_last=True)
    for left in (-1, 256, True, "1", 1.0):
        with pytest.raises(Broken):
            child_answers.tries({"left": left, **flags})


def test_a_refusal_is_one_that_a_key_can_give() -> None:
    refusal = child_answers.refusal({"refused": "PIN_INCORRECT", "facts": {"tries_left": 3}})
    assert refusal is not None
    assert (refusal.problem, refusal.facts) == (Problem.PIN_INCORRECT, {"tries_left": 3})
    assert child_answers.refusal({"value": "QQ=="}) is None


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("ORDER_REPLAYED", {}),
        ("PIN_INCORRECT", {}),
        ("PIN_INCORRECT", {"tries_left": -1}),
        ("PIN_INCORRECT", {"tries_left": [1]}),
        ("KEY_FAILED", {"detail": "x" * 201}),
        ("KEY_FAILED", {"detail": "a\nb"}),
        ("KEY_FAILED", {"detail": "a", "problem": "b"}),
        ("KEY_FAILED", None),
        (["KEY_FAILED"], {}),
    ],
)
def test_a_refusal_of_another_kind_is_broken(name: object, facts: object) -> None:
    with pytest.raises(Broken):
        child_answers.refusal({"refused": name, "facts": facts})


LIAR = """
    import json, os, struct, sys
    def say(content):
        os.write(1, struct.pack(">I", len(content)) + content)
    (length,) = struct.unpack(">I", os.read(0, 4))
    asked = json.loads(os.read(0, length))
    number = asked["number"]
    {lie}
    os.read(0, 1)
"""


@pytest.mark.parametrize(
    "lie",
    [
        'say(b"")',
        'say(b"hello")',
        'say(json.dumps({"number": number + 1, "state": "0" * 64, "keys": []}).encode())',
        'say(json.dumps({"number": number, "keys": []}).encode())',
        'say(json.dumps({"number": number, "refused": "ORDER_REPLAYED", "facts": {}}).encode())',
        'say(json.dumps({"number": number, "same": True}).encode())',
        'say(json.dumps({"number": number, "secrets": 1}).encode() ); say(b"boo")',
        'os.write(1, b"\\xff" * 64)',
        'os.write(1, struct.pack(">I", 1000)); os.close(1)',
        "os.close(1)",
    ],
)
def test_a_child_that_lies_is_ended_and_named(tmp_path: Path, lie: str) -> None:
    script = tmp_path / "liar.py"
    script.write_text(textwrap.dedent(LIAR).replace("{lie}", lie))
    driver = ChildDriver("skf", "liar.so")
    driver._command = [sys.executable, str(script)]
    try:
        with pytest.raises(Refused) as caught:
            driver.plugged()
        assert (caught.value.problem, caught.value.facts) == (
            Problem.KEY_DRIVER_STOPPED,
            {"driver": "skf liar.so"},
        )
        assert driver.process_id is None
    finally:
        driver.close()


def test_a_child_can_call_itself_neither_another_driver_nor_a_demo_key(tmp_path: Path) -> None:
    lie = """say(json.dumps({"number": number, "state": "0" * 64, "keys": [{"serial": "S", "label": "L", "suites": [],
        "acts": [], "certificates": [], "seals": [], "driver": "soft", "is_demo": True}]}).encode())"""
    script = tmp_path / "liar.py"
    script.write_text(textwrap.dedent(LIAR).replace("{lie}", lie))
    driver = ChildDriver("skf", "liar.so")
    driver._command = [sys.executable, str(script)]
    try:
        (key,) = driver.plugged()
        assert (key.driver, key.is_demo) == ("skf", False)
    finally:
        driver.close()
    with pytest.raises(Refused):
        key.change_pin(pin(), pin())
