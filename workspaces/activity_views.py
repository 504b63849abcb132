"""The activity endpoints."""

from uuid import UUID

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from apikit.downloads import as_streamed_attachment
from apikit.pagination import page_of
from apikit.views import ApiViewSet, JSONWhateverAccepted, actor_of, read_query, respond
from workspaces import activity_docs as docs
from workspaces.activity_exports import ActivityFormat, export_activity_for
from workspaces.activity_log import list_activity_for, show_activity
from workspaces.activity_serializers import ActivityFilterSerializer, ActivityQuerySerializer
from workspaces.activity_wire import ActivityList


class ActivityViewSet(ApiViewSet):
    """What happened in a project."""

    @docs.list_activity
    def list(self, request: Request, project_id: UUID) -> Response:
        query = read_query(ActivityQuerySerializer, request)
        activities = list_activity_for(actor_of(request), project_id, query["narrow"])
        rows, pagination = page_of(activities, query, key="seq")
        shown = [show_activity(row) for row in rows]
        return respond(ActivityList(activities=shown, pagination=pagination))


class ActivityExportViewSet(ApiViewSet):
    """The same as files. The path selects the format, not the Accept header."""

    content_negotiation_class = JSONWhateverAccepted

    @docs.export_csv
    def export_csv(self, request: Request, project_id: UUID) -> StreamingHttpResponse:
        return _export(request, project_id, ActivityFormat.CSV)

    @docs.export_json
    def export_json(self, request: Request, project_id: UUID) -> StreamingHttpResponse:
        return _export(request, project_id, ActivityFormat.JSON)


def _export(
    request: Request, project_id: UUID, export_format: ActivityFormat
) -> StreamingHttpResponse:
    narrow = read_query(ActivityFilterSerializer, request)["narrow"]
    return as_streamed_attachment(
        export_activity_for(actor_of(request), project_id, narrow, export_format)
    )
