"""A pytest plugin: the scenes in the browser run last.

They are the slowest, so a plain mistake shows first; and Playwright keeps an event loop in the thread that started
it, which would make Django believe that every later test calls it from asynchronous code.
"""

import pytest

LAST = "tests/scenes/"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.nodeid.startswith(LAST))
