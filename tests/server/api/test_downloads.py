"""The security client for download: what was signed is handed on, and nothing else of the machine."""

import base64
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.server.browsing import Browser, code
from tools import client_release
from yunqian.agent import releases
from yunqian.server.adapters.client_releases import ClientReleases
from yunqian.server.api import downloads
from yunqian.wire.platforms import SignedRelease

NAME = "yunqian-agent-9.0.0-linux-x86_64.tar.gz"
CONTENT = b"a client, packed" * 1000
MANIFEST = "/.well-known/yunqian-client"
ARCHIVE = f"/downloads/client/{NAME}"
KEY = Ed25519PrivateKey.generate()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of releases, of which the platform hands on."""
    (tmp_path / NAME).write_bytes(CONTENT)
    client_release.sign(tmp_path, KEY, now=datetime.now(UTC), version="9.0.0")
    offered = ClientReleases(tmp_path)
    monkeypatch.setattr(downloads, "_releases", lambda: offered)
    return tmp_path


def got(path: str = ARCHIVE) -> bytes:
    return b"".join(Browser().get(path).streaming_content)


def test_the_manifest_is_handed_on_as_it_was_signed_and_a_client_believes_it(folder: Path) -> None:
    answer = Browser().get(MANIFEST)
    assert answer.headers["Content-Type"] == "application/json"
    signed = SignedRelease.model_validate_json(answer.content)
    release = releases.read(signed, key=KEY.public_key(), origin="x", now=datetime.now(UTC))
    (archive,) = release.archives
    assert (archive.name, archive.size, archive.sha256) == (
        NAME,
        len(CONTENT),
        hashlib.sha256(CONTENT).hexdigest(),
    )


def test_an_archive_is_given_to_everybody_to_be_saved(folder: Path) -> None:
    answer = Browser().get(ARCHIVE)
    assert b"".join(answer.streaming_content) == CONTENT
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{NAME}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_where_nothing_was_put_nothing_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "_releases", lambda: ClientReleases(tmp_path / "none"))
    assert [code(Browser().get(path)) for path in (MANIFEST, ARCHIVE)] == ["NOT_FOUND", "NOT_FOUND"]


@pytest.mark.parametrize(
    "name", ["release.json", "other.tar.gz", "..%2F..%2Fetc%2Fpasswd", ".", "%00", NAME + "%0a", "a/b", ""]
)
def test_only_names_of_the_manifest_are_given(folder: Path, name: str) -> None:
    (folder / "other.tar.gz").write_bytes(b"not signed")
    assert code(Browser().get(f"/downloads/client/{name}")) == "NOT_FOUND"


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"!", CONTENT[:-1], CONTENT + b"!", b""])
def test_an_archive_that_is_not_what_was_signed_is_not_given(folder: Path, content: bytes) -> None:
    assert got() == CONTENT
    (folder / NAME).write_bytes(content)
    os.utime(folder / NAME, ns=(0, 1))
    assert code(Browser().get(ARCHIVE)) == "NOT_FOUND"


def test_a_link_that_leads_elsewhere_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / NAME).rename(folder / "elsewhere")
    (folder / NAME).symlink_to(folder / "elsewhere")
    assert code(Browser().get(ARCHIVE)) == "NOT_FOUND"


def test_a_pipe_instead_of_a_file_holds_nobody_up(folder: Path) -> None:
    (folder / NAME).unlink()
    os.mkfifo(folder / NAME)
    assert code(Browser().get(ARCHIVE)) == "NOT_FOUND"


def test_an_unchanged_archive_is_looked_through_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert got() == CONTENT
    monkeypatch.setattr("yunqian.server.adapters.client_releases._sha256", lambda _file: "never")
    assert got() == CONTENT


@pytest.mark.parametrize("content", ["", "{}", '{"payload": "{}", "signature": ""}', "[" * 400_000])
def test_a_manifest_that_is_none_is_as_if_there_were_none(folder: Path, content: str) -> None:
    (folder / "release.json").write_text(content)
    assert code(Browser().get(MANIFEST)) == "NOT_FOUND"
    assert code(Browser().get(ARCHIVE)) == "NOT_FOUND"


def test_nothing_can_be_sent_there(folder: Path) -> None:
    assert Browser().client.post(ARCHIVE, b"x", content_type="text/plain").status_code in (403, 405)


def test_the_key_of_the_platform_is_not_asked_for(folder: Path) -> None:
    signed = ClientReleases(folder).manifest()
    assert base64.b64decode(signed.signature)
    assert not list(folder.glob("*key*"))
