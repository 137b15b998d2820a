"""`yunqian database start|stop|status`: the embedded PostgreSQL by itself."""

import argparse
import sys

from yunqian.problems import Refused
from yunqian.server import settings
from yunqian.server.console import embedded
from yunqian.server.settings import Config


def main(argv: list[str]) -> int:
    """Entry of the subcommand; `status` gives exit code 0 when the database runs and 3 when it does not."""
    parser = argparse.ArgumentParser(prog="yunqian database", description=__doc__)
    parser.add_argument("what", choices=("start", "stop", "status"))
    what = parser.parse_args(argv).what
    try:
        config = settings.current()
        if not config.is_embedded:
            print("数据库不是内嵌的，由其自己的管理员管理。The database is not the embedded one.")
            return 0
        return {"start": _start, "stop": _stop, "status": _status}[what](config)
    except Refused as refused:
        print(refused.text("zh"), refused.text("en"), sep="\n", file=sys.stderr)
        return 1


def _start(config: Config) -> int:
    is_new = embedded.start(config)
    print("数据库已启动。Started." if is_new else "数据库已在运行。It runs already.")
    return 0


def _stop(config: Config) -> int:
    was_running = embedded.stop(config)
    print("数据库已停止。Stopped." if was_running else "数据库没有在运行。It was not running.")
    return 0


def _status(config: Config) -> int:
    is_running = embedded.is_running(embedded.cluster(config))
    print("数据库正在运行。It runs." if is_running else "数据库没有在运行。It does not run.")
    return 0 if is_running else 3
