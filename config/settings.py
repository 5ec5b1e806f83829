"""All settings, read from the environment in one place.

Safe when nothing is set: debug off, a secret made on the spot, local hosts only.
"""

import secrets
from datetime import timedelta
from pathlib import Path

from config.desk_theme import DESK
from config.engines.addresses import (
    broker_url_from_env,
    database_from_env,
    run_folder,
)
from config.env import env_bool, env_int, env_list, env_secret, env_str
from config.sign_in.reading import (
    factor_keys_from_env,
    office_networks_from_env,
    providers_from_env,
    role_map_from_env,
)

BASE_DIR = Path(__file__).resolve().parent.parent
RUN_DIR = run_folder()

DEBUG = env_bool("DJANGO_DEBUG", default=False)
# Without a secret each start gets its own: sessions end with the process, nothing
# guessable is ever shipped. The supervisor keeps one in the run folder.
SECRET_KEY = env_secret("DJANGO_SECRET_KEY") or secrets.token_urlsafe(64)
ALLOWED_HOSTS = env_list("DJANGO_ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]"))
CSRF_TRUSTED_ORIGINS = env_list("DJANGO_CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "accounts",
    "unfold.apps.BasicAppConfig",  # The plain one: the site is ours, not unfold's.
    "config.desk.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "recovery",
]

MIDDLEWARE = [
    "recovery.web.requests.RequestMiddleware",  # First: names and counts all others.
    "config.head_requests.NoBodyMiddleware",
    "config.security.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "recovery.web.middleware.ClaimPagesMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.whole_bodies.WholeFormsMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.sign_in.sessions.SessionLifeMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": database_from_env()}
# In PostgreSQL, not in a process: used codes and counters are the same for all.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if env_bool("TESTING_FAST_HASHER", default=False)
    else [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
)
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
PASSWORD_RESET_TIMEOUT = 24 * 3600  # How long an enrolment link lives.
ROLE_DELAY_HOURS = env_int("ROLE_DELAY_HOURS", 24)
# Encrypt the secrets of second factors: the first one new ones, the others old ones.
FACTOR_KEYS = factor_keys_from_env()
# How long a session of staff lives without a click.
SESSION_IDLE_MINUTES = env_int("SESSION_IDLE_MINUTES", 30)
# Within how many hours the maker and the checker of one payment at the same device or
# network address are told to the administrators; addresses of the office do not count.
SAME_PLACE_HOURS = env_int("SAME_PLACE_HOURS", 24)
OFFICE_NETWORKS = office_networks_from_env()

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = RUN_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
# Source files, workbooks and batch files: never served by address, always by a view.
FILES_DIR = Path(env_str("FILES_DIR", str(RUN_DIR / "files")))
MAIL_DIR = Path(env_str("MAIL_DIR", str(RUN_DIR / "mail")))
FILE_UPLOAD_HANDLERS = ["config.uploads.BoundedUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600
# The platform puts its own files here; empty: nobody looks.
IMPORT_FOLDER = env_str("IMPORT_FOLDER")
UPLOAD_BYTES_MAX = env_int("UPLOAD_BYTES_MAX", 1_000_000_000)

EMAIL_BACKEND = env_str("EMAIL_BACKEND", "recovery.services.mail_files.EmailBackend")
EMAIL_FILE_PATH = str(MAIL_DIR)
EMAIL_HOST = env_str("EMAIL_HOST", "localhost")
EMAIL_PORT = env_int("EMAIL_PORT", 25)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", "desk@recovery.example")
SITE_URL = env_str("SITE_URL", f"http://127.0.0.1:{env_int('PORT', 8000)}")

# `make run` serves plain HTTP on loopback and says so to these switches; anything
# else is expected behind TLS.
IS_LOCAL_HTTP = env_bool("LOCAL_HTTP", default=False)
SECURE_SSL_REDIRECT = not IS_LOCAL_HTTP
# Probes and the scraper ask on the inner network, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = 0 if IS_LOCAL_HTTP else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not IS_LOCAL_HTTP
SECURE_HSTS_PRELOAD = not IS_LOCAL_HTTP
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "recovery.web.errors.send_again"
SESSION_COOKIE_SECURE = not IS_LOCAL_HTTP
CSRF_COOKIE_SECURE = not IS_LOCAL_HTTP
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Where a form of the sign-in may lead: the origins of the house's identity provider.
SIGN_IN_FORM_ORIGINS = env_list("SIGN_IN_FORM_ORIGINS")
if env_bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Signing in: password and second factor here, or the house's identity provider.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # First: a locked login reaches no other.
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
SESSION_ENGINE = "config.sign_in.session_store"
ACCOUNT_ADAPTER = "config.sign_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_PREVENT_ENUMERATION = True
# Wrong tries are counted by the lock-out below: by login and address, so that nobody
# can lock a colleague out from elsewhere.
ACCOUNT_RATE_LIMITS = {"login_failed": "", "login": "60/m/ip"}
MFA_ADAPTER = "config.sign_in.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = IS_LOCAL_HTTP
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Recovery Desk"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # Mails are given by others, not typed by owners.
MFA_FORMS = {
    "authenticate": "config.sign_in.forms.SignInCodeForm",
    "reauthenticate": "config.sign_in.forms.FreshCodeForm",
}
SOCIALACCOUNT_ADAPTER = "config.sign_in.provider.ProviderAdapter"
SOCIALACCOUNT_PROVIDERS = providers_from_env()
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_LOGIN_ON_GET = False
OIDC_GROUPS_CLAIM = env_str("OIDC_GROUPS_CLAIM", "groups")
OIDC_PERSON_CLAIM = env_str("OIDC_PERSON_CLAIM", "sub")
OIDC_ROLE_MAP = role_map_from_env()
OIDC_MFA_AMR = frozenset(env_list("OIDC_MFA_AMR", ("mfa",)))
OIDC_MFA_ACR = frozenset(env_list("OIDC_MFA_ACR"))

# How many proxies of ours stand in front; only their entries in X-Forwarded-For count.
TRUSTED_PROXIES = env_int("TRUSTED_PROXIES", 0)
AXES_HANDLER = "config.sign_in.lockout.LockoutHandler"
AXES_CLIENT_IP_CALLABLE = "recovery.web.client_address.client_address"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = env_int("LOCKOUT_TRIES", 10)
LOCKOUT_TRIES_OF_ADDRESS = env_int("LOCKOUT_TRIES_OF_ADDRESS", 100)
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # Else it could last for ever.
AXES_LOCKOUT_TEMPLATE = "account/locked_out.html"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# How long a new destination rests where no rule of its client class says otherwise,
# how old its screening may be, and how long a new mail on file gets no code and no money.
COOL_DOWN_HOURS = env_int("COOL_DOWN_HOURS", 48)
SCREENING_DAYS = env_int("SCREENING_DAYS", 30)
CONTACT_COOLING_HOURS = env_int("CONTACT_COOLING_HOURS", 72)
# How many destinations a customer may propose within a day.
DESTINATIONS_PER_DAY = env_int("DESTINATIONS_PER_DAY", 3)
# How often in a day one person may look behind the mask of personal data.
LOOKS_PER_DAY = env_int("LOOKS_PER_DAY", 30)

# Within an hour: from one address, and from everybody together.
RATE_LIMITS = {
    "claim_filing": (
        env_int("CLAIM_FILINGS_OF_ADDRESS", 30),
        env_int("CLAIM_FILINGS_OF_ALL", 20_000),
    ),
    "code_request": (
        env_int("CODE_REQUESTS_OF_ADDRESS", 30),
        env_int("CODE_REQUESTS_OF_ALL", 20_000),
    ),
    "code_entry": (
        env_int("CODE_ENTRIES_OF_ADDRESS", 60),
        env_int("CODE_ENTRIES_OF_ALL", 60_000),
    ),
    "destination_proposal": (
        env_int("DESTINATION_PROPOSALS_OF_ADDRESS", 20),
        env_int("DESTINATION_PROPOSALS_OF_ALL", 2_000),
    ),
    "policy_report": (
        env_int("POLICY_REPORTS_OF_ADDRESS", 60),
        env_int("POLICY_REPORTS_OF_ALL", 2_000),
    ),
}

CELERY_BROKER_URL = broker_url_from_env()
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False  # The sweeper with its counter is the retry.
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONSUMER = "config.worker_consumer:DeskConsumer"
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 512_000  # KB, seen between two jobs.
CELERY_TASK_DEFAULT_QUEUE = "import"
# A fence behind the limits of each kind (recovery/domain/work.py).
CELERY_TASK_TIME_LIMIT = 6000
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": env_int("BROKER_VISIBILITY_SECONDS", 7200),
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "retry_on_timeout": True,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# Where a test has a process die; heeded on one machine only.
FAIL_AT = env_str("FAIL_AT")
JOB_LEASE_SECONDS = env_int("JOB_LEASE_SECONDS", 60)
JOB_TRIES_MAX = env_int("JOB_TRIES_MAX", 3)
JOB_MEMORY_MB = env_int("JOB_MEMORY_MB", 1500)
WORKER_DEAF_SECONDS = env_int("WORKER_DEAF_SECONDS", 120)

# Tables that only grow. The application role may not UPDATE or DELETE them, and a
# trigger refuses everybody else; a test holds this list against the catalogue.
APPEND_ONLY_TABLES = [
    "recovery_auditentry",
    "recovery_auditseal",
    "recovery_transition",
    "recovery_assessment",
    "recovery_assessmentresult",
    "recovery_assessmentline",
    "recovery_approval",
    "recovery_assetprice",
    "recovery_contactattempt",
    "recovery_conversion",
    "recovery_deficitshare",
    "recovery_destinationchoice",
    "recovery_reconfirmation",
    "recovery_ledgerentry",
    "recovery_engineentry",
    "recovery_markpriceentry",
    "recovery_positionentry",
    "recovery_fundingrateentry",
    "recovery_rejectedrecord",
    "recovery_mendedrecord",
    "recovery_sighting",
    "recovery_casenote",
]

# One JSON line a record, with allow-listed keys only: config/log_lines.py.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.log_lines.LineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        # Django's own would write to the console in its own form, and mail people.
        "django": {"handlers": [], "level": "NOTSET", "propagate": True},
        # Gunicorn gives its loggers handlers before Django is there.
        "gunicorn.error": {"handlers": ["console"], "propagate": False},
    },
    "root": {"handlers": ["console"], "level": env_str("LOG_LEVEL", "WARNING")},
}

UNFOLD = DESK
