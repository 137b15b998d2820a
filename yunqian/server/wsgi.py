"""The WSGI entry: `yunqian serve` uses it, and so can any other WSGI server."""

from django.core.handlers.wsgi import WSGIHandler
from django.urls import get_resolver

from yunqian.server import settings

settings.start()
application = WSGIHandler()
_ = get_resolver().url_patterns  # a broken route stops the start, not the first visitor
