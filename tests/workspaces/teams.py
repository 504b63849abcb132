"""A project with everybody that the access tables name."""

from dataclasses import dataclass, field

from accounts.models import User
from tests.conftest import actor_of, make_user
from workspaces.members import add_member, remove_member
from workspaces.models import Member, Project, Workspace
from workspaces.permissions import Role
from workspaces.projects import create_project
from workspaces.spaces import create_workspace


@dataclass
class Team:
    """The people of the tables; ``suspended`` is an owner, ``removed`` was one."""

    owner: User
    collaborator: User
    viewer: User
    removed: User
    other: User
    guest: User
    staff: User
    suspended: User
    people: dict[str, User | None] = field(init=False)

    def __post_init__(self) -> None:
        named = {name: user for name, user in vars(self).items() if isinstance(user, User)}
        self.people = {**named, "visitor": None}


def make_team(owner: User, collaborator: User, other: User, guest: User, staff: User) -> Team:
    """Everybody; those who are given are fixtures of most tests."""
    return Team(
        owner=owner,
        collaborator=collaborator,
        viewer=make_user("Vera"),
        removed=make_user("Rosa"),
        other=other,
        guest=guest,
        staff=staff,
        suspended=make_user("Sven"),
    )


def found_project(team: Team, name: str = "Town hall") -> Project:
    """Creates the project of the team; suspend ``suspended`` afterwards."""
    project = create_project(actor=actor_of(team.owner), name=name)
    for user, role in (
        (team.collaborator, Role.COLLABORATOR),
        (team.viewer, Role.VIEWER),
        (team.removed, Role.OWNER),
        (team.suspended, Role.OWNER),
    ):
        join(project, user, role)
    remove_member(actor=actor_of(team.owner), project_id=project.id, user_id=team.removed.id)
    return project


def join(project: Project, user: User, role: Role) -> Member:
    """Makes somebody a member, by the project's creator."""
    assert project.creator is not None
    member, _ = add_member(
        actor=actor_of(project.creator), project_id=project.id, email=str(user.email), role=role
    )
    assert isinstance(member, Member)
    return member


def open_workspace(project: Project, name: str = "Evenings") -> Workspace:
    """Creates a workspace, by the project's creator."""
    assert project.creator is not None
    return create_workspace(actor=actor_of(project.creator), project_id=project.id, name=name)


def log_of(project: Project) -> list[tuple[str, str]]:
    """The activities of a project, as (verb, name of the target), after checking their numbers."""
    rows = list(project.activities.order_by("seq").values_list("seq", "verb", "target_name"))
    assert [seq for seq, _, _ in rows] == list(range(1, len(rows) + 1))
    return [(verb, name) for _, verb, name in rows]
