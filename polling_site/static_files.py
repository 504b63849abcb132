"""The files of pages: under names that carry a hash of what is in them, and compressed."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Rewrites the imports between ES modules too, so that each module can be kept for ever."""

    support_js_module_import_aggregation = True
