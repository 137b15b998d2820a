"""The demonstration's stand-in for the authority's own system: what it gives, and how it fails and lies on demand."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from yunqian.crypto import sealed_box
from yunqian.problems import Problem, Refused
from yunqian.server import scope, settings
from yunqian.server.adapters import ca, desk
from yunqian.server.adapters.desk.fake import FakeDesk
from yunqian.server.settings import Mode
from yunqian.wire.key_orders import NamedKey

PIN = "admin-975310864"
KEY = NamedKey(driver="soft", serial="DEMO-1", label="Key")
CODE = "AAAA-BBBB-CCCC"
CLIENT = X25519PrivateKey.generate()
PUBLIC = CLIENT.public_key().public_bytes_raw()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "admin-pins.json").write_text(json.dumps({"DEMO-1": PIN}), encoding="utf-8")
    return tmp_path


def opened(sealed: bytes, code: str = CODE) -> bytes:
    return bytes(sealed_box.open_(CLIENT.private_bytes_raw(), sealed, bound_to=code.encode()))


def refused(problem: Problem, act) -> None:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.problem is problem
    assert PIN not in str(caught.value)


@pytest.mark.usefixtures("no_database")
class TestWithoutADatabase:
    def test_what_it_gives_opens_for_that_client_and_that_request_only(self, folder):
        sealed = FakeDesk(folder).release(KEY, PUBLIC, code=CODE)
        assert opened(sealed) == PIN.encode()
        assert PIN.encode() not in sealed
        refused(Problem.SEALED_BOX_BROKEN, lambda: opened(sealed, "AAAA-BBBB-CCCD"))

    def test_no_two_boxes_are_alike(self, folder):
        first, second = (FakeDesk(folder).release(KEY, PUBLIC, code=CODE) for _ in range(2))
        assert first != second

    def test_it_fails_and_lies_when_it_is_told_to(self, folder):
        def ask() -> bytes:
            return FakeDesk(folder).release(KEY, PUBLIC, code=CODE)

        (folder / "behave").write_text("unavailable\n", encoding="utf-8")
        refused(Problem.DESK_UNAVAILABLE, ask)
        (folder / "behave").write_text("wrong-pin", encoding="utf-8")
        assert opened(ask()) not in (b"", PIN.encode())
        (folder / "behave").write_text("other-binding", encoding="utf-8")
        refused(Problem.SEALED_BOX_BROKEN, lambda: opened(ask()))

    @pytest.mark.parametrize(
        "content", [None, b"", b"[]", b"{", b'{"DEMO-1": 5}', b'{"DEMO-2": "x"}', b"\xff"]
    )
    def test_a_key_that_is_not_in_a_readable_list_is_unknown(self, folder, content):
        pins = folder / "admin-pins.json"
        pins.unlink()
        if content is not None:
            pins.write_bytes(content)
        refused(Problem.DESK_KEY_UNKNOWN, lambda: FakeDesk(folder).release(KEY, PUBLIC, code=CODE))

    @pytest.mark.parametrize("public", [b"", bytes(32), PUBLIC[:31], PUBLIC + b"x"])
    def test_a_public_key_that_is_none_gets_nothing(self, folder, public):
        refused(Problem.SEALED_BOX_BROKEN, lambda: FakeDesk(folder).release(KEY, public, code=CODE))

    def test_in_production_nothing_is_issued_and_nothing_is_released(self, monkeypatch):
        production = replace(settings.current(), mode=Mode.PRODUCTION)
        for room in (desk, ca):
            monkeypatch.setattr(room.settings, "current", lambda: production)
            room.current.cache_clear()
            refused(Problem.CONFIG_INSECURE, room.current)
        assert not desk.is_demo()


def test_it_is_never_asked_inside_a_transaction(folder):
    with scope.platform(), pytest.raises(RuntimeError, match="transaction"):
        FakeDesk(folder).release(KEY, PUBLIC, code=CODE)
