"""Seals in tests: what is asked for through HTTP, and a world in which one of everything stands."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from tests import worlds
from tests.server.browsing import Browser, start
from yunqian.server import scope

OFFICIAL = {
    "kind": "official",
    "name": "公章（新）",
    "reason": "旧章磨损",
    "picture": {"source": "drawn", "size_mm": 40},
}
OWN_NAME = {"kind": "name", "name": "签约名章", "reason": "签合同用", "picture": {"source": "drawn"}}
WAVE = [[10.0 * step, 40.0 + 30 * (step % 2), 0.5] for step in range(20)]
OWN_HAND = {
    "kind": "signature",
    "name": "手写签名",
    "reason": "签合同用",
    "picture": {"source": "strokes", "strokes": [WAVE]},
}
ADMINISTRATION = "/api/administration"


def scan(colour: tuple[int, int, int] = (200, 30, 40)) -> bytes:
    """A red ring on white paper, as a scanner gives it."""
    image, written = Image.new("RGB", (600, 600), "white"), BytesIO()
    ImageDraw.Draw(image).ellipse((100, 100, 500, 500), outline=colour, width=24)
    image.save(written, "PNG")
    return written.getvalue()


def send_scan(browser: Browser, path: str, content: bytes, **fields: Any):
    """A multipart request with the scan and its fields."""
    upload = SimpleUploadedFile("scan.png", content, content_type="image/png")
    return browser.client.post(path, {"scan": upload, **fields}, headers=browser._headers())


def apply(browser: Browser, **changes: Any) -> dict[str, Any]:
    answer = browser.post("/api/seal-applications", OFFICIAL | changes)
    assert answer.status_code == 200, answer.content
    return answer.json()


def decide(browser: Browser, applied: dict[str, Any], what: str, body: Any = None):
    """approve, refuse or make."""
    return browser.post(f"{ADMINISTRATION}/seal-applications/{applied['id']}/{what}", body)


def made(browser: Browser, manager: Browser, *certificate_ids: str, **changes: Any) -> dict[str, Any]:
    """A seal of the organization, from the application to the object."""
    applied = apply(browser, **changes)
    assert decide(manager, applied, "approve").status_code == 200
    answer = decide(manager, applied, "make", {"certificate_ids": list(certificate_ids)})
    assert answer.status_code == 200, answer.content
    return answer.json()


def give(manager: Browser, seal_id: object, kind: str, holder_id: object, **more: Any) -> dict[str, Any]:
    body = {"holder_kind": kind, "holder_id": str(holder_id)} | more
    answer = manager.post(f"{ADMINISTRATION}/seals/{seal_id}/grants", body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def move(browser: Browser, seal_id: object, what: str, reason: str = "遗失"):
    """freeze, unfreeze or cancel."""
    return browser.post(f"/api/seals/{seal_id}/{what}", {"reason": reason})


def certificate_id(sha256: str, tenant_id: UUID) -> str:
    from yunqian.server.records.models import Certificate

    with scope.reading(person_id=None, tenant_id=tenant_id):
        return str(Certificate.objects.get(sha256=sha256).id)


def one_of_everything(world: worlds.TwoTenants, initiator: Browser) -> dict[str, str]:
    """Identifiers by the names of the paths; what stands in another state has that state before its name."""
    from yunqian.server.records.models import Certificate, Seal, SealApplication, SealGrant, SealUseApproval

    envelope = start(initiator, "liming", title="用印")
    li = {"person_id": world.li_ming.person_id, "person_name": "李明"}
    with scope.entered(person_id=None, tenant_id=world.company_id):
        picture = {"picture_png": worlds._picture(), "width_mm": 40, "height_mm": 40}
        kind = {"kind": "official", **picture}
        seals = {
            state: Seal.objects.create(name=f"公章 {state}", state=state, **kind)
            for state in ("in_use", "frozen")
        }
        grants = [
            SealGrant.objects.create(seal=one, member_id=world.li_ming.member_id, needs_approval=True)
            for one in seals.values()
        ]
        applied = {
            state: SealApplication.objects.create(
                name=state, state=state, source="drawn", is_personal=False, reason="新章", **li, **kind
            )
            for state in ("applied", "approved")
        }
        asked = SealUseApproval.objects.create(
            seal=seals["frozen"],
            envelope_id=envelope["id"],
            envelope_title="用印",
            reason="签约",
            created_at=datetime.now(UTC),
            **li,
        )
        certificate = Certificate.objects.get(sha256=world.company_key.certificate.sha256)
        return {
            "seal_id": str(seals["in_use"].id),
            "frozen seal_id": str(seals["frozen"].id),
            "seal_grant_id": str(grants[0].id),
            "application_id": str(applied["applied"].id),
            "approved application_id": str(applied["approved"].id),
            "approval_id": str(asked.id),
            "public_code": seals["in_use"].public_code,
            "of the organization": str(certificate.id),
            "envelope of his own": envelope["id"],
        }
