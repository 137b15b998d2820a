"""Phones of people in tests: what the stand-in's outbox caught, and registering with it."""

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.browsing import Browser
from yunqian.server import settings
from yunqian.server.adapters import sms
from yunqian.server.api import people
from yunqian.server.api.pace import Pace

MOBILE = "13800131234"
ID_NUMBER = "11010519491231002X"
OTHER_ID_NUMBER = "110105199003070017"


@pytest.fixture
def phones(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty outbox and a carrier that was told nothing, before and after; nobody has asked anything yet."""
    monkeypatch.setattr(people, "PACE", Pace(most=10_000, seconds=1))
    _clear()
    yield
    _clear()


def behave(driver: str, mood: str) -> None:
    """Tell a stand-in (sms, realname, company) how to fail or to lie."""
    folder = settings.current().home / driver
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "behave").write_text(mood, encoding="utf-8")


def texts(mobile: str = MOBILE) -> list[str]:
    """What came to a phone, the newest first."""
    return [one.text for one in sms.outbox().messages(mobile)]


def code_at(mobile: str = MOBILE) -> str:
    """The newest code that came to a phone."""
    found = re.search(r"\d{6}", texts(mobile)[0])
    assert found
    return found.group()


def ask(browser: Browser, purpose: str, mobile: str = MOBILE, **more: Any):
    return browser.post("/api/phone-codes", {"mobile": mobile, "purpose": purpose, **more})


def prove(browser: Browser, mobile: str = MOBILE):
    """Show that a number is in one's hand, in order to register with it."""
    assert ask(browser, "register", mobile).status_code == 200
    return browser.post("/api/registration/proof", {"mobile": mobile, "code": code_at(mobile)})


def wanted(**changes: Any) -> dict[str, Any]:
    return {"mobile": MOBILE, "name": "吴迪", "id_number": ID_NUMBER, "has_agreed": True} | changes


def register(browser: Browser, **changes: Any):
    """Prove the number and register with it; the browser is logged in then."""
    assert prove(browser, changes.get("mobile", MOBILE)).status_code == 204
    answer = browser.post("/api/registration", wanted(**changes))
    if answer.status_code == 200:
        browser.csrf = answer.json()["csrf"]
    return answer


def _clear() -> None:
    for driver in ("sms", "realname", "company"):
        shutil.rmtree(settings.current().home / driver, ignore_errors=True)
