"""How a request's body is read."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class StrictJSONParser(JSONParser):
    """DRF's JSON parser, which also takes a body for what it is that is nested too deeply, or
    that holds what is no text: halves of surrogate pairs can neither be kept nor sent back."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            body = super().parse(stream, media_type, parser_context)
            json.dumps(body, ensure_ascii=False).encode()
        except (RecursionError, LookupError, UnicodeEncodeError) as error:
            # LookupError: a charset nobody knows.
            raise ParseError from error
        return body
