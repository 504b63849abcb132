"""Settings of the REST API and its description that do not depend on the environment."""

from uuid import UUID

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apikit.parsers.StrictJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["apikit.throttling.RequestThrottle"],
    "DEFAULT_SCHEMA_CLASS": "apikit.schema.Schema",
    "EXCEPTION_HANDLER": "apikit.exception_handler.handle_exception",
    "UNAUTHENTICATED_USER": "apikit.actors.visitor",
    # `format` is an ordinary query parameter, of exports.
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Tallyroom",
    "VERSION": "1.0.0",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": "/", "description": "This site"}],
    "POSTPROCESSING_HOOKS": [
        "polling_site.docs.complete_document",
        "apikit.schema_hooks.finish_document",
    ],
    "SCHEMA_PATH_PREFIX": r"/api",
    "PATH_CONVERTER_OVERRIDES": {"id": UUID},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "The access token that `/auth/login`, `/auth/register` and "
                "`/auth/guest` give.",
            }
        }
    },
}
