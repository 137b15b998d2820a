"""`python -m bench`: every measurement, then the table."""

import sys

from bench.run import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
