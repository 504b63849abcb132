"""Access rules of a team's polls: every endpoint, for everybody, on every kind of poll.

``test_poll_access.py`` holds the API to it. ``removed`` created the polls, and was removed from the
project since.
"""

READING = """
                    owner     collaborator  viewer       removed    other      guest      staff     suspended  visitor
    draft           ok        ok            ok           missing    missing    missing    ok        suspended  missing
    open            ok        ok            ok           ok         ok         ok         ok        suspended  ok
    closed          ok        ok            ok           ok         ok         ok         ok        suspended  ok
    team-results    ok        ok            ok           blind      blind      blind      ok        suspended  blind
    later-results   ok        ok            blind        blind      blind      blind      ok        suspended  blind
    hidden-poll     ok        ok            ok           missing    missing    missing    ok        suspended  missing
"""  # noqa: E501 - a table
EXPORTING = """
                    owner     collaborator  viewer       removed    other      guest      staff     suspended  visitor
    draft           ok        ok            not-allowed  missing    missing    missing    ok        suspended  missing
    open            ok        ok            ok           ok         ok         ok         ok        suspended  ok
    closed          ok        ok            ok           ok         ok         ok         ok        suspended  ok
    team-results    ok        ok            not-allowed  secret     secret     secret     ok        suspended  secret
    later-results   ok        ok            secret       secret     secret     secret     ok        suspended  secret
    hidden-poll     ok        ok            not-allowed  missing    missing    missing    ok        suspended  missing
"""  # noqa: E501 - a table
CHANGING = """
                    owner     collaborator  viewer       removed    other      guest      staff     suspended  visitor
    draft           ok        ok            not-allowed  missing    missing    no-guests  ok        suspended  sign-in
    open            ok        ok            not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    closed          ok        ok            not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    team-results    ok        ok            not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    later-results   ok        ok            not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    hidden-poll     hidden    hidden        not-allowed  missing    missing    no-guests  ok        suspended  sign-in
"""  # noqa: E501 - a table
DUPLICATING = CHANGING.replace(" ok     ", " created")
PUBLISHING = """
                    owner     collaborator  viewer       removed    other      guest      staff     suspended  visitor
    draft           ok        ok            not-allowed  missing    missing    no-guests  ok        suspended  sign-in
    open            ok        ok            not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    closed          closed    closed        not-allowed  not-yours  not-yours  no-guests  closed    suspended  sign-in
    team-results    ok        ok            not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    later-results   ok        ok            not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    hidden-poll     hidden    hidden        not-allowed  missing    missing    no-guests  ok        suspended  sign-in
"""  # noqa: E501 - a table
ENDING = """
                    owner     collaborator  viewer       removed    other      guest      staff     suspended  visitor
    draft           draft     draft         not-allowed  missing    missing    no-guests  draft     suspended  sign-in
    open            ok        ok            not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    closed          ok        ok            not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    team-results    ok        ok            not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    later-results   ok        ok            not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    hidden-poll     hidden    hidden        not-allowed  missing    missing    no-guests  ok        suspended  sign-in
"""  # noqa: E501 - a table
RELEASING = """
                    owner     collaborator  viewer       removed    other      guest      staff     suspended  visitor
    draft           ok        not-allowed   not-allowed  missing    missing    no-guests  ok        suspended  sign-in
    open            ok        not-allowed   not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    closed          ok        not-allowed   not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    team-results    ok        not-allowed   not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    later-results   ok        not-allowed   not-allowed  not-yours  not-yours  no-guests  ok        suspended  sign-in
    hidden-poll     hidden    hidden        not-allowed  missing    missing    no-guests  ok        suspended  sign-in
"""  # noqa: E501 - a table
VOTING = """
                    owner     collaborator  viewer       removed    other      guest      staff     suspended  visitor
    draft           not-open  not-open      not-open     missing    missing    missing    not-open  suspended  sign-in
    open            created   created       created      created    created    created    created   suspended  sign-in
    closed          closed    closed        closed       closed     closed     closed     closed    suspended  sign-in
    team-results    created   created       created      created    created    created    created   suspended  sign-in
    later-results   created   created       created      created    created    created    created   suspended  sign-in
    hidden-poll     hidden    hidden        hidden       missing    missing    missing    hidden    suspended  sign-in
"""  # noqa: E501 - a table
LISTING = """
                    owner     collaborator  viewer       removed    other      guest      staff     suspended  visitor
    draft           without   without       without      without    without    without    without   suspended  without
    open            ok        ok            ok           ok         ok         ok         ok        suspended  ok
    closed          ok        ok            ok           ok         ok         ok         ok        suspended  ok
    team-results    ok        ok            ok           blind      blind      blind      ok        suspended  blind
    later-results   ok        ok            blind        blind      blind      blind      ok        suspended  blind
    hidden-poll     ok        ok            ok           without    without    without    ok        suspended  without
"""  # noqa: E501 - a table
LISTING_OF_THE_TEAM = """
                    owner     collaborator  viewer       removed    other      guest      staff     suspended  visitor
    draft           ok        ok            ok           without    without    without    ok        suspended  without
    open            ok        ok            ok           without    without    without    ok        suspended  without
    closed          ok        ok            ok           without    without    without    ok        suspended  without
    team-results    ok        ok            ok           without    without    without    ok        suspended  without
    later-results   ok        ok            blind        without    without    without    ok        suspended  without
    hidden-poll     ok        ok            ok           without    without    without    ok        suspended  without
"""  # noqa: E501 - a table
HOSTING = """
                    owner     collaborator  viewer       removed    other      guest      staff     suspended  visitor
    draft           ok        ok            not-allowed  missing    missing    no-guests  ok        suspended  sign-in
    open            ok        ok            not-allowed  missing    missing    no-guests  ok        suspended  sign-in
    closed          ok        ok            not-allowed  missing    missing    no-guests  ok        suspended  sign-in
    team-results    ok        ok            not-allowed  missing    missing    no-guests  ok        suspended  sign-in
    later-results   ok        ok            not-allowed  missing    missing    no-guests  ok        suspended  sign-in
    hidden-poll     ok        ok            not-allowed  missing    missing    no-guests  ok        suspended  sign-in
"""  # noqa: E501 - a table
OWN = (
    READING.replace("blind", "ok   ")
    .replace("missing\n", "sign-in\n")
    .replace("ok\n", "sign-in\n")
    .replace("ok   \n", "sign-in\n")
)
ON_TEAM_POLLS = {
    "GET /api/polls": LISTING,
    "GET /api/polls?workspace={workspace_id}": LISTING_OF_THE_TEAM,
    "GET /api/polls?project={project_id}": LISTING_OF_THE_TEAM,
    "GET /api/polls/{poll_id}": READING,
    "GET /api/polls/code/{code}": READING,
    "GET /api/polls/{poll_id}/results": READING.replace("blind ", "secret").replace(
        "blind\n", "secret\n"
    ),
    "GET /api/polls/{poll_id}/timeline": EXPORTING,
    "GET /api/polls/{poll_id}/export": EXPORTING,
    # That of a choice, which has none.
    "GET /api/polls/{poll_id}/calendar.ics": READING.replace("blind", "secret")
    .replace("ok ", "no-dates ")
    .replace("ok\n", "no-dates\n"),
    "GET /api/polls/{poll_id}/my-vote": OWN,
    "GET /api/polls/{poll_id}/my-suggestions": OWN,
    "POST /api/polls/{poll_id}/options": VOTING,
    "GET /api/polls/{poll_id}/decisions": HOSTING,
    "POST /api/polls/{poll_id}/decisions": CHANGING,
    # That of a choice, which has none.
    "GET /api/polls/{poll_id}/texts": HOSTING.replace("ok ", "no-texts "),
    "POST /api/polls/{poll_id}/duplicate": DUPLICATING,
    "PUT /api/polls/{poll_id}": CHANGING,
    "PATCH /api/polls/{poll_id}": CHANGING,
    "PATCH /api/polls/{poll_id} to another workspace": CHANGING,
    "PATCH /api/polls/{poll_id} out of the project": RELEASING,
    "DELETE /api/polls/{poll_id}": CHANGING,
    "PUT /api/polls/{poll_id}/publish": PUBLISHING,
    "PUT /api/polls/{poll_id}/close": ENDING,
    "PUT /api/polls/{poll_id}/reopen": ENDING,
    "POST /api/polls/{poll_id}/vote": VOTING,
    "POST /api/votes": VOTING,
    "DELETE /api/polls/{poll_id}/my-vote": VOTING.replace("created", "no-vote"),
}
