from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        # Importing these registers hooks of accounts, polls and workspaces, too.
        from django.db.models import Exists, OuterRef, Q

        from accounts.hooks import UserCount, guest_anchors, user_counts
        from chat import announcements, message_selectors, people, project_rooms  # noqa: F401
        from chat.models import Membership, Message, Reaction
        from chat.removal import remove_room_of_poll
        from polls.removal import poll_contents

        written = Message.objects.filter(author_id=OuterRef("pk"))
        reactions = Reaction.objects.filter(user_id=OuterRef("pk"))
        # Not those with a read marker only.
        standing = Q(joined_at__isnull=False) | Q(banned_at__isnull=False)
        memberships = Membership.objects.filter(standing, user_id=OuterRef("pk"))
        guest_anchors.register("messages", Exists(written))
        guest_anchors.register("reactions", Exists(reactions))
        guest_anchors.register("rooms", Exists(memberships))
        poll_contents.register(remove_room_of_poll)
        user_counts.register(
            "messages",
            UserCount(
                "messages",
                message_selectors.messages_per_user(),
                "admin:chat_message_changelist",
                "author",
            ),
        )
