"""Errors of commands, whatever the command."""

from apikit.errors import NotFoundError, TooManyRequestsError


class UnknownCommandError(NotFoundError):
    code = "socket.unknown_command"
    message = "There is no such command."


class TooManyTopicsError(TooManyRequestsError):
    code = "socket.too_many_topics"
    message = "This socket has reached its limit of topics: leave one first."
