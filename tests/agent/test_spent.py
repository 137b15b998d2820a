"""The ledger of spent orders: on disk before the answer, torn lines, forgetting."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.agent.world import NOW, ORIGIN
from yunqian.agent.spent import KeyName, Ledger, Spent
from yunqian.problems import Problem, Refused
from yunqian.wire.orders import SignResult


def entry(nonce: str = "n" * 32, order_id: str = "order-1") -> Spent:
    return Spent(
        nonce=nonce,
        origin=ORIGIN,
        fingerprint="ab" * 32,
        expires_at=NOW + timedelta(minutes=5),
        certificate="AAAA",
        key=KeyName(serial="S", label="L", is_demo=True),
        result=SignResult(order_id=order_id, certificate_sha256="cd" * 32, signature="AAAA"),
    )


def find(ledger: Ledger, one: Spent) -> Spent | None:
    return ledger.find(
        nonce=one.nonce, order_id=one.result.order_id, fingerprint=one.fingerprint, origin=one.origin
    )


def test_a_recorded_order_is_found_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "spent.jsonl"
    Ledger(path, now=NOW).record(entry())
    assert find(Ledger(path, now=NOW), entry()) == entry()


def test_a_torn_line_is_dropped_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "spent.jsonl"
    Ledger(path, now=NOW).record(entry())
    with path.open("a") as out:
        out.write(entry("m" * 32, "order-2").model_dump_json()[:50])
    Ledger(path, now=NOW).record(entry("o" * 32, "order-3"))
    ledger = Ledger(path, now=NOW)
    assert find(ledger, entry()) == entry()
    assert find(ledger, entry("m" * 32, "order-2")) is None
    assert find(ledger, entry("o" * 32, "order-3")) is not None


def test_an_order_is_forgotten_a_day_after_it_was_over(tmp_path: Path) -> None:
    path = tmp_path / "spent.jsonl"
    Ledger(path, now=NOW).record(entry())
    assert find(Ledger(path, now=NOW + timedelta(hours=23)), entry()) == entry()
    assert find(Ledger(path, now=NOW + timedelta(hours=25)), entry()) is None
    assert path.read_text() == ""


def test_no_signature_is_given_that_cannot_be_recorded(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "missing" / "spent.jsonl", now=NOW)
    with pytest.raises(Refused) as caught:
        ledger.record(entry())
    assert caught.value.problem is Problem.KEY_FAILED
    assert find(ledger, entry()) is None


def test_an_order_number_of_another_platform_is_another_order(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "spent.jsonl", now=NOW)
    ledger.record(entry())
    found = ledger.find(
        nonce="x" * 32, order_id="order-1", fingerprint="ef" * 32, origin="https://other.example"
    )
    assert found is None
