"""The program `yunqian-agent`: what an installed client runs, and `python -m yunqian.agent` from the source."""

import io
import multiprocessing
import sys

from yunqian.agent.start import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a child that was started by spawn does its work here and ends
    for stream in (sys.stdout, sys.stderr):
        # Where the output goes to a file on Windows its code page may lack a letter: shown as ?, never a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    raise SystemExit(main(sys.argv[1:]))
