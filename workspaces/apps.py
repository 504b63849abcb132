from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "workspaces"

    def ready(self) -> None:
        # Importing these registers a hook of accounts, and a pruner.
        from django.db.models import Count, IntegerField, OuterRef, Subquery
        from django.db.models.functions import Coalesce

        from accounts.hooks import UserCount, user_counts
        from jobs.hooks import PROJECT_REFUSALS, check_project, project_topic
        from workspaces import departures, pruning, topics  # noqa: F401
        from workspaces.errors import ActionNotAllowedError, ProjectNotFoundError
        from workspaces.job_rights import check_jobs
        from workspaces.models import Member

        own = Member.objects.filter(user=OuterRef("pk")).order_by().values("user")
        counts = own.annotate(count=Count("pk")).values("count")
        user_counts.register(
            "projects",
            UserCount(
                "projects",
                Coalesce(Subquery(counts, output_field=IntegerField()), 0),
                "admin:workspaces_member_changelist",
                "user",
            ),
        )
        check_project.register(check_jobs)
        project_topic.register(topics.project_topic)
        for refusal in (ProjectNotFoundError, ActionNotAllowedError):
            PROJECT_REFUSALS.register(refusal.code, refusal)
