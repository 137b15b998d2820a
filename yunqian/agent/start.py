"""Where every process of the client begins: a driver's process loads the driver, and nothing else of the client."""

from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Run one command of the client: `driver…`, `draw` and `desktop` are its own children; the rest is `app.main`."""
    if argv and argv[0] == "driver":
        from yunqian.agent.keys import serving

        return serving.main(argv[1:])
    if argv and argv[0] == "driver-events":
        from yunqian.agent.keys.skf import waiting

        return waiting.main(argv[1:])
    if argv and argv[0] == "draw":
        from yunqian.agent.pages import painter

        return painter.main(argv[1:])
    if argv and argv[0] == "desktop":
        from yunqian.agent.desktop import main as desktop

        return desktop.main(argv[1:])
    from yunqian.agent import app

    return app.main(argv)
