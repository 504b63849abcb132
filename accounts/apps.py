from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Registers pruners.
        from accounts import pruning  # noqa: F401
        from accounts.errors import AccountSuspendedError
        from apikit.schema import TOKEN_REFUSALS

        TOKEN_REFUSALS.register(AccountSuspendedError.code, AccountSuspendedError)
