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


def start() -> Config:
    """Read the configuration and bring Django up on it; harmless when called again."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yunqian.server.settings.django")
    config = current()
    django.setup()
    return config
