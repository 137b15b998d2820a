"""`python -m bench`: every measurement, then the table."""

from bench.run import main

if __name__ == "__main__":
    raise SystemExit(main())
