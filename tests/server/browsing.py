"""A browser and a security client for tests: everything goes through HTTP, and a real key signs."""

import base64
import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import worlds
from tests.pki.hierarchy import Holder

ORIGIN = "http://127.0.0.1:8000"


class Browser:
    """One person's browser, with the CSRF value of its session."""

    def __init__(self, member: worlds.Member | None = None, *, address: str = "127.0.0.1") -> None:
        self.client = Client(
            enforce_csrf_checks=True, REMOTE_ADDR=address, SERVER_NAME="127.0.0.1", SERVER_PORT="8000"
        )
        self.client.raise_request_exception = False
        self.csrf = ""
        if member:
            self.log_in(member.account)

    def log_in(self, account: str, password: str = worlds.PASSWORD):
        answer = self.post("/api/session", {"account": account, "password": password})
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf"]
        return answer

    def act_for(self, member: worlds.Member):
        """Switch to another organization of the same person."""
        answer = self.post("/api/session/tenant", {"tenant_id": str(member.tenant_id)})
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf"]
        return answer

    def get(self, path: str, **headers: str):
        return self.client.get(path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str):
        return self.client.post(
            path, json.dumps(body), content_type="application/json", headers=self._headers() | headers
        )

    def put(self, path: str, body: Any = None, **headers: str):
        return self.client.put(
            path, json.dumps(body), content_type="application/json", headers=self._headers() | headers
        )

    def delete(self, path: str):
        return self.client.delete(path, headers=self._headers())

    def upload(self, document: bytes, name: str = "合同.pdf", path: str = "/api/uploads", **choices: bool):
        upload = SimpleUploadedFile(name, document, content_type="application/pdf")
        return self.client.post(path, {"document": upload, **choices}, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"X-CSRFToken": self.csrf, "Origin": ORIGIN}


def pdf(pages: int = 2) -> bytes:
    """A small plain document."""
    made, written = pikepdf.new(), BytesIO()
    for _ in range(pages):
        made.add_blank_page(page_size=(595, 842))
    made.save(written)
    return written.getvalue()


def start(
    browser: Browser,
    *accounts: str | tuple[str, int],
    title: str = "采购合同",
    document: bytes | None = None,
    copies: tuple[str, ...] = (),
    documents: int = 1,
) -> dict[str, Any]:
    """Upload and send a document (a small plain one) to the accounts (with their turns), with copies to others.

    Of several `documents` the first is as told, and each other one has one page more than the one before it.
    """
    wanted = [
        {"account": account, "turn": 1}
        if isinstance(account, str)
        else {"account": account[0], "turn": account[1]}
        for account in accounts
    ]
    wanted += [{"account": account, "is_copy": True} for account in copies]
    papers = [document or pdf(), *(pdf(2 + more) for more in range(1, documents))]
    names = [f"合同{number}.pdf" for number in range(1, documents + 1)] if documents > 1 else ["合同.pdf"]
    uploads = [browser.upload(paper, name) for paper, name in zip(papers, names, strict=True)]
    assert all(one.status_code == 200 for one in uploads), uploads[0].content
    sent = [one.json()["id"] for one in uploads]
    answer = browser.post("/api/envelopes", {"upload_ids": sent, "title": title, "recipients": wanted})
    assert answer.status_code == 200, answer.content
    return answer.json()


def counts(browser: Browser) -> dict[str, int]:
    """How many lines each list has that has any; none of them is so long that it was not counted out."""
    told = browser.get("/api/counts").json()
    lists = {name: told[name] for name in ("inbox", "signed", "started", "copied")}
    assert not any(one["is_capped"] for one in lists.values())
    return {name: one["count"] for name, one in lists.items() if one["count"]}


def placement(seal_id: object, holder: Holder, **changes: Any) -> dict[str, Any]:
    """A seal of 18 mm near the bottom of page 1."""
    mark = {
        "kind": "seal",
        "page": 1,
        "x_pt": 100,
        "y_pt": 100,
        "width_pt": 51,
        "height_pt": 51,
        "certificate_sha256": holder.certificate.sha256,
        "seal_id": str(seal_id),
    }
    return mark | changes


def date(holder: Holder, text: str = "2026年11月22日", **changes: Any) -> dict[str, Any]:
    """A date right of that seal."""
    mark = placement(None, holder, kind="date", x_pt=160, width_pt=90, height_pt=16, text=text)
    return mark | {"seal_id": None} | changes


def opening(
    envelope: Mapping[str, Any], *placements: dict[str, Any], position: int = 1, **changes: Any
) -> dict[str, Any]:
    """The request that opens a ceremony on what this detail of the envelope shows, on its document at `position`."""
    document = envelope["documents"][position - 1]
    wanted = {
        "document_id": document["id"],
        "head": document["head"],
        "head_sha256": document["head_sha256"],
        "placements": list(placements),
    }
    return wanted | changes


def signed(ceremony: Mapping[str, Any], holders: Mapping[str, Holder]) -> dict[str, Any]:
    """What the security client answers to a ceremony's order, with the key that the order names."""
    order = json.loads(ceremony["order"]["payload"])
    holder = holders[order["certificate_sha256"]]
    value = holder.sign(base64.b64decode(order["to_be_signed"]))
    return {
        "order_id": order["order_id"],
        "certificate_sha256": order["certificate_sha256"],
        "signature": base64.b64encode(value).decode(),
    }


def detail(browser: Browser, envelope_id: str) -> dict[str, Any]:
    """The envelope as this browser's person sees it."""
    answer = browser.get(f"/api/envelopes/{envelope_id}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def open_ceremony(
    browser: Browser, envelope: Mapping[str, Any], *placements: dict[str, Any], position: int = 1
) -> dict[str, Any]:
    """Open a ceremony on the newest state of the envelope's document at `position`."""
    request = opening(detail(browser, envelope["id"]), *placements, position=position)
    answer = browser.post(f"/api/envelopes/{envelope['id']}/ceremonies", request)
    assert answer.status_code == 200, answer.content
    return answer.json()


def seal(
    browser: Browser,
    envelope: Mapping[str, Any],
    holders: Mapping[str, Holder],
    *placements: dict[str, Any],
    position: int = 1,
) -> dict[str, Any]:
    """The whole act: open, sign with every key in turn, and the ceremony as it then stands."""
    ceremony = open_ceremony(browser, envelope, *placements, position=position)
    while ceremony["order"]:
        answer = browser.post(f"/api/ceremonies/{ceremony['id']}/results", signed(ceremony, holders))
        assert answer.status_code == 200, answer.content
        ceremony = answer.json()
    return ceremony


def code(answer: Any) -> str:
    """The problem code of a refusal; the answer itself when it is none."""
    if answer.headers.get("Content-Type") != "application/problem+json":
        return f"{answer.status_code} {answer.content[:300]!r}"
    body = answer.json()
    assert body["status"] == answer.status_code
    return str(body["code"])
