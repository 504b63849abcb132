"""Socket.IO at ``/socket.io/``: python-socketio reads the protocol, our hub delivers the events.

The library handles handshakes and packets. Everything that is written to a client goes through a
:class:`realtime.connection.Connection`, as for native sockets: so frames are encoded once for all
clients, states are conflated, and what waits for a client is bounded.
"""

from realtime.socketio.application import SocketIoApplication as SocketIoApplication
from realtime.socketio.identity import Identity as Identity
