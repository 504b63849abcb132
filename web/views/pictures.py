"""``/manage/pictures``: takes a picture that somebody chooses in the form of a poll."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.page_sessions import page_actor
from apikit.errors import ValidationFailedError
from polls.picture_encoding import encode_picture
from polls.picture_wire import NewPicture, view_stored
from polls.pictures import add_picture
from web.fetching import json_answer, refuses_in_json


@require_POST
@never_cache
@refuses_in_json
def upload(request: HttpRequest) -> HttpResponse:
    """Stores the file of the field ``file``; for scripts, like ``POST /api/pictures``."""
    actor = page_actor(request)
    actor.account_id()
    file = request.FILES.get("file")
    if file is None:
        raise ValidationFailedError.of("file", "Send exactly one file.")
    picture = add_picture(actor=actor, picture=encode_picture(file))
    return json_answer(
        NewPicture(message="Picture uploaded successfully", picture=view_stored(picture))
    )
