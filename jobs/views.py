"""The job endpoints."""

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from apikit.idempotency import idempotent, read_key
from apikit.pagination import page_of
from apikit.views import (
    ApiViewSet,
    JSONWhateverAccepted,
    actor_of,
    read_body,
    read_query,
    respond,
)
from apikit.wire import Done
from jobs import docs, selectors, serializers, services
from jobs.downloads import download_file
from jobs.models import Job, JobFile, JobState
from jobs.wire import ChangedJob, JobList, JobResult, OneJob, view_details, view_job


class JobViewSet(ApiViewSet):
    """Creating, reading, cancelling, retrying and deleting jobs."""

    @docs.list_jobs
    def list(self, request: Request) -> Response:
        query = read_query(serializers.JobQuerySerializer, request)
        rows, pagination = page_of(
            selectors.list_jobs_for(actor_of(request), _filter(query)), query
        )
        return respond(JobList(jobs=[view_job(each) for each in rows], pagination=pagination))

    @docs.create_job
    @idempotent
    def create(self, request: Request) -> Response:
        actor = actor_of(request)
        actor.account_id()
        body = read_body(serializers.JobCreateSerializer, request)
        job = services.enqueue(
            actor=actor,
            type_=body["type"],
            payload=body["payload"],
            project_id=body.get("project_id"),
            key=read_key(request, actor),
        )
        return _changed(job, "created", 202)

    @docs.get_job
    def retrieve(self, request: Request, job_id: UUID) -> Response:
        job = selectors.get_job_for(actor_of(request), job_id)
        return respond(OneJob(job=view_details(job)))

    @docs.cancel_job
    @idempotent
    def cancel(self, request: Request, job_id: UUID) -> Response:
        return _changed(services.cancel_job(actor=actor_of(request), job_id=job_id), "cancelled")

    @docs.retry_job
    @idempotent
    def retry(self, request: Request, job_id: UUID) -> Response:
        return _changed(services.retry_job(actor=actor_of(request), job_id=job_id), "queued", 202)

    @docs.delete_job
    @idempotent
    def destroy(self, request: Request, job_id: UUID) -> Response:
        services.delete_job(actor=actor_of(request), job_id=job_id)
        return respond(Done(message="Job deleted successfully"))


class JobResultViewSet(ApiViewSet):
    """The result of a job."""

    content_negotiation_class = JSONWhateverAccepted

    @docs.get_result
    def retrieve(self, request: Request, job_id: UUID) -> Response | StreamingHttpResponse:
        job = selectors.get_result_for(actor_of(request), job_id)
        file = JobFile.objects.filter(job=job).first()
        return respond(JobResult(result=job.result)) if file is None else download_file(file)


def _filter(query: dict[str, Any]) -> selectors.JobFilter:
    state = query.get("state")
    return selectors.JobFilter(
        type=query.get("type", ""),
        state=JobState(state) if state else None,
        project_id=query.get("project_id"),
    )


def _changed(job: Job, done: str, status: int = 200) -> Response:
    return respond(ChangedJob(message=f"Job {done} successfully", job=view_details(job)), status)
