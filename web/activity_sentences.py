"""Activities of a project as sentences in the reader's language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from web.role_texts import ROLES_IN_SENTENCES, role_name
from workspaces.models import Activity

# By verb; ``{who}`` is the person, ``{what}`` the thing, ``{role}`` and ``{old_role}`` roles.
SENTENCES: Mapping[str, Promise] = {
    "project.created": gettext_lazy("{who} created the project."),
    "project.changed": gettext_lazy("{who} changed the project."),
    "project.deleted": gettext_lazy("{who} deleted the project."),
    "project.transferred": gettext_lazy("{who} handed the project over to {what}."),
    "member.added": gettext_lazy("{who} added {what} as {role}."),
    "member.role_changed": gettext_lazy(
        "{who} changed the role of {what} from {old_role} to {role}."
    ),
    "member.removed": gettext_lazy("{who} removed {what}."),
    "member.left": gettext_lazy("{who} left the project."),
    "invitation.sent": gettext_lazy("{who} invited {what} as {role}."),
    "invitation.changed": gettext_lazy("{who} changed the invitation of {what} to {role}."),
    "invitation.resent": gettext_lazy("{who} invited {what} again."),
    "invitation.revoked": gettext_lazy("{who} revoked the invitation of {what}."),
    "invitation.accepted": gettext_lazy("{who} joined as {role}."),
    "invitation.declined": gettext_lazy("{who} declined the invitation."),
    "workspace.created": gettext_lazy("{who} created the workspace {what}."),
    "workspace.imported": gettext_lazy("{who} imported the polls of the workspace {what}."),
    "workspace.changed": gettext_lazy("{who} changed the workspace {what}."),
    "workspace.archived": gettext_lazy("{who} archived the workspace {what}."),
    "workspace.restored": gettext_lazy("{who} restored the workspace {what}."),
    "workspace.deleted": gettext_lazy("{who} deleted the workspace {what}."),
    "poll.created": gettext_lazy("{who} created the poll {what}."),
    "poll.edited": gettext_lazy("{who} edited the poll {what}."),
    "poll.published": gettext_lazy("{who} published the poll {what}."),
    "poll.opened": gettext_lazy("{who} opened the poll {what}."),
    "poll.closed": gettext_lazy("{who} closed the poll {what}."),
    "poll.reopened": gettext_lazy("{who} reopened the poll {what}."),
    "poll.deleted": gettext_lazy("{who} deleted the poll {what}."),
    "poll.moved": gettext_lazy("{who} moved the poll {what}."),
    "poll.hidden": gettext_lazy("{who} hid the poll {what}."),
    "poll.moderated": gettext_lazy("{who} decided about answers to the poll {what}."),
    "poll.restored": gettext_lazy("{who} made the poll {what} visible again."),
}
# What the clock did.
BY_THE_CLOCK: Mapping[str, Promise] = {
    "poll.opened": gettext_lazy("The poll {what} opened on schedule."),
    "poll.closed": gettext_lazy("The poll {what} closed on schedule."),
}
FIELD_NAMES: Mapping[str, Promise] = {
    "name": gettext_lazy("Name"),
    "description": gettext_lazy("Description"),
    "settings": gettext_lazy("Settings"),
    "question": gettext_lazy("Question"),
    "options": gettext_lazy("Options"),
    "optionLimits": gettext_lazy("Places of options"),
    "optionPictureIds": gettext_lazy("Pictures of options"),
    "optionPictureAlts": gettext_lazy("Descriptions of pictures"),
    "kind": gettext_lazy("Kind of poll"),
    "maxChoices": gettext_lazy("Up to"),
    "participantOptions": gettext_lazy("Voters can add options"),
    "pictureId": gettext_lazy("Picture"),
    "pictureAlt": gettext_lazy("Description of the picture"),
    "allowChange": gettext_lazy("Voters can change or take back their vote"),
    "resultsVisibility": gettext_lazy("Show results to voters"),
    "opensAt": gettext_lazy("Opens at"),
    "closesAt": gettext_lazy("Closes at"),
    "embedOrigins": gettext_lazy("Sites allowed to embed this poll"),
}
# Fields with a short text as their value, which is shown.
SHOWN_FIELDS = ("name", "question")
ICONS = {
    "project": "settings",
    "member": "people",
    "invitation": "mail",
    "workspace": "folder",
    "poll": "chart",
}
GENERAL = pgettext_lazy("activity", "{who} changed {what}.")


@dataclass(frozen=True, slots=True)
class Change:
    """A changed field; the texts are empty where only the field's name is shown."""

    label: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """An activity for a page. ``icon`` is that of what it is about."""

    seq: int
    icon: str
    sentence: SafeString
    changes: Sequence[Change]
    at: datetime


def activity_lines(activities: Iterable[Activity]) -> list[ActivityLine]:
    """Returns activities of ``workspaces.activity_log`` as sentences, without a query."""
    return [
        ActivityLine(
            seq=each.seq,
            icon=ICONS.get(each.target_kind, "clock"),
            sentence=_sentence(each),
            changes=_changes(each),
            at=each.created_at,
        )
        for each in activities
    ]


def _sentence(activity: Activity) -> SafeString:
    text = SENTENCES.get(activity.verb, GENERAL)
    if activity.actor_id is None:
        text = BY_THE_CLOCK.get(activity.verb, text)
    before, after = activity.before or {}, activity.after or {}
    return format_html(
        str(text),
        who=_who(activity),
        what=_what(activity),
        role=role_name(after.get("role"), ROLES_IN_SENTENCES),
        old_role=role_name(before.get("role"), ROLES_IN_SENTENCES),
    )


def _who(activity: Activity) -> SafeString:
    if activity.actor_id is None:
        name = _("Tallyroom")
    else:
        # None if the account was deleted: the column has no foreign key.
        name = activity.actor.name if activity.actor is not None else _("A former member")
    return format_html('<bdi class="activity-who">{}</bdi>', name)


def _what(activity: Activity) -> SafeString:
    """Returns the name that it had then, as a link where it can be followed."""
    url = _url(activity)
    is_quoted = activity.target_kind in {"poll", "workspace"}
    name = _("“%(name)s”") % {"name": activity.target_name} if is_quoted else activity.target_name
    if url:
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, name)
    return format_html("<bdi>{}</bdi>", name)


def _url(activity: Activity) -> str:
    if activity.verb.endswith(".deleted") or activity.target_id is None:
        return ""
    pages = {"poll": "web:manage-poll", "workspace": "web:workspace"}
    page = pages.get(activity.target_kind)
    return reverse(page, args=[activity.target_id]) if page else ""


def _changes(activity: Activity) -> list[Change]:
    """Returns what was changed, for changes and edits."""
    before, after = activity.before or {}, activity.after or {}
    if activity.verb not in {"project.changed", "workspace.changed", "poll.edited"}:
        return []
    return [_change(name, before.get(name), after[name]) for name in after if name in FIELD_NAMES]


def _change(name: str, before: Any, after: Any) -> Change:
    label = str(FIELD_NAMES[name])
    if name in SHOWN_FIELDS and isinstance(before, str) and isinstance(after, str):
        return Change(label, before, after)
    return Change(label)
