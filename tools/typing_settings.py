"""What the Django plugin of mypy reads: which apps there are. No secret, no database, no environment.

The real settings follow from the Config, which refuses to be made on a machine that was not set up; looking at
types should not need that.
"""

SECRET_KEY = "types only"
INSTALLED_APPS = ["django.contrib.sessions", "procrastinate.contrib.django", "yunqian.server.records"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
