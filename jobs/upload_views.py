"""The endpoints of uploaded files."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apikit.idempotency import idempotent, respond_once
from apikit.pagination import PageQuerySerializer, page_of
from apikit.views import ApiViewSet, actor_of, read_query, respond
from apikit.wire import Done
from jobs import upload_docs as docs
from jobs import uploads
from jobs.serializers import UploadQuerySerializer
from jobs.upload_bodies import ReceivedFile, received_file
from jobs.upload_wire import NewUpload, UploadList, view_upload


class UploadViewSet(ApiViewSet):
    """Uploading, listing and deleting files that jobs read."""

    @docs.list_uploads
    def list(self, request: Request) -> Response:
        query = read_query(PageQuerySerializer, request)
        rows, pagination = page_of(uploads.list_uploads_for(actor_of(request)), query)
        return respond(UploadList(uploads=list(map(view_upload, rows)), pagination=pagination))

    @docs.create_upload
    def create(self, request: Request) -> Response:
        actor_of(request).account_id()
        query = read_query(UploadQuerySerializer, request)
        with received_file(request, query.get("name")) as file:
            content = [file.name, file.media_type, file.sha256]
            return respond_once(request, content, lambda: _store(request, file))

    @docs.delete_upload
    @idempotent
    def destroy(self, request: Request, upload_id: UUID) -> Response:
        uploads.delete_upload(actor=actor_of(request), upload_id=upload_id)
        return respond(Done(message="File deleted successfully"))


def _store(request: Request, file: ReceivedFile) -> Response:
    upload = uploads.store_upload(
        actor=actor_of(request), name=file.name, media_type=file.media_type, pieces=file.pieces()
    )
    created = NewUpload(message="File uploaded successfully", upload=view_upload(upload))
    return respond(created, 201)
