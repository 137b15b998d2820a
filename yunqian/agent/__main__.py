"""The program `yunqian-agent`: what an installed client runs, and `python -m yunqian.agent` from the source."""

import multiprocessing
import sys

from yunqian.agent.start import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a child that was started by spawn does its work here and ends
    raise SystemExit(main(sys.argv[1:]))
