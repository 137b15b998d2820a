"""A process of the client loads what it needs: each configured driver costs its child's memory."""

import subprocess
import sys

import pytest

from yunqian.agent import start

LOADED = """
import os, sys
from yunqian.agent.start import main
told = os.dup(1)
code = main(sys.argv[1:])
heavy = {"aiohttp", "pydantic", "asyncio", "django", "PIL", "yunqian.agent.app"} & {*sys.modules}
os.write(told, f"{code} {sorted(heavy)}".encode())
"""


@pytest.mark.parametrize("words", [("driver", "pkcs11", "nowhere.so"), ("driver", "skf", "nowhere.so")])
def test_a_drivers_process_loads_nothing_of_the_rest(words: tuple[str, ...]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOADED, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout == "0 []", ended.stderr


@pytest.mark.parametrize(
    "words", [("driver",), ("driver", "soft", "keys"), ("driver", "skf"), ("driver-events",)]
)
def test_a_driver_that_nobody_can_ask_for_is_wrong_usage(words: tuple[str, ...]) -> None:
    assert start.main(words) == 2
