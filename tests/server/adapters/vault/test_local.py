"""The local vault: what was put comes back, or a refusal says that it does not."""

import errno
import hashlib
import os
import threading
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from yunqian.problems import Problem, Refused
from yunqian.server.adapters.vault import LocalVault

pytestmark = pytest.mark.usefixtures("no_database")
CONTENT = "%PDF-1.7 采购合同".encode()


@pytest.fixture
def vault(tmp_path: Path) -> LocalVault:
    return LocalVault(tmp_path / "vault", bytes(range(32)))


@pytest.fixture
def tenant() -> UUID:
    return uuid4()


def blob(tmp_path: Path, sha256: str) -> Path:
    (found,) = (tmp_path / "vault").rglob(sha256)
    return found


def everything(tmp_path: Path) -> list[Path]:
    return sorted(path for path in tmp_path.rglob("*") if path.is_file())


def test_what_was_removed_is_missing_and_can_be_put_again(vault: LocalVault, tenant: UUID, tmp_path: Path):
    sha256 = vault.put(tenant, CONTENT)
    vault.remove(tenant, sha256)
    refused_with(Problem.VAULT_DAMAGED, lambda: vault.get(tenant, sha256))
    vault.remove(tenant, sha256)
    assert vault.put(tenant, CONTENT) == sha256
    assert vault.get(tenant, sha256) == CONTENT


def test_removing_reaches_no_other_organization_and_no_key(vault: LocalVault, tenant: UUID, tmp_path: Path):
    kept = vault.put(tenant, CONTENT)
    vault.remove(uuid4(), kept)
    refused_with(Problem.VAULT_DAMAGED, lambda: vault.remove(tenant, "../key"))
    assert vault.get(tenant, kept) == CONTENT


def refused_with(problem: Problem, act) -> None:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.problem is problem


def test_gives_back_what_was_put_under_its_digest(vault, tenant):
    sha256 = vault.put(tenant, CONTENT)
    assert sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert vault.get(tenant, sha256) == CONTENT
    empty = vault.put(tenant, b"")
    assert vault.get(tenant, empty) == b""


def test_no_byte_of_the_document_is_readable_on_the_disk(vault, tenant, tmp_path):
    vault.put(tenant, CONTENT)
    assert all(b"PDF" not in path.read_bytes() for path in everything(tmp_path))
    assert all(path.stat().st_mode & 0o077 == 0 for path in everything(tmp_path))


def test_putting_the_same_again_changes_nothing(vault, tenant, tmp_path):
    sha256 = vault.put(tenant, CONTENT)
    before = blob(tmp_path, sha256).read_bytes()
    assert vault.put(tenant, CONTENT) == sha256
    assert blob(tmp_path, sha256).read_bytes() == before


def test_another_process_with_the_same_master_key_reads_it(vault, tenant, tmp_path):
    sha256 = vault.put(tenant, CONTENT)
    assert LocalVault(tmp_path / "vault", bytes(range(32))).get(tenant, sha256) == CONTENT
    stranger = LocalVault(tmp_path / "vault", bytes(range(1, 33)))
    refused_with(Problem.VAULT_DAMAGED, lambda: stranger.get(tenant, sha256))


def test_two_writers_at_once_agree_on_one_key(tmp_path, tenant):
    vaults = [LocalVault(tmp_path / "vault", bytes(range(32))) for _ in range(8)]
    threads = [
        threading.Thread(target=vault.put, args=(tenant, bytes([n]))) for n, vault in enumerate(vaults)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(8):
        assert vaults[0].get(tenant, hashlib.sha256(bytes([number])).hexdigest()) == bytes([number])


@pytest.mark.parametrize("place", [0, 5, 20, -1])
def test_one_changed_byte_is_told_as_damage(vault, tenant, tmp_path, place):
    path = blob(tmp_path, vault.put(tenant, CONTENT))
    stored = bytearray(path.read_bytes())
    stored[place] ^= 1
    path.write_bytes(stored)
    refused_with(Problem.VAULT_DAMAGED, lambda: vault.get(tenant, path.name))
    refused_with(Problem.VAULT_DAMAGED, lambda: vault.put(tenant, CONTENT))


@pytest.mark.parametrize("length", [0, 1, 12, 20])
def test_a_cut_blob_is_told_as_damage(vault, tenant, tmp_path, length):
    path = blob(tmp_path, vault.put(tenant, CONTENT))
    path.write_bytes(path.read_bytes()[:length])
    refused_with(Problem.VAULT_DAMAGED, lambda: vault.get(tenant, path.name))


def test_a_missing_blob_is_told_as_damage(vault, tenant):
    vault.put(tenant, CONTENT)
    refused_with(Problem.VAULT_DAMAGED, lambda: vault.get(tenant, "0" * 64))


@pytest.mark.parametrize("name", ["", "../../secrets.json", "key", "Z" * 64, "a" * 63 + "/"])
def test_a_name_that_is_no_digest_reaches_nothing(vault, tenant, name):
    refused_with(Problem.VAULT_DAMAGED, lambda: vault.get(tenant, name))


def test_a_blob_moved_to_another_name_or_organization_does_not_open(vault, tenant, tmp_path):
    other = uuid4()
    mine, theirs = vault.put(tenant, CONTENT), vault.put(other, b"theirs")
    swapped = blob(tmp_path, theirs)
    swapped.write_bytes(blob(tmp_path, mine).read_bytes())
    refused_with(Problem.VAULT_DAMAGED, lambda: vault.get(other, theirs))


def test_forgetting_an_organization_makes_its_blobs_unreadable_and_no_others(vault, tenant):
    other = uuid4()
    mine, theirs = vault.put(tenant, CONTENT), vault.put(other, CONTENT)
    vault.forget(tenant)
    refused_with(Problem.VAULT_DAMAGED, lambda: vault.get(tenant, mine))
    assert vault.get(other, theirs) == CONTENT


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (errno.ENOSPC, Problem.VAULT_FULL),
        (errno.EDQUOT, Problem.VAULT_FULL),
        (errno.EIO, Problem.VAULT_UNAVAILABLE),
    ],
)
@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_failing_disk_leaves_nothing_half_stored(
    vault, tenant, tmp_path, monkeypatch, number, problem, call
):
    vault.put(tenant, b"first, so that the key is there")
    before = everything(tmp_path)

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        refused_with(problem, lambda: vault.put(tenant, CONTENT))
    assert everything(tmp_path) == before
    assert vault.get(tenant, vault.put(tenant, CONTENT)) == CONTENT


def test_a_really_full_disk_is_refused_with_nothing_half_stored(tenant, tmp_path):
    """The limit on a file's size is the full disk that a test can have without being root."""
    import resource
    import signal

    vault = LocalVault(tmp_path / "vault", bytes(range(32)))
    vault.put(tenant, CONTENT)
    before = everything(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        refused_with(Problem.VAULT_FULL, lambda: vault.put(tenant, bytes(1_000_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert everything(tmp_path) == before
