"""Messages for chats: texts of users neither mention anybody nor format anything."""

import html
import json
from typing import Any

import pytest
from django.utils import timezone, translation

from webhooks.examples import POLL_CLOSED
from webhooks.formats import MESSAGE_MAX_CHARS, OPTIONS_SHOWN, body_of
from webhooks.models import WebhookFormat

HOSTILE = (
    "<!channel> <@U123> @all @channel @room [win](https://evil.example) <a href='x'>b</a> "
    "**bold** `code` # title\n- item | www.evil.example &amp; :tada: ~~s~~ $x^2$"
)
CHATS = [each for each in WebhookFormat if each != WebhookFormat.STANDARD]


def body(payload: dict[str, Any], format_: WebhookFormat, language: str = "en") -> dict[str, Any]:
    read: dict[str, Any] = json.loads(body_of(payload, format_, language))
    return read


def message_payload(text: str, author: str = "Ada") -> dict[str, Any]:
    return {
        "type": "message.posted",
        "timestamp": timezone.now().isoformat(),
        "data": {"message": {"author": {"name": author}, "body": text}},
    }


def test_the_standard_format_is_the_event_itself() -> None:
    assert body(POLL_CLOSED, WebhookFormat.STANDARD) == POLL_CLOSED


def test_slack_gets_no_mention_link_or_markup() -> None:
    sent = body(message_payload(HOSTILE, "<!here>"), WebhookFormat.SLACK)
    # Every mention and link of Slack begins with it.
    assert "<" not in sent["text"]
    assert "&lt;!channel&gt;" in sent["text"]
    assert "&amp;amp;" in sent["text"]
    assert (sent["mrkdwn"], sent["parse"], sent["link_names"]) == (False, "none", False)
    assert (sent["unfurl_links"], sent["unfurl_media"]) == (False, False)


def test_mattermost_gets_no_mention_link_or_markup() -> None:
    text = body(message_payload(HOSTILE, "@here"), WebhookFormat.MATTERMOST)["text"]
    for mention in ("@all", "@channel", "@here"):
        assert mention not in text
    plain = text.replace("\\\\", "")
    for index, character in enumerate(plain):
        if character in "*_`[]()#<>|~:$&":
            # The colon after the name is ours.
            assert plain[index - 1] == "\\" or plain[index : index + 2] == ": ", plain[index - 5 :]
    assert "://" not in text
    assert "www." not in text
    assert "\n" not in text


def test_matrix_gets_no_mention_link_or_markup() -> None:
    sent = body(message_payload(HOSTILE, "@room"), WebhookFormat.MATRIX)
    for text in (sent["text"], html.unescape(sent["html"])):
        assert "@room" not in text
        assert "://" not in text
    assert "<" not in sent["html"]
    assert "&lt;a href" in sent["html"]


@pytest.mark.parametrize("format_", CHATS)
def test_messages_are_bounded(format_: WebhookFormat) -> None:
    long = message_payload("word " * 1000)
    assert len(body(long, format_)["text"]) < MESSAGE_MAX_CHARS + 50
    option = POLL_CLOSED["data"]["results"]["options"][0]
    results = {**POLL_CLOSED["data"]["results"], "options": [{**option, "text": "*" * 200}] * 50}
    payload = {**POLL_CLOSED, "data": {**POLL_CLOSED["data"], "results": results}}
    sent = body(payload, format_)["text"]
    assert sent.count("\n") == OPTIONS_SHOWN + 1
    assert "and 40 more options" in sent
    assert len(sent) < 4000


def test_a_closed_poll_has_its_result_and_an_open_one_its_link() -> None:
    closed = body(POLL_CLOSED, WebhookFormat.MATRIX)["text"]
    assert closed.splitlines() == [
        "Poll closed: Tea or coffee?",
        "Tea: 2 (66.7 %)",
        "Coffee: 1 (33.3 %)",
    ]
    data = POLL_CLOSED["data"]
    opened = {
        "type": "poll.opened",
        "timestamp": "2026-05-04T09:30:00.000Z",
        "data": {"poll": {**data["poll"], "state": "open"}},
    }
    sent = body(opened, WebhookFormat.SLACK)["text"]
    assert sent == "Poll open: Tea or coffee?\n<http://localhost:8000/p/482913>"


@pytest.mark.parametrize("language", ["de", "ar"])
def test_sentences_are_in_the_language_of_the_webhook(language: str) -> None:
    sent = body(POLL_CLOSED, WebhookFormat.MATRIX, language)["text"]
    with translation.override(language):
        sentence = translation.gettext("Poll closed: %(question)s")
    assert sentence != "Poll closed: %(question)s"
    assert sent.splitlines()[0] == sentence % {"question": "Tea or coffee?"}


@pytest.mark.parametrize("format_", CHATS)
@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("poll.deleted", {"question": "Tea?"}),
        ("tally.changed", {"results": POLL_CLOSED["data"]["results"]}),
        ("member.added", {"member": {"name": "Grace"}}),
        ("member.role_changed", {"member": {"name": "Grace"}}),
        ("member.left", {"member": {"name": "Grace"}}),
        ("member.removed", {"member": {"name": "Grace"}}),
        ("webhook.test", {"name": ""}),
    ],
)
def test_every_event_has_a_sentence(
    format_: WebhookFormat, event: str, data: dict[str, Any]
) -> None:
    payload = {"type": event, "timestamp": "", "data": data}
    assert body(payload, format_)["text"].strip()
