"""The parser of request bodies."""

import codecs
import json
import re
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from apikit.errors import InvalidRequestError, UnsupportedMediaTypeError
from apikit.json_names import RepeatedNameError, check_names

# A poll with fifty options, each an object with an id, has 250 values and is three levels deep.
MAX_JSON_VALUES = 1000
MAX_JSON_DEPTH = 20
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_OTHER_THAN_BRACKETS = re.compile(rb"[^][{}]+")
# Encodings that extend ASCII, so that bytes can be counted, and that decode in linear time, which
# Python's punycode does not.
_ENCODINGS = {"utf-8", "ascii", "iso8859-1", "cp1252"}
# Values of Content-Encoding. Unpacking would need bounds of its own.
_COMPRESSIONS = {"gzip", "x-gzip", "deflate", "br", "zstd", "compress"}


class StrictJSONParser(JSONParser):
    """DRF's JSON parser, with bounds on the depth and the number of values.

    The bounds are checked before parsing, so a body beyond them creates no objects. Refuses
    unpaired surrogates, which can neither be stored nor returned, and names that occur twice.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        if (request := (parser_context or {}).get("request")) is not None:
            check_not_compressed(request)
        content = stream.read()
        if not (_is_known_encoding(parser_context or {}) and is_bounded(content)):
            raise ParseError
        body = super().parse(BytesIO(content), media_type, parser_context)
        try:
            json.dumps(body, ensure_ascii=False).encode()
            check_names(content.decode(_encoding_of(parser_context or {})), body)
        except RepeatedNameError as error:
            raise InvalidRequestError(str(error)) from error
        except UnicodeEncodeError as error:
            raise ParseError from error
        return body


def _encoding_of(parser_context: Mapping[str, Any]) -> str:
    return parser_context.get("encoding") or "utf-8"


def check_not_compressed(request: Request) -> None:
    """Refuse a compressed body, which would be read as if it were what it contains.

    :raises UnsupportedMediaTypeError: if its encoding is a compression.
    """
    if request.headers.get("Content-Encoding", "").strip().lower() in _COMPRESSIONS:
        raise UnsupportedMediaTypeError("Send the body uncompressed, without Content-Encoding.")


def _is_known_encoding(parser_context: Mapping[str, Any]) -> bool:
    try:
        return codecs.lookup(_encoding_of(parser_context)).name in _ENCODINGS
    except (LookupError, ValueError):
        return False


def is_bounded(content: bytes) -> bool:
    """Return whether a JSON text has at most MAX_JSON_VALUES values, nested MAX_JSON_DEPTH deep.

    Counts commas and brackets outside of strings. For a text that is not JSON, the result is
    undefined.
    """
    if content.count(b",") + content.count(b"[") + content.count(b"{") <= MAX_JSON_DEPTH:
        return True
    bare = _STRING.sub(b"", content)
    values = bare.count(b",") + bare.count(b"[") + bare.count(b"{")
    brackets = _OTHER_THAN_BRACKETS.sub(b"", bare)
    if values > MAX_JSON_VALUES or len(brackets) > 2 * MAX_JSON_VALUES:
        return False
    return _depth(brackets) <= MAX_JSON_DEPTH


def _depth(brackets: bytes) -> int:
    deepest = depth = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest
