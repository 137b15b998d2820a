"""Preparing an order: marks + certificate + the newest revision → bytes that lack only a signature value."""

import json
import math
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from yunqian.crypto import certificates, suites
from yunqian.engine import marks as engine
from yunqian.engine import paging, placing, sealing
from yunqian.engine.geometry import PageGeometry
from yunqian.engine.prepare import prepare
from yunqian.engine.prepared import Prepared
from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import SignOrderEvent
from yunqian.server import scope
from yunqian.server.access.actor import Actor
from yunqian.server.access.permit import CeremonyPermit, Permit
from yunqian.server.actions import authorities, seal_flight, stopped
from yunqian.server.adapters import vault
from yunqian.server.queries import document as reading
from yunqian.server.queries import seal
from yunqian.server.records.base import advance
from yunqian.server.records.models import Document, SignOrder
from yunqian.wire.orders import MarkKind
from yunqian.wire.panel import AnyPlacement, Placement

NONCE_BYTES = 32
SIGNING_SECONDS = 180
"""How long a key has to answer, and how long other signers wait for it: no PIN is asked for what may be refused."""
EMBEDDING_SECONDS = 60
"""How long a given value, or the next key of the same session, keeps its place."""
_SEALS = frozenset({MarkKind.SEAL, MarkKind.PAGING})


@dataclass(frozen=True)
class Signer:
    """A certificate found fit to sign now, with its path up to a trusted root."""

    certificate: certificates.Certificate
    chain: tuple[certificates.Certificate, ...]


def fit_signer(bound: seal.Bound, *, at: datetime) -> Signer:
    """Check a bound certificate from every side. Asks the authority, so it runs outside any transaction.

    Raises Refused(CERTIFICATE_USAGE, ALGORITHM_UNSUPPORTED, CERTIFICATE_EXPIRED, CERTIFICATE_UNTRUSTED,
    CERTIFICATE_STOPPED, CERTIFICATE_REVOKED or CA_UNAVAILABLE). Not knowing whether it is revoked is not good enough.
    """
    certificate = bound.certificate
    if not certificate.may_sign:
        raise Refused(Problem.CERTIFICATE_USAGE, owner=certificate.owner)
    suites.suite_of(certificate)
    if not certificate.covers(at):
        raise certificates.expired(certificate)
    path = authorities.path(certificate, at=at)
    stopped.require_bound(bound.state, owner=certificate.owner)
    authorities.require_not_revoked(certificate)
    return Signer(certificate, path)


def refuse_odd(placements: tuple[AnyPlacement, ...]) -> None:
    """Each key places at least one seal, on a page or over the pages' edges; a date and a note have a text."""
    with_seal = {one.certificate_sha256 for one in placements if one.kind in _SEALS}
    if not placements or any(one.certificate_sha256 not in with_seal for one in placements):
        raise Refused(Problem.PLACEMENTS_EMPTY)
    for one in placements:
        if isinstance(one, Placement) and not (one.seal_id if one.kind is MarkKind.SEAL else one.text):
            raise Refused(Problem.REQUEST_INVALID, detail=f"placement of kind {one.kind}")


def new_order(
    actor: Actor, placements: list[AnyPlacement], *, granted: Permit, position: int, signer: Signer
) -> SignOrder:
    """An unsaved order with its marks, and the pictures and electronic seals as they are now.

    They go into the vault of the envelope's organization: a seal that is changed tomorrow does not change what
    was being signed today. Raises Refused(SEAL_NOT_FOUND or SEAL_NOT_ALLOWED).
    """
    fingerprint = signer.certificate.sha256
    purpose = seal.Purpose(granted.envelope.id)
    impressions = []
    for seal_id in dict.fromkeys(one.seal_id for one in placements if one.seal_id):
        row = seal.allowed(actor, seal_id=seal_id, fingerprint=fingerprint, purpose=purpose)
        impressions.append(
            {
                "seal_id": seal_id,
                "name": row.name,
                "width_mm": row.width_mm,
                "height_mm": row.height_mm,
                "png": bytes(row.picture_png),
                "eseal": None if row.eseal is None else bytes(row.eseal),
            }
        )
    return SignOrder(
        tenant_id=granted.tenant_id,
        position=position,
        certificate_sha256=fingerprint,
        certificate_der=signer.certificate.der,
        certificate_owner=signer.certificate.owner,
        marks=[one.model_dump(mode="json") for one in placements],
        impressions=impressions,
    )


def require_places(order: SignOrder, document: Document) -> None:
    """Check every mark of a new order at once, before the first key is asked.

    The later keys are prepared only after the first has signed; a mark that can never be prepared would then
    leave a signature without the ones that were to stand beside it. Raises what engine.placing raises.
    """
    marks = _marks(order, _brought(order))
    placing.require_all([PageGeometry(**page) for page in document.pages], marks)


def require_genuine(order: SignOrder, signer: Signer, *, at: datetime) -> None:
    """Check the electronic seals of a new order likewise: genuine, in their validity, and for this certificate.

    A seal of which there is only a picture passes. Raises what engine.sealing.require raises (SEAL_*).
    """
    for shown in _brought(order).values():
        sealing.require(shown, signer.certificate, at=at)


def require_room(orders: Sequence[SignOrder], document: Document) -> None:
    """Check that the paging seals of all keys find a place, before the first key is asked.

    Runs in the scope of the envelope's organization, where the document can be read. Raises what
    engine.paging.require_room raises.
    """
    if len(orders) < 2 or not any(one["kind"] == MarkKind.PAGING for order in orders for one in order.marks):
        return  # the first key's own paging seals are placed when its order is prepared, which comes next
    acts = [_marks(order, _brought(order)) for order in orders]
    paging.require_room(reading.content(document, document.head).document, acts)


def _brought(order: SignOrder) -> dict[str, engine.Impression]:
    """The impressions of a new order, whose pictures it still holds itself, by their seals."""
    return {one["seal_id"]: _impression(one, one["png"], one["eseal"]) for one in order.impressions}


def keep_pictures(order: SignOrder) -> None:
    """Put the pictures and electronic seals of a new order into the vault and leave their digests in its row."""
    store = vault.current()
    for impression in order.impressions:
        impression["blob_sha256"] = store.put(order.tenant_id, impression.pop("png"))
        eseal = impression.pop("eseal")
        impression["eseal_sha256"] = None if eseal is None else store.put(order.tenant_id, eseal)


def require_seals(granted: CeremonyPermit, order: SignOrder, *, is_locking: bool = False) -> None:
    """The seals of an order must still be the actor's to apply when it is prepared again, and when it is taken."""
    purpose = seal.Purpose(granted.envelope.id, granted.ceremony.id)
    for seal_id in sorted(one["seal_id"] for one in order.impressions):  # locks are taken in one order
        seal.allowed(
            granted.actor,
            seal_id=seal_id,
            fingerprint=order.certificate_sha256,
            purpose=purpose,
            is_locking=is_locking,
        )


def require_still_allowed(granted: CeremonyPermit, order: SignOrder, *, is_locking: bool = False) -> None:
    """Certificate and seals must be the actor's at the moment a value is taken, not only when it was asked for.

    Between the two lie up to five minutes, in which a seal may be frozen, its grant withdrawn, or the
    certificate unbound. Asks our own rows alone. `is_locking` has whoever stops a seal at this moment wait until
    the signature stands, or come before it.
    """
    with scope.switched(scope.Pass(granted.actor.tenant_id)):
        (own,) = seal.bound(granted.actor, fingerprints=(order.certificate_sha256,))
        stopped.require_bound(own.state, owner=order.certificate_owner)
        require_seals(granted, order, is_locking=is_locking)


def prepare_order(order: SignOrder, document: Document, signer: Signer, *, at: datetime) -> None:
    """Prepare `order` on the document's head and pin the bytes; an older preparation of it is forgotten.

    Runs in the scope of the envelope's organization. The tail is in the vault before the row names it.
    Raises Refused(DOCUMENT_BEING_SIGNED) while another signer's key may still answer.
    """
    _require_alone(order, document, at=at)
    base = reading.content(document, document.head)
    prepared = prepare(
        base.document,
        _marks(order, _kept(order)),
        certificate=signer.certificate,
        chain=signer.chain,
        field=f"Signature-{order.id.hex[:12]}",
        at=at,
    )
    order.base = document.head
    order.prepared = json.loads(prepared.to_json()) | {"size": prepared.size}
    order.tail_sha256 = vault.current().put(document.tenant_id, prepared.tail)
    order.nonce = secrets.token_hex(NONCE_BYTES)
    order.issued_at = at
    order.expires_at = at + timedelta(seconds=SIGNING_SECONDS)
    order.signature = None
    order.save(
        update_fields=["base", "prepared", "tail_sha256", "nonce", "issued_at", "expires_at", "signature"]
    )
    advance(order, SignOrderEvent.PREPARE)


def _require_alone(order: SignOrder, document: Document, *, at: datetime) -> None:
    """Raise Refused(DOCUMENT_BEING_SIGNED) while another session holds the document; the envelope is locked.

    Two orders on one head would be two PINs for one revision. What an order holds ends with its time, so nobody who
    walked away keeps the others waiting for long.
    """
    held = SignOrder.objects.filter(
        ceremony__document=document, state__in=seal_flight.UNFINISHED, expires_at__gt=at
    ).exclude(ceremony_id=order.ceremony_id)
    holder = held.select_related("ceremony__recipient").order_by("-expires_at").first()
    if holder is not None and holder.expires_at is not None:
        seconds = math.ceil((holder.expires_at - at).total_seconds())
        signer = holder.ceremony.recipient.person_name
        raise Refused(Problem.DOCUMENT_BEING_SIGNED, signer=signer, seconds=seconds)


def keep_place(orders: Iterable[SignOrder], *, at: datetime) -> None:
    """Let nobody else prepare until these are embedded, or their next key is asked: a short while from now."""
    until = at + timedelta(seconds=EMBEDDING_SECONDS)
    for order in orders:
        if order.expires_at is None or order.expires_at < until:
            order.expires_at = until
            order.save(update_fields=["expires_at"])


def pinned(order: SignOrder) -> Prepared:
    """The preparation of an order, its tail read back from the vault."""
    tail = vault.current().get(order.tenant_id, order.tail_sha256 or "")
    return Prepared.from_json(json.dumps(order.prepared), tail)


def _kept(order: SignOrder) -> dict[str, engine.Impression]:
    """What `keep_pictures` put away. Orders from before there were electronic seals name none."""
    store, owner_id = vault.current(), order.tenant_id
    kept = {}
    for one in order.impressions:
        named = one.get("eseal_sha256")
        eseal = None if named is None else store.get(owner_id, named)
        kept[one["seal_id"]] = _impression(one, store.get(owner_id, one["blob_sha256"]), eseal)
    return kept


def _impression(kept: Mapping[str, Any], png: bytes, eseal: bytes | None) -> engine.Impression:
    return engine.Impression(kept["name"], png, kept["width_mm"], kept["height_mm"], eseal)


def _marks(order: SignOrder, impressions: Mapping[str, engine.Impression]) -> list[engine.Mark]:
    return [_mark(one, impressions) for one in order.marks]


def _mark(placed: Mapping[str, Any], impressions: Mapping[str, engine.Impression]) -> engine.Mark:
    """One stored placement in the engine's words."""
    if placed["kind"] == MarkKind.PAGING:
        return engine.PagingMark(
            impression=impressions[placed["seal_id"]],
            edge=engine.Edge(placed["edge"]),
            along=placed["along"],
            pages=engine.PageChoice(skipped=frozenset(placed["skipped"])),
            group_size=placed["group_size"],
            first_share=placed.get("first_share"),  # orders from before there were shares name none
            last_share=placed.get("last_share"),
        )
    box = engine.Box(placed["x_pt"], placed["y_pt"], placed["width_pt"], placed["height_pt"])
    if placed["kind"] == MarkKind.SEAL:
        return engine.SealMark(placed["page"], box, impressions[placed["seal_id"]])
    if placed["kind"] == MarkKind.TEXT:
        return engine.TextMark(placed["page"], box, placed["text"], placed["size_pt"])
    return engine.DateMark(placed["page"], box, placed["text"])
