"""All settings, one file. What differs between installations is an environment variable."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict


def env_bool(name: str, default: bool) -> bool:
    """`True` or `False` spelled out; anything else is refused at start."""
    value = os.environ.get(name, str(default))
    if value not in ("True", "False"):
        raise SystemExit(f"{name} must be True or False, not {value!r}")
    return value == "True"


def env_secret(name: str) -> str:
    """A secret from NAME, from the file that NAME_FILE names, or made once in the state folder."""
    if name in os.environ:
        return os.environ[name]
    if f"{name}_FILE" in os.environ:
        return Path(os.environ[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
    path = STATE_DIR / name.lower()
    if not path.exists():
        STATE_DIR.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        fresh.chmod(0o600)
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text(encoding="utf-8").strip()


ROOT = Path(__file__).resolve().parents[3]
STATE_DIR = Path(os.environ.get("STATE_DIR", ROOT / "var")).resolve()
# What everybody may read of the log; any file server can serve it besides.
LOG_DIR = Path(os.environ.get("LOG_DIR", STATE_DIR / "log")).resolve()
# Names what was erased, so that no backup brings it back: belongs where the database is not.
ERASED_LIST = Path(os.environ.get("ERASED_LIST", STATE_DIR / "erased.list")).resolve()
SECRET_KEY = env_secret("SECRET_KEY")
# Tickets of launches are signed with it; changing it makes earlier signatures worthless.
TICKET_KEY = env_secret("TICKET_KEY")
DEBUG = env_bool("DEBUG", False)
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost 127.0.0.1 [::1]").split()
SITE_URL = os.environ.get("SITE_URL", "http://127.0.0.1:8000")
# The short address customers type from an SMS; it never carries a personal part.
SHORT_ADDRESS = os.environ.get("SHORT_ADDRESS", "car.example.cn/n")
# Part of the address to which gateways post receipts; without it there is no such address.
RECEIPT_SECRET = os.environ.get("RECEIPT_SECRET", "")
if 0 < len(RECEIPT_SECRET) < 16:
    raise SystemExit("RECEIPT_SECRET must have at least 16 characters")
MAKER_ZH = os.environ.get("MAKER_ZH", "云帆汽车")
MAKER_EN = os.environ.get("MAKER_EN", "Yunfan")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "yinuo.platform",
    "yinuo.contexts.people",
    "yinuo.contexts.places",
    "yinuo.contexts.catalogue",
    "yinuo.contexts.ledger",
    "yinuo.contexts.orders",
    "yinuo.contexts.production",
    "yinuo.contexts.transit",
    "yinuo.contexts.promises",
    "yinuo.contexts.notices",
    "yinuo.contexts.planning",
    "yinuo.contexts.terms",
    "yinuo.contexts.handover",
    "yinuo.contexts.vehicles",
    "yinuo.contexts.payments",
    "yinuo.contexts.claims",
    "yinuo.jobs",
    "yinuo.web.kit",
    "yinuo.web.customer",
    "yinuo.web.console",
    "yinuo.web.public",
    "yinuo.web.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "yinuo.web.kit.middleware.Preferences",
    "yinuo.web.kit.middleware.Guard",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
CSRF_FAILURE_VIEW = "yinuo.web.kit.errors.csrf_failure"

ROOT_URLCONF = "yinuo.config.urls"
WSGI_APPLICATION = "yinuo.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "yinuo.web.kit.context.kit",
            ]
        },
    }
]


def _database(url: str) -> dict[str, object]:
    """Django's form of a PostgreSQL URL or conninfo string."""
    part = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": part.pop("dbname", "yinuo"),
        "USER": part.pop("user", ""),
        "PASSWORD": part.pop("password", ""),
        "HOST": part.pop("host", ""),
        "PORT": part.pop("port", ""),
        # A pooled connection is tried before it is used: it may be older than the server.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"pool": {"min_size": 0, "max_size": 10, "timeout": 20}, **part},
    }


# The launcher sets DATABASE_URL before Django starts when the installation brings its own server.
DATABASES = {"default": _database(os.environ.get("DATABASE_URL", "dbname=yinuo"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "zh-hans"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# The folder that the log's signer alone writes.
SIGNER_DIR = Path(os.environ.get("SIGNER_DIR", STATE_DIR / "signer")).resolve()
# Sets the clocks of the witnesses that a demo runs for itself.
WITNESS_CLOCK = STATE_DIR / "witness.clock"
# The log's name, fixed when it begins; empty: made from SITE_URL.
LOG_ORIGIN = os.environ.get("LOG_ORIGIN", "")

# Authorities that stamp the log's checkpoints each hour (RFC 3161), by commas, asked in this order;
# and a PEM file of the certificates that theirs must lead to. None: no stamps.
TSA_URLS = tuple(one.strip() for one in os.environ.get("TSA_URLS", "").split(",") if one.strip())
TSA_ROOTS = os.environ.get("TSA_ROOTS", "")

STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static"
# Compressed once, when the files are collected.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 3600
SESSION_COOKIE_AGE = 30 * 86400
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = env_bool("HTTPS", False)
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20
# Files go to disk as they come; one that is larger than any we take is not read to its end.
FILE_UPLOAD_HANDLERS = [
    "yinuo.platform.uploads.SizeGuard",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
