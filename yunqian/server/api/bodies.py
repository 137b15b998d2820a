"""Documents in and out of HTTP: reading an uploaded one, and answering with one."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import PurePath
from urllib.parse import quote

from django.http import HttpResponse
from ninja.files import UploadedFile

from yunqian.server.actions import upload
from yunqian.server.queries.document import Content
from yunqian.server.queries.exports import Sheet


def read(document: UploadedFile) -> bytes:
    """The uploaded bytes. Raises Refused(DOCUMENT_TOO_LARGE) before reading them."""
    upload.refuse_oversized(document.size or 0)
    return bytes(document.read())


def answer(content: Content, *, is_attachment: bool) -> HttpResponse:
    """A PDF that no cache keeps, no browser takes for anything else, and no script can run in."""
    response = HttpResponse(content.document, content_type="application/pdf")
    kind = "attachment" if is_attachment else "inline"
    response["Content-Disposition"] = disposition(kind, content.name)
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    response["X-Revision"] = str(content.number)
    return response


def archive(contents: Sequence[Content]) -> HttpResponse:
    """Several documents as one ZIP archive, numbered in their order, so that equal names stay apart."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as folder:  # a PDF is compressed already
        for number, one in enumerate(contents, start=1):
            folder.writestr(f"{number:02} {PurePath(one.name).stem}.pdf", one.document)
    response = HttpResponse(written.getvalue(), content_type="application/zip")
    response["Content-Disposition"] = disposition("attachment", contents[0].name, suffix=".zip")
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def sheet(made: Sheet) -> HttpResponse:
    """A table to keep, that no cache keeps and no browser takes for anything else."""
    response = HttpResponse(made.content, content_type=made.content_type)
    response["Content-Disposition"] = disposition("attachment", made.name, suffix=f".{made.kind}")
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def disposition(kind: str, name: str, *, suffix: str = ".pdf") -> str:
    """Content-Disposition (RFC 6266) with a plain name for old clients and the true one in UTF-8 (RFC 5987)."""
    stem = name[:-4] if name.lower().endswith(".pdf") else name
    plain = "".join(character for character in stem if character.isascii() and character.isalnum())
    named = quote(stem, safe="")
    return f"{kind}; filename=\"{plain or 'document'}{suffix}\"; filename*=UTF-8''{named}{suffix}"
