"""Access rules of the REST API: every endpoint, for every user, on every kind of poll.

``test_access.py`` holds the API to it, and finds endpoints that are missing here. The same table
for sockets is in ``tests/realtime/test_access.py``, the one for rooms in
``tests/chat/access_tables.py``, and the one for projects in ``tests/workspaces/access_tables.py``.
"""

from tests.tables import read_table

# What a cell of the tables says, by status and code.
WORDS = {
    (200, None): "ok",
    (201, None): "created",
    (401, "auth.required"): "sign-in",
    (401, "account.suspended"): "suspended",
    (403, "auth.account_required"): "no-guests",
    (403, "poll.not_owner"): "not-yours",
    (403, "results.hidden"): "secret",
    (404, "job.not_found"): "missing",
    (404, "webhook.not_found"): "missing",
    (202, None): "queued",
    (409, "webhook.delivery_pending"): "pending",
    (404, "poll.not_found"): "missing",
    (404, "option.not_found"): "missing",
    (404, "invitation.not_found"): "missing",
    (404, "upload.not_found"): "missing",
    (404, "vote.not_found"): "no-vote",
    (409, "job.no_result"): "no-file",
    (409, "job.not_finished"): "running",
    (409, "job.not_retryable"): "running",
    (409, "decision.not_for_this_kind"): "no-texts",
    (409, "poll.closed"): "closed",
    (409, "poll.hidden"): "hidden",
    (409, "poll.not_open"): "not-open",
    (409, "poll.not_published"): "draft",
}
# And three more: "blind" is ok, with numbers that are null; a list has a poll or is "without" it.

READING = """
                    owner      other      guest      visitor  staff      suspended
    draft           ok         missing    missing    missing  ok         suspended
    open            ok         ok         ok         ok       ok         suspended
    closed          ok         ok         ok         ok       ok         suspended
    hidden-results  ok         blind      blind      blind    ok         suspended
    hidden-poll     ok         missing    missing    missing  ok         suspended
"""
CHANGING = """
                    owner      other      guest      visitor  staff      suspended
    draft           ok         missing    no-guests  sign-in  ok         suspended
    open            ok         not-yours  no-guests  sign-in  ok         suspended
    closed          ok         not-yours  no-guests  sign-in  ok         suspended
    hidden-results  ok         not-yours  no-guests  sign-in  ok         suspended
    hidden-poll     hidden     missing    no-guests  sign-in  ok         suspended
"""
ENDING = """
                    owner      other      guest      visitor  staff      suspended
    draft           draft      missing    no-guests  sign-in  draft      suspended
    open            ok         not-yours  no-guests  sign-in  ok         suspended
    closed          ok         not-yours  no-guests  sign-in  ok         suspended
    hidden-results  ok         not-yours  no-guests  sign-in  ok         suspended
    hidden-poll     hidden     missing    no-guests  sign-in  ok         suspended
"""
VOTING = """
                    owner      other      guest      visitor  staff      suspended
    draft           not-open   missing    missing    sign-in  not-open   suspended
    open            created    created    created    sign-in  created    suspended
    closed          closed     closed     closed     sign-in  closed     suspended
    hidden-results  created    created    created    sign-in  created    suspended
    hidden-poll     hidden     missing    missing    sign-in  hidden     suspended
"""
HOSTING = """
                    owner      other      guest      visitor  staff      suspended
    draft           ok         missing    no-guests  sign-in  ok         suspended
    open            ok         missing    no-guests  sign-in  ok         suspended
    closed          ok         missing    no-guests  sign-in  ok         suspended
    hidden-results  ok         missing    no-guests  sign-in  ok         suspended
    hidden-poll     ok         missing    no-guests  sign-in  ok         suspended
"""
ON_POLLS = {
    "GET /api/polls": """
                    owner      other      guest      visitor  staff      suspended
    draft           without    without    without    without  without    suspended
    open            ok         ok         ok         ok       ok         suspended
    closed          ok         ok         ok         ok       ok         suspended
    hidden-results  ok         blind      blind      blind    ok         suspended
    hidden-poll     ok         without    without    without  ok         suspended
    """,
    "GET /api/polls/{poll_id}": READING,
    "GET /api/polls/code/{code}": READING,
    "GET /api/polls/{poll_id}/results": READING.replace("blind ", "secret"),
    "GET /api/polls/{poll_id}/timeline": READING.replace("blind ", "secret"),
    "GET /api/polls/{poll_id}/export": READING.replace("blind ", "secret"),
    "POST /api/polls/{poll_id}/duplicate": CHANGING.replace(" ok     ", " created"),
    "PUT /api/polls/{poll_id}": CHANGING,
    "PATCH /api/polls/{poll_id}": CHANGING,
    "DELETE /api/polls/{poll_id}": CHANGING,
    "PUT /api/polls/{poll_id}/publish": """
                    owner      other      guest      visitor  staff      suspended
    draft           ok         missing    no-guests  sign-in  ok         suspended
    open            ok         not-yours  no-guests  sign-in  ok         suspended
    closed          closed     not-yours  no-guests  sign-in  closed     suspended
    hidden-results  ok         not-yours  no-guests  sign-in  ok         suspended
    hidden-poll     hidden     missing    no-guests  sign-in  ok         suspended
    """,
    "PUT /api/polls/{poll_id}/close": ENDING,
    "PUT /api/polls/{poll_id}/reopen": ENDING,
    "POST /api/polls/{poll_id}/vote": VOTING,
    "POST /api/votes": VOTING,
    "POST /api/polls/{poll_id}/options": VOTING,
    "GET /api/polls/{poll_id}/my-suggestions": READING.replace("blind  ", "ok     ")
    .replace("missing  ok", "sign-in  ok")
    .replace("ok       ok         suspended", "sign-in  ok         suspended"),
    "GET /api/polls/{poll_id}/decisions": HOSTING,
    "POST /api/polls/{poll_id}/decisions": CHANGING,
    # That of a choice, which has none.
    "GET /api/polls/{poll_id}/texts": HOSTING.replace("ok", "no-texts"),
    "DELETE /api/polls/{poll_id}/my-vote": VOTING.replace("created", "no-vote"),
    "GET /api/polls/{poll_id}/my-vote": """
                    owner      other      guest      visitor  staff      suspended
    draft           ok         missing    missing    sign-in  ok         suspended
    open            ok         ok         ok         sign-in  ok         suspended
    closed          ok         ok         ok         sign-in  ok         suspended
    hidden-results  ok         ok         ok         sign-in  ok         suspended
    hidden-poll     ok         missing    missing    sign-in  ok         suspended
    """,
}
# On a job of the owner's. Staff see others' jobs in the admin only.
OF_JOBS = read_table(
    """
                                           owner    other    guest      visitor  staff    suspended
    GET /api/jobs/{job_id}                 ok       missing  no-guests  sign-in  missing  suspended
    GET /api/jobs/{job_id}/result          no-file  missing  no-guests  sign-in  missing  suspended
    POST /api/jobs/{job_id}/retry          running  missing  no-guests  sign-in  missing  suspended
    DELETE /api/jobs/{job_id}              running  missing  no-guests  sign-in  missing  suspended
    POST /api/jobs/{job_id}/cancel         ok       missing  no-guests  sign-in  missing  suspended
    """
)
# On a webhook of the owner's with a pending delivery.
OF_WEBHOOKS = read_table(
    """
                                                                        owner    other    guest      visitor  staff    suspended
    GET /api/webhooks/{webhook_id}                                      ok       missing  no-guests  sign-in  missing  suspended
    PUT /api/webhooks/{webhook_id}                                      ok       missing  no-guests  sign-in  missing  suspended
    PATCH /api/webhooks/{webhook_id}                                    ok       missing  no-guests  sign-in  missing  suspended
    POST /api/webhooks/{webhook_id}/secret                              ok       missing  no-guests  sign-in  missing  suspended
    POST /api/webhooks/{webhook_id}/test                                queued   missing  no-guests  sign-in  missing  suspended
    GET /api/webhooks/{webhook_id}/deliveries                           ok       missing  no-guests  sign-in  missing  suspended
    GET /api/webhooks/{webhook_id}/deliveries/{delivery_id}             ok       missing  no-guests  sign-in  missing  suspended
    POST /api/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver  pending  missing  no-guests  sign-in  missing  suspended
    DELETE /api/webhooks/{webhook_id}                                   ok       missing  no-guests  sign-in  missing  suspended
    """  # noqa: E501 - a table
)
OF_UPLOADS = read_table(
    """
                                      owner    other    guest      visitor  staff    suspended
    DELETE /api/uploads/{upload_id}   ok       missing  no-guests  sign-in  missing  suspended
    """
)
# Where a token is not looked at, a suspended person is a visitor like others.
ELSEWHERE = read_table(
    """
                                           owner    other    guest      visitor  staff    suspended
    POST /api/auth/register                created  created  created    created  created  created
    POST /api/auth/login                   ok       ok       ok         ok       ok       ok
    POST /api/auth/refresh                 ok       ok       ok         ok       ok       ok
    POST /api/auth/logout                  ok       ok       ok         ok       ok       ok
    POST /api/auth/guest                   created  created  created    created  created  created
    POST /api/auth/password/reset          ok       ok       ok         ok       ok       ok
    POST /api/auth/password/reset/confirm  ok       ok       ok         ok       ok       ok
    POST /api/auth/email/confirm           ok       ok       ok         ok       ok       ok
    POST /api/auth/password/change         ok       ok       no-guests  sign-in  ok       suspended
    GET /api/auth/me                       ok       ok       ok         sign-in  ok       suspended
    GET /api/users/me                      ok       ok       ok         sign-in  ok       suspended
    GET /api/users/profile                 ok       ok       ok         sign-in  ok       suspended
    PUT /api/users/me                      ok       ok       ok         sign-in  ok       suspended
    PATCH /api/users/me                    ok       ok       ok         sign-in  ok       suspended
    PUT /api/users/me/status               ok       ok       ok         sign-in  ok       suspended
    GET /api/users                         ok       ok       no-guests  sign-in  ok       suspended
    GET /api/users/search                  ok       ok       no-guests  sign-in  ok       suspended
    GET /api/users/{user_id}               ok       ok       no-guests  sign-in  ok       suspended
    POST /api/users                        created  created  created    created  created  suspended
    POST /api/polls                        created  created  no-guests  sign-in  created  suspended
    GET /api/votes/my-votes                ok       ok       ok         sign-in  ok       suspended
    GET /api/rooms                         ok       ok       ok         ok       ok       suspended
    GET /api/rooms/lobby                   ok       ok       ok         ok       ok       suspended
    POST /api/rooms                        created  created  no-guests  sign-in  created  suspended
    POST /api/rooms/direct                 created  created  no-guests  sign-in  created  suspended
    GET /api/projects                      ok       ok       no-guests  sign-in  ok       suspended
    POST /api/projects                     created  created  no-guests  sign-in  created  suspended
    GET /api/invitations                   ok       ok       no-guests  sign-in  ok       suspended
    GET /api/invitations/{token}           missing  missing  missing    missing  missing  suspended
    POST /api/invitations/{token}/accept   missing  missing  no-guests  sign-in  missing  suspended
    POST /api/invitations/{token}/decline  missing  missing  no-guests  sign-in  missing  suspended
    GET /api/messages                      ok       ok       ok         ok       ok       suspended
    GET /api/messages/search               ok       ok       ok         sign-in  ok       suspended
    POST /api/send                         created  created  created    created  created  suspended
    GET /api/jobs                          ok       ok       no-guests  sign-in  ok       suspended
    POST /api/jobs                         missing  missing  no-guests  sign-in  missing  suspended
    GET /api/webhooks                      ok       ok       no-guests  sign-in  ok       suspended
    POST /api/webhooks                     created  created  no-guests  sign-in  created  suspended
    GET /api/uploads                       ok       ok       no-guests  sign-in  ok       suspended
    POST /api/uploads                      created  created  no-guests  sign-in  created  suspended
    GET /api                               ok       ok       ok         ok       ok       ok
    GET /api/schema                        ok       ok       ok         ok       ok       ok
    GET /api/asyncapi.json                 ok       ok       ok         ok       ok       ok
    GET /api/docs                          ok       ok       ok         ok       ok       ok
    GET /health                            ok       ok       ok         ok       ok       ok
    GET /health/live                       ok       ok       ok         ok       ok       ok
    GET /health/ready                      ok       ok       ok         ok       ok       ok
    GET /metrics                           ok       ok       ok         ok       ok       ok
    """
)
