"""The one Django application of the platform."""

from django.apps import AppConfig


class Records(AppConfig):
    """All tables, in one application: their keys refer to each other, so they are one thing."""

    name = "yunqian.server.records"
    label = "records"
