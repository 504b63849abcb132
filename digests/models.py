"""What each account's digests have covered."""

from django.db import models

from accounts.models import User


class DigestState(models.Model):
    """Until when an account's digests cover what happened. The row decides which process sends.

    ``sent_at`` is when the last email was sent; there is none for a time in which nothing happened.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    covered_until = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user_id} until {self.covered_until}"
