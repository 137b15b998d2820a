"""Every setting, read once: `current()` is the typed Config; `django.py` is what Django reads from it."""

import functools
import os

from yunqian.server.settings.config import Config, Database, Mode, read
from yunqian.server.settings.secrets import Secrets

__all__ = ["Config", "Database", "Mode", "Secrets", "current", "start"]


@functools.cache
def current() -> Config:
    """The configuration of this process, read from the environment at the first call.

    Raises Refused(CONFIG_INSECURE) when production asks for something that is only right in a demo.
    """
    return read(os.environ)


def start(*, as_owner: bool = False) -> Config:
    """Read the configuration and bring Django up on it; harmless when called again.

    `as_owner` connects as the role that owns the schema: for migrations, never for serving.
    """
    import django
    from django.conf import settings

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yunqian.server.settings.django")
    config = current()
    if as_owner:
        settings.DATABASES["default"].update(config.owner_database.for_django())
    django.setup()
    return config
