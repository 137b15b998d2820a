"""The security clients that this platform hands on: a folder with a signed manifest and the archives it names.

The platform signs nothing here and holds no release key. It refuses to hand on what does not fit the manifest: an
archive is looked through once, and again whenever the file is another one.
"""

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import IO

from pydantic import ValidationError

from yunqian.problems import Problem, Refused
from yunqian.wire.platforms import Archive, Release, SignedRelease

MANIFEST = "release.json"
MAX_MANIFEST_BYTES = 256 * 1024
Mark = tuple[int, int, int, int]


@dataclass(slots=True)
class ClientReleases:
    """The releases in `folder`; what was checked is remembered by device, inode, size and time of the file."""

    folder: Path
    _checked: dict[str, tuple[Mark, str]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def manifest(self) -> SignedRelease:
        """The signed manifest. Raises Refused(NOT_FOUND) where there is none that could be one."""
        return self._read()[0]

    def open(self, name: str) -> tuple[Archive, IO[bytes]]:
        """An archive that the manifest names, checked to be that one; the caller closes it.

        Raises Refused(NOT_FOUND), also for a file that is not the one that was signed.
        """
        _, release = self._read()
        archive = next((one for one in release.archives if one.name == name), None)
        if archive is None:
            raise Refused(Problem.NOT_FOUND)
        file = self._opened(archive.name)
        try:
            mark = _mark(file)
            is_right = mark[2] == archive.size and self._digest(archive.name, mark, file) == archive.sha256
            if not is_right:
                raise Refused(Problem.NOT_FOUND)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return archive, file

    def _read(self) -> tuple[SignedRelease, Release]:
        try:
            with (self.folder / MANIFEST).open("rb") as file:
                content = file.read(MAX_MANIFEST_BYTES + 1)
            signed = SignedRelease.model_validate_json(content[:MAX_MANIFEST_BYTES])
            return signed, Release.model_validate_json(signed.payload)
        except (OSError, ValidationError):
            raise Refused(Problem.NOT_FOUND) from None

    def _opened(self, name: str) -> IO[bytes]:
        """A plain file of the folder itself: a link could lead anywhere."""
        try:
            descriptor = os.open(self.folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            raise Refused(Problem.NOT_FOUND) from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Refused(Problem.NOT_FOUND)
        return os.fdopen(descriptor, "rb")

    def _digest(self, name: str, mark: Mark, file: IO[bytes]) -> str:
        with self._lock:
            known = self._checked.get(name)
            if known is None or known[0] != mark:
                known = (mark, _sha256(file))
                self._checked[name] = known
            return known[1]


def _mark(file: IO[bytes]) -> Mark:
    told = os.fstat(file.fileno())
    return told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()
