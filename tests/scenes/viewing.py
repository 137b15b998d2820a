"""What the scenes of reading and verifying need: long documents, and envelopes sent without the wizard."""

import io
import json
from typing import Any

import pikepdf

from tests.scenes.conftest import Desk


def pages(count: int) -> bytes:
    """So many A4 pages, each with its number and a few hundred lines."""
    made, written = pikepdf.new(), io.BytesIO()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    resources = made.make_indirect(pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=made.make_indirect(font))))
    for number in range(1, count + 1):
        page = made.add_blank_page(page_size=(595, 842))
        lines = "".join(f"72 {y} m {300 + (number * y) % 223} {y} l S " for y in range(80, 660, 4))
        drawn = f"BT /F1 40 Tf 72 740 Td (Page {number} of {count}) Tj ET 0.4 w {lines}"
        page.Contents = made.make_stream(drawn.encode())
        page.Resources = resources
    made.save(written)
    return written.getvalue()


def sent(
    desk: Desk, title: str, *documents: bytes, accounts: tuple[str, ...] = ("liming",)
) -> dict[str, Any]:
    """An envelope sent by whoever is logged in at this desk, through the API of his own browser."""
    asked, origin = desk.context.request, desk.system.origin
    csrf = asked.get(f"{origin}/api/session").json()["csrf"]
    headers = {"X-CSRFToken": csrf, "Origin": origin}
    uploads = []
    for number, document in enumerate(documents, start=1):
        part = {"name": f"第{number}份.pdf", "mimeType": "application/pdf", "buffer": document}
        answer = asked.post(f"{origin}/api/uploads", headers=headers, multipart={"document": part})
        assert answer.ok, answer.text()
        uploads.append(answer.json()["id"])
    wanted = {"upload_ids": uploads, "title": title, "recipients": [{"account": one} for one in accounts]}
    answer = asked.post(
        f"{origin}/api/envelopes",
        headers=headers | {"Content-Type": "application/json"},
        data=json.dumps(wanted),
    )
    assert answer.ok, answer.text()
    found: dict[str, Any] = answer.json()
    return found
