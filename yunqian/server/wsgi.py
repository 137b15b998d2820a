"""The WSGI entry: `yunqian serve` uses it, and so can any other WSGI server."""

from django.core.handlers.wsgi import WSGIHandler

from yunqian.server import settings

settings.start()
application = WSGIHandler()
