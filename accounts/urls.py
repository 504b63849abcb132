from django.urls import path

import apikit.routing  # noqa: F401 - registers <id:...>
from accounts.views import OwnAccountViewSet, SignInViewSet, UserViewSet

urlpatterns = [
    path("auth/register", SignInViewSet.as_view({"post": "register"})),
    path("auth/login", SignInViewSet.as_view({"post": "log_in"})),
    path("auth/refresh", SignInViewSet.as_view({"post": "refresh"})),
    path("auth/logout", SignInViewSet.as_view({"post": "log_out"})),
    path("auth/guest", SignInViewSet.as_view({"post": "create_guest"})),
    path("auth/password/change", OwnAccountViewSet.as_view({"post": "change_password"})),
    path("auth/password/reset", SignInViewSet.as_view({"post": "request_password_reset"})),
    path(
        "auth/password/reset/confirm",
        SignInViewSet.as_view({"post": "confirm_password_reset"}),
    ),
    path("auth/email/confirm", SignInViewSet.as_view({"post": "confirm_email"})),
    path("auth/me", OwnAccountViewSet.as_view({"get": "read_me"})),
    path("users", UserViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "users/me",
        OwnAccountViewSet.as_view(
            {"get": "read_user", "put": "update_profile", "patch": "patch_profile"}
        ),
    ),
    path("users/me/status", OwnAccountViewSet.as_view({"put": "set_status"})),
    path("users/profile", OwnAccountViewSet.as_view({"get": "read_profile"})),
    path("users/search", UserViewSet.as_view({"get": "search"})),
    path("users/<id:user_id>", UserViewSet.as_view({"get": "retrieve"})),
]
