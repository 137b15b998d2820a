"""The secrets: fresh, private, and refused when they could be guessed or read."""

import functools
import json
import threading
from pathlib import Path

import pytest

from yunqian.problems import Problem, Refused
from yunqian.server.settings import secrets

pytestmark = pytest.mark.usefixtures("no_database")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "home" / "secrets.json"
    secrets.make_if_absent(made, is_demo=False)
    return made


def refused(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        secrets.load(path)
    assert caught.value.problem is Problem.CONFIG_INSECURE
    return str(caught.value.facts["detail"])


def test_are_fresh_long_and_for_their_owner_only(path: Path, tmp_path: Path):
    loaded = secrets.load(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert len(loaded.vault_master_key) == len(loaded.order_signing_key) == secrets.SECRET_BYTES
    assert (
        len({loaded.vault_master_key, loaded.order_signing_key, loaded.django_key, loaded.blind_index_key})
        == 4
    )
    secrets.make_if_absent(tmp_path / "other.json", is_demo=False)
    assert secrets.load(tmp_path / "other.json") != loaded


def test_making_them_again_changes_nothing(path: Path):
    before = path.read_bytes()
    secrets.make_if_absent(path, is_demo=True)
    assert path.read_bytes() == before


def test_processes_that_start_together_agree(tmp_path: Path):
    path = tmp_path / "secrets.json"
    make = functools.partial(secrets.make_if_absent, path, is_demo=True)
    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert secrets.load(path).is_demo
    assert list(tmp_path.iterdir()) == [path]


def test_are_never_shown(path: Path):
    loaded = secrets.load(path)
    assert repr(loaded) == str(loaded) == "Secrets(…)"


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o777])
def test_are_refused_when_others_may_read_them(path: Path, mode: int):
    path.chmod(mode)
    assert "0600" in refused(path)


@pytest.mark.parametrize("value", ["", "c2VjcmV0", "YWFh" * 20, "Y2hhbmdlLW1lIQ==" * 1])
def test_are_refused_when_short_or_not_random(path: Path, value: str):
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"django_key": value}))
    assert "django_key is too short or not random" in refused(path)


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"django_key": 1}', "null"])
def test_are_refused_when_unreadable(path: Path, text: str):
    path.write_text(text)
    assert "cannot be read" in refused(path)
