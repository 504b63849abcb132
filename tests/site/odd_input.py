"""Input that breaks parsers, and the places of a request that can contain it."""

ODD = [
    b"", b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\x80", b"%", b"%00", b"%ff", b"%ED%A0%80",
    b"%5b", b"http://[", b"http://[::1", b"http://a:b:c", b"http://a:99999999",
    b"http://\xe2\x84\x80.test", b"//[", b"[", b"]", b"[::1", b"[zz]", b"a@[", b"null", b'"',
    b'W/"', b'"1" , "', b"*", b",,,", b";;=;", b"=", b"a=b=c; =; ;x", b"9" * 5_000, b"-1", b"0",
    b"1e309", b"NaN", b"\xd9\xa1", b"0x10", b"1_0", b"bytes=", b"bytes=-", b"bytes=9-1",
    b"bytes=a-b", b"bytes=0-" + b"9" * 5_000, b"bytes=0-0,1-1", b"a" * 8_000, b"en;q=",
    b"en;q=nan", b"en;q=" + b"9" * 400, b"\xc3\xa4-\xff", b"xn--a", b"xn--\xff",
    b"../../etc/passwd", b"Basic !!!", b"Bearer", b"Bearer \xff", b"Bearer a.b.c",
    b"Bearer eyJhbGciOiJub25lIn0.W10.", b"Bearer eyJhbGciOiJIUzI1NiJ9.bnVsbA.x",
    b"bearer, \xff", b"Mon, 99 Foo 99999 99:99:99 GMT", b"Mon, 01 Jan 0000 00:00:00 GMT",
    b"Fri, 31 Feb 2024 00:00:00 GMT", b"application/json; charset=utf-99",
    b"application/json; charset=rot13", b"application/x-www-form-urlencoded; charset=base64",
    b"multipart/form-data", b"multipart/form-data; boundary=\xff",
    b"multipart/form-data; boundary=" + b"x" * 300, b"text/\xff", b"9999-12-31T23:59:59+23:59",
    b"0001-01-01T00:00", b"a:b:c", b"{", b"nonsense", b"web:home",
]  # fmt: skip
# Values of a field, or whole bodies.
ODD_JSON = [
    b"[" * 5_000, b'{"a":' * 5_000, b"[" * 60 + b"]" * 60, b"1" * 5_000, b"-" + b"9" * 400,
    b"1e999", b"-0", b"NaN", b"Infinity", b'"\\ud800"', b'"\\udfff\\ud800"', b'"\\u0000"',
    b'"\\uffff"', b'"\xff"', b"\xef\xbb\xbf{}", b"null", b"true", b"{}", b"[]",
    b'[null, 1, "\\ud800"]', b'[{"text": "\\ud800"}, {}]', b'"9999-12-31T23:59:59.999999Z"',
    b'"0001-01-01T00:00:00+23:59"', b'"00000000-0000-0000-0000-00000000000g"',
    b'{"__proto__": 1}', b'"' + b"\xf0\x9f\x92\xa9" * 3_000 + b'"', b'"' + b"a" * 30_000 + b'"',
]  # fmt: skip
HEADERS = [
    "Host", "Origin", "Referer", "Cookie", "Authorization", "Accept", "Accept-Encoding",
    "Accept-Language", "Access-Control-Request-Headers", "Access-Control-Request-Method",
    "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Forwarded",
    "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range",
    "If-Unmodified-Since", "Range", "Sec-Fetch-Dest", "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key", "Sec-WebSocket-Protocol", "Sec-WebSocket-Version", "TE",
    "Transfer-Encoding", "Upgrade", "User-Agent", "X-CSRFToken", "X-Forwarded-For",
    "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Real-IP", "X-Request-Id",
    "X-Requested-With",
]  # fmt: skip
COOKIES = [
    "tallyroom_session", "tallyroom_csrf", "tallyroom_guest", "tallyroom_language",
    "tallyroom_theme", "messages",
]  # fmt: skip
FIELDS = [
    "page", "limit", "cursor", "published", "creator", "search", "q", "state", "format",
    "token", "next", "code", "size", "points", "language", "email", "password", "username",
    "name", "option", "key", "question", "maxChoices", "opensAt", "closesAt", "timeZone",
    "revision", "do", "kind", "place", "reason", "status", "o", "p", "e", "_popup",
    "_changelist_filters", "is_active__exact", "id__exact",
]  # fmt: skip
# {poll} and {code} stand for a poll's id and its join code.
PATHS = [
    "/", "/p/{code}", "/p/{code}/state", "/p/{code}/qr.png", "/p/{code}/vote", "/p/{code}/join",
    "/p/{code}/report", "/embed/{poll}", "/present/{poll}", "/present/{poll}/replay",
    "/present/{poll}/next", "/language", "/manage", "/manage/new", "/manage/{poll}",
    "/manage/{poll}/edit", "/manage/{poll}/timeline", "/manage/{poll}/export.csv",
    "/manage/{poll}/qr.png", "/manage/{poll}/close", "/sign-in", "/register", "/reset",
    "/confirm-email", "/account", "/account/profile", "/account/status",
    "/account/sign-ins/{poll}/end", "/admin/", "/admin/login/", "/admin/polls/poll/", "/docs",
    "/nowhere", "/api", "/api/polls", "/api/polls/{poll}", "/api/polls/{poll}/results",
    "/api/polls/{poll}/vote", "/api/polls/{poll}/export", "/api/polls/{poll}/timeline",
    "/api/polls/code/{code}", "/api/votes", "/api/votes/my-votes", "/api/users", "/api/rooms",
    "/api/rooms/{poll}", "/api/rooms/lobby", "/rooms/{poll}/members", "/api/messages",
    "/api/messages/{poll}", "/messages/search", "/api/messages/{poll}/reactions/x", "/send",
    "/api/users/search", "/api/users/me", "/api/auth/guest", "/api/auth/login",
    "/api/auth/refresh", "/api/schema", "/api/asyncapi.json", "/health", "/metrics",
    "/static/web/app.css", "/static/nowhere", "/ws", "/ws/{poll}",
]  # fmt: skip
