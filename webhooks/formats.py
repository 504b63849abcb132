"""The bodies of requests in each format.

Chats get a sentence or two, built from the event's data. Texts of users are escaped, so that they
cannot mention people, format text, or hide where a link leads, and shortened.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apikit.errors import shortened
from apikit.wire import encode
from polls.summaries import summarize
from webhooks import event_types
from webhooks.models import WebhookFormat

Json = Mapping[str, Any]
Escape = Callable[[str], str]

QUESTION_MAX_CHARS = 200
OPTION_MAX_CHARS = 100
OPTIONS_SHOWN = 10
MESSAGE_MAX_CHARS = 500
# Invisible. After it, a name is no mention and a text no address.
_BREAK = "\u200b"
# The punctuation of Markdown, and that of emoji and formulas.
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&^=])")
_SCHEME = re.compile(r"(?i)([a-z])://")
_BARE_ADDRESS = re.compile(r"(?i)\bwww\.")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a message: a sentence of ours, in which ``values`` of users are inserted.

    ``url`` is one of ours.
    """

    text: str
    values: Mapping[str, str]
    url: str = ""

    def written(self, escape_text: Escape) -> str:
        values = {name: escape_text(value) for name, value in self.values.items()}
        return self.text % values if values else self.text


def body_of(payload: Json, format_: str, language: str) -> str:
    """Return the JSON body of a request with this event."""
    if format_ == WebhookFormat.STANDARD:
        return encode(dict(payload))
    with translation.override(language):
        lines = _lines(str(payload["type"]), payload["data"])
    return encode(_WRITERS[WebhookFormat(format_)](lines))


# Chats


def _write_slack(lines: Sequence[Line]) -> dict[str, Any]:
    """No markup, no names, no addresses but those in angle brackets, no previews."""
    texts = [f"<{line.url}>" if line.url else line.written(_escape_slack) for line in lines]
    return {
        "text": "\n".join(texts),
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _write_mattermost(lines: Sequence[Line]) -> dict[str, Any]:
    texts = [line.url or line.written(_escape_markdown) for line in lines]
    # Two spaces keep the line break.
    return {"text": "  \n".join(texts)}


def _write_matrix(lines: Sequence[Line]) -> dict[str, Any]:
    """The generic webhook of matrix-hookshot takes a text, and HTML in place of Markdown."""
    plain = [line.url or line.written(_break_names) for line in lines]
    rich = [
        f'<a href="{escape(line.url)}">{escape(line.url)}</a>'
        if line.url
        else line.written(lambda text: escape(_break_names(text)))
        for line in lines
    ]
    return {"text": "\n".join(plain), "html": "<br>".join(rich), "username": "Tallyroom"}


_WRITERS: dict[WebhookFormat, Callable[[Sequence[Line]], dict[str, Any]]] = {
    WebhookFormat.SLACK: _write_slack,
    WebhookFormat.MATTERMOST: _write_mattermost,
    WebhookFormat.MATRIX: _write_matrix,
}


def _escape_slack(text: str) -> str:
    """Escape the three characters of Slack's markup; mentions and links need them."""
    return _break_names(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escape_markdown(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", _break_names(text))


def _break_names(text: str) -> str:
    """Keep ``@all`` from being a mention, and addresses from being links."""
    broken = text.replace("@", f"@{_BREAK}")
    broken = _SCHEME.sub(rf"\1:{_BREAK}//", broken)
    return _BARE_ADDRESS.sub(f"www{_BREAK}.", broken)


# Sentences


def _lines(event: str, data: Json) -> list[Line]:
    if event in _POLL_SENTENCES:
        return _poll_lines(event, data)
    if event == event_types.POLL_DELETED:
        return [Line(_("Poll deleted: %(question)s"), _question(data))]
    if event == event_types.TALLY_CHANGED:
        return [
            Line(_("New votes: %(question)s"), _question(data["results"])),
            *_result_lines(data["results"]),
        ]
    if event == event_types.MESSAGE_POSTED:
        return [_message_line(data["message"])]
    if event in _MEMBER_SENTENCES:
        name = _one_line(data["member"]["name"], OPTION_MAX_CHARS)
        return [Line(_MEMBER_SENTENCES[event](), {"name": name})]
    return [Line(_("This is a test from Tallyroom."), {})]


_POLL_SENTENCES: Mapping[str, Callable[[], str]] = {
    event_types.POLL_PUBLISHED: lambda: _("Poll published: %(question)s"),
    event_types.POLL_OPENED: lambda: _("Poll open: %(question)s"),
    event_types.POLL_CLOSED: lambda: _("Poll closed: %(question)s"),
    event_types.POLL_REOPENED: lambda: _("Poll reopened: %(question)s"),
}
_MEMBER_SENTENCES: Mapping[str, Callable[[], str]] = {
    event_types.MEMBER_ADDED: lambda: _("%(name)s joined the project."),
    event_types.MEMBER_ROLE_CHANGED: lambda: _("The role of %(name)s was changed."),
    event_types.MEMBER_LEFT: lambda: _("%(name)s left the project."),
    event_types.MEMBER_REMOVED: lambda: _("%(name)s was removed from the project."),
}


def _poll_lines(event: str, data: Json) -> list[Line]:
    poll = data["poll"]
    lines = [Line(_POLL_SENTENCES[event](), _question(poll))]
    if "results" in data:
        lines += _result_lines(data["results"])
    if poll["state"] != "closed":
        lines.append(Line("", {}, url=f"{settings.PUBLIC_URL}/p/{poll['joinCode']}"))
    return lines


def _result_lines(results: Json) -> list[Line]:
    if results["tally"] is not None:
        return _tally_lines(results)
    options = sorted(results["options"], key=lambda each: -(each["voteCount"] or 0))
    lines = [
        Line(
            _("%(option)s: %(count)s (%(percentage)s %%)"),
            {
                "option": _one_line(each["text"], OPTION_MAX_CHARS),
                "count": str(each["voteCount"]),
                "percentage": str(each["percentage"]),
            },
        )
        for each in options[:OPTIONS_SHOWN]
    ]
    left = len(options) - OPTIONS_SHOWN
    if left > 0:
        more = ngettext("and %(count)s more option", "and %(count)s more options", left)
        lines.append(Line(more, {"count": str(left)}))
    return lines


def _tally_lines(results: Json) -> list[Line]:
    """The number of people, and what they said in short; answers can be more than options."""
    voters = results["totalVoters"] or 0
    people = ngettext("%(count)s person voted", "%(count)s people voted", voters)
    return [
        Line(people, {"count": str(voters)}),
        *(
            Line("%(text)s: %(value)s", {"text": _one_line(text, OPTION_MAX_CHARS), "value": value})
            for text, value in summarize(results)[:OPTIONS_SHOWN]
        ),
    ]


def _message_line(message: Json) -> Line:
    author = message["author"]
    return Line(
        "%(name)s: %(text)s",
        {
            "name": _one_line(author["name"] if author else "Tallyroom", OPTION_MAX_CHARS),
            "text": _one_line(message["body"], MESSAGE_MAX_CHARS),
        },
    )


def _question(poll: Json) -> dict[str, str]:
    return {"question": _one_line(poll["question"], QUESTION_MAX_CHARS)}


def _one_line(text: str, max_chars: int) -> str:
    # A line break would begin a list or a heading.
    return shortened(" ".join(text.split()), max_chars)
