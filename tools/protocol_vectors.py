"""`python -m tools.protocol_vectors [--check]`: the golden vectors of the security client's protocol.

tests/vectors/client-protocol.json holds every message: the orders with the platform's signatures, the codes, and
scenes that a real desk behind the real loopback door played under a clock of their own. The client's tests play them
again, the server's read and sign them, the browser's feed them to the page. web/src/agent/protocol.vectors.ts are the
same messages for the type checker. A protocol that changed without them fails the build.
"""

import asyncio
import base64
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tests.agent.protocol import cast, document, scenes
from tests.agent.protocol.player import MASKS, Scene, play
from tools import wire_types
from yunqian.agent.window.sheet import Sheet
from yunqian.wire.batch_orders import batch_code
from yunqian.wire.key_orders import NamedKey, UnlockRequest, unlock_code
from yunqian.wire.keys import OLDEST_PROTOCOL, PROTOCOL
from yunqian.wire.orders import bind_statement, check_code, login_statement
from yunqian.wire.platforms import Archive, PlatformCard, Release, SignedRelease, pairing_code

ROOT = Path(__file__).resolve().parents[1]
VECTORS = ROOT / "tests" / "vectors" / "client-protocol.json"
TYPED = ROOT / "web" / "src" / "agent" / "protocol.vectors.ts"
ROOMS = ("base", "orders", "batch_orders", "key_orders", "keys", "platforms")
ORDERS = {
    "sign": "SignOrder",
    "sign-seen": "SignOrder",
    "batch": "BatchOrder",
    "login": "LoginOrder",
    "bind": "BindOrder",
    "enrol": "EnrolOrder",
    "store": "StoreOrder",
    "unlock": "UnlockOrder",
}


def messages() -> list[type[BaseModel]]:
    """Every message of the protocol, and the sheet of its windows."""
    wire = [one for one in wire_types.messages() if one.__module__.removeprefix("yunqian.wire.") in ROOMS]
    return [*wire, Sheet]


def shapes() -> str:
    """The digest of all shapes: another one means that the protocol has changed."""
    _, top = models_json_schema([(model, "validation") for model in messages()])
    return hashlib.sha256(json.dumps(top, sort_keys=True).encode()).hexdigest()


def card() -> PlatformCard:
    """What the platform of the vectors says of itself."""
    facts = {"origin": cast.ORIGIN, "name": cast.NAME, "order_key": cast.public64()}
    return PlatformCard(**facts, oldest_protocol=OLDEST_PROTOCOL)


def release() -> Release:
    """A newer client, as who builds clients tells it."""
    linux, windows = "yunqian-agent-9.9.9-linux-x86_64.tar.gz", "yunqian-agent-9.9.9-windows-x86_64.zip"
    archives = (
        Archive(system="linux", machine="x86_64", name=linux, size=81_000_000, sha256="1" * 64),
        Archive(system="windows", machine="x86_64", name=windows, size=81_000_000, sha256="2" * 64),
    )
    return Release(version="9.9.9", released_at=cast.NOW, archives=archives)


def _codes() -> dict[str, Any]:
    sign, login, public = cast.sign(), cast.login(), cast.unlock_public()
    return {
        "check_code": check_code(base64.b64decode(sign.to_be_signed)),
        "batch_code": batch_code(one.to_be_signed for one in cast.batched()),
        "login_statement": cast.text64(login_statement(login)),
        "bind_statement": cast.text64(bind_statement(cast.bind())),
        "pairing_code": pairing_code(card()),
        "unlock_code": unlock_code(cast.SOFT_1, public),
    }


def _keys() -> dict[str, Any]:
    """The seeds are the 32 octets of Ed25519 and X25519 private keys that exist in these vectors alone."""
    return {
        "order_seed": cast.text64(cast.ORDER_SEED),
        "order_key": cast.public64(),
        "other_order_seed": cast.text64(cast.OTHER_SEED),
        "other_order_key": cast.public64(cast.OTHER_SEED),
        "release_seed": cast.text64(cast.RELEASE_SEED),
        "release_key": cast.public64(cast.RELEASE_SEED),
        "unlock_seed": cast.text64(cast.UNLOCK_SEED),
        "unlock_public_key": cast.text64(cast.unlock_public()),
        "sealed_box_ephemeral_seed": cast.text64(cast.EPHEMERAL_SEED),
        "pin": cast.PIN,
        "admin_pin": cast.ADMIN_PIN,
    }


def _alone() -> dict[str, dict[str, Any]]:
    """Messages that no page of a platform exchanges with the client."""
    request = UnlockRequest(
        key=cast.SOFT_1,
        public_key=cast.text64(cast.unlock_public()),
        code=unlock_code(cast.SOFT_1, cast.unlock_public()),
    )
    signed = cast.signed(release(), cast.RELEASE_SEED)
    given = {
        "card": card(),
        "release": release(),
        "signed-release": SignedRelease(payload=signed.payload, signature=signed.signature),
        "named-key": NamedKey(**cast.SOFT_1.model_dump()),
        "unlock-request": request,
    }
    return {
        name: {"shape": type(one).__name__, "message": one.model_dump(mode="json")}
        for name, one in given.items()
    }


def played(wanted: list[Scene], orders: dict[str, dict[str, str]]) -> list[Scene]:
    """The scenes with the answers of the real client."""
    return [_played(scene, orders) for scene in wanted]


def _played(scene: Scene, orders: dict[str, dict[str, str]]) -> Scene:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(play(scene, Path(folder), orders))


@cache
def vectors_text() -> str:
    """tests/vectors/client-protocol.json."""
    orders = {name: order.model_dump() for name, order in scenes.orders().items()}
    made = {
        "about": "The security client's protocol; see docs/agent-protocol.md. Made by make generate, never by hand.",
        "protocol": PROTOCOL,
        "shapes": shapes(),
        "now": cast.NOW.isoformat().replace("+00:00", "Z"),
        "origin": cast.ORIGIN,
        "masked": MASKS,
        "keys": _keys(),
        "codes": _codes(),
        "messages": _alone(),
        "document": cast.text64(document.prepared()[0]),
        "order_shapes": ORDERS,
        "orders": orders,
        "scenes": played(scenes.every(), orders),
    }
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def typed_text() -> str:
    """web/src/agent/protocol.vectors.ts: one message of each shape and every answer, held to the page's types."""
    found = json.loads(vectors_text())
    given = {name: (one["shape"], one["message"]) for name, one in found["messages"].items()}
    given |= {f"order {name}": (shape, _order(found, name)) for name, shape in ORDERS.items()}
    given |= {f"signed {name}": ("SignedOrder", found["orders"][name]) for name in ORDERS}
    for scene in found["scenes"]:
        for number, step in enumerate(scene["steps"], 1):
            shape = step.get("shape") or ("KeyList" if "frame" in step else "")
            if shape and shape not in ("Sheet", "Picture"):
                given[f"{scene['name']} {number}"] = (shape, step.get("answer", step.get("frame")))
    names = sorted({shape for shape, _ in given.values()})
    lines = [
        "// Made by `python -m tools.protocol_vectors` from the vectors of the protocol. Never edited by hand.",
        f"import type {{ {', '.join(names)} }} from '@/api/schema'",
        "",
        "export const VECTORS = {",
    ]
    for name, (shape, message) in given.items():
        text = json.dumps(message, ensure_ascii=False)
        lines.append(f"  {json.dumps(name)}: {text} satisfies {shape},")
    return "\n".join([*lines, "}", ""])


def _order(found: dict[str, Any], name: str) -> Any:
    return json.loads(found["orders"][name]["payload"])


def main(arguments: list[str]) -> int:
    from tools import generated, protocol_page

    made: dict[Path, Callable[[], str]] = {
        VECTORS: vectors_text,
        TYPED: typed_text,
        protocol_page.PAGE: protocol_page.page_text,
    }
    may_write = "--check" not in arguments
    said = [generated.outcome(path, make, may_write=may_write) for path, make in made.items()]
    for line in filter(None, said):
        print(line)
    return 0 if all(line.endswith("written") or not line for line in said) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
