"""What Django reads: every value follows from the Config, none is set anywhere else.

No django.contrib.auth, no admin: people are `records.Person`, and operators use the same doors as everybody.
"""

from urllib.parse import urlsplit

from yunqian.server.settings import current

_config = current()

SECRET_KEY = _config.secrets.django_key.hex()
DEBUG = False
_hosts = [urlsplit(origin).hostname or "" for origin in _config.origins]
ALLOWED_HOSTS = [f"[{host}]" if ":" in host else host for host in _hosts]
INSTALLED_APPS = ["django.contrib.sessions", "procrastinate.contrib.django", "yunqian.server.records"]
ROOT_URLCONF = "yunqian.server.api.urls"
WSGI_APPLICATION = "yunqian.server.wsgi.application"
MIDDLEWARE = [
    "yunqian.server.api.headers.Headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
_LIMITS = "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **_config.database.for_django(),
        "ATOMIC_REQUESTS": False,  # the one transaction is opened by scope.py, nothing else
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "options": _LIMITS,
            **_config.database.options,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

LANGUAGE_CODE = "zh-hans"
USE_I18N = False
USE_TZ = True
TIME_ZONE = _config.time_zone

SESSION_COOKIE_NAME = "__Host-session" if _config.is_secure else "yunqian_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _config.is_secure
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_NAME = "__Host-csrf" if _config.is_secure else "yunqian_csrf"
CSRF_TRUSTED_ORIGINS = list(_config.origins)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _config.is_secure else None
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if _config.is_secure else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin-allow-popups"  # the signing window is a popup of the panel
X_FRAME_OPTIONS = "DENY"

DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024  # a JSON body; documents stream to disk beside this limit
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

WHITENOISE_ROOT = _config.web_dist if _config.web_dist.is_dir() else None
WHITENOISE_USE_FINDERS = False
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATIC_URL = "/static-unused/"  # whitenoise wants one; the pages' assets are served from the root


def WHITENOISE_IMMUTABLE_FILE_TEST(path: str, url: str) -> bool:
    """Vite names everything under assets/ by its digest, so it may be kept for ever."""
    return url.startswith("/assets/")


PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
PROCRASTINATE_IMPORT_PATHS = ["yunqian.server.jobs"]
PROCRASTINATE_READONLY_MODELS = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.request": {"level": "ERROR"},  # refusals are answers, not incidents
        "pikepdf": {"level": "WARNING"},
        "procrastinate": {"level": "WARNING"},
    },
}
