"""The job that adds the people of a file to a project, and the one that sends their emails."""

import json
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from apikit.errors import ApiError
from jobs import states, uploads
from jobs.execution import execute
from jobs.models import Job, JobState
from jobs.services import enqueue
from tests.conftest import actor_of, make_user
from tests.jobs.conftest import expire, hurry, run_due, take_next
from tests.workspaces.inviting import make_project, sent_emails, verbs_in
from workspaces import bulk_invitations, roster_import, tasks
from workspaces.invitations import accept_invitation, invite
from workspaces.models import Activity, Invitation, Member, Project
from workspaces.permissions import Role

pytestmark = pytest.mark.django_db

CSV = """\
Name,E-mail,Role
Charlie,CHARLIE@example.org,
Bob,bob@example.org,owner
Dora,dora@example.org,Collaborator
Eve,eve@example.org,
"""


@pytest.fixture
def project(alice: User, bob: User) -> Project:
    """A project of alice; bob is a viewer."""
    return make_project(alice, viewer=bob)


def import_file(user: User, project: Project, content: str, **fields: Any) -> Job:
    """Enqueues the job, without running it."""
    upload = uploads.store_upload(
        actor=actor_of(user), name="a.csv", media_type="text/csv", pieces=[content.encode()]
    )
    payload: dict[str, Any] = {
        "action": "import_roster",
        "uploadId": str(upload.id),
        "projectId": str(project.id),
        "dryRun": False,
    }
    return enqueue(actor=actor_of(user), type_="data_processing", payload=payload | fields)


def run(job: Job) -> dict[str, Any]:
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_message) == (JobState.SUCCEEDED, "")
    result: dict[str, Any] = job.result or {}
    return result


def numbers(result: dict[str, Any]) -> dict[str, int]:
    return {
        name.removesuffix("Count"): value
        for name, value in result.items()
        if name.endswith("Count") and value
    }


def roles(project: Project) -> dict[str, str]:
    members = Member.objects.filter(project=project).select_related("user")
    return {each.user.name: each.role for each in members}


def invited(project: Project) -> dict[str, tuple[str, int]]:
    """Roles and numbers of emails of the open invitations."""
    found = Invitation.objects.filter(Invitation.OPEN, project=project)
    return {each.email: (each.role, each.sent_count) for each in found}


def sending_job() -> Job:
    return Job.objects.get(type=tasks.SEND_INVITATIONS)


def test_accounts_become_members_and_others_are_invited(
    alice: User, charlie: User, project: Project
) -> None:
    result = run(import_file(alice, project, CSV))
    assert numbers(result) == {"row": 4, "new": 3, "added": 1, "invited": 2, "member": 1}
    # A member stays what they are.
    assert roles(project) == {"Alice": "owner", "Bob": "viewer", "Charlie": "viewer"}
    assert invited(project) == {
        "dora@example.org": ("collaborator", 1),
        "eve@example.org": ("viewer", 1),
    }
    assert [each.to for each in sent_emails()] == [["dora@example.org"], ["eve@example.org"]]
    assert verbs_in(project) == ["invitation.sent", "invitation.sent"]
    assert Activity.objects.filter(verb="member.added", target_id=charlie.id).exists()
    assert project.members.count() == Project.objects.get(id=project.id).member_count


def test_the_link_in_the_email_works(alice: User, project: Project) -> None:
    run(import_file(alice, project, "email\ndora@example.org\n", role="collaborator"))
    [email] = sent_emails()
    token = str(email.body).partition("/invitations/")[2].split()[0]
    dora = make_user("Dora")
    accept_invitation(actor=actor_of(dora), token=token)
    assert roles(project)["Dora"] == "collaborator"


def test_importing_again_changes_nothing_and_sends_nothing(
    alice: User, charlie: User, project: Project
) -> None:
    run(import_file(alice, project, CSV))
    emails = len(sent_emails())
    result = run(import_file(alice, project, CSV))
    assert numbers(result) == {"row": 4, "member": 2, "alreadyInvited": 2}
    assert len(sent_emails()) == emails
    assert Job.objects.filter(type=tasks.SEND_INVITATIONS).count() == 1


def test_an_open_invitation_gets_the_role_and_an_expired_one_is_sent_again(
    alice: User, charlie: User, project: Project
) -> None:
    for name in ("dora", "eve"):
        email = f"{name}@example.org"
        invite(actor=actor_of(alice), project_id=project.id, email=email, role=Role.VIEWER)
    Invitation.objects.filter(email="eve@example.org").update(expires_at=timezone.now())
    before = len(sent_emails())
    result = run(import_file(alice, project, CSV))
    assert numbers(result)["alreadyInvited"] == 2
    assert invited(project)["dora@example.org"] == ("collaborator", 1)
    assert invited(project)["eve@example.org"] == ("viewer", 2)
    assert [each.to for each in sent_emails()[before:]] == [["eve@example.org"]]


def test_a_suspended_account_looks_like_an_unknown_address(
    alice: User, bob: User, charlie: User, project: Project
) -> None:
    User.objects.filter(id__in=[bob.id, charlie.id]).update(is_active=False)
    result = run(import_file(alice, project, CSV))
    assert numbers(result) == {"row": 4, "new": 3, "invited": 3, "member": 1}


def test_a_dry_run_lists_problems_and_tells_not_who_has_an_account(
    alice: User, charlie: User, project: Project
) -> None:
    content = CSV + (
        "Dora again,DORA@example.org,collaborator\n"
        "Dora once more,dora@example.org,viewer\n"
        "Nobody,nonsense,\n"
        ",,\n"
        "Boss,boss@example.org,boss\n"
        "Comma, Lost,lost@example.org,viewer\n"
    )
    result = run(import_file(alice, project, content, dryRun=True))
    assert [(each["row"], each["column"]) for each in result["problems"]] == [
        (7, "role"),
        (8, "email"),
        (10, "role"),
        (11, ""),
    ]
    assert result["problems"][0]["message"] == "Row 4 gives this address another role."
    assert result["duplicates"] == [{"row": 6, "sameAsRow": 4}]
    assert numbers(result) == {"row": 9, "new": 3, "member": 1, "problem": 4}
    assert (result["addedCount"], result["invitedCount"]) == (None, None)
    assert roles(project) == {"Alice": "owner", "Bob": "viewer"}
    assert not Invitation.objects.exists()
    assert not Job.objects.filter(type=tasks.SEND_INVITATIONS).exists()


def test_a_wrong_row_fails_the_job_and_adds_nobody(
    alice: User, charlie: User, project: Project
) -> None:
    job = import_file(alice, project, CSV + "x,nonsense,\n")
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "file.invalid_rows")
    assert roles(project) == {"Alice": "owner", "Bob": "viewer"}
    assert not Invitation.objects.exists()


def test_addresses_and_objects_from_json(alice: User, charlie: User, project: Project) -> None:
    entries: list[Any] = ["charlie@example.org", {"email": "dora@example.org", "role": "owner"}]
    assert numbers(run(import_file(alice, project, json.dumps(entries))))["new"] == 2
    wrong = [7, {"email": "x@example.org", "age": 1}, {"email": 7}, {"name": "Dora"}]
    result = run(import_file(alice, project, json.dumps(wrong), dryRun=True))
    assert [each["row"] for each in result["problems"]] == [1, 2, 3, 4]


@pytest.mark.parametrize("name", ["members", "invitations"])
def test_a_project_that_gets_too_large_takes_nobody(
    alice: User, charlie: User, project: Project, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name == "members":
        monkeypatch.setattr("workspaces.roster.MAX_MEMBERS", 2)
    else:
        monkeypatch.setattr(bulk_invitations, "MAX_OPEN_INVITATIONS", 1)
    job = import_file(alice, project, CSV)
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "project.full")
    assert roles(project) == {"Alice": "owner", "Bob": "viewer"}
    assert not Invitation.objects.exists()


def test_only_those_who_manage_members_import_them(
    alice: User, bob: User, charlie: User, project: Project
) -> None:
    for user, code in {bob: "project.not_allowed", charlie: "project.not_found"}.items():
        with pytest.raises(ApiError) as caught:
            import_file(user, project, CSV)
        assert caught.value.code == code
    job = import_file(alice, project, CSV)
    Member.objects.filter(user=alice).update(role=Role.VIEWER)
    run_due()
    job.refresh_from_db()
    assert job.error_code == "project.not_allowed"
    assert not Invitation.objects.exists()


def test_additions_are_limited_and_the_job_waits(
    alice: User, charlie: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "ADDITIONS_PER_HOUR", 2)
    job = import_file(alice, project, CSV)
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.QUEUED, "rate_limited")
    assert not Invitation.objects.exists()


def test_an_attempt_that_lost_its_lease_invites_nobody(
    alice: User, charlie: User, project: Project
) -> None:
    job = import_file(alice, project, CSV)
    lost = take_next()
    assert lost is not None
    expire(job)
    states.reclaim_lost()
    run(job)
    execute(lost)
    assert invited(project)["dora@example.org"][1] == 1
    assert len(sent_emails()) == 2


def test_a_cancelled_import_adds_and_invites_nobody(
    alice: User, charlie: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = import_file(alice, project, CSV)

    def apply_and_cancel(**options: Any) -> roster_import.RosterCounts:
        counts = roster_import.apply_roster(**options)
        Job.objects.filter(id=job.id).update(state=JobState.CANCELLED, worker="")
        return counts

    monkeypatch.setattr(tasks, "apply_roster", apply_and_cancel)
    run_due()
    assert roles(project) == {"Alice": "owner", "Bob": "viewer"}
    assert not Invitation.objects.exists()
    assert not Job.objects.filter(type=tasks.SEND_INVITATIONS).exists()
    assert sent_emails() == []


def test_emails_are_sent_as_fast_as_the_limit_allows(
    alice: User, charlie: User, project: Project, settings: Settings
) -> None:
    settings.INVITATIONS_PER_HOUR = 1
    run(import_file(alice, project, CSV))
    job = sending_job()
    assert (job.state, job.error_code) == (JobState.QUEUED, "rate_limited")
    assert [each.to for each in sent_emails()] == [["dora@example.org"]]
    settings.INVITATIONS_PER_HOUR = 0
    hurry(job)
    run_due()
    assert [each.to for each in sent_emails()] == [["dora@example.org"], ["eve@example.org"]]


def test_no_email_is_lost_or_sent_twice_while_the_mail_server_is_away(
    alice: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = EmailMultiAlternatives.send
    answers: list[Exception | None] = [None, SMTPServerDisconnected("away")]

    def answer(message: EmailMultiAlternatives) -> int:
        if answers and (error := answers.pop(0)) is not None:
            raise error
        return send(message)

    monkeypatch.setattr(EmailMultiAlternatives, "send", answer)
    run(import_file(alice, project, CSV))
    job = sending_job()
    assert (job.state, job.error_code) == (JobState.QUEUED, "server.unavailable")
    assert {email: count for email, (_, count) in invited(project).items()} == {
        "charlie@example.org": 1,
        "dora@example.org": 0,
        "eve@example.org": 0,
    }
    hurry(job)
    run_due()
    recipients = [each.to[0] for each in sent_emails()]
    assert sorted(recipients) == ["charlie@example.org", "dora@example.org", "eve@example.org"]


def test_a_refused_address_does_not_hold_up_the_others(
    alice: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = EmailMultiAlternatives.send

    def answer(message: EmailMultiAlternatives) -> int:
        if message.to == ["dora@example.org"]:
            raise SMTPRecipientsRefused({"dora@example.org": (550, b"no such user")})
        return send(message)

    monkeypatch.setattr(EmailMultiAlternatives, "send", answer)
    run(import_file(alice, project, CSV))
    assert sending_job().state == JobState.SUCCEEDED
    assert [each.to for each in sent_emails()] == [["charlie@example.org"], ["eve@example.org"]]


@pytest.mark.parametrize("change", ["revoked", "inviter demoted", "claimed"])
def test_an_invitation_that_waits_no_longer_is_not_sent(
    alice: User, project: Project, change: str
) -> None:
    actor = actor_of(alice)
    bulk_invitations.invite_later(
        actor=actor, project=project, email="dora@example.org", role=Role.VIEWER, invitation=None
    )
    [waiting] = bulk_invitations.waiting_in(project.id)
    if change == "revoked":
        Invitation.objects.update(revoked_at=timezone.now())
    elif change == "inviter demoted":
        Member.objects.filter(user=alice).update(role=Role.VIEWER)
        assert not bulk_invitations.waiting_in(project.id).exists()
        return
    else:
        assert bulk_invitations.send_waiting(waiting)
        waiting.refresh_from_db()
        assert waiting.sent_count == 1
        [waiting] = [Invitation(**{**vars_of(waiting), "token_hash": "waiting:before"})]
    emails = len(sent_emails())
    assert not bulk_invitations.send_waiting(waiting)
    assert len(sent_emails()) == emails


def vars_of(invitation: Invitation) -> dict[str, Any]:
    return {field.attname: getattr(invitation, field.attname) for field in Invitation._meta.fields}
