"""The URLs of the pages."""

from django.urls import path

from web.views import (
    account,
    activity,
    discussion,
    embed,
    home,
    invitations,
    jobs,
    manage,
    manage_actions,
    manage_form,
    members,
    present,
    projects,
    qr,
    report,
    rooms,
    vote,
    workspaces,
)

app_name = "web"

urlpatterns = [
    path("", home.show, name="home"),
    # Voting
    path("p/<str:code>", vote.show, name="vote"),
    path("p/<str:code>/state", vote.read_state, name="vote-state"),
    path("p/<str:code>/join", vote.join, name="vote-join"),
    path("p/<str:code>/vote", vote.cast, name="vote-cast"),
    path("p/<str:code>/report", report.report, name="report"),
    path("p/<str:code>/qr.svg", qr.svg, name="qr-svg"),
    path("p/<str:code>/qr.png", qr.png, name="qr-png"),
    path("embed/<uuid:poll_id>", embed.show, name="embed"),
    # Presenting
    path("present/<uuid:poll_id>", present.show, name="present"),
    path("present/<uuid:poll_id>/next", present.show_next, name="present-next"),
    path("present/<uuid:poll_id>/replay", present.read_replay, name="present-replay"),
    path("present/<uuid:poll_id>/<slug:action>", present.act, name="present-act"),
    # Discussing
    path("discussion/polls/<uuid:poll_id>", discussion.show_of_poll, name="discussion"),
    path("discussion/polls/<uuid:poll_id>/card", discussion.read_card, name="discussion-card"),
    path("discussion/rooms/<uuid:room_id>/messages", discussion.read, name="discussion-messages"),
    path(
        "discussion/rooms/<uuid:room_id>/people/<uuid:user_id>/<slug:action>",
        discussion.moderate,
        name="discussion-moderate",
    ),
    path(
        "discussion/messages/<uuid:message_id>/<slug:action>",
        discussion.act,
        name="discussion-act",
    ),
    path("language", account.choose_language, name="language"),
    # Managing
    path("manage", manage.show_list, name="manage"),
    path("manage/new", manage_form.create, name="manage-new"),
    path("manage/<uuid:poll_id>", manage.show, name="manage-poll"),
    path("manage/<uuid:poll_id>/edit", manage_form.edit, name="manage-edit"),
    path("manage/<uuid:poll_id>/share", manage.show_share, name="manage-share"),
    path("manage/<uuid:poll_id>/timeline", manage.read_development, name="manage-timeline"),
    path("manage/<uuid:poll_id>/export.<slug:export_format>", manage.export, name="manage-export"),
    path("manage/<uuid:poll_id>/qr.<slug:image_format>", manage.download_qr, name="manage-qr"),
    path("manage/<uuid:poll_id>/<slug:action_name>", manage_actions.act, name="manage-act"),
    # Projects
    path("manage/projects", projects.show_list, name="projects"),
    path("manage/projects/new", projects.create, name="project-new"),
    path("manage/projects/<uuid:project_id>", projects.show, name="project"),
    path("manage/projects/<uuid:project_id>/polls", projects.show_polls, name="project-polls"),
    path(
        "manage/projects/<uuid:project_id>/settings",
        projects.change_settings,
        name="project-settings",
    ),
    path("manage/projects/<uuid:project_id>/delete", projects.delete, name="project-delete"),
    path("manage/projects/<uuid:project_id>/leave", projects.leave, name="project-leave"),
    path("manage/projects/<uuid:project_id>/room", projects.open_room, name="project-room"),
    path("manage/projects/<uuid:project_id>/activity", activity.show, name="activity"),
    path(
        "manage/projects/<uuid:project_id>/activity.<slug:export_format>",
        activity.export,
        name="activity-export",
    ),
    path("manage/projects/<uuid:project_id>/members", members.show, name="members"),
    path("manage/projects/<uuid:project_id>/invite", members.send_invitation, name="invite"),
    path(
        "manage/projects/<uuid:project_id>/members/<slug:action_name>",
        members.act,
        name="member-act",
    ),
    path(
        "manage/projects/<uuid:project_id>/workspaces/new",
        workspaces.create,
        name="workspace-new",
    ),
    path("manage/workspaces/<uuid:workspace_id>", workspaces.show, name="workspace"),
    path(
        "manage/workspaces/<uuid:workspace_id>/settings",
        workspaces.change_settings,
        name="workspace-settings",
    ),
    path(
        "manage/workspaces/<uuid:workspace_id>/archive",
        workspaces.archive,
        name="workspace-archive",
    ),
    path(
        "manage/workspaces/<uuid:workspace_id>/restore",
        workspaces.restore,
        name="workspace-restore",
    ),
    path(
        "manage/workspaces/<uuid:workspace_id>/delete",
        workspaces.delete,
        name="workspace-delete",
    ),
    # Jobs
    path("manage/jobs", jobs.show_list, name="jobs"),
    path("manage/jobs/<uuid:job_id>", jobs.show, name="job"),
    path("manage/jobs/<uuid:job_id>/result", jobs.download, name="job-result"),
    path("manage/jobs/<uuid:job_id>/<slug:action_name>", jobs.act, name="job-act"),
    path("manage/projects/<uuid:project_id>/jobs", jobs.show_project_list, name="project-jobs"),
    # Rooms
    path("manage/rooms", rooms.show_list, name="rooms"),
    path("manage/rooms/new", rooms.create, name="room-new"),
    path("manage/rooms/<uuid:room_id>", rooms.show, name="room"),
    path("manage/rooms/<uuid:room_id>/settings", rooms.change_settings, name="room-settings"),
    path("manage/rooms/<uuid:room_id>/<slug:action_name>", rooms.act, name="room-act"),
    # Invitations
    path("invitations/<str:token>", invitations.show, name="invitation"),
    path("invitations/<str:token>/accept", invitations.accept, name="invitation-accept"),
    path("invitations/<str:token>/decline", invitations.decline, name="invitation-decline"),
    # Accounts
    path("sign-in", account.show_sign_in, name="sign-in"),
    path("sign-out", account.sign_out, name="sign-out"),
    path("register", account.show_register, name="register"),
    path("reset", account.show_reset, name="reset"),
    path("reset/sent", account.show_reset_sent, name="reset-sent"),
    path("confirm-email", account.confirm_email, name="confirm-email"),
    path("account", account.show, name="account"),
    path("account/profile", account.change_profile, name="change-profile"),
    path("account/email", account.change_email, name="change-email"),
    path("account/email/cancel", account.cancel_email_change, name="cancel-email-change"),
    path("account/status", account.change_status, name="change-status"),
    path("account/password", account.change_password, name="change-password"),
    path("account/sign-ins/end", account.end_all_sign_ins, name="end-all-sign-ins"),
    path("account/sign-ins/<uuid:family_id>/end", account.end_sign_in, name="end-sign-in"),
]
