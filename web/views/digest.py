"""``/digest/unsubscribe/<token>``: ends digests by email, without signing in.

Mail programs that offer one click send the form themselves (RFC 8058), without cookies. So it is
exempt from the check against cross-site requests: the token in the address is the proof.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from digests.subscriptions import check_token, unsubscribe
from web.forms.base import PageForm
from web.pages import form_page


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def show_unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Asks first: mail scanners open links, but send no forms."""
    if request.method == "POST":
        unsubscribe(token=token)
        # A mail program's click, which ignores the page, or that of the form.
        if "List-Unsubscribe" in request.POST:
            return HttpResponse(status=204)
        messages.success(request, _("You won’t get these emails any more."))
        return redirect("web:home")
    check_token(token)
    return form_page(request, "web/unsubscribe.html", PageForm(), token=token)
