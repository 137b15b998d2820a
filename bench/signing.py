"""Preparing and embedding, beside the floor below which no server that keeps its word can go.

Every round does all five things once, one after another, so that whatever else the machine does meets them
alike: the floor, the engine alone, and the two requests that a browser really makes.
"""

import base64
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench.paper import twenty_pages
from bench.platform import Key, Platform
from bench.timing import Timed
from bench.visitor import ACCOUNT, Visitor
from yunqian.crypto.certificates import Certificate, read_all
from yunqian.engine import intake
from yunqian.engine.embed import embed
from yunqian.engine.marks import Box, DateMark, Impression, SealMark
from yunqian.engine.prepare import prepare
from yunqian.engine.prepared import Prepared
from yunqian.eseal import drawing
from yunqian.server.adapters.vault import LocalVault

ROUNDS = 40
WARMING = 3
SERIAL = "DEMO-SEAL-0001"
SEAL_BOX = {"x_pt": 400.0, "y_pt": 120.0, "width_pt": 113.4, "height_pt": 113.4}
DATE_BOX = {"x_pt": 410.0, "y_pt": 95.0, "width_pt": 95.0, "height_pt": 16.0}
DATE = "2026年11月22日"


@dataclass
class Signing:
    """The five times, and what they were measured on."""

    size_bytes: int
    tail_bytes: int = 0
    floor: Timed = field(default_factory=lambda: Timed("floor: SHA-256, one RSA-2048 operation, one fsync"))
    prepare: Timed = field(default_factory=lambda: Timed("engine: prepare, tail into the vault"))
    embed: Timed = field(default_factory=lambda: Timed("engine: check the value, embed, tail into the vault"))
    opening: Timed = field(default_factory=lambda: Timed("request: open the ceremony (prepare)"))
    result: Timed = field(default_factory=lambda: Timed("request: post the key's result (embed)"))

    @property
    def all(self) -> tuple[Timed, ...]:
        return self.floor, self.prepare, self.embed, self.opening, self.result


@dataclass(frozen=True)
class _Bench:
    """What stays the same from round to round."""

    document: bytes
    key: Key
    chain: tuple[Certificate, ...]
    impression: Impression
    vault: LocalVault
    folder: Path


def measure(platform: Platform) -> Signing:
    """All rounds; the first ones only warm up."""
    bench, visitor = _set_up(platform), Visitor(platform.port)
    visitor.log_in()
    figures = Signing(len(bench.document))
    for number in range(-WARMING, ROUNDS):
        into = figures if number >= 0 else Signing(len(bench.document))
        _floor(bench, into)
        figures.tail_bytes = _engine(bench, into, f"round-{number}")
        _requests(bench, into, visitor)
    return figures


def _set_up(platform: Platform) -> _Bench:
    accepted = intake.accept(twenty_pages(), limits=intake.Limits())
    chain = read_all((platform.home / "agent" / "keys" / SERIAL / "certificate.pem").read_bytes())
    picture = drawing.round_seal("广东示例科技有限公司")
    return _Bench(
        document=accepted.document,
        key=platform.keys[SERIAL],
        chain=chain,
        impression=Impression("公章", picture.png, picture.width_mm, picture.height_mm),
        vault=LocalVault(platform.home / "bench-vault", os.urandom(32)),
        folder=platform.home,
    )


def _floor(bench: _Bench, figures: Signing) -> None:
    """The digest of the document, one private operation, and as many bytes as a revision adds, on the disk."""
    written = os.urandom(figures.tail_bytes or 64_000)
    path = bench.folder / "bench-floor"

    def work() -> None:
        bench.key.sign(hashlib.sha256(bench.document).digest())
        with path.open("wb") as out:
            out.write(written)
            out.flush()
            os.fsync(out.fileno())

    figures.floor.run(work)


def _engine(bench: _Bench, figures: Signing, name: str) -> int:
    """The two pure functions with the fsynced writes that go with them; gives the size of the tail."""
    tenant, leaf = uuid4(), bench.chain[0]
    bench.vault.put(tenant, b"the organization's key is made at its first blob")
    marks = (
        SealMark(20, Box(**SEAL_BOX), bench.impression),
        DateMark(20, Box(**DATE_BOX), DATE),
    )

    def prepared() -> Prepared:
        made = prepare(
            bench.document, marks, certificate=leaf, chain=bench.chain[1:], field=name, at=datetime.now(UTC)
        )
        bench.vault.put(tenant, made.tail)
        return made

    made = figures.prepare.run(prepared)
    value = bench.key.sign(made.signed_attributes)

    def embedded() -> bytes:
        tail = embed(bench.document, made, value, certificate=leaf, chain=bench.chain[1:])
        bench.vault.put(tenant, tail)
        return tail

    return len(figures.embed.run(embedded))


def _requests(bench: _Bench, figures: Signing, visitor: Visitor) -> None:
    """A whole act over HTTP on a fresh envelope; only the two requests of the act are timed."""
    uploaded = visitor.upload(bench.document)
    wanted = {
        "upload_ids": [uploaded["id"]],
        "title": "基准测试",
        "recipients": [{"account": ACCOUNT, "turn": 1}],
    }
    envelope = visitor.post("/api/envelopes", wanted)
    opening = _opening(bench, envelope, visitor.get(f"/api/envelopes/{envelope['id']}/panel"))
    ceremony = figures.opening.run(_posting(visitor, f"/api/envelopes/{envelope['id']}/ceremonies", opening))
    order = json.loads(ceremony["order"]["payload"])
    result = {
        "order_id": order["order_id"],
        "certificate_sha256": order["certificate_sha256"],
        "signature": base64.b64encode(bench.key.sign(base64.b64decode(order["to_be_signed"]))).decode(),
    }
    done = figures.result.run(_posting(visitor, f"/api/ceremonies/{ceremony['id']}/results", result))
    if done["state"] != "done":
        raise SystemExit(f"the ceremony ended as {done['state']}")


def _posting(visitor: Visitor, path: str, body: dict[str, Any]) -> Callable[[], Any]:
    return lambda: visitor.post(path, body)


def _opening(bench: _Bench, envelope: dict[str, Any], panel: dict[str, Any]) -> dict[str, Any]:
    """Seal and date on the last page, with the company's seal that this certificate may apply."""
    fingerprint = bench.chain[0].sha256
    seal = next(each for each in panel["seals"] if fingerprint in each["certificate_sha256s"])
    shared = {"page": 20, "certificate_sha256": fingerprint}
    (document,) = envelope["documents"]
    return {
        "document_id": document["id"],
        "head": document["head"],
        "head_sha256": document["head_sha256"],
        "placements": [
            {"kind": "seal", "seal_id": seal["id"], **SEAL_BOX, **shared},
            {"kind": "date", "text": DATE, **DATE_BOX, **shared},
        ],
    }
