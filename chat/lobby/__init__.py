"""The lobby's older conversation, for clients that know neither rooms nor tokens.

Such a client, for instance a public page on socket.io-client, invents a ``userId``, emits ``join``,
and sends each message twice: over its socket and by ``POST /send``. Its messages are posted to the
lobby like all others, so clients that know rooms see them, and it sees theirs.
"""
