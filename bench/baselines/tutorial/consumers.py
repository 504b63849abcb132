from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer


class PollConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self) -> None:
        self.group = f"poll_{self.scope['url_route']['kwargs']['poll_id']}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def poll_update(self, event: dict[str, Any]) -> None:
        await self.send_json({"type": "vote-update", "poll": event["poll"]})
