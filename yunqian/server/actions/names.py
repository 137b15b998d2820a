"""Names that people give to documents and tasks, made harmless before they are stored or shown."""

import unicodedata
from pathlib import PurePosixPath

from yunqian.problems import Problem, Refused

LONGEST_NAME = 200
_LONGEST_ENDING = 10
_ENDINGS = frozenset({"pdf", "docx", "doc", "wps"})  # all that is left of "….pdf"
_BLANK = str.maketrans(dict.fromkeys("\u115f\u1160\u2800\u3164\uffa0", " "))  # letters that show nothing
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def cleaned(text: str, *, fallback: str | None = None) -> str:
    """The name in NFC, without control, format, bidirectional and path characters, at most 200 characters.

    What is too long keeps its ending. Bidirectional marks could make "fdp.exe" read as "exe.pdf"; slashes could leave
    a folder. Raises Refused(REQUEST_INVALID) when nothing is left and there is no `fallback`.
    """
    kept = "".join(" " if character in "/\\" else character for character in text if _is_harmless(character))
    name = _shortened(" ".join(unicodedata.normalize("NFC", kept).translate(_BLANK).split()).strip(" ."))
    is_ending = fallback is not None and name.lower() in _ENDINGS
    if name and not is_ending:
        return name
    if fallback is None:
        raise Refused(Problem.REQUEST_INVALID, detail="title")
    return fallback


def _shortened(name: str) -> str:
    if len(name) <= LONGEST_NAME:
        return name
    ending = PurePosixPath(name).suffix
    ending = ending if len(ending) <= _LONGEST_ENDING else ""
    return name[: LONGEST_NAME - len(ending)].rstrip(" .") + ending


def _is_harmless(character: str) -> bool:
    if character in _BIDI:
        return False
    # Cc control, Cf format (zero-width and the like), Cs lone surrogates, Co private use, Cn unassigned
    return not unicodedata.category(character).startswith("C") or character in "\t\n\r"
