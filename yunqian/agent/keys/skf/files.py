"""Seal objects as files of an application: found by what they contain, whatever their names; written under our own.

GM/T 0016 has files and says nothing of seals in them, and no two vendors name them alike. Ours are called after
their content (`YQS-` and 24 hexadecimal digits of its SHA-256, 28 of the 32 letters that a name may have): a file
that was cut off by pulling the key is told from a whole one, and the same seal written twice is written once.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from yunqian.agent.keys.skf import structures
from yunqian.agent.keys.skf.application import NAMES_ROOM, Application
from yunqian.agent.keys.skf.errors import CODES, Failure
from yunqian.crypto import ber
from yunqian.eseal import seal
from yunqian.problems import Problem, Refused

MAX_SEALS = 20
MAX_SEAL_BYTES = 256 * 1024
MAX_ALL_BYTES = 1024 * 1024
PREFIX = b"YQS-"
_NAME_DIGITS = 24
_EVERYONE, _PERSON = 0xFF, 0x10  # SECURE_EVERYONE_ACCOUNT, SECURE_USER_ACCOUNT
# Small enough for every library; a short answer is taken as one, but not endlessly many tiny ones.
_PIECE_BYTES, _LEAST_PIECE_BYTES = 1024, 64
_TAIL_BYTES = 128
_HEAD_BYTES = 16


@dataclass(frozen=True, slots=True)
class StoredSeal:
    """A seal object in a file, `whole` without what stands behind it: files are often larger than what is in them."""

    name: bytes
    code: str
    whole: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A file as read once: `tail` is its last part, in which the maker's signature stands."""

    size: int
    tail_at: int
    tail: bytes
    found: StoredSeal | None


class Shelf:
    """What was read before, so that a listing every two seconds asks a slow key for the tails of files only.

    Another seal under an old name has another signature of its maker, so another tail.
    """

    def __init__(self) -> None:
        self._of: dict[tuple[str, bytes], dict[bytes, _Remembered]] = {}

    def seals(self, application: Application, *, of: tuple[str, bytes]) -> tuple[StoredSeal, ...]:
        """The seals of an application, `of` being its device's serial number and its name."""
        known = self._of.get(of, {})
        read = _read_all(application, _readable_names(application), known)
        self._of[of] = read
        by_content = {one.found.whole: one.found for one in read.values() if one.found is not None}
        return tuple(by_content.values())[:MAX_SEALS]

    def keep(self, listed: Iterable[tuple[str, bytes]]) -> None:
        """Forget the keys that are not plugged in any more."""
        still = set(listed)
        for gone in self._of.keys() - still:
            del self._of[gone]


def by_code(seals: Sequence[bytes]) -> dict[str, bytes]:
    """The seals to be written by their codes.

    Raises Refused(SEAL_UNREADABLE) for what is no seal object, Refused(REQUEST_INVALID) for one code twice, and
    Refused(KEY_FULL) for more than we would read back.
    """
    read = [(seal.read(one).es_id, bytes(one)) for one in seals]
    if len(dict(read)) != len(read):
        raise Refused(Problem.REQUEST_INVALID, detail="seals: one code twice")
    is_bounded = len(read) <= MAX_SEALS and sum(len(one) for _, one in read) <= MAX_ALL_BYTES
    if not is_bounded or any(len(one) > MAX_SEAL_BYTES for _, one in read):
        raise Refused(Problem.KEY_FULL)
    return dict(read)


@contextmanager
def written(application: Application, wanted: Mapping[str, bytes]) -> Iterator[None]:
    """Write seals, let the rest of the act happen, and only then delete those of the same codes that stood there.

    Within a login. Whatever fails takes the new files away again, so that a refusal changes nothing. An old file
    that cannot be deleted at the end is left: the new one stands, and the next writing tries again.
    """
    standing = _standing(application) if wanted else ()
    made: list[bytes] = []
    try:
        for whole in wanted.values():
            if not any(one.whole == whole for one in standing):
                _create(application, whole)
                made.append(name_of(whole))
                _fill(application, whole)
        yield
    except BaseException:
        for name in made:
            _delete(application, name)
        raise
    for one in standing:
        if wanted.get(one.code, one.whole) != one.whole:
            _delete(application, one.name)


def name_of(whole: bytes) -> bytes:
    """The name of the file that holds exactly these bytes."""
    return PREFIX + hashlib.sha256(whole).hexdigest()[:_NAME_DIGITS].encode()


def _standing(application: Application) -> tuple[StoredSeal, ...]:
    """Every seal, read anew. Files of ours that were cut off are deleted: they hold nothing, and take up room."""
    names = _names(application)
    for name in names:
        if name.startswith(PREFIX) and _is_cut_off(application, name):
            _delete(application, name)
    read = _read_all(application, names, {})
    return tuple(one.found for one in read.values() if one.found is not None)


def _is_cut_off(application: Application, name: bytes) -> bool:
    """Whether a file of ours is surely not what its name says; one that cannot be read is left alone.

    What it holds is asked, not its size alone: a library may round that up, or tell it wrongly.
    """
    with suppress(Failure):
        head, content = _head_and_content(application, name, MAX_SEAL_BYTES)
        if not content:
            return len(head) == _HEAD_BYTES or (not head and _size(application, name) == 0)
        return len(content) == _sequence_size(head) and name != name_of(content)
    return False


def _names(application: Application) -> tuple[bytes, ...]:
    listed = application.library.filled("SKF_EnumFiles", application.reference, room=NAMES_ROOM)
    return structures.names(listed)


def _readable_names(application: Application) -> tuple[bytes, ...]:
    """The names of the files; none where the library has no files or does not tell them."""
    try:
        return _names(application)
    except Failure as failure:
        if failure.name == "DEVICE_REMOVED":
            raise
        return ()


def _read_all(
    application: Application, names: Iterable[bytes], known: Mapping[bytes, _Remembered]
) -> dict[bytes, _Remembered]:
    """Every file that can be read, as far as the sum of what is read stays bounded."""
    read: dict[bytes, _Remembered] = {}
    left = MAX_ALL_BYTES
    for name in names:
        try:
            remembered = _read(application, name, known.get(name), left)
        except Failure as failure:
            if failure.name == "DEVICE_REMOVED":
                raise
            continue
        if remembered is not None:
            read[name] = remembered
            left -= remembered.tail_at + len(remembered.tail)
    return read


def _read(application: Application, name: bytes, known: _Remembered | None, most: int) -> _Remembered | None:
    """One file, from memory if its tail is still the same; None where it is empty or too large."""
    size = _size(application, name)
    if not 0 < size <= min(MAX_SEAL_BYTES, most):
        return None
    if known is not None and known.size == size:
        tail = _piecewise(application, name, known.tail_at, len(known.tail))
        if tail == known.tail:
            return known
    head, content = _head_and_content(application, name, size)
    if not content:
        return _Remembered(size, 0, head, None)
    found = _seal(name, content) if len(content) == _sequence_size(head) else None
    tail_at = max(0, len(content) - _TAIL_BYTES)
    return _Remembered(size, tail_at, content[tail_at:], found)


def _head_and_content(application: Application, name: bytes, size: int) -> tuple[bytes, bytes]:
    """The first bytes, and the SEQUENCE that they begin, as far as it can be read; empty where they begin none."""
    head = _piecewise(application, name, 0, min(size, _HEAD_BYTES))
    whole_size = _sequence_size(head)
    if not 0 < whole_size <= min(size, MAX_SEAL_BYTES):
        return head, b""
    rest = _piecewise(application, name, len(head), whole_size - len(head))
    return head, (head + rest)[:whole_size]


def _seal(name: bytes, content: bytes) -> StoredSeal | None:
    if name.startswith(PREFIX) and name != name_of(content):
        return None
    with suppress(Refused):
        return StoredSeal(name, seal.read(content).es_id, content)
    return None


def _sequence_size(head: bytes) -> int:
    """How many bytes a definite SEQUENCE that begins so has; 0 for anything else."""
    if len(head) < 2 or head[0] != ber.SEQUENCE:
        return 0
    count = head[1] & 0x7F
    if head[1] < 0x80:
        return 2 + head[1]
    if not 0 < count <= len(head) - 2:
        return 0
    return 2 + count + int.from_bytes(head[2 : 2 + count], "big")


def _size(application: Application, name: bytes) -> int:
    raw = application.library.block(
        "SKF_GetFileInfo", application.reference, name, size=structures.FILE_ATTRIBUTE_ROOM
    )
    return structures.file_size(raw)


def _piecewise(application: Application, name: bytes, at: int, size: int) -> bytes:
    """Read `size` bytes from `at`; fewer where the library gives no more, or only crumbs."""
    content = b""
    while len(content) < size:
        asked = min(_PIECE_BYTES, size - len(content))
        piece = application.library.filled(
            "SKF_ReadFile", application.reference, name, at + len(content), asked, room=asked
        )
        content += piece
        if len(piece) < min(asked, _LEAST_PIECE_BYTES):
            break
    return content


def _create(application: Application, whole: bytes) -> None:
    application.library.call(
        "SKF_CreateFile", application.reference, name_of(whole), len(whole), _EVERYONE, _PERSON
    )


def _fill(application: Application, whole: bytes) -> None:
    """Write the content and read it back."""
    name = name_of(whole)
    for at in range(0, len(whole), _PIECE_BYTES):
        piece = whole[at : at + _PIECE_BYTES]
        application.library.call("SKF_WriteFile", application.reference, name, at, piece, len(piece))
    if _piecewise(application, name, 0, len(whole)) != whole:
        raise Failure(CODES["WRITEFILE"])


def _delete(application: Application, name: bytes) -> None:
    with suppress(Failure):
        application.library.call("SKF_DeleteFile", application.reference, name)
