"""What messages say."""

from django import template

from chat.wire import MessageView
from web.notice_texts import text_of_message

register = template.Library()


@register.filter
def message_text(message: MessageView) -> str:
    """Return the text of a message, in the reader's language if the system wrote it."""
    return text_of_message(message)
