"""`python -m yunqian` is `yunqian`."""

from yunqian.cli import main

raise SystemExit(main())
