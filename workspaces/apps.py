from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "workspaces"

    def ready(self) -> None:
        from jobs.hooks import PROJECT_REFUSALS, check_project
        from workspaces.errors import ActionNotAllowedError, ProjectNotFoundError
        from workspaces.job_rights import check_jobs

        check_project.register(check_jobs)
        for refusal in (ProjectNotFoundError, ActionNotAllowedError):
            PROJECT_REFUSALS.register(refusal.code, refusal)
