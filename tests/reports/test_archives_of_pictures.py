"""Archives with pictures, suggestions and removed options; and pictures that must not get in."""

import io
import json
import random
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

import pytest
from PIL import Image, ImageChops
from pytest_django import Settings

from accounts.models import User
from jobs.errors import ResultTooLargeError
from polls import archive_imports
from polls.host_decisions import decide
from polls.host_selectors import get_host_view_for
from polls.host_wire import HostChoice
from polls.models import Option, Picture, Poll
from polls.new_polls import NewOption
from polls.picture_encoding import MAX_STORED_BYTES, EncodedPicture, encode_picture
from polls.picture_moderation import remove_picture
from polls.pictures import delete_unused, insert_picture, read_picture
from polls.suggestions import suggest_option
from reports import archive_importing, archive_pictures
from reports.archive_importing import check_archive
from reports.archive_pictures import CheckedPictures, CollectedPictures
from reports.archive_reading import opened_archive
from reports.errors import ArchiveInvalidError
from tests.conftest import actor_of, finish_removals, make_user, option_ids
from tests.polls.kinds.asking import ask
from tests.polls.kinds.generators import CASES
from tests.polls.pictures import picture_file
from tests.reports.jobs import export_archive, import_archive, run_job, vote
from tests.reports.test_archives import Lines, pack, unpack
from votes.recount import find_mismatches
from web.hosting import has_waiting
from workspaces.models import Project, Workspace
from workspaces.permissions import Action, roles_with
from workspaces.projects import create_project
from workspaces.spaces import delete_workspace

# The least and the greatest value of each color.
Bands = tuple[tuple[int, int], ...]
SIZES = {"cat": (60, 40), "dog": (30, 90), "map": (200, 100)}


@pytest.fixture
def dora(db: None) -> User:
    return make_user("Dora")


@pytest.fixture
def elsewhere(dora: User) -> Project:
    return create_project(actor=actor_of(dora), name="Elsewhere")


@pytest.fixture
def pictures(alice: User) -> dict[str, UUID]:
    return {
        name: insert_picture(alice.id, encode_picture(io.BytesIO(picture_file(size)))).id
        for name, size in SIZES.items()
    }


@pytest.fixture
def pictured(alice: User, workspace: Workspace, pictures: dict[str, UUID]) -> list[Poll]:
    """A choice with two pictures, one of them again in another poll, and a hotspot."""
    options = [
        NewOption("Cat", picture_id=pictures["cat"], picture_alt="قطة تنام 🐈"),
        NewOption("Dog", picture_id=pictures["dog"]),
        "Neither",
    ]
    again = [NewOption("Mine", picture_id=pictures["cat"]), "Yours"]
    shown = {"picture_id": pictures["map"], "picture_alt": "The garden"}
    team = {"workspace_id": workspace.id}
    return [
        ask(alice, "single", options=options, participant_options="approval", **team),
        ask(alice, "single", options=again, **team),
        ask(alice, "hotspot", **shown, **team),
    ]


def polls_in(project: Project) -> list[Poll]:
    return list(Poll.objects.filter(project=project).order_by("id"))


def files_of(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sorted(set(archive.namelist()) - {"manifest.json", "content.jsonl"})


def pixels_of(picture: Picture | None) -> Image.Image:
    assert picture is not None
    return Image.open(io.BytesIO(read_picture(picture.token))).convert("RGB")


@pytest.mark.both
@pytest.mark.django_db
def test_pictures_are_imported_with_their_texts_and_new_addresses(
    alice: User, dora: User, workspace: Workspace, pictured: list[Poll], elsewhere: Project
) -> None:
    before = {name: pixels_of(Picture.objects.get(width=size[0])) for name, size in SIZES.items()}
    tokens = set(Picture.objects.values_list("token", flat=True))
    content = export_archive(alice, workspace)
    assert len(files_of(content)) == 3
    assert unpack(content)[0]["version"] == 3
    # As on another site.
    delete_workspace(actor=actor_of(alice), workspace_id=workspace.id)
    finish_removals()
    assert not Picture.objects.exists()
    job = import_archive(dora, content, elsewhere)
    assert job.state == "succeeded", job.error_message
    animals, mine, place = polls_in(elsewhere)
    cat, dog, neither = animals.options.all()
    assert [cat.picture_alt, dog.picture_alt, place.picture_alt] == [
        "قطة تنام 🐈",
        "",
        "The garden",
    ]
    assert mine.options.all()[0].picture == cat.picture
    assert neither.picture is None
    for name, picture in {"cat": cat.picture, "dog": dog.picture, "map": place.picture}.items():
        difference = ImageChops.difference(before[name], pixels_of(picture)).getextrema()
        # Encoded again.
        assert max(most for _, most in cast(Bands, difference)) < 40
        assert picture is not None
        assert (picture.owner_id, picture.token in tokens) == (dora.id, False)
    delete_workspace(actor=actor_of(dora), workspace_id=Workspace.objects.get().id)
    finish_removals()
    assert not Picture.objects.exists()


@pytest.mark.django_db
def test_an_archive_can_be_exported_without_its_pictures(
    alice: User, dora: User, workspace: Workspace, pictured: list[Poll], elsewhere: Project
) -> None:
    payload = {"action": "export_workspace", "workspaceId": str(workspace.id)}
    job = run_job(alice, "data_processing", pictures=False, **payload)
    content = b"".join(bytes(each.content) for each in job.file.chunks.order_by("position"))
    assert (files_of(content), unpack(content)[0]["version"]) == ([], 2)
    assert import_archive(dora, content, elsewhere).state == "succeeded"
    assert {poll.picture_alt for poll in polls_in(elsewhere)} == {""}


@pytest.mark.django_db
def test_suggestions_wait_again_and_belong_to_nobody(
    alice: User,
    charlie: User,
    dora: User,
    workspace: Workspace,
    pictured: list[Poll],
    elsewhere: Project,
) -> None:
    for text in ("Parrot", "ببغاء"):
        suggest_option(actor=actor_of(charlie), poll_id=pictured[0].id, text=text)
    content = export_archive(alice, workspace)
    suggestions = [line for line in unpack(content)[1] if line["type"] == "suggestion"]
    assert [set(line) for line in suggestions] == [{"type", "text", "suggestedAt"}] * 2
    import_archive(dora, content, elsewhere)
    poll = polls_in(elsewhere)[0]
    view = get_host_view_for(actor_of(dora), poll.id)
    assert [each.text for each in view.suggestions] == ["Parrot", "ببغاء"]
    assert [each.created_at for each in view.suggestions] == list(
        pictured[0].suggestions.order_by("id").values_list("created_at", flat=True)
    )
    assert has_waiting(poll)
    assert set(poll.suggestions.values_list("author", flat=True)) == {None}
    choice = HostChoice(action="approve", suggestion_id=view.suggestions[0].id)
    decide(actor=actor_of(dora), poll_id=poll.id, choice=choice)
    assert [each.text for each in poll.options.all()][3:] == ["Parrot"]


def test_only_those_who_decide_about_suggestions_export_them() -> None:
    assert set(roles_with(Action.EXPORT_POLLS)) <= set(roles_with(Action.EDIT_POLLS))


@pytest.mark.django_db
def test_removed_options_are_imported_with_their_votes(
    alice: User, bob: User, dora: User, workspace: Workspace, elsewhere: Project
) -> None:
    poll = ask(alice, "questions", options=["Why?", "How?", "Who?"], workspace_id=workspace.id)
    vote(bob, poll, 0)
    vote(alice, poll, 0, 2)
    remove = HostChoice(action="remove", option_id=option_ids(poll)[0])
    decide(actor=actor_of(alice), poll_id=poll.id, choice=remove)
    content = export_archive(alice, workspace)
    assert unpack(content)[0]["version"] == 3
    job = import_archive(dora, content, elsewhere)
    assert job.state == "succeeded", job.error_message
    copy = polls_in(elsewhere)[0]
    assert (copy.ballot_count, copy.removed_option_count) == (2, 1)
    assert [(each.text, each.vote_count) for each in copy.options.all()] == [
        ("How?", 0),
        ("Who?", 1),
    ]
    assert list(find_mismatches()) == []
    removed = Option.with_removed.exclude(removed_at=None).get(poll=copy)
    restore = HostChoice(action="restore", option_id=removed.id)
    decide(actor=actor_of(dora), poll_id=copy.id, choice=restore)
    assert [each.vote_count for each in copy.options.all()] == [2, 0, 1]


@pytest.mark.django_db
def test_an_account_cannot_have_more_pictures_by_importing_them(
    alice: User,
    dora: User,
    workspace: Workspace,
    pictured: list[Poll],
    elsewhere: Project,
    settings: Settings,
) -> None:
    content = export_archive(alice, workspace)
    settings.PICTURES_PER_OWNER = 2
    job = import_archive(dora, content, elsewhere, dryRun=True)
    assert (job.state, job.error_code) == ("failed", "picture.too_many")
    settings.PICTURES_PER_OWNER = 3
    assert import_archive(dora, content, elsewhere).state == "succeeded"


@pytest.mark.django_db
def test_pictures_of_an_import_that_fails_are_deleted(
    alice: User,
    dora: User,
    workspace: Workspace,
    pictured: list[Poll],
    elsewhere: Project,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = export_archive(alice, workspace)

    def fail(*_: Any) -> None:
        assert Picture.objects.filter(owner=dora).count() == 3
        raise ArchiveInvalidError

    monkeypatch.setattr(archive_importing.Importer, "show", fail)
    assert import_archive(dora, content, elsewhere).state == "failed"
    finish_removals()
    assert not Picture.objects.filter(owner=dora).exists()


@pytest.mark.django_db
def test_a_picture_that_is_removed_meanwhile_is_left_out(
    alice: User,
    dora: User,
    staff: User,
    workspace: Workspace,
    pictured: list[Poll],
    elsewhere: Project,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = export_archive(alice, workspace)

    def remove(width: int) -> None:
        for picture in Picture.objects.filter(owner=dora, width=width):
            remove_picture(actor=actor_of(staff), picture_id=picture.id)

    def reserve(options: Any) -> Any:
        if options and options[0].text == "Mine":
            remove(SIZES["cat"][0])
        return archive_imports.reserve_poll(options)

    def publish(**fields: Any) -> None:
        remove(SIZES["map"][0])
        archive_imports.publish_imported(**fields)

    monkeypatch.setattr(archive_importing, "reserve_poll", reserve)
    monkeypatch.setattr(archive_importing, "publish_imported", publish)
    job = import_archive(dora, content, elsewhere)
    assert job.state == "succeeded", job.error_message
    animals, mine, place = polls_in(elsewhere)
    dog = animals.options.all()[1]
    assert (dog.picture is None, mine.options.all()[0].picture, place.picture) == (
        False,
        None,
        None,
    )


@pytest.mark.django_db
def test_pictures_are_collected_once_and_in_flat_memory(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    size, count = 100_000, 30
    ids = [
        insert_picture(alice.id, EncodedPicture(random.Random(each).randbytes(size), 9, 9)).id
        for each in range(count)
    ]
    gone = insert_picture(alice.id, EncodedPicture(b"gone", 9, 9)).id
    delete_unused([gone])
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as target:
        collected = CollectedPictures(file)
        assert collected.collect(gone) is None
        collected.collect(ids[0])
        tracemalloc.start()
        for picture_id in (*ids, *ids):
            collected.collect(picture_id)
        with zipfile.ZipFile(target, "w") as archive:
            collected.write(archive)
            assert len(archive.namelist()) == count
        assert tracemalloc.get_traced_memory()[1] < 10 * size
        tracemalloc.stop()
    for name, bound in (("FILE_MAX_BYTES", 10 * size), ("MAX_PICTURES", 10)):
        with monkeypatch.context() as patch, tempfile.TemporaryFile() as file:
            patch.setattr(archive_pictures, name, bound)
            bounded = CollectedPictures(file)
            for picture_id in ids[:10]:
                bounded.collect(picture_id)
            with pytest.raises(ResultTooLargeError):
                bounded.collect(ids[10])


# What people make by hand.
MANIFEST = {
    "format": "tallyroom-workspace",
    "version": 3,
    "exportedAt": "2026-11-01T10:00:00Z",
    "workspace": {"name": "Hand", "settings": {}},
    "pollCount": 2,
    "ballotCount": 0,
}
RATHER = {"allowChange": False, "resultsVisibility": "always", "state": "open"} | dict.fromkeys(
    ("opensAt", "closesAt", "openedAt", "closedAt", "talliedAt")
)
END = {"type": "end", "ballotCount": 0, "sampleCount": 0, "suggestionCount": 1}
PICTURE = picture_file(picture_format="WEBP")


def name_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def lines_with(name: str) -> Lines:
    """A choice with a picture, an option that is removed, and a suggestion; and a hotspot."""
    common = {"type": "poll", "version": 0, "embedOrigins": [], "earlierQuestions": [], **RATHER}
    added = "2026-11-01T10:00:00Z"
    return [
        {
            **common,
            "question": "Which?",
            "kind": "single",
            "maxChoices": 1,
            "options": ["A", "B", "C"],
            "participantOptions": "approval",
            "optionDetails": [
                {"picture": name, "pictureAlt": "a"},
                {},
                {"addedAt": added, "removedAt": added},
            ],
        },
        {"type": "suggestion", "text": "D", "suggestedAt": added},
        {**END, "counts": [0, 0, 0]},
        {
            **common,
            "question": "Where?",
            "kind": "hotspot",
            "maxChoices": 1,
            "options": [],
            "settings": CASES["hotspot"][1],
            "picture": name,
        },
        {**END, "counts": [], "suggestionCount": 0},
    ]


def packed(lines: Lines, files: list[tuple[str, bytes]]) -> io.BytesIO:
    content = io.BytesIO(pack(MANIFEST, lines))
    with zipfile.ZipFile(content, "a") as archive:
        for name, file in files:
            archive.writestr(name, file)
    return content


def read(archive_file: io.BytesIO) -> list[EncodedPicture]:
    """Check an archive as the job does; return its pictures."""
    with opened_archive(archive_file) as archive, tempfile.TemporaryFile() as copies:
        check_archive(archive, lambda _: None)
        pictures = CheckedPictures(copies)
        pictures.add_all(archive, lambda _: None)
        return [pictures.read(name) for name in archive.pictures]


def at(content: bytes) -> tuple[str, bytes]:
    return f"pictures/{name_of(content)}.webp", content


def test_a_picture_of_any_archive_is_one_of_our_own_afterwards() -> None:
    hidden = b"<script>alert(1)</script>"
    image = Image.open(io.BytesIO(PICTURE))
    tagged = io.BytesIO()
    image.save(tagged, "WEBP", xmp=hidden)
    for content in (PICTURE + hidden, tagged.getvalue(), picture_file(mode="P")):
        [picture] = read(packed(lines_with(name_of(content)), [at(content)]))
        assert (picture.width, picture.height) == (40, 30)
        assert picture.webp.startswith(b"RIFF")
        assert hidden not in picture.webp


WIDE = picture_file((1601, 1600))
BOMB = picture_file((9000, 4000), picture_format="PNG")
LARGE = PICTURE + bytes(MAX_STORED_BYTES)
NO_PICTURE = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
NAME, OTHER = name_of(PICTURE), b"other"
FILES: dict[str, tuple[bytes, list[tuple[str, bytes]], str]] = {
    "missing": (PICTURE, [], "line 1: picture: There is no pictures/"),
    "another hash": (PICTURE, [(at(PICTURE)[0], OTHER)], "Its name is not its SHA-256."),
    "not used": (PICTURE, [at(PICTURE), at(OTHER)], "No poll has it."),
    "twice": (PICTURE, [at(PICTURE), at(PICTURE)], "exactly the files"),
    "outside": (PICTURE, [at(PICTURE), ("pictures/../../x.webp", OTHER)], "exactly the files"),
    "upper case": (PICTURE, [(f"pictures/{NAME.upper()}.webp", PICTURE)], "exactly the files"),
    "another ending": (PICTURE, [(f"pictures/{NAME}.svg", PICTURE)], "exactly the files"),
    "a folder": (PICTURE, [at(PICTURE), ("pictures/", b"")], "exactly the files"),
    "SVG": (NO_PICTURE, [at(NO_PICTURE)], "It is no picture that can be read."),
    "cut": (PICTURE[:-40], [at(PICTURE[:-40])], "It is no picture that can be read."),
    "too wide": (WIDE, [at(WIDE)], "It has more than 1600 × 1600 pixels."),
    "a bomb": (BOMB, [at(BOMB)], "It has more than 1600 × 1600 pixels."),
    "too many bytes": (LARGE, [at(LARGE)], "It has more than 524,288 bytes."),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_picture_of_an_archive_is_refused(case: str) -> None:
    content, files, words = FILES[case]
    with pytest.warns(UserWarning, match="Duplicate name") if case == "twice" else nullcontext():
        archive = packed(lines_with(name_of(content)), files)
    with pytest.raises(ArchiveInvalidError) as refused:
        read(archive)
    assert words in str(refused.value)


def test_an_archive_has_a_bounded_number_of_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.archive_reading.MAX_PICTURES", 1)
    with pytest.raises(ArchiveInvalidError, match="more than 1 pictures"):
        read(packed(lines_with(NAME), [at(PICTURE), at(OTHER)]))


LINES: dict[str, tuple[Callable[[Lines], Any], str]] = {
    "a path": (
        lambda ls: ls[0]["optionDetails"][0].update(picture="../" + NAME),
        "line 1: optionDetails.0.picture: ",
    ),
    "control character": (
        lambda ls: ls[0]["optionDetails"][0].update(pictureAlt="a\0"),
        "pictureAlt: Control",
    ),
    "long text": (
        lambda ls: ls[0]["optionDetails"][0].update(pictureAlt="x" * 301),
        "optionDetails.0.pictureAlt: At most 300",
    ),
    "of a choice": (lambda ls: ls[0].update(picture=NAME), "picture: Only hotspots"),
    "suggested to a hotspot": (lambda ls: ls.insert(4, ls[1]), "line 5: Participants cannot"),
    "blank": (lambda ls: ls[1].update(text="\u200b"), "line 2: text: This field"),
    "long suggestion": (lambda ls: ls[1].update(text="x" * 201), "line 2: text: At most 200"),
    "an author": (lambda ls: ls[1].update(author="x"), "line 2: author: There is no such"),
    "lost suggestion": (lambda ls: ls.pop(1), "The counts differ"),
    "too many suggestions": (
        lambda ls: ls.__setitem__(slice(2, 2), [ls[1]] * 200),
        "at most 200 suggestions",
    ),
    "option of the host": (
        lambda ls: ls[0]["optionDetails"][2].pop("addedAt"),
        "Only options of participants are removed.",
    ),
    "too few left": (
        lambda ls: ls[0]["optionDetails"][1].update(ls[0]["optionDetails"][2]),
        "A poll must have 2 to 50 options.",
    ),
}


@pytest.mark.parametrize("case", LINES)
def test_a_line_that_breaks_a_rule_is_refused(case: str) -> None:
    change, words = LINES[case]
    lines = json.loads(json.dumps(lines_with(NAME)))
    read(packed(lines, [at(PICTURE)]))
    change(lines)
    with pytest.raises(ArchiveInvalidError) as refused:
        read(packed(lines, [at(PICTURE)]))
    assert words in str(refused.value)
