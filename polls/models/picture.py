from django.db import models

from accounts.models import User
from apikit.ids import new_id

PICTURE_ALT_MAX_CHARS = 300


class Picture(models.Model):
    """A picture of options or of a hotspot, as ``polls.pictures`` has encoded it.

    Whoever knows its unguessable ``token`` can load it; its content never changes. One that nothing
    uses is deleted after a day.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    token = models.CharField(max_length=43, unique=True)
    # Who uploaded it; null once that account is deleted.
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="pictures")
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    size_bytes = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.width} × {self.height}"


class PictureContent(models.Model):
    """The bytes of a picture, in a table of their own: polls are read together with pictures."""

    picture = models.OneToOneField(
        Picture, models.CASCADE, primary_key=True, related_name="content"
    )
    webp = models.BinaryField()

    def __str__(self) -> str:
        return str(self.picture_id)
