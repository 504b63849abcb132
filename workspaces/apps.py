from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "workspaces"

    def ready(self) -> None:
        from jobs.hooks import check_project
        from workspaces.job_rights import check_jobs

        check_project.register(check_jobs)
