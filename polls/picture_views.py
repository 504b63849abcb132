"""The endpoint of pictures. ``polling_site.asgi_middleware.pictures`` serves them."""

from rest_framework.request import Request
from rest_framework.response import Response

from apikit.idempotency import respond_once
from apikit.views import ApiViewSet, actor_of, respond
from jobs.upload_bodies import received_file
from polls import picture_docs as docs
from polls import pictures
from polls.picture_encoding import EncodedPicture, encode_picture
from polls.picture_wire import NewPicture, view_stored


class PictureViewSet(ApiViewSet):
    """Uploading pictures for options and hotspots."""

    @docs.create_picture
    def create(self, request: Request) -> Response:
        actor_of(request).account_id()
        with received_file(request, None) as file:
            # Before the transaction of a request with a key, which would lock SQLite meanwhile.
            file.content.seek(0)
            encoded = encode_picture(file.content)
            return respond_once(request, [file.sha256], lambda: _store(request, encoded))


def _store(request: Request, encoded: EncodedPicture) -> Response:
    picture = pictures.add_picture(actor=actor_of(request), picture=encoded)
    created = NewPicture(message="Picture uploaded successfully", picture=view_stored(picture))
    return respond(created, 201)
