"""Parts of the page of a poll in the admin."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from accounts.moderation.base import moment_text, number_text
from polls.models import Cell, Poll
from polls.wording import earlier_questions

CELLS_SHOWN = 50


def earlier_questions_text(poll: Poll) -> SafeString:
    """Each earlier question that people voted on, when it was replaced, and by whom."""
    return format_html_join(
        mark_safe("<br>"),
        "{}, until {}, by {}",
        (
            (record["question"], moment_text(earlier.replaced_at), record["editorId"])
            for record, earlier in zip(poll.earlier_questions, earlier_questions(poll), strict=True)
        ),
    )


def cells_text(poll: Poll) -> SafeString:
    """The counters of the tally, the largest first; see docs/kinds.md."""
    cells = Cell.objects.filter(poll=poll).order_by("-count", "group", "key")
    rows = list(cells.values_list("group", "key", "count")[: CELLS_SHOWN + 1])
    shown = [(group, key, number_text(count)) for group, key, count in rows[:CELLS_SHOWN]]
    text = format_html_join(mark_safe("<br>"), "{} {}: {}", shown)
    return format_html("{}<br>and more", text) if len(rows) > CELLS_SHOWN else text
