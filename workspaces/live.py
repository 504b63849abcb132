"""Live projects over sockets; each part registers what it has."""

from workspaces import live_joining, live_older_endpoint, live_people, live_relay

__all__ = ["live_joining", "live_older_endpoint", "live_people", "live_relay"]
