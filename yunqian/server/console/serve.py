"""`yunqian serve`: the web server, two processes of four threads each, until a signal stops it."""

import argparse
import sys
from typing import Any

from gunicorn.app.base import BaseApplication

from yunqian.problems import Refused
from yunqian.server import settings
from yunqian.server.console import readiness
from yunqian.server.settings import Config

PROCESSES = 2
THREADS = 4
STOP_SECONDS = 20


def main(argv: list[str]) -> int:
    """Entry of the subcommand; exit code 1 with a sentence when it cannot start."""
    parser = argparse.ArgumentParser(prog="yunqian serve", description=__doc__)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    options = parser.parse_args(argv)
    try:
        config = settings.current()
        readiness.refuse_taken_port(config)
        readiness.refuse_unready(config)
    except Refused as refused:
        print(refused.text("zh"), refused.text("en"), sep="\n", file=sys.stderr)
        return 1
    _Server(config, options.processes).run()
    return 0


class _Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with our settings in place of its command line."""

    def __init__(self, config: Config, processes: int) -> None:
        self._config = config
        self._processes = processes
        super().__init__()

    def load_config(self) -> None:
        host = f"[{self._config.host}]" if ":" in self._config.host else self._config.host
        chosen: dict[str, Any] = {
            "bind": f"{host}:{self._config.port}",
            "workers": self._processes,
            "threads": THREADS,
            "worker_class": "gthread",
            "preload_app": True,
            "graceful_timeout": STOP_SECONDS,
            "timeout": 120,
            "keepalive": 5,
            "max_requests": 20_000,
            "max_requests_jitter": 2_000,
            # From whom X-Forwarded-Proto is believed; about addresses gunicorn believes nobody, api/peer.py does.
            "forwarded_allow_ips": ",".join(["127.0.0.1", *map(str, self._config.trusted_proxies)]),
            "loglevel": "warning",
            "control_socket_disable": True,
            "when_ready": self._announce,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def _announce(self, arbiter: Any) -> None:
        print(f"云签已启动 yunqian serves {', '.join(self._config.origins)}", flush=True)

    def load(self) -> Any:
        from yunqian.server.wsgi import application

        return application
