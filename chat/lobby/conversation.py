"""The clients of the lobby's older conversation in one process."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID
from weakref import WeakKeyDictionary, WeakSet

from apikit.actors import Actor, visitor
from apikit.errors import TooManyRequestsError, ValidationFailedError
from apikit.ids import new_id
from chat import services
from chat.errors import LobbyIdTakenError
from chat.lobby.copies import copy_key
from chat.lobby.events import LobbyDeparture, LobbySessionAlive, LobbySessionWanted
from chat.lobby.identities import (
    Claim,
    Identity,
    claim_identity,
    find_lost_sessions,
    release_identity,
)
from chat.lobby.roster import Roster
from chat.lobby_wire import LOBBY_PROTOCOL, LobbyMessage, format_moment
from chat.rooms import open_lobby
from chat.selectors import get_readable
from chat.texts import check_body
from chat.topics import room_topic
from realtime import SITE_TOPIC, Hub, join_log
from realtime.connection import Connection
from realtime.database import in_database
from realtime.events import SOCKETIO_PROTOCOL

# How long a client that is asked for a sign of life may take, and the process that asks waits.
PROBE_S = 2.0
ANSWER_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LobbySession:
    """A client in the lobby, from joining until it leaves or disconnects."""

    identity: Identity
    room_id: UUID

    @property
    def topic(self) -> str:
        return room_topic(self.room_id)


@dataclass(frozen=True, slots=True)
class _Head:
    """The position of the room's log at which a client joins; it asks for nothing before."""

    head: int


@dataclass
class Conversation:
    """The clients in the conversation that are connected to this process.

    ``guests`` are the connections whose account was created here, because they had no token.
    ``questions`` holds the callers that wait to learn whether a session has ended.
    """

    hub: Hub
    sessions: dict[Connection, LobbySession] = field(default_factory=dict)
    roster: Roster | None = None
    guests: WeakSet[Connection] = field(default_factory=WeakSet)
    questions: dict[UUID, list["asyncio.Future[None]"]] = field(default_factory=dict)

    # Joining and leaving

    async def join(self, connection: Connection, client_id: str, name: str) -> LobbySession:
        """Makes a client take part under the id that it has invented.

        :raises LobbyIdTakenError: if somebody else has the id.
        :raises ApiError: what ``claim_identity`` and ``access.check_read`` raise.
        """
        session = self.sessions.get(connection)
        if session is not None and session.identity.client_id == client_id:
            has_name = session.identity.has_token or session.identity.name == name
            if has_name and session.topic in connection.topics:
                self._started_roster(session.topic).welcome(connection)
                return session
        await self.leave(connection)
        account = visitor() if connection in self.guests else connection.actor
        claim = Claim(
            client_id=client_id,
            name=name,
            account=account,
            network=connection.address,
            session_id=new_id(),
        )
        identity = await self._claim(claim)
        try:
            return await self._enter(connection, identity)
        except BaseException:
            self.hub.spawn(in_database(release_identity, identity.session_id))
            raise

    async def leave(self, connection: Connection) -> None:
        """Ends the session of a client that leaves on purpose, which is announced at once."""
        session = self._remove(connection, is_deliberate=True)
        if session is not None:
            await in_database(release_identity, session.identity.session_id)

    def forget(self, connection: Connection) -> None:
        """Ends the session of a connection that is gone."""
        session = self._remove(connection, is_deliberate=connection.is_leaving)
        if session is not None:
            self.hub.spawn(in_database(release_identity, session.identity.session_id))

    async def _claim(self, claim: Claim) -> Identity:
        outcome = await in_database(claim_identity, claim)
        if isinstance(outcome, UUID) and not await self._is_alive(outcome):
            outcome = await in_database(claim_identity, claim, outcome)
        if isinstance(outcome, UUID):
            raise LobbyIdTakenError
        return outcome

    async def _enter(self, connection: Connection, identity: Identity) -> LobbySession:
        hub = self.hub
        session = LobbySession(identity=identity, room_id=(await in_database(open_lobby)).id)
        self._sign_in(connection, identity)
        roster = self._started_roster(session.topic)
        connection.protocol = LOBBY_PROTOCOL
        self.sessions[connection] = session
        try:
            read = partial(in_database, _read_head, identity.actor, session.room_id)
            await join_log(hub, connection, session.topic, read)
        except BaseException:
            self._remove(connection, is_deliberate=False)
            raise
        if connection not in hub.connections:
            # It has gone in the meantime, when there was nothing to forget yet.
            self._remove(connection, is_deliberate=False)
            hub.leave(connection, session.topic)
            hub.spawn(in_database(release_identity, identity.session_id))
        roster.welcome(connection)
        return session

    def _sign_in(self, connection: Connection, identity: Identity) -> None:
        """Makes the connection that of the identity's account.

        :raises TooManyRequestsError: if the account has too many sockets.
        """
        if connection.actor.id == identity.actor.id:
            return
        refusal = self.hub.refusal_for_user(identity.actor)
        if refusal is not None:
            raise TooManyRequestsError(refusal.reason)
        self.guests.add(connection)
        if connection in self.hub.connections:
            self.hub.change_actor(connection, identity.actor)

    def _remove(self, connection: Connection, *, is_deliberate: bool) -> LobbySession | None:
        session = self.sessions.pop(connection, None)
        if session is None:
            return None
        self.hub.leave(connection, session.topic)
        connection.protocol = SOCKETIO_PROTOCOL
        if is_deliberate:
            user_id = session.identity.actor.signed_in_id()
            self.hub.publish(session.topic, LobbyDeparture(user_id=user_id))
        if not self.sessions and self.roster is not None:
            self.roster.stop()
            self.roster = None
        return session

    def _started_roster(self, topic: str) -> Roster:
        if self.roster is None:
            self.roster = Roster(self.hub, topic)
        return self.roster

    # Talking

    async def say(
        self,
        connection: Connection,
        *,
        client_id: str,
        name: str,
        body: str,
        time_stamp: str,
    ) -> LobbyMessage:
        """Posts a message; a client that has not joined joins first.

        :raises LobbyIdTakenError: if it names another id than the one it has joined with.
        :raises ApiError: what ``services.post_message`` raises.
        """
        body = _check_body(body)
        session = self.sessions.get(connection)
        if session is None:
            session = await self.join(connection, client_id, name)
        identity = session.identity
        if identity.client_id != client_id:
            raise LobbyIdTakenError
        legacy = {"userId": client_id, "userName": identity.name, "timeStamp": time_stamp}
        posted = await services.post_message_async(
            actor=identity.actor,
            room_id=session.room_id,
            body=body,
            key=copy_key(client_id, time_stamp, body),
            legacy=legacy,
        )
        return LobbyMessage(
            user_id=client_id,
            user_name=identity.name,
            message_body=posted.message.body,
            time_stamp=time_stamp or format_moment(posted.message.created_at),
        )

    # Finding out whether a client is still connected

    async def _is_alive(self, session_id: UUID) -> bool:
        """Whether the client of a session is connected to any process; waits for its answer."""
        answer = self.hub.loop.create_future()
        waiting = self.questions.setdefault(session_id, [])
        waiting.append(answer)
        self.hub.publish(SITE_TOPIC, LobbySessionWanted(session_id=session_id))
        try:
            async with asyncio.timeout(ANSWER_S):
                await answer
        except TimeoutError:
            # Without the channel layer, no other process can answer.
            return not self.hub.bridge.is_up
        finally:
            waiting.remove(answer)
            if not waiting:
                self.questions.pop(session_id, None)
        return True

    def answer(self, session_id: UUID) -> None:
        """Answers that a session is alive, if it is of this process and its client responds.

        A connection that was lost is noticed late otherwise: by the next heartbeat.
        """
        for connection, each in self.sessions.items():
            if each.identity.session_id == session_id:
                self.hub.spawn(self._probe(connection, session_id))

    async def _probe(self, connection: Connection, session_id: UUID) -> None:
        asked_at_s = self.hub.now_s()
        if connection.ping is not None:
            connection.ping()
        while connection.last_received_s < asked_at_s:
            if self.hub.now_s() > asked_at_s + PROBE_S:
                connection.drop("replaced")
                return
            await asyncio.sleep(0.05)
        self.hub.publish(SITE_TOPIC, LobbySessionAlive(session_id=session_id))

    def take_answer(self, session_id: UUID) -> None:
        """Ends the waiting of those who have asked whether a session has ended."""
        for answer in self.questions.get(session_id, ()):
            if not answer.done():
                answer.set_result(None)

    async def remove_lost(self) -> None:
        """Ends the sessions of clients whose id was taken over, in case a question was lost."""
        if not self.sessions:
            return
        identities = [each.identity for each in self.sessions.values()]
        lost = await in_database(find_lost_sessions, identities)
        for connection, session in [*self.sessions.items()]:
            if session.identity.session_id in lost:
                self._remove(connection, is_deliberate=False)


_conversations: WeakKeyDictionary[Hub, Conversation] = WeakKeyDictionary()


def conversation_of(hub: Hub) -> Conversation:
    """Returns the conversation in a process."""
    if hub not in _conversations:
        _conversations[hub] = Conversation(hub)
    return _conversations[hub]


def _read_head(actor: Actor, room_id: UUID) -> _Head:
    return _Head(get_readable(actor, room_id).room.revision)


def _check_body(text: str) -> str:
    try:
        return check_body(text)
    except ValidationFailedError as error:
        raise ValidationFailedError.of("messageBody", error.errors[0].message) from None
