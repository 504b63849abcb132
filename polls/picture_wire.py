"""Wire format of pictures."""

from dataclasses import dataclass

from apikit.wire import Id, Wire
from polls.models import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPicture(Wire):
    """A picture; its edges are in pixels. ``url`` is a path on this site, and never changes."""

    id: Id
    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView(StoredPicture):
    """A picture of an option or a poll, with a text for people who do not see it."""

    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPicture(Wire):
    message: str
    picture: StoredPicture


def picture_url(token: str) -> str:
    """Return the path of a picture on this site."""
    return f"/pictures/{token}.webp"


def token_in(url: str) -> str:
    """Return the token in a path that :func:`picture_url` has made."""
    return url.removeprefix("/pictures/").removesuffix(".webp")


def view_stored(picture: Picture) -> StoredPicture:
    """Return a picture as its owner gets it."""
    return StoredPicture(
        id=picture.id,
        url=picture_url(picture.token),
        width=picture.width,
        height=picture.height,
    )


def view_picture(picture: Picture | None, alt: str, text: str) -> PictureView | None:
    """Return a picture with its alternative text, which is ``text`` unless another was given."""
    if picture is None:
        return None
    return PictureView(
        id=picture.id,
        url=picture_url(picture.token),
        width=picture.width,
        height=picture.height,
        alt=alt or text,
    )
