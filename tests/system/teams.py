"""Projects with many members, for two processes."""

import psycopg

from tests.faults.load import ids_of
from tests.processes import Cluster, create_guests

_ACCOUNTS = """
UPDATE accounts_user SET is_guest = false, email = id || '@example.org' WHERE id = ANY(%s::uuid[])
"""
_PROJECT = """
INSERT INTO workspaces_project (id, name, description, creator_id, member_count, last_seq, revision,
    created_at, updated_at)
VALUES (gen_random_uuid(), 'Town hall', '', %s, %s, 0, 1, now(), now()) RETURNING id
"""
_MEMBERS = """
INSERT INTO workspaces_member (id, project_id, user_id, role, joined_at)
SELECT gen_random_uuid(), %s, user_id, CASE WHEN user_id = %s THEN 'owner' ELSE 'viewer' END, now()
FROM unnest(%s::uuid[]) AS user_id
"""


async def found_team(cluster: Cluster, count: int) -> tuple[str, list[str]]:
    """A project with so many members; its id and their tokens, the first of them its owner.

    They are guests who become accounts without a password, because hashing one takes time.
    """
    tokens = await create_guests(cluster.servers[0], count)
    ids = [*ids_of(tokens).values()]
    with psycopg.connect(cluster.database_url) as connection:
        connection.execute(_ACCOUNTS, [ids])
        [project_id] = connection.execute(_PROJECT, [ids[0], count]).fetchall()[0]
        connection.execute(_MEMBERS, [project_id, ids[0], ids])
    return str(project_id), tokens
