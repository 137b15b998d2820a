"""The open requests: few, young, readable by nobody else, and gone once used."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.agent.world import NOW, ORIGIN, Clock
from yunqian.agent.acts import unlocks
from yunqian.agent.acts.unlocks import Unlocks
from yunqian.problems import Problem, Refused
from yunqian.wire.key_orders import NamedKey


def key(number: int) -> NamedKey:
    return NamedKey(driver="soft", serial=f"S-{number}", label="L")


def test_what_cannot_be_read_or_is_of_another_time_is_deleted_at_the_start(tmp_path: Path) -> None:
    clock = Clock()
    kept = Unlocks(tmp_path, clock=clock)
    for number in range(2):
        kept.ask(key(number), origin=ORIGIN)
    (tmp_path / "x.json").write_text("{")
    clock.advance(days=2)
    kept.ask(key(2), origin=ORIGIN)
    clock.advance(days=1)
    kept.forget_old()
    assert len([*tmp_path.iterdir()]) == 1
    clock.at = NOW - timedelta(days=30)  # a clock set back far: then nothing is young
    kept.forget_old()
    assert [*tmp_path.iterdir()] == []


def test_too_many_push_the_oldest_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlocks, "_MOST", 3)
    clock = Clock()
    kept = Unlocks(tmp_path, clock=clock)
    asked = []
    for number in range(5):
        asked.append(kept.ask(key(number), origin=ORIGIN))
        clock.advance(minutes=1)
    kept.forget_old()
    assert len([*tmp_path.iterdir()]) == 3
    with pytest.raises(Refused) as caught:
        kept.private_key(asked[0].public_key, key=key(0), origin=ORIGIN)
    assert caught.value.problem is Problem.UNLOCK_NOT_ASKED
    assert len(kept.private_key(asked[4].public_key, key=key(4), origin=ORIGIN)) == 32


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "unlocks"
    Unlocks(folder, clock=Clock()).ask(key(1), origin=ORIGIN)
    (document,) = folder.iterdir()
    assert (folder.stat().st_mode & 0o077, document.stat().st_mode & 0o077) == (0, 0)
