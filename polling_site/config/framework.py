"""Settings of Django that do not depend on the environment."""

# In the order requests pass through. Each of polling_site.middleware.pages costs a thread hop, so
# they skip API requests.
MIDDLEWARE = [
    "polling_site.middleware.request_context.request_context",
    "corsheaders.middleware.CorsMiddleware",
    "polling_site.middleware.pages.SecurityMiddleware",
    "polling_site.middleware.pages.GZipMiddleware",
    "polling_site.middleware.pages.ContentSecurityPolicyMiddleware",
    "polling_site.middleware.pages.SessionMiddleware",
    "polling_site.middleware.pages.LocaleMiddleware",
    "polling_site.middleware.pages.CommonMiddleware",
    "polling_site.middleware.pages.CsrfViewMiddleware",
    "polling_site.middleware.pages.AuthenticationMiddleware",
    "polling_site.middleware.pages.MessageMiddleware",
    "polling_site.middleware.pages.XFrameOptionsMiddleware",
    "polling_site.middleware.pages.PageErrorMiddleware",
]

# `check --deploy` looks for Django's own classes, which middleware.pages derives from.
# tests/site/test_headers.py tests their effect.
SILENCED_SYSTEM_CHECKS = [
    "security.W001",  # SecurityMiddleware
    "security.W002",  # XFrameOptionsMiddleware
    "security.W003",  # CsrfViewMiddleware
]

_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name", "email"]},
    },
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator"},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.context.page_context",
            ]
        },
    }
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
