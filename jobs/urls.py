from django.urls import path

import apikit.routing  # noqa: F401 - registers <id:...>
from jobs.upload_views import UploadViewSet
from jobs.views import JobResultViewSet, JobViewSet

urlpatterns = [
    path("jobs", JobViewSet.as_view({"get": "list", "post": "create"})),
    path("jobs/<id:job_id>", JobViewSet.as_view({"get": "retrieve", "delete": "destroy"})),
    path("jobs/<id:job_id>/cancel", JobViewSet.as_view({"post": "cancel"})),
    path("jobs/<id:job_id>/retry", JobViewSet.as_view({"post": "retry"})),
    path("jobs/<id:job_id>/result", JobResultViewSet.as_view({"get": "retrieve"})),
    path("uploads", UploadViewSet.as_view({"get": "list", "post": "create"})),
    path("uploads/<id:upload_id>", UploadViewSet.as_view({"delete": "destroy"})),
]
