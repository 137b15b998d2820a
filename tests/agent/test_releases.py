"""Newer clients: told only on the word of who builds them, never an older one, and nothing is run."""

import asyncio
import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.agent.listener import listening
from tests.agent.world import NOW, Clock
from yunqian.agent import releases
from yunqian.agent.config import Config
from yunqian.agent.journal import Journal
from yunqian.problems import Problem, Refused
from yunqian.wire.platforms import Archive, Release, SignedRelease

ORIGIN = "https://sign.example.gov"
BUILDER = Ed25519PrivateKey.generate()
KEY = BUILDER.public_key()
SETTINGS = Config(release_key=base64.b64encode(KEY.public_bytes_raw()).decode())
SYSTEM, MACHINE = releases._here()


def release(version: str = "9.0.0", **changes: Any) -> Release:
    archive = Archive(system=SYSTEM, machine=MACHINE, name="yunqian-agent.tar.gz", size=9, sha256="ab" * 32)
    facts = {"version": version, "released_at": NOW, "archives": (archive,)}
    return Release(**(facts | changes))


def signed(one: Release | str, by: Ed25519PrivateKey = BUILDER) -> SignedRelease:
    payload = one if isinstance(one, str) else one.model_dump_json()
    return SignedRelease(payload=payload, signature=base64.b64encode(by.sign(payload.encode())).decode())


def remember(folder: Path, one: SignedRelease, **changes: Any) -> bool:
    return releases.remember(folder, one, **({"key": KEY, "origin": ORIGIN, "now": NOW} | changes))


def refused(folder: Path, one: SignedRelease) -> str:
    with pytest.raises(Refused) as caught:
        remember(folder, one)
    assert caught.value.problem is Problem.RELEASE_NOT_GENUINE
    return str(caught.value.facts["detail"])


def told(folder: Path, settings: Config = SETTINGS, **changes: Any) -> releases.Notice | None:
    return releases.notice(folder, settings, **({"now": NOW} | changes))


def test_a_newer_client_is_told_with_where_it_is_and_its_digest(tmp_path: Path) -> None:
    assert remember(tmp_path, signed(release()))
    notice = told(tmp_path)
    assert notice is not None
    assert (notice.version, notice.address) == (
        "9.0.0",
        f"{ORIGIN}/downloads/client/yunqian-agent.tar.gz",
    )
    assert notice.archive is not None
    assert notice.archive.sha256 == "ab" * 32


def test_the_client_itself_or_an_equal_one_is_no_news(tmp_path: Path) -> None:
    assert remember(tmp_path, signed(release("9.0.0")))
    assert told(tmp_path, version="9.0.0") is None
    assert not remember(tmp_path, signed(release("9.0.0")))


def test_ten_is_newer_than_nine(tmp_path: Path) -> None:
    remember(tmp_path, signed(release("9.10.0")))
    assert told(tmp_path, version="9.9.0") is not None


def test_a_release_for_other_machines_is_told_without_an_address_of_its_own(tmp_path: Path) -> None:
    other = Archive(system="linux", machine="riscv64", name="x.tar.gz", size=1, sha256="00" * 32)
    remember(tmp_path, signed(release(archives=(other,))))
    notice = told(tmp_path)
    assert notice is not None
    assert (notice.archive, notice.address) == (None, ORIGIN)


def test_only_the_release_key_counts_and_not_the_platform_s(tmp_path: Path) -> None:
    assert refused(tmp_path, signed(release(), by=Ed25519PrivateKey.generate())) == "signature"
    changed = signed(release()).model_copy(update={"payload": release("9.9.9").model_dump_json()})
    assert refused(tmp_path, changed) == "signature"
    assert told(tmp_path) is None


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "{}",
        json.dumps({"purpose": "yunqian.sign-order.v1"}),
        release().model_dump_json().replace("9.0.0", "9.0"),
    ],
)
def test_another_shape_under_the_right_key_is_refused(tmp_path: Path, payload: str) -> None:
    assert refused(tmp_path, signed(payload)) == "shape"


@given(st.text(max_size=200), st.binary(max_size=80))
def test_whatever_a_platform_hands_on_is_a_refusal_in_words(payload: str, signature: bytes) -> None:
    one = SignedRelease(payload=payload, signature=base64.b64encode(signature).decode())
    with pytest.raises(Refused) as caught:
        releases.read(one, key=KEY, origin=ORIGIN, now=NOW)
    assert caught.value.problem is Problem.RELEASE_NOT_GENUINE


def test_a_release_from_the_future_is_refused(tmp_path: Path) -> None:
    assert "future" in refused(tmp_path, signed(release(released_at=NOW + timedelta(days=2))))


def test_nobody_can_lead_back_to_an_older_client(tmp_path: Path) -> None:
    remember(tmp_path, signed(release("9.2.0")))
    assert refused(tmp_path, signed(release("9.1.0"))) == "older: 9.1.0"
    assert refused(tmp_path, signed(release("0.0.1"))) == "older: 0.0.1"
    notice = told(tmp_path)
    assert notice is not None
    assert notice.version == "9.2.0"


def test_a_client_with_an_empty_memory_takes_none_older_than_itself(tmp_path: Path) -> None:
    assert refused(tmp_path, signed(release("0.0.1"))) == "older: 0.0.1"


def test_what_was_kept_is_checked_again_each_time(tmp_path: Path) -> None:
    remember(tmp_path, signed(release()))
    path = tmp_path / releases.SEEN_NAME
    path.write_text(path.read_text().replace("9.0.0", "9.5.0", 1))
    assert told(tmp_path) is None
    path.write_text("{")
    assert told(tmp_path) is None
    assert remember(tmp_path, signed(release()))


def test_without_a_pinned_key_nobody_is_asked_or_believed(tmp_path: Path) -> None:
    remember(tmp_path, signed(release()))

    async def never(origin: str) -> SignedRelease:
        raise AssertionError(origin)

    assert told(tmp_path, Config()) is None
    asyncio.run(asked(tmp_path, Config(), [ORIGIN], never))


async def asked(folder: Path, settings: Config, origins: list[str], by: Any = releases.ask) -> str:
    journal = Journal(folder / "journal.log", clock=Clock())
    await releases.ask_all(folder, settings, journal=journal, now=Clock(), origins=origins, asked=by)
    path = folder / "journal.log"
    return path.read_text() if path.exists() else ""


def test_a_platform_that_lies_or_is_silent_is_a_line_and_the_next_one_is_asked(tmp_path: Path) -> None:
    async def run() -> str:
        async with listening() as liar, listening() as honest, listening() as leader:
            liar.says(
                releases.RELEASE_PATH,
                signed(release("9.9.9"), by=Ed25519PrivateKey.generate()).model_dump_json(),
            )
            leader.leads(releases.RELEASE_PATH, f"{honest.origin}{releases.RELEASE_PATH}")
            honest.says(releases.RELEASE_PATH, signed(release("9.0.0")).model_dump_json())
            origins = ["http://127.0.0.1:9", leader.origin, liar.origin, honest.origin]
            return await asked(tmp_path, SETTINGS, origins)

    lines = [json.loads(line) for line in asyncio.run(run()).splitlines()]
    assert [(one["event"], one.get("problem")) for one in lines] == [
        ("release refused", "PLATFORM_UNREACHABLE"),
        ("release refused", "PLATFORM_UNREACHABLE"),
        ("release refused", "RELEASE_NOT_GENUINE"),
        ("newer client", None),
    ]


@pytest.mark.parametrize("content", ["", "[]", '{"payload": 1}', "{" * 1000])
def test_an_answer_that_is_no_manifest_is_refused(content: str) -> None:
    async def run() -> None:
        async with listening() as there:
            there.says(releases.RELEASE_PATH, content)
            await releases.ask(there.origin)

    with pytest.raises(Refused) as caught:
        asyncio.run(run())
    assert caught.value.problem is Problem.RELEASE_NOT_GENUINE


def test_it_asks_soon_and_then_daily_and_ends_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[float] = []

    async def no_wait(seconds: float) -> None:
        times.append(seconds)
        if len(times) > 2:
            raise asyncio.CancelledError

    async def nothing() -> None:
        return None

    monkeypatch.setattr(asyncio, "sleep", no_wait)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(releases.ask_daily(nothing))
    assert times == [20.0, 86400.0, 86400.0]
