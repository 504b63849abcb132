"""Descriptions of the room endpoints for the OpenAPI document."""

from functools import partial

from accounts.errors import UserNotFoundError
from apikit.errors import GuestRefusedError, InvalidCursorError
from apikit.pagination import ONE_PAGE
from apikit.schema import operation
from apikit.wire import Done
from chat import errors, serializers, wire
from chat.errors import (
    BannedFromRoomError,
    NotRoomMemberError,
    NotRoomOwnerError,
    RoomKindError,
    RoomNotFoundError,
)
from chat.examples import GRACE_ID, MEMBER, ROOM, ROOM_ID
from polls.errors import PollNotFoundError
from workspaces.errors import ProjectNotFoundError
from workspaces.examples import PROJECT_ID

_read = partial(operation, tag="Rooms")
_write = partial(operation, tag="Rooms", is_write=True)

_MODERATION = [RoomNotFoundError, NotRoomOwnerError]
_READING = [RoomNotFoundError, NotRoomMemberError, BannedFromRoomError]

list_rooms = _read(
    "listRooms",
    "List rooms",
    description="Newest first: the rooms you have joined or are invited to, those of your "
    "projects, the open ones, and the lobby. A poll's room is among them once you have joined it, "
    "a project's once somebody has opened it. Each has its last message, and how many messages "
    "and mentions you have not read.",
    auth="optional",
    query=serializers.RoomQuerySerializer,
    refusals=[InvalidCursorError],
    success={200: wire.RoomList},
    example={"rooms": [ROOM], "pagination": ONE_PAGE},
)
create_room = _write(
    "createRoom",
    "Create a room",
    description="Creates a group room that you own. People you invite find it in their list of "
    "rooms. Guests cannot create rooms.",
    body=serializers.RoomCreateSerializer,
    body_example={"name": "Kitchen", "isOpen": False},
    refusals=[GuestRefusedError],
    success={201: wire.ChangedRoom},
    example={"message": "Room created successfully", "room": ROOM},
)
get_room = _read(
    "getRoom",
    "Get a room",
    description="Rooms that you cannot see are not found: groups that are not open and that you "
    "are neither in nor invited to, other people's direct rooms, rooms of polls that you cannot "
    "see, and rooms of projects that you are not in.",
    auth="optional",
    refusals=[RoomNotFoundError],
    success={200: wire.OneRoom},
    example={"room": ROOM},
)
get_lobby = _read(
    "getLobby",
    "Get the lobby",
    description="The one public room: everybody can read in it, and every account and guest can "
    "write in it.",
    auth="optional",
    refusals=[RoomNotFoundError],
    success={200: wire.OneRoom},
    example={
        "room": {**ROOM, "kind": "lobby", "name": "Lobby", "creatorId": None, "lastMessage": None}
    },
)
get_poll_room = _read(
    "getPollRoom",
    "Get the room of a poll",
    description="Created on first use. Everybody who can see the poll can read in it; accounts "
    "and guests among them can write in it. The poll's creator moderates it, or the members of "
    "its project who may edit polls.",
    auth="optional",
    refusals=[PollNotFoundError, RoomNotFoundError],
    success={200: wire.OneRoom},
    example={"room": {**ROOM, "kind": "poll", "name": "Tea or coffee?", "lastMessage": None}},
)
get_project_room = _read(
    "getProjectRoom",
    "Get the room of a project",
    description="Created on first use. The members of the project can read and write in it, and "
    "its owners moderate it. Nobody joins or leaves it.",
    refusals=[GuestRefusedError, ProjectNotFoundError, RoomNotFoundError],
    success={200: wire.OneRoom},
    example={
        "room": {
            **ROOM,
            "kind": "project",
            "name": "Town hall",
            "projectId": PROJECT_ID,
            "creatorId": None,
            "lastMessage": None,
        }
    },
)
open_direct_room = _write(
    "openDirectRoom",
    "Open a direct room",
    description="Returns the room of you and another account, and creates it at the first time: "
    "201 then, 200 later. Guests have no direct rooms.",
    body=serializers.PersonSerializer,
    body_example={"userId": GRACE_ID},
    refusals=[GuestRefusedError, UserNotFoundError],
    success={201: wire.ChangedRoom, 200: wire.ChangedRoom},
    example={
        "message": "Room opened successfully",
        "room": {**ROOM, "kind": "direct", "name": "Grace", "person": MEMBER["user"]},
    },
)
update_room = _write(
    "updateRoom",
    "Change a room",
    description="Changes the fields that you send. Only groups have a name and can be open.",
    body=serializers.RoomChangeSerializer,
    body_example={"slowModeSeconds": 30},
    refusals=[*_MODERATION, RoomKindError],
    success={200: wire.ChangedRoom},
    example={"message": "Room updated successfully", "room": {**ROOM, "slowModeSeconds": 30}},
)
delete_room = _write(
    "deleteRoom",
    "Delete a room",
    description="Deletes a group room with its messages. This cannot be undone. Owners only.",
    refusals=[*_MODERATION, RoomKindError],
    success={200: Done},
    example={"message": "Room deleted successfully"},
)
join_room = _write(
    "joinRoom",
    "Join a room",
    description="Joins an open group, or accepts an invitation. In the lobby and in a poll's room "
    "it is not needed for writing; it adds the room to your list, with unread counts. The members "
    "of a project are in its room already. Repeating it is not an error.",
    refusals=[RoomNotFoundError, BannedFromRoomError, RoomKindError],
    success={200: wire.ChangedRoom},
    example={"message": "Room joined successfully", "room": ROOM},
)
leave_room = _write(
    "leaveRoom",
    "Leave a room",
    description="Leaves a room, or declines an invitation. Direct rooms and the rooms of projects "
    "cannot be left. The only owner has to make another "
    "member an owner first. A group that its last member leaves is deleted.",
    refusals=[*_READING, RoomKindError, errors.LastOwnerError],
    success={200: Done},
    example={"message": "Room left successfully"},
)
list_members = _read(
    "listMembers",
    "List the members of a room",
    description="The people who have joined, the last to come first; in a project's room, the "
    "members of the project. With `all=true`, moderators "
    "of the room also see people who were invited, muted or banned.",
    auth="optional",
    query=serializers.MemberQuerySerializer,
    refusals=[*_READING, NotRoomOwnerError, InvalidCursorError],
    success={200: wire.MemberList},
    example={"members": [MEMBER], "pagination": ONE_PAGE},
)
update_member = _write(
    "updateMember",
    "Moderate a member",
    description="Makes somebody an owner, mutes or bans them. In the lobby and in polls' rooms it "
    "is possible for everybody, in a project's room for its members, whose roles are those in the "
    "project. A banned person is no member any more; after lifting the ban, they have to join "
    "again, unless it is a project's room.",
    body=serializers.MemberChangeSerializer,
    body_example={"mutedUntil": "2030-05-05T09:00:00Z"},
    refusals=[
        *_MODERATION,
        UserNotFoundError,
        RoomKindError,
        NotRoomMemberError,
        errors.LastOwnerError,
    ],
    success={200: wire.ChangedMember},
    example={
        "message": "Member updated successfully",
        "member": {**MEMBER, "mutedUntil": "2030-05-05T09:00:00Z"},
    },
)
remove_member = _write(
    "removeMember",
    "Remove a member",
    description="Removes somebody from a room, or withdraws an invitation, without a ban. "
    "Not in a project's room, whose members are those of the project.",
    refusals=[*_MODERATION, UserNotFoundError, RoomKindError, errors.LastOwnerError],
    success={200: Done},
    example={"message": "Member removed successfully"},
)
invite_user = _write(
    "inviteUser",
    "Invite somebody to a room",
    description="Invites an account to a group room; owners only. It lifts a ban. The invited "
    "person sees the room in their list, and accepts by joining it or declines by leaving it.",
    body=serializers.PersonSerializer,
    body_example={"userId": GRACE_ID},
    refusals=[
        *_MODERATION,
        GuestRefusedError,
        RoomKindError,
        UserNotFoundError,
        errors.AlreadyMemberError,
    ],
    success={201: wire.ChangedMember},
    example={
        "message": "Invitation sent successfully",
        "member": {**MEMBER, "joinedAt": None, "invitedAt": "2026-05-04T09:31:10Z"},
    },
)
mark_read = _write(
    "markRead",
    "Mark a room as read",
    description="Moves your read marker forward to `seq`, and never back.",
    body=serializers.SeqSerializer,
    body_example={"seq": 8},
    refusals=_READING,
    success={200: wire.ReadMarker},
    example={"roomId": ROOM_ID, "lastReadSeq": 8, "unreadCount": 0, "unreadMentions": 0},
)
