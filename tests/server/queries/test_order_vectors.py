"""The server signs the orders of the client's golden vectors: the very same text, the very same value."""

import base64
import json
from types import SimpleNamespace

import pytest

from tools import protocol_vectors
from yunqian.server import settings
from yunqian.server.queries import orders
from yunqian.wire.platforms import PlatformCard, pairing_code

VECTORS = json.loads(protocol_vectors.VECTORS.read_text("utf-8"))
ORDERS, ORDER_SHAPES = VECTORS["orders"], VECTORS["order_shapes"]
SEED = base64.b64decode(VECTORS["keys"]["order_seed"])
SHAPES = {model.__name__: model for model in protocol_vectors.messages()}


@pytest.mark.parametrize("name", [*ORDER_SHAPES])
def test_the_server_signs_the_very_same_text_with_the_very_same_value(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = SimpleNamespace(order_signing_key=SEED)
    monkeypatch.setattr(settings, "current", lambda: SimpleNamespace(secrets=kept, name=""))
    order = SHAPES[ORDER_SHAPES[name]].model_validate_json(ORDERS[name]["payload"])
    assert orders.signed(order).model_dump() == ORDERS[name]


def test_the_server_says_of_itself_what_the_vectors_say(monkeypatch: pytest.MonkeyPatch) -> None:
    told = PlatformCard.model_validate(VECTORS["messages"]["card"]["message"])
    kept = SimpleNamespace(order_signing_key=SEED)
    monkeypatch.setattr(settings, "current", lambda: SimpleNamespace(secrets=kept, name=told.name))
    assert orders.card(origin=VECTORS["origin"]) == told
    assert pairing_code(told) == VECTORS["codes"]["pairing_code"]
