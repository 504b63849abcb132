"""The files of pages: under names that carry a hash of what is in them, and compressed."""

import re
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile, File
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Our own, whose comments begin lines; kept libraries go out as they came, with their licences.
_OURS = re.compile(r"web/(?!vendor/).*\.(?:js|css)")
_BLOCK = r"/\*(?:(?!\*/).)*\*/"
_COMMENTS = {
    ".js": re.compile(rf"^[ \t]*(?:{_BLOCK}|//[^\n]*)[ \t]*\n", re.DOTALL | re.MULTILINE),
    ".css": re.compile(rf"^[ \t]*{_BLOCK}[ \t]*\n", re.DOTALL | re.MULTILINE),
}


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Rewrites the imports between ES modules too, so that each module can be kept for ever.

    Comments stay at home: they would be a third of what a phone loads before it can vote.
    """

    support_js_module_import_aggregation = True

    def _save(self, name: str, content: "File[Any]") -> str:
        if _OURS.fullmatch(name):
            # From its beginning: the hash of its name has been read off it already.
            text = b"".join(content.chunks()).decode()
            content = ContentFile(without_comments(text, Path(name).suffix).encode())
        return str(super()._save(name, content))


def without_comments(text: str, suffix: str) -> str:
    """A script or stylesheet of ours without the comments that begin its lines."""
    return _COMMENTS[suffix].sub("", text)
