"""The folder in which a reader keeps whom to trust: roots by purpose, and what is known of revocations.

Certificates at the top level count for every purpose; those in `documents`, `timestamps` and `seals` for that one
alone; those in `intermediates` are trusted for nothing and only help to build chains. Lists (*.crl) and OCSP
responses (*.ocsp) may lie in any of these. docs/trust.md describes it for those who run it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from yunqian.crypto import certificates, ocsp, revocation
from yunqian.crypto.certificates import Certificate
from yunqian.engine.report import Purpose, Trust
from yunqian.problems import Refused

SUFFIXES = frozenset({".pem", ".cer", ".crt", ".der", ".crl", ".ocsp"})
_INTERMEDIATES = "intermediates"
_MAX_BYTES = 64 * 1024 * 1024
_BLOCK = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----.*?-----END[^\n]*", re.DOTALL)


def load(folder: Path) -> Trust:
    """Read a trust folder. What in it cannot be used is left out and told in `remarks`, never a failure.

    Raises OSError where there is no such folder.
    """
    found = _Found()
    for path in sorted(_files(folder)):
        place = path.parent.name if path.parent != folder else ""
        try:
            content = path.read_bytes() if path.stat().st_size <= _MAX_BYTES else b""
            found.take(path.suffix.lower(), place, content)
        except (OSError, ValueError):
            found.unused(path.relative_to(folder).as_posix())
    return found.trust()


def _files(folder: Path) -> Iterator[Path]:
    """What may belong to it: of the top level, and one level below that in the folders with a meaning."""
    known = {*Purpose, _INTERMEDIATES}
    for path in folder.iterdir():
        if path.is_dir() and path.name in known:
            yield from (inner for inner in path.iterdir() if inner.suffix.lower() in SUFFIXES)
        elif path.suffix.lower() in SUFFIXES:
            yield path


@dataclass(slots=True)
class _Found:
    roots: list[Certificate] = field(default_factory=list)
    special: list[tuple[Purpose, Certificate]] = field(default_factory=list)
    intermediates: list[Certificate] = field(default_factory=list)
    crls: list[bytes] = field(default_factory=list)
    ocsps: list[bytes] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)

    def take(self, suffix: str, place: str, content: bytes) -> None:
        """One file. Raises ValueError for what it is not."""
        if suffix == ".crl":
            self._take_statement(self.crls, content, is_readable=revocation.read(content) is not None)
        elif suffix == ".ocsp":
            self._take_statement(self.ocsps, content, is_readable=ocsp.read(content) is not None)
        else:
            self._take_certificates(place, content)

    def _take_statement(self, listed: list[bytes], content: bytes, *, is_readable: bool) -> None:
        if not is_readable:
            raise ValueError("neither a list nor a response")
        listed.append(content)

    def _take_certificates(self, place: str, content: bytes) -> None:
        """Every certificate of a file; those that can be read count though others in it cannot."""
        blocks = _BLOCK.findall(content) or [content]
        is_whole = True
        for block in blocks:
            try:
                self._add(place, certificates.read(block))
            except Refused:
                is_whole = False
        if not is_whole:
            raise ValueError("not all of it certificates")

    def _add(self, place: str, certificate: Certificate) -> None:
        if not place:
            self.roots.append(certificate)
        elif place == _INTERMEDIATES:
            self.intermediates.append(certificate)
        else:
            self.special.append((Purpose(place), certificate))

    def unused(self, name: str) -> None:
        """Tell that a file could not be used, or not all of it."""
        zh = f"信任文件夹中的“{name}”无法读取或不完整，未采用其无法读取的部分。"
        en = f"“{name}” in the trust folder cannot be read, or not all of it; what cannot be read was left out."
        self.remarks.append((zh, en))

    def trust(self) -> Trust:
        return Trust(
            tuple(self.roots),
            tuple(self.crls),
            tuple(self.ocsps),
            tuple(self.intermediates),
            tuple(self.special),
            tuple(self.remarks),
        )
