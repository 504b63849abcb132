"""How much a project may hold, and how fast it may grow."""

# Projects that an account owns; checked when it creates one.
MAX_PROJECTS = 100
# Per project.
MAX_MEMBERS = 500
MAX_WORKSPACES = 200
MAX_OPEN_INVITATIONS = 200

# Members that an account adds per hour, because it learns which addresses have an account.
ADDITIONS_PER_HOUR = 500
