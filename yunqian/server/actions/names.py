"""Names that people give to documents and tasks, made harmless before they are stored or shown."""

import unicodedata

from yunqian.problems import Problem, Refused

LONGEST_NAME = 200
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def cleaned(text: str, *, fallback: str | None = None) -> str:
    """The name in NFC, without control, format, bidirectional and path characters, at most 200 characters.

    Bidirectional marks could make "fdp.exe" read as "exe.pdf"; slashes could leave a folder.
    Raises Refused(REQUEST_INVALID) when nothing is left and there is no `fallback`.
    """
    kept = "".join(" " if character in "/\\" else character for character in text if _is_harmless(character))
    name = " ".join(unicodedata.normalize("NFC", kept).split())[:LONGEST_NAME].strip(" .")
    if name:
        return name
    if fallback is None:
        raise Refused(Problem.REQUEST_INVALID, detail="title")
    return fallback


def _is_harmless(character: str) -> bool:
    if character in _BIDI:
        return False
    # Cc control, Cf format (zero-width and the like), Cs lone surrogates, Co private use, Cn unassigned
    return not unicodedata.category(character).startswith("C") or character in "\t\n\r"
