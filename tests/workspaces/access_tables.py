"""What each person may do in a project: every action, over every transport.

``BY_ACTION`` is written by hand, and holds ``workspaces.permissions`` to it. Each transport maps
what it offers to an action: REST here, sockets and pages in tests of their own. The people are
those of ``tests.workspaces.teams``: ``removed`` was an owner, ``suspended`` is one.
"""

from tests.tables import read_table
from workspaces.permissions import Action

# What a cell of the tables says, by status and code.
WORDS = {
    (200, None): "ok",
    (201, None): "ok",
    (401, "auth.required"): "sign-in",
    (401, "account.suspended"): "suspended",
    (403, "auth.account_required"): "no-guests",
    (403, "project.not_allowed"): "not-allowed",
    (404, "project.not_found"): "missing",
    (404, "workspace.not_found"): "missing",
    (404, "member.not_found"): "nobody",
}

BY_ACTION = read_table(
    """
                       owner  collaborator  viewer       removed  other    guest      visitor  staff  suspended
    view_project       ok     ok            ok           missing  missing  no-guests  sign-in  ok     suspended
    view_activity      ok     ok            ok           missing  missing  no-guests  sign-in  ok     suspended
    export_activity    ok     ok            not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    join_live          ok     ok            ok           missing  missing  no-guests  sign-in  ok     suspended
    use_room           ok     ok            ok           missing  missing  no-guests  sign-in  ok     suspended
    moderate_room      ok     not-allowed   not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    view_polls         ok     ok            ok           missing  missing  no-guests  sign-in  ok     suspended
    view_team_results  ok     ok            ok           missing  missing  no-guests  sign-in  ok     suspended
    view_all_results   ok     ok            not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    create_polls       ok     ok            not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    edit_polls         ok     ok            not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    present_polls      ok     ok            not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    export_polls       ok     ok            not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    release_polls      ok     not-allowed   not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    edit_workspaces    ok     ok            not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    delete_workspaces  ok     not-allowed   not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    view_jobs          ok     ok            ok           missing  missing  no-guests  sign-in  ok     suspended
    run_jobs           ok     ok            not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    manage_webhooks    ok     not-allowed   not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    invite             ok     not-allowed   not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    manage_members     ok     not-allowed   not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    edit_project       ok     not-allowed   not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    delete_project     ok     not-allowed   not-allowed  missing  missing  no-guests  sign-in  ok     suspended
    """  # noqa: E501 - a table
)

# The endpoints of REST, by the action that they need.
IN_PROJECTS = {
    "GET /api/projects/{project_id}": Action.VIEW_PROJECT,
    "PUT /api/projects/{project_id}": Action.EDIT_PROJECT,
    "PATCH /api/projects/{project_id}": Action.EDIT_PROJECT,
    "DELETE /api/projects/{project_id}": Action.DELETE_PROJECT,
    "POST /api/projects/{project_id}/transfer": Action.MANAGE_MEMBERS,
    "GET /api/projects/{project_id}/members": Action.VIEW_PROJECT,
    "POST /api/projects/{project_id}/members": Action.MANAGE_MEMBERS,
    "PUT /api/projects/{project_id}/members/{user_id}": Action.MANAGE_MEMBERS,
    "DELETE /api/projects/{project_id}/members/{user_id}": Action.MANAGE_MEMBERS,
    "GET /api/projects/{project_id}/activity": Action.VIEW_ACTIVITY,
    "GET /api/projects/{project_id}/activity.csv": Action.EXPORT_ACTIVITY,
    "GET /api/projects/{project_id}/activity.json": Action.EXPORT_ACTIVITY,
    "GET /api/projects/{project_id}/invitations": Action.INVITE,
    "POST /api/projects/{project_id}/invitations": Action.INVITE,
    "POST /api/projects/{project_id}/invitations/{invitation_id}/resend": Action.INVITE,
    "DELETE /api/projects/{project_id}/invitations/{invitation_id}": Action.INVITE,
    "GET /api/projects/{project_id}/workspaces": Action.VIEW_PROJECT,
    "POST /api/projects/{project_id}/workspaces": Action.EDIT_WORKSPACES,
    "GET /api/workspaces/{workspace_id}": Action.VIEW_PROJECT,
    "PUT /api/workspaces/{workspace_id}": Action.EDIT_WORKSPACES,
    "PATCH /api/workspaces/{workspace_id}": Action.EDIT_WORKSPACES,
    "PUT /api/workspaces/{workspace_id}/archive": Action.EDIT_WORKSPACES,
    "PUT /api/workspaces/{workspace_id}/restore": Action.EDIT_WORKSPACES,
    "DELETE /api/workspaces/{workspace_id}": Action.DELETE_WORKSPACES,
}
