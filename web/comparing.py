"""Compares two versions of a poll, when two people have edited it at the same time.

The second one to save sees both versions field by field, and takes either of each.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from apikit.actors import Actor
from polls.editing import OptionEdit
from polls.models import Poll, PollKind
from web.compared_fields import (
    FIELDS,
    SHOWN_TOGETHER,
    Version,
    options_follow_kind,
)
from web.forms.kinds.registry import KIND_FORMS
from web.forms.poll_rows import COLUMNS
from web.forms.polls import PollForm
from workspaces.activity_log import ActivityFilter, list_activity_for

YOURS, THEIRS = "yours", "theirs"
# What cannot change any more once somebody has voted.
FIXED_BY_VOTES = {"options", "choices", "picture"}
# Settings that are numbers of options.
_COUNTS = ("minChoices", "places")
TAKE_PREFIX = "take_"
FINGERPRINTS_MAX_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that differs. ``taken`` is selected at first; ``is_fixed`` leaves no choice."""

    name: str
    label: str
    yours: Version
    theirs: Version
    taken: str
    note: str
    is_fixed: bool


def fingerprints_of(poll: Poll) -> str:
    """Returns a short hash of each field as JSON, which the form carries along.

    With them, the page knows who of the two has changed a field.
    """
    return json.dumps({name: _hash(field.of_poll(poll)) for name, field in FIELDS.items()})


def compare(form: PollForm, poll: Poll, sent: QueryDict) -> list[Difference]:
    """Returns the fields in which the valid ``form`` and the stored ``poll`` differ."""
    loaded = _read_fingerprints(sent.get("loaded", ""))
    differences = []
    for name, field in FIELDS.items():
        if field.keys[0] not in form.values:
            continue
        yours, theirs = field.of_values(form.values, poll), field.of_poll(poll)
        if yours == theirs or (name == "options" and options_follow_kind(form.values, poll)):
            continue
        shown = (field.show(yours), field.show(theirs))
        if name in SHOWN_TOGETHER:
            shown = SHOWN_TOGETHER[name](form.values, poll)
        is_fixed = poll.has_votes and name in FIXED_BY_VOTES
        taken, note = _advice(name, _hash(yours), _hash(theirs), loaded)
        if is_fixed:
            taken, note = THEIRS, gettext("People have already voted, so this can’t be changed.")
        taken = THEIRS if is_fixed else _taken(name, sent) or taken
        differences.append(Difference(name, str(field.label), *shown, taken, note, is_fixed))
    return differences


def last_editor(poll: Poll, actor: Actor) -> str:
    """Returns the name of the other person who changed a team's poll last; empty if unknown."""
    if poll.project_id is None:
        return ""
    changes = list_activity_for(actor, poll.project_id, ActivityFilter(poll_id=poll.id))
    latest = changes.exclude(actor_id=actor.id).first()
    return latest.actor.name if latest is not None and latest.actor is not None else ""


def is_merge(sent: QueryDict) -> bool:
    """Whether the page with both versions was sent, to be saved."""
    return sent.get("do", "").startswith("merge")


def merged_changes(form: PollForm, poll: Poll, sent: QueryDict) -> dict[str, Any]:
    """Returns the input for the service: the fields of yours, without those taken from theirs."""
    changes = dict(form.values)
    if not is_merge(sent):
        return changes
    follows = options_follow_kind(form.values, poll)
    for name, field in FIELDS.items():
        chosen = _taken("choices" if name == "options" and follows else name, sent)
        if chosen == THEIRS or (poll.has_votes and name in FIXED_BY_VOTES):
            for key in field.keys:
                changes.pop(key, None)
    return changes if poll.has_votes else changes | _settled_ballot(changes, poll)


def hidden_fields(form: PollForm) -> list[tuple[str, str]]:
    """Returns the fields of the form as they were sent, to be sent again with the choices."""
    names = [*form.fields, *COLUMNS, "has_limits", "has_pictures", "picture_url"]
    names += [name for name, _value in form.moments.hidden()]
    sent = form.data
    if not isinstance(sent, QueryDict):
        return []
    prefixes = tuple(f"{kind}-" for kind in KIND_FORMS)
    names += ["settings_sent", *(name for name in sent if name.startswith(prefixes))]
    return [(name, value) for name in names for value in sent.getlist(name)]


def _advice(name: str, yours: str, theirs: str, loaded: Mapping[str, str]) -> tuple[str, str]:
    """Returns which version to select at first, and why: by the hashes of both, and the loaded."""
    if name not in loaded:
        return YOURS, ""
    if theirs == loaded[name]:
        return YOURS, gettext("Only you changed this.")
    if yours == loaded[name]:
        return THEIRS, gettext("You didn’t change this.")
    return YOURS, gettext("You both changed this.")


def _taken(name: str, sent: QueryDict) -> str:
    """Returns which version was chosen; empty where nobody has chosen yet."""
    if sent.get("do") == "merge-yours":
        return YOURS
    return sent.get(TAKE_PREFIX + name, "") if is_merge(sent) else ""


def _settled_ballot(changes: Mapping[str, Any], poll: Poll) -> dict[str, Any]:
    """Makes options of one version and choices of the other fit each other."""
    known = {option.id for option in poll.options.all()}
    edits: Sequence[OptionEdit] | None = changes.get("options")
    settled: dict[str, Any] = {}
    if edits is not None:
        # The other person may have removed an option that you kept: it is a new one then.
        edits = [replace(edit, id=edit.id if edit.id in known else None) for edit in edits]
        settled["options"] = edits
    count = len(known if edits is None else edits)
    kind = changes.get("kind", poll.kind)
    if kind == PollKind.MULTIPLE:
        most = changes.get("max_choices", poll.max_choices if kind == poll.kind else None)
        settled["max_choices"] = count if most is None else min(most, count)
    settings = changes.get("settings", poll.settings if kind == poll.kind else {})
    fitting = {name: min(settings[name], count) for name in _COUNTS if settings.get(name)}
    return settled | ({"settings": settings | fitting} if fitting else {})


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:8]


def _read_fingerprints(text: str) -> dict[str, str]:
    """Parses :func:`fingerprints_of`; empty for anything else."""
    try:
        read = json.loads(text[:FINGERPRINTS_MAX_CHARS])
    except (ValueError, RecursionError):
        return {}
    return {name: str(read[name]) for name in FIELDS if name in read} if type(read) is dict else {}
