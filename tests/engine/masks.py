"""Documents that mean different things to different readers, written by hand byte by byte."""

import struct

_HEAD = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_PAGE = b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F1 5 0 R>>>>>>"
TRUE, FALSE = b"The seller pays 100 yuan", b"The seller pays 900 yuan"

Objects = list[tuple[int, bytes]]


def shown(text: bytes, height: int = 700) -> bytes:
    return b"BT /F1 18 Tf 72 %d Td (%s) Tj ET" % (height, text)


def stream(content: bytes, length: int | None = None, extra: bytes = b"") -> bytes:
    size = len(content) if length is None else length
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (size, extra, content)


def plain(text: bytes = TRUE) -> Objects:
    return [
        (1, b"<</Type/Catalog/Pages 2 0 R>>"),
        (2, b"<</Type/Pages/Kids[3 0 R]/Count 1>>"),
        (3, _PAGE % (2, 4)),
        (4, stream(shown(text))),
        (5, b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"),
    ]


def written(objects: Objects, *, trailer: bytes = b"") -> bytes:
    """A document with a classic table; of an object that is there twice the table names the first."""
    body, places = _HEAD, {}
    for number, content in objects:
        places.setdefault(number, len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%d 1\n%010d 00000 n \n" % pair for pair in sorted(places.items()))
    start = len(body)
    body += b"xref\n0 1\n0000000000 65535 f \n" + table
    end = b"trailer\n<</Size 40/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (trailer, start)
    return body + end


def replaced(number: int, content: bytes, *more: tuple[int, bytes]) -> bytes:
    return written([(n, content if n == number else old) for n, old in plain()] + list(more))


def hybrid() -> bytes:
    """The page's text stands only in the stream that a hybrid table points to (ISO 32000-2 §7.5.8.4)."""
    body, places = _HEAD, {}
    for number, content in [*plain(), (40, stream(shown(FALSE)))]:
        places[number] = len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (4 if number == 40 else number, content)
    hidden = len(body)
    row = struct.pack(">BIB", 1, places[40], 0)
    extra = b"/Type/XRef/Size 40/W[1 4 1]/Index[4 1]/Root 1 0 R"
    body += b"8 0 obj\n%s\nendobj\n" % stream(row, extra=extra)
    start = len(body)
    body += b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % places[n] for n in (1, 2, 3))
    body += b"5 1\n%010d 00000 n \n" % places[5]
    return body + b"trailer\n<</Size 40/Root 1 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n" % (hidden, start)


DIFFERENT = {
    "a hybrid table": hybrid(),
    "a length that is too short": replaced(4, stream(shown(TRUE), 20)),
    "a length that reaches into another stream": replaced(
        4,
        b"<</Length 200>>\nstream\n%s\nendstream endobj 9 0 obj %s"
        % (shown(TRUE), stream(shown(FALSE, 600))),
    ),
    "a page tree that counts wrong": replaced(
        2, b"<</Type/Pages/Kids[3 0 R 6 0 R]/Count 1>>", (6, _PAGE % (2, 7)), (7, stream(shown(FALSE)))
    ),
}

# Masks that every engine reads as the rewrite does: then all see the same, and it is taken.
SAME = {
    "plain": written(plain()),
    "an object twice": written([*plain(), (4, stream(shown(FALSE)))]),
    "a second page tree that nobody is led to": written(
        [
            *plain(),
            (11, b"<</Type/Catalog/Pages 12 0 R>>"),
            (12, b"<</Type/Pages/Kids[13 0 R]/Count 1>>"),
            (13, _PAGE % (12, 14)),
            (14, stream(shown(FALSE))),
        ]
    ),
}
TWO_IN_ONE = written(plain()) + written(plain(FALSE))
