"""Access rules of rooms: every endpoint, for every person, in every kind of room.

``test_access.py`` holds the REST API to it. Sockets have the same rules for the same actions:
READING is joining a room, POSTING sending a message to it, MARKING marking it as read.

The rooms are those of ``tests.chat.rooms.set_scene``: groups that are open or closed, a direct room
of the owner and the member, the room of a poll and of a draft of the owner's, the room of a project
with an owner, a viewer ("member"), an open invitation and a collaborator who is banned from the
room, the lobby, and an open group that staff have hidden. The requests are about a message of the
member's, or of the owner's in the room of the draft.
"""

# What a cell of the tables says, by status and code.
WORDS = {
    (200, None): "ok",
    (201, None): "ok",
    (401, "auth.required"): "sign-in",
    (401, "account.suspended"): "suspended",
    (403, "auth.account_required"): "no-guests",
    (403, "forbidden"): "staff-only",
    (403, "message.not_author"): "not-yours",
    (403, "room.banned"): "banned",
    (403, "room.not_member"): "join-first",
    (403, "room.not_owner"): "owners-only",
    (404, "account.not_found"): "nobody",
    (404, "message.not_found"): "missing",
    (404, "poll.not_found"): "missing",
    (404, "project.not_found"): "missing",
    (404, "room.not_found"): "missing",
    (409, "room.already_member"): "member",
    (409, "room.kind"): "wrong-kind",
    (409, "room.last_owner"): "last-owner",
}

OF_A_POLL = """
           owner  member   invited  banned   other    guest    visitor  staff  suspended
    poll   ok     ok       ok       ok       ok       ok       ok       ok     suspended
    draft  ok     missing  missing  missing  missing  missing  missing  ok     suspended
"""
OF_A_PROJECT = """
             owner  member  invited  banned  other    guest      visitor  staff  suspended
    project  ok     ok      missing  ok      missing  no-guests  sign-in  ok     suspended
"""
SEEING = """
             owner    member   invited  banned   other    guest    visitor  staff    suspended
    open     ok       ok       ok       ok       ok       ok       ok       ok       suspended
    closed   ok       ok       ok       ok       missing  missing  missing  ok       suspended
    direct   ok       ok       missing  missing  missing  missing  missing  missing  suspended
    poll     ok       ok       ok       ok       ok       ok       ok       ok       suspended
    draft    ok       missing  missing  missing  missing  missing  missing  ok       suspended
    project  ok       ok       missing  ok       missing  missing  missing  ok       suspended
    lobby    ok       ok       ok       ok       ok       ok       ok       ok       suspended
    hidden   missing  missing  missing  missing  missing  missing  missing  ok       suspended
"""
MODERATING = """
             owner        member       invited      banned       other        guest        visitor  staff    suspended
    open     ok           owners-only  owners-only  owners-only  owners-only  owners-only  sign-in  ok       suspended
    closed   ok           owners-only  owners-only  owners-only  missing      missing      sign-in  ok       suspended
    direct   owners-only  owners-only  missing      missing      missing      missing      sign-in  missing  suspended
    poll     ok           owners-only  owners-only  owners-only  owners-only  owners-only  sign-in  ok       suspended
    draft    ok           missing      missing      missing      missing      missing      sign-in  ok       suspended
    project  ok           owners-only  missing      owners-only  missing      missing      sign-in  ok       suspended
    lobby    owners-only  owners-only  owners-only  owners-only  owners-only  owners-only  sign-in  ok       suspended
    hidden   missing      missing      missing      missing      missing      missing      sign-in  ok       suspended
"""  # noqa: E501 - a table
DELETING_ROOMS = """
             owner        member       invited      banned       other        guest        visitor  staff       suspended
    open     ok           owners-only  owners-only  owners-only  owners-only  owners-only  sign-in  ok          suspended
    closed   ok           owners-only  owners-only  owners-only  missing      missing      sign-in  ok          suspended
    direct   owners-only  owners-only  missing      missing      missing      missing      sign-in  missing     suspended
    poll     wrong-kind   owners-only  owners-only  owners-only  owners-only  owners-only  sign-in  wrong-kind  suspended
    draft    wrong-kind   missing      missing      missing      missing      missing      sign-in  wrong-kind  suspended
    project  wrong-kind   owners-only  missing      owners-only  missing      missing      sign-in  wrong-kind  suspended
    lobby    owners-only  owners-only  owners-only  owners-only  owners-only  owners-only  sign-in  wrong-kind  suspended
    hidden   missing      missing      missing      missing      missing      missing      sign-in  ok          suspended
"""  # noqa: E501 - a table
JOINING = """
             owner    member   invited  banned   other    guest    visitor  staff       suspended
    open     ok       ok       ok       banned   ok       ok       sign-in  ok          suspended
    closed   ok       ok       ok       banned   missing  missing  sign-in  ok          suspended
    direct   ok       ok       missing  missing  missing  missing  sign-in  missing     suspended
    poll     ok       ok       ok       banned   ok       ok       sign-in  ok          suspended
    draft    ok       missing  missing  missing  missing  missing  sign-in  ok          suspended
    project  ok       ok       missing  banned   missing  missing  sign-in  wrong-kind  suspended
    lobby    ok       ok       ok       banned   ok       ok       sign-in  ok          suspended
    hidden   missing  missing  missing  missing  missing  missing  sign-in  ok          suspended
"""
LEAVING = """
             owner       member      invited     banned      other       guest       visitor  staff       suspended
    open     last-owner  ok          ok          banned      join-first  join-first  sign-in  join-first  suspended
    closed   last-owner  ok          ok          banned      missing     missing     sign-in  join-first  suspended
    direct   wrong-kind  wrong-kind  missing     missing     missing     missing     sign-in  missing     suspended
    poll     join-first  ok          join-first  banned      join-first  join-first  sign-in  join-first  suspended
    draft    join-first  missing     missing     missing     missing     missing     sign-in  join-first  suspended
    project  wrong-kind  wrong-kind  missing     wrong-kind  missing     missing     sign-in  wrong-kind  suspended
    lobby    join-first  ok          join-first  banned      join-first  join-first  sign-in  join-first  suspended
    hidden   missing     missing     missing     missing     missing     missing     sign-in  join-first  suspended
"""  # noqa: E501 - a table
READING = """
             owner    member   invited     banned   other       guest       visitor     staff    suspended
    open     ok       ok       join-first  banned   join-first  join-first  join-first  ok       suspended
    closed   ok       ok       join-first  banned   missing     missing     missing     ok       suspended
    direct   ok       ok       missing     missing  missing     missing     missing     missing  suspended
    poll     ok       ok       ok          banned   ok          ok          ok          ok       suspended
    draft    ok       missing  missing     missing  missing     missing     missing     ok       suspended
    project  ok       ok       missing     banned   missing     missing     missing     ok       suspended
    lobby    ok       ok       ok          banned   ok          ok          ok          ok       suspended
    hidden   missing  missing  missing     missing  missing     missing     missing     ok       suspended
"""  # noqa: E501 - a table
REMOVING = """
             owner        member       invited      banned       other        guest        visitor  staff       suspended
    open     ok           owners-only  owners-only  owners-only  owners-only  owners-only  sign-in  ok          suspended
    closed   ok           owners-only  owners-only  owners-only  missing      missing      sign-in  ok          suspended
    direct   owners-only  owners-only  missing      missing      missing      missing      sign-in  missing     suspended
    poll     ok           owners-only  owners-only  owners-only  owners-only  owners-only  sign-in  ok          suspended
    draft    nobody       missing      missing      missing      missing      missing      sign-in  nobody      suspended
    project  wrong-kind   owners-only  missing      owners-only  missing      missing      sign-in  wrong-kind  suspended
    lobby    owners-only  owners-only  owners-only  owners-only  owners-only  owners-only  sign-in  ok          suspended
    hidden   missing      missing      missing      missing      missing      missing      sign-in  ok          suspended
"""  # noqa: E501 - a table
INVITING = """
             owner        member       invited      banned       other        guest      visitor  staff       suspended
    open     ok           owners-only  owners-only  owners-only  owners-only  no-guests  sign-in  ok          suspended
    closed   ok           owners-only  owners-only  owners-only  missing      no-guests  sign-in  ok          suspended
    direct   owners-only  owners-only  missing      missing      missing      no-guests  sign-in  missing     suspended
    poll     wrong-kind   owners-only  owners-only  owners-only  owners-only  no-guests  sign-in  wrong-kind  suspended
    draft    wrong-kind   missing      missing      missing      missing      no-guests  sign-in  wrong-kind  suspended
    project  wrong-kind   owners-only  missing      owners-only  missing      no-guests  sign-in  wrong-kind  suspended
    lobby    owners-only  owners-only  owners-only  owners-only  owners-only  no-guests  sign-in  wrong-kind  suspended
    hidden   missing      missing      missing      missing      missing      no-guests  sign-in  ok          suspended
"""  # noqa: E501 - a table
MARKING = """
             owner    member   invited     banned   other       guest       visitor  staff    suspended
    open     ok       ok       join-first  banned   join-first  join-first  sign-in  ok       suspended
    closed   ok       ok       join-first  banned   missing     missing     sign-in  ok       suspended
    direct   ok       ok       missing     missing  missing     missing     sign-in  missing  suspended
    poll     ok       ok       ok          banned   ok          ok          sign-in  ok       suspended
    draft    ok       missing  missing     missing  missing     missing     sign-in  ok       suspended
    project  ok       ok       missing     banned   missing     missing     sign-in  ok       suspended
    lobby    ok       ok       ok          banned   ok          ok          sign-in  ok       suspended
    hidden   missing  missing  missing     missing  missing     missing     sign-in  ok       suspended
"""  # noqa: E501 - a table
POSTING = """
             owner    member   invited     banned   other       guest       visitor  staff       suspended
    open     ok       ok       join-first  banned   join-first  join-first  sign-in  join-first  suspended
    closed   ok       ok       join-first  banned   missing     missing     sign-in  join-first  suspended
    direct   ok       ok       missing     missing  missing     missing     sign-in  missing     suspended
    poll     ok       ok       ok          banned   ok          ok          sign-in  ok          suspended
    draft    ok       missing  missing     missing  missing     missing     sign-in  ok          suspended
    project  ok       ok       missing     banned   missing     missing     sign-in  ok          suspended
    lobby    ok       ok       ok          banned   ok          ok          sign-in  ok          suspended
    hidden   missing  missing  missing     missing  missing     missing     sign-in  join-first  suspended
"""  # noqa: E501 - a table
EDITING = """
             owner      member   invited     banned   other       guest       visitor  staff      suspended
    open     not-yours  ok       join-first  banned   join-first  join-first  sign-in  not-yours  suspended
    closed   not-yours  ok       join-first  banned   missing     missing     sign-in  not-yours  suspended
    direct   not-yours  ok       missing     missing  missing     missing     sign-in  missing    suspended
    poll     not-yours  ok       not-yours   banned   not-yours   not-yours   sign-in  not-yours  suspended
    draft    ok         missing  missing     missing  missing     missing     sign-in  not-yours  suspended
    project  not-yours  ok       missing     banned   missing     missing     sign-in  not-yours  suspended
    lobby    not-yours  ok       not-yours   banned   not-yours   not-yours   sign-in  not-yours  suspended
    hidden   missing    missing  missing     missing  missing     missing     sign-in  not-yours  suspended
"""  # noqa: E501 - a table
DELETING = """
             owner      member   invited     banned   other       guest       visitor  staff  suspended
    open     ok         ok       join-first  banned   join-first  join-first  sign-in  ok     suspended
    closed   ok         ok       join-first  banned   missing     missing     sign-in  ok     suspended
    direct   not-yours  ok       missing     missing  missing     missing     sign-in  ok     suspended
    poll     ok         ok       not-yours   banned   not-yours   not-yours   sign-in  ok     suspended
    draft    ok         missing  missing     missing  missing     missing     sign-in  ok     suspended
    project  ok         ok       missing     banned   missing     missing     sign-in  ok     suspended
    lobby    not-yours  ok       not-yours   banned   not-yours   not-yours   sign-in  ok     suspended
    hidden   missing    missing  missing     missing  missing     missing     sign-in  ok     suspended
"""  # noqa: E501 - a table
EARLIER_TEXTS = """
             owner       member      invited     banned   other       guest       visitor  staff    suspended
    open     staff-only  staff-only  join-first  banned   join-first  join-first  sign-in  ok       suspended
    closed   staff-only  staff-only  join-first  banned   missing     missing     sign-in  ok       suspended
    direct   staff-only  staff-only  missing     missing  missing     missing     sign-in  missing  suspended
    poll     staff-only  staff-only  staff-only  banned   staff-only  staff-only  sign-in  ok       suspended
    draft    staff-only  missing     missing     missing  missing     missing     sign-in  ok       suspended
    project  staff-only  staff-only  missing     banned   missing     missing     sign-in  ok       suspended
    lobby    staff-only  staff-only  staff-only  banned   staff-only  staff-only  sign-in  ok       suspended
    hidden   missing     missing     missing     missing  missing     missing     sign-in  ok       suspended
"""  # noqa: E501 - a table
IN_ROOMS = {
    "GET /api/polls/{poll_id}/room": OF_A_POLL,
    "GET /api/projects/{project_id}/room": OF_A_PROJECT,
    "GET /api/rooms/{room_id}": SEEING,
    "PATCH /api/rooms/{room_id}": MODERATING,
    "DELETE /api/rooms/{room_id}": DELETING_ROOMS,
    "POST /api/rooms/{room_id}/join": JOINING,
    "DELETE /api/rooms/{room_id}/leave": LEAVING,
    "GET /api/rooms/{room_id}/members": READING,
    "PUT /api/rooms/{room_id}/members/{user_id}": MODERATING,
    "DELETE /api/rooms/{room_id}/members/{user_id}": REMOVING,
    "POST /api/rooms/{room_id}/invitations": INVITING,
    "PUT /api/rooms/{room_id}/read": MARKING,
    "POST /api/messages": POSTING,
    "GET /api/messages/{room_or_message_id}": READING,
    "PUT /api/messages/{room_or_message_id}": EDITING,
    "DELETE /api/messages/{room_or_message_id}": DELETING,
    "GET /api/messages/{message_id}/replies": READING,
    "PUT /api/messages/{message_id}/reactions/{emoji}": POSTING,
    "DELETE /api/messages/{message_id}/reactions/{emoji}": POSTING,
    "POST /api/messages/{message_id}/follow": MARKING,
    "DELETE /api/messages/{message_id}/follow": MARKING,
    "PUT /api/messages/{message_id}/read": MARKING,
    "GET /api/messages/{message_id}/edits": EARLIER_TEXTS,
}
