"""`python -m tools.migrations`: do the migrations say all that the records say? No database is asked."""

import os
import subprocess
import sys
import tempfile

QUESTION = ("makemigrations", "--check", "--dry-run", "--skip-checks", "records")


def main() -> int:
    with tempfile.TemporaryDirectory() as home:
        settings = {
            "YUNQIAN_HOME": home,
            "YUNQIAN_MODE": "test",
            "DJANGO_SETTINGS_MODULE": "yunqian.server.settings.django",
        }
        # A list of differences is the answer; Django's remark that it could not reach a database is not.
        command = [sys.executable, "-W", "ignore::RuntimeWarning", "-m", "django", *QUESTION]
        return subprocess.run(command, env={**os.environ, **settings}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
