"""Documents in and out of HTTP: reading an uploaded one, and answering with one."""

from urllib.parse import quote

from django.http import HttpResponse
from ninja.files import UploadedFile

from yunqian.server.actions import upload
from yunqian.server.queries.document import Content


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


def disposition(kind: str, name: str) -> str:
    """Content-Disposition (RFC 6266) with a plain name for old clients and the true one in UTF-8 (RFC 5987)."""
    stem = name[:-4] if name.lower().endswith(".pdf") else name
    plain = "".join(character for character in stem if character.isascii() and character.isalnum())
    return f"{kind}; filename=\"{plain or 'document'}.pdf\"; filename*=UTF-8''{quote(stem, safe='')}.pdf"
