from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Registers pruners.
        from accounts import pruning, selectors  # noqa: F401
        from accounts.errors import AccountSuspendedError
        from apikit.schema import TOKEN_REFUSALS
        from jobs.hooks import read_actor

        read_actor.register(selectors.read_actor)
        TOKEN_REFUSALS.register(AccountSuspendedError.code, AccountSuspendedError)
