"""Where the pages are."""

from django.urls import path
from django.views.i18n import set_language

from web.views import account, home

app_name = "web"

urlpatterns = [
    path("", home.show, name="home"),
    # Accounts
    path("sign-in", account.sign_in, name="sign-in"),
    path("sign-out", account.sign_out, name="sign-out"),
    path("account", account.show, name="account"),
    path("language", set_language, name="language"),
]
