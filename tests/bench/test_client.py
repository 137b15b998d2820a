"""The client's benchmark measures what it says: real signatures that verify, every step told, nothing left behind."""

from pathlib import Path

import pytest

from bench import client, client_table, drivers, looks
from tests import needs
from tests.agent import world
from yunqian.crypto.suites import Suite


@pytest.mark.timeout(120)
@needs.program("softhsm2-util")
def test_a_round_of_everything_fills_every_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOFTHSM2_CONF", "set anew by the measurements, and back at the end")
    found = client.measure(tmp_path, rounds=2, listings=2)
    rates = drivers.measure(tmp_path / "drivers", rounds=2)
    looked = looks.measure(world.soft_key(tmp_path / "looking"), rounds=2, names=("p1",))

    assert [one.suite for one in found.clicks] == [*client.SIGNING]
    for click in found.clicks:
        parts = click.order.median + click.sheet.median + click.key.median
        assert click.whole.median >= parts * 0.9
        assert click.floor.median > 1
    assert [name for name, *_ in found.listings][:2] == ["soft, GET /keys", "floor: GET /hello"]
    assert all(one.own_mb > 10 for one in found.memory)
    assert {(one.driver.split(" ")[0], one.suite) for one in rates} >= {
        ("soft", Suite.SM2_SM3),
        ("PKCS#11", Suite.RSA_SHA256),
        ("SKF", Suite.SM2_SM3),
    }
    page = client_table.rendered({"When": "now"}, found, rates, looked)
    assert page.count("\n|---|") == 5
    assert "| p1 |" in page


def test_the_bare_signatures_are_signatures() -> None:
    assert len(drivers.bare(Suite.RSA_SHA256)()) == 256
    assert drivers.bare(Suite.SM2_SM3)() != drivers.bare(Suite.SM2_SM3)()
