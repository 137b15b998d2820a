"""`yunqian worker`: runs the jobs that actions deferred, until a signal stops it.

A job is written in the same transaction as what it follows, so there is none without its reason and none is
lost. Several workers may run, on several machines.
"""

import argparse
import logging
import sys
import time

from yunqian.problems import Refused
from yunqian.server import settings
from yunqian.server.console import readiness

_STOP_SECONDS = 20
_PAUSE_SECONDS = 5
_log = logging.getLogger(__name__)


def main(argv: list[str]) -> int:
    """Entry of the subcommand; exit code 1 with a sentence when it cannot start."""
    parser = argparse.ArgumentParser(prog="yunqian worker", description=__doc__.partition("\n")[0])
    parser.add_argument("--once", action="store_true", help="run what is due and end")
    parser.add_argument("--jobs-at-once", type=int, default=2)
    options = parser.parse_args(argv)
    try:
        config = settings.start()
        readiness.refuse_unready(config)
    except Refused as refused:
        print(refused.text("zh"), refused.text("en"), sep="\n", file=sys.stderr)
        return 1
    while not _ran(wait=not options.once, concurrency=options.jobs_at_once):
        time.sleep(_PAUSE_SECONDS)
    return 0


def _ran(*, wait: bool, concurrency: int) -> bool:
    """Run until asked to stop; False when the database was away for longer than the connections wait."""
    from procrastinate.contrib.django import app
    from procrastinate.exceptions import ConnectorException

    try:
        with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
            working.run_worker(
                wait=wait,
                concurrency=concurrency,
                delete_jobs="successful",
                shutdown_graceful_timeout=_STOP_SECONDS,
            )
    except ConnectorException:
        _log.warning("the database is away; trying again in %d seconds", _PAUSE_SECONDS)
        return False
    return True
