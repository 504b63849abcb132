"""Errors about jobs.

A handler that raises an :class:`~apikit.errors.ApiError` fails its job with that code and message,
without another attempt. Errors that pass by themselves (503 and 429) are tried again.
"""

from apikit.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RequestTooLargeError,
    ServerError,
)
from apikit.tables.errors import FileUnreadableError, InvalidRowsError


class JobNotFoundError(NotFoundError):
    """The job does not exist, or the client may not see it."""

    code = "job.not_found"
    message = "There is no such job."


class JobTypeDisabledError(ForbiddenError):
    """A setting of this installation turns the type off."""

    code = "job.type_disabled"
    message = "This type of job is turned off on this site."


class TooManyJobsError(ConflictError):
    """The owner has as many waiting jobs as allowed."""

    code = "job.too_many"
    message = "Too many of your jobs are waiting. Try again when some of them have finished."


class JobFinishedError(ConflictError):
    """The job cannot be cancelled any more."""

    code = "job.finished"
    message = "This job has finished already."


class JobNotFinishedError(ConflictError):
    """The job is queued or running."""

    code = "job.not_finished"
    message = "This job has not finished yet. Wait for it, or cancel it."


class JobNotRetryableError(ConflictError):
    """Only failed and cancelled jobs can be retried."""

    code = "job.not_retryable"
    message = "Only a job that failed or was cancelled can be retried."


class JobHasNoResultError(ConflictError):
    """The job did not succeed, or has no result."""

    code = "job.no_result"
    message = "This job has no result."


class UploadNotFoundError(NotFoundError):
    """The upload does not exist, has expired, or is somebody else's."""

    code = "upload.not_found"
    message = "There is no such upload, or it has expired."


class UploadTooLargeError(RequestTooLargeError):
    """The file exceeds ``UPLOAD_MAX_BYTES``."""

    code = "upload.too_large"
    message = "The file is too large."


class TooManyUploadsError(ConflictError):
    """The account has ``UPLOADS_PER_OWNER`` uploads."""

    code = "upload.too_many"
    message = (
        "You have too many uploaded files. Delete some with DELETE /api/uploads/{id}, or wait: "
        "they are deleted a day after their upload."
    )


# The errors that a job fails with, beside those of its handler.


class JobFailedError(ServerError):
    """The handler raised an unexpected exception in every attempt; the log has the traceback."""

    code = "job.failed"
    message = "Something went wrong on our side, in every attempt."


class JobTimedOutError(ServerError):
    """The job took longer than its type allows."""

    code = "job.timed_out"
    message = "The job took too long and was stopped."


class WorkerLostError(ServerError):
    """The worker was lost during every attempt, for instance because it ran out of memory."""

    code = "job.worker_lost"
    message = "The job was interrupted too often: its worker stopped in every attempt."


class ResultTooLargeError(ServerError):
    code = "job.result_too_large"
    message = "The result is too large to be stored."


class ProgramsUnavailableError(ServerError):
    """The worker's machine lacks what the sandbox needs; the message says what."""

    code = "job.programs_unavailable"
    message = "This site cannot run programs."


class OwnerGoneError(ForbiddenError):
    """The owner was suspended after creating the job."""

    code = "job.owner_gone"
    message = "The account that created this job may not use this site any more."


# Errors of jobs, which no request gets.
JOB_ERRORS: tuple[type[ApiError], ...] = (
    JobFailedError,
    JobTimedOutError,
    WorkerLostError,
    ResultTooLargeError,
    ProgramsUnavailableError,
    OwnerGoneError,
    FileUnreadableError,
    InvalidRowsError,
)


class StoppedError(Exception):
    """The job was cancelled, timed out or lost its lease: the handler must end.

    Not an ``ApiError``: nothing is written, because the job's row has the reason already.
    """
