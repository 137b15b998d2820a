"""The golden vectors of the security client's protocol, as messages: read, written and signed byte for byte.

The same vectors are played by tests/agent/doors/test_protocol_vectors.py, signed by
tests/server/queries/test_order_vectors.py and fed to the page by web/src/agent/protocol.test.ts.
"""

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from tools import protocol_vectors
from yunqian.crypto import certificates, sealed_box, suites
from yunqian.wire.base import Message
from yunqian.wire.key_orders import NamedKey, UnlockOrder, unlock_code
from yunqian.wire.keys import PROTOCOL, DialogKind, DialogPhase
from yunqian.wire.orders import BindOrder, LoginOrder, SignOrder, bind_statement, check_code, login_statement
from yunqian.wire.platforms import PlatformCard, pairing_code

VECTORS = json.loads(protocol_vectors.VECTORS.read_text("utf-8"))
SHAPES = {model.__name__: model for model in protocol_vectors.messages()}
KEYS, CODES, ORDERS, ORDER_SHAPES = (VECTORS[name] for name in ("keys", "codes", "orders", "order_shapes"))
STALE = "the protocol has changed without its vectors: make generate, and look at what changed"


def exact(message: Any) -> str:
    """The text of a message as it travels; the vectors keep the order of its fields."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def all_messages() -> Iterator[tuple[str, str, str]]:
    """Name, shape and text of every message of the vectors."""
    for name, one in VECTORS["messages"].items():
        yield name, one["shape"], exact(one["message"])
    for name, order in ORDERS.items():
        yield f"signed {name}", "SignedOrder", exact(order)
        if name in ORDER_SHAPES:
            yield f"order {name}", ORDER_SHAPES[name], order["payload"]
    for scene in VECTORS["scenes"]:
        for number, step in enumerate(scene["steps"], 1):
            place = f"{scene['name']} {number}"
            if "answer" in step and step["shape"] != "Picture":
                yield place, step["shape"], exact(step["answer"])
            if "frame" in step:
                yield place, "KeyList", exact(step["frame"])


MESSAGES = [*all_messages()]


@pytest.mark.parametrize(
    ("shape", "text"), [rest for _, *rest in MESSAGES], ids=[name for name, *_ in MESSAGES]
)
def test_every_message_is_read_and_written_byte_for_byte(shape: str, text: str) -> None:
    assert SHAPES[shape].model_validate_json(text).model_dump_json() == text


@pytest.mark.parametrize(
    ("shape", "text"), [rest for _, *rest in MESSAGES], ids=[name for name, *_ in MESSAGES]
)
def test_no_message_takes_a_field_that_it_does_not_know(shape: str, text: str) -> None:
    with pytest.raises(ValidationError):
        SHAPES[shape].model_validate(json.loads(text) | {"unheard_of": 1})


def test_the_shapes_are_those_that_the_vectors_were_made_of() -> None:
    assert (VECTORS["protocol"], VECTORS["shapes"]) == (PROTOCOL, protocol_vectors.shapes()), STALE


def test_the_vectors_for_the_type_checker_are_those_of_the_others() -> None:
    found = protocol_vectors.TYPED.read_text("utf-8")
    assert all(f"satisfies {shape}" in found for _, shape, _ in MESSAGES if shape != "Sheet"), STALE


def shown(message: Message, seen: dict[type[Message], set[str]]) -> None:
    """Note of each message, and of those inside, which fields had a value."""
    filled = seen.setdefault(type(message), set())
    for name in type(message).model_fields:
        value = getattr(message, name)
        if value not in (None, ()):
            filled.add(name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Message):
                shown(one, seen)


def test_every_message_is_there_with_every_field_filled_at_least_once() -> None:
    seen: dict[type[Message], set[str]] = {}
    for _, shape, text in MESSAGES:
        shown(SHAPES[shape].model_validate_json(text), seen)
    for scene in VECTORS["scenes"]:
        for step in scene["steps"]:
            if step.get("path") == "/pin-changes" and step["shape"] == "DialogOpened":
                shown(SHAPES["PinChangeAsked"].model_validate(step["body"]), seen)
    empty = {model.__name__: set(model.model_fields) - seen.get(model, set()) for model in SHAPES.values()}
    assert {name: fields for name, fields in empty.items() if fields} == {"Message": set()} or not any(
        empty.values()
    )


def test_every_kind_of_dialog_is_there_in_every_phase_it_can_have() -> None:
    states = [json.loads(text) for _, shape, text in MESSAGES if shape == "DialogState"]
    sheets = [json.loads(text) for _, shape, text in MESSAGES if shape == "Sheet"]
    for kind in DialogKind:
        met = {one["phase"] for one in states if one["kind"] == kind}
        assert {DialogPhase.WAITING, DialogPhase.SIGNED} <= met, kind
        assert {one["language"] for one in sheets if one["kind"] == kind} == {"zh", "en"}, kind
    assert {one["phase"] for one in states} == set(DialogPhase)


def test_the_pairing_code_is_of_the_card() -> None:
    card = PlatformCard.model_validate(VECTORS["messages"]["card"]["message"])
    assert (card.order_key, pairing_code(card)) == (KEYS["order_key"], CODES["pairing_code"])


def is_signed_by(key: str, signed: dict[str, str]) -> bool:
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
    try:
        public.verify(base64.b64decode(signed["signature"]), signed["payload"].encode())
    except InvalidSignature:
        return False
    return True


def test_only_the_two_orders_that_are_meant_so_have_a_wrong_signature() -> None:
    wrong = {name for name, order in ORDERS.items() if not is_signed_by(KEYS["order_key"], order)}
    assert wrong == {"sign-with-signature-of-login", "sign-by-other-platform"}
    assert is_signed_by(KEYS["other_order_key"], ORDERS["sign-by-other-platform"])
    assert is_signed_by(KEYS["release_key"], VECTORS["messages"]["signed-release"]["message"])


def result_of(scene: str) -> dict[str, Any]:
    (steps,) = (one["steps"] for one in VECTORS["scenes"] if one["name"] == scene)
    return next(step["answer"]["result"] for step in steps if (step.get("answer") or {}).get("result"))


def test_the_key_signed_the_attributes_of_the_order_and_the_code_is_of_them() -> None:
    order = SignOrder.model_validate_json(ORDERS["sign"]["payload"])
    certificate = certificates.read(base64.b64decode(result_of("login")["certificate"]))
    message, value = base64.b64decode(order.to_be_signed), base64.b64decode(result_of("sign")["signature"])
    assert certificate.sha256 == order.certificate_sha256
    assert suites.check(suites.suite_of(certificate), certificate, message, value)
    assert check_code(message) == CODES["check_code"]


def test_the_key_signed_the_statement_of_the_login_and_nothing_else() -> None:
    order, result = LoginOrder.model_validate_json(ORDERS["login"]["payload"]), result_of("login")
    certificate = certificates.read(base64.b64decode(result["certificate"]))
    statement = base64.b64decode(CODES["login_statement"])
    assert login_statement(order) == statement
    suite = suites.suite_of(certificate)
    assert suites.check(suite, certificate, statement, base64.b64decode(result["signature"]))


def test_the_key_signed_the_statement_of_the_binding_which_is_no_login() -> None:
    order, result = BindOrder.model_validate_json(ORDERS["bind"]["payload"]), result_of("bind")
    certificate = certificates.read(base64.b64decode(result["certificate"]))
    statement = base64.b64decode(CODES["bind_statement"])
    assert bind_statement(order) == statement
    assert not statement.startswith(base64.b64decode(CODES["login_statement"])[:17])
    suite = suites.suite_of(certificate)
    assert suites.check(suite, certificate, statement, base64.b64decode(result["proof"]))


def test_what_the_desk_released_opens_with_the_key_of_the_request_and_its_code() -> None:
    order = UnlockOrder.model_validate_json(ORDERS["unlock"]["payload"])
    code = unlock_code(order.key, base64.b64decode(order.public_key))
    assert code == CODES["unlock_code"] == VECTORS["messages"]["unlock-request"]["message"]["code"]
    private, sealed = base64.b64decode(KEYS["unlock_seed"]), base64.b64decode(order.sealed)
    assert sealed_box.open_(private, sealed, bound_to=code.encode()) == KEYS["admin_pin"].encode()
    NamedKey.model_validate(order.key.model_dump())


def test_every_order_lives_five_minutes_from_the_hour_of_the_vectors() -> None:
    now = datetime.fromisoformat(VECTORS["now"])
    for name in ORDER_SHAPES:
        order = json.loads(ORDERS[name]["payload"])
        begins, ends = (datetime.fromisoformat(order[at]) for at in ("issued_at", "expires_at"))
        assert (begins, (ends - begins).total_seconds()) == (now, 300)
