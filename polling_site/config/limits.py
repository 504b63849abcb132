"""The settings that bound what clients may send, hold and make the server do."""

from polling_site.config.parsing import Setting, parse_whole_number

_COUNT = parse_whole_number(1, 1_000_000)
_BYTES = parse_whole_number(65_536, 1 << 40)
_COUNT_OR_OFF = parse_whole_number(0, 1_000_000_000)

LIMITS: dict[str, Setting] = {
    "RATE_LIMIT_WINDOW_MS": Setting(
        parse_whole_number(1000, 86_400_000),
        "60000",
        "The window of the request limit, in milliseconds; rounded down to whole seconds.",
    ),
    "RATE_LIMIT_MAX_REQUESTS": Setting(
        _COUNT_OR_OFF,
        "6000",
        "API requests per window of one user (or, without a token, one address), in each process. "
        "0: no limit. High, because a whole room can share one address.",
    ),
    "LOGIN_MAX_FAILURES": Setting(
        _COUNT_OR_OFF,
        "10",
        "Wrong passwords within 15 minutes for one email from one address (or on a device that was "
        "signed in before) after which further attempts must wait; ten times as many from all "
        "addresses together. 0: no limit.",
    ),
    "ABUSE_REPORTS_PER_HOUR": Setting(
        _COUNT_OR_OFF,
        "60",
        "Abuse reports per hour of one account (or, for guests and visitors, one address). "
        "0: no limit.",
    ),
    "INVITATIONS_PER_HOUR": Setting(
        _COUNT_OR_OFF,
        "50",
        "Emails with invitations per hour of one account. A project sends at most 200, and an "
        "address gets at most 5. 0: no limit per account.",
    ),
    "PASSWORD_HASH_CONCURRENCY": Setting(
        _COUNT,
        "1",
        "Passwords hashed at the same time in each process. A higher value makes a wave of logins "
        "faster and votes slower.",
    ),
    "PASSWORD_HASH_QUEUE": Setting(
        _COUNT_OR_OFF,
        "300",
        "Requests that may wait for password hashing, in each process. Addresses take turns; when "
        "the queue is full, the address with the most requests loses one to a new request.",
    ),
    "PASSWORD_HASH_QUEUE_PER_ADDRESS": Setting(
        _COUNT_OR_OFF,
        "100",
        "How many of these one address may have (an IPv6 /64 network counts as one address). High, "
        "because a whole room can share one.",
    ),
    "REQUEST_MAX_BYTES": Setting(_COUNT, "262144", "The largest request body, in bytes."),
    "HEAVY_QUEUE": Setting(
        _COUNT_OR_OFF,
        "64",
        "Heavy requests (exports, timelines, images, searches, large bodies) that may wait in each "
        "process, which handles them one at a time; above that, requests get 503.",
    ),
    "HEAVY_QUEUE_PER_ADDRESS": Setting(
        _COUNT_OR_OFF,
        "16",
        "Heavy requests of one address that may wait in each process; above that, 429.",
    ),
    "PAGES_AT_ONCE": Setting(
        _COUNT,
        "2",
        "Pages that each process renders at a time. More compete with votes for the interpreter.",
    ),
    "REQUEST_MAX_HEADER_BYTES": Setting(
        parse_whole_number(1024, 1_000_000),
        "32768",
        "The largest URL and headers of a request together, in bytes.",
    ),
    "REQUEST_MAX_HEADERS": Setting(_COUNT, "100", "The maximum number of headers of a request."),
    "REQUEST_HEADER_SECONDS": Setting(
        _COUNT,
        "15",
        "How long a client may take to send a request's headers, from the connection or from their "
        "first byte.",
    ),
    "REQUEST_BODY_SECONDS": Setting(
        _COUNT, "60", "How long a client may take to send a request's body."
    ),
    "RESPONSE_STALL_SECONDS": Setting(
        _COUNT, "30", "How long a client may read nothing of a response before it is disconnected."
    ),
    "HTTP_MAX_CONNECTIONS_PER_ADDRESS": Setting(
        _COUNT,
        "5000",
        "Open connections, including sockets, of one address (one /64 network with IPv6) in each "
        "process, and at most half of its open-file limit. High, because a whole room can share "
        "one address. `TRUSTED_PROXIES` are not counted.",
    ),
    "VOTE_QUEUE_MAX": Setting(
        _COUNT,
        "10000",
        "Votes that may wait in each process; above that, clients get an error and may retry.",
    ),
    "VOTE_BATCH_MAX": Setting(
        parse_whole_number(1, 1000),
        "256",
        "The maximum number of votes written in one transaction.",
    ),
    "MESSAGE_QUEUE_MAX": Setting(
        _COUNT,
        "10000",
        "Messages that may wait in each process; above that, clients get an error and may retry.",
    ),
    "MESSAGE_BATCH_MAX": Setting(
        parse_whole_number(1, 1000),
        "256",
        "The maximum number of messages written in one transaction.",
    ),
    "WS_MAX_MESSAGE_BYTES": Setting(_COUNT, "16384", "The largest frame a client may send."),
    "WS_MAX_BYTES_PER_SECOND_PER_ADDRESS": Setting(
        parse_whole_number(1, 1_000_000_000),
        "2000000",
        "Bytes per second that the sockets of one address may send in frames above 1 kB, and get "
        "in replies above 1 kB after the first 64 kB of a socket. Bursts of twice as many; "
        "commands above the limit wait.",
    ),
    "WS_MAX_COMMANDS_PER_SECOND": Setting(
        _COUNT, "20", "Commands per second of one socket, with bursts of twice as many."
    ),
    "WS_MAX_TOPICS_PER_SOCKET": Setting(
        _COUNT, "50", "Polls (rooms, projects) that one socket may subscribe to at a time."
    ),
    "WS_MAX_SOCKETS_PER_USER": Setting(_COUNT, "20", "Open sockets of one user, in each process."),
    "WS_MAX_SOCKETS": Setting(
        _COUNT,
        "20000",
        "Open sockets in each process; above that, clients are asked to reconnect later.",
    ),
    "WS_MAX_SOCKETS_PER_ADDRESS_PERCENT": Setting(
        parse_whole_number(1, 100),
        "75",
        "The share of `WS_MAX_SOCKETS` that one address may hold, in percent. High, because a "
        "whole room can share one address.",
    ),
    "WS_MAX_QUEUED_BYTES": Setting(
        _BYTES, "524288", "Bytes that may be queued for one socket until its client reads them."
    ),
    "WS_MAX_QUEUED_BYTES_PER_ADDRESS": Setting(
        _BYTES,
        "67108864",
        "Bytes that may be queued for all sockets of one address, in each process; above that, the "
        "sockets with the most are dropped.",
    ),
    "WS_MAX_QUEUED_BYTES_PER_PROCESS": Setting(
        _BYTES, "268435456", "The same for all sockets of a process."
    ),
    "SOCKET_IO_CONNECT_SECONDS": Setting(
        _COUNT,
        "10",
        "How long a Socket.IO client may take from the handshake until it connects and is "
        "authenticated.",
    ),
    "WS_IDLE_SECONDS": Setting(
        _COUNT,
        "600",
        "How long a visitor's socket may be idle without a subscription before it is closed.",
    ),
    "WS_STALL_SECONDS": Setting(
        _COUNT, "10", "How long a client may read nothing of its socket before it is disconnected."
    ),
    "WS_REPEAT_SECONDS": Setting(
        _COUNT,
        "10",
        "How often the tally of a watched poll is sent again although it has not changed.",
    ),
    "JOB_WORKERS": Setting(
        parse_whole_number(0, 64),
        "1",
        "Processes that `make serve` starts for background jobs. 0: none, because `make worker` "
        "runs elsewhere.",
    ),
    "WORKER_METRICS_PORT": Setting(
        parse_whole_number(0, 65535),
        "0",
        "The port on which `make worker` serves its metrics, to everybody who can reach it. 0: "
        "none. Workers that `make serve` starts add theirs to `/metrics`, if it has several "
        "processes.",
    ),
    "JOBS_PER_WORKER": Setting(
        parse_whole_number(1, 100), "4", "Jobs that a worker process runs at a time."
    ),
    "JOBS_RUNNING_PER_OWNER": Setting(
        parse_whole_number(1, 100), "2", "Jobs of one account that run at a time."
    ),
    "JOBS_QUEUED_PER_OWNER": Setting(
        _COUNT, "100", "Jobs of one account that may wait; above that, new ones are refused."
    ),
    "REPORTS_RUNNING": Setting(
        parse_whole_number(1, 100),
        "2",
        "Reports that run at a time, in all workers together. Each needs a processor core.",
    ),
    "JOBS_KEPT_DAYS": Setting(
        parse_whole_number(1, 36_500),
        "7",
        "How long a finished job is kept with its result.",
    ),
    "UPLOAD_MAX_BYTES": Setting(
        parse_whole_number(1024, 1024**3),
        "33554432",
        "The largest file that can be uploaded for a job, such as one to import, in bytes. Set "
        "`client_max_body_size` for uploads in `deploy/nginx.conf.template` accordingly.",
    ),
    "UPLOADS_PER_OWNER": Setting(
        _COUNT, "10", "Uploaded files that an account may have. Each is deleted after a day."
    ),
    "UPLOADS_AT_ONCE": Setting(
        _COUNT,
        "8",
        "Uploads that a process receives at a time: at most two from one account, and half of them "
        "from one address. Each is kept in a temporary file until it is complete.",
    ),
    "UPLOAD_SECONDS": Setting(
        _COUNT,
        "300",
        "How long a client may take to send a file, in place of `REQUEST_BODY_SECONDS`.",
    ),
    "PICTURE_MAX_BYTES": Setting(
        parse_whole_number(1024, 64 * 1024**2),
        "8388608",
        "The largest picture that can be uploaded for an option or a hotspot, in bytes. It is "
        "stored as WebP, in at most 512 KiB and 1600 × 1600 pixels. Set `client_max_body_size` for "
        "pictures in `deploy/nginx.conf.template` accordingly.",
    ),
    "PICTURES_PER_OWNER": Setting(
        _COUNT, "500", "Pictures that an account may have. Unused ones are deleted after a day."
    ),
    "PICTURES_PER_HOUR": Setting(
        parse_whole_number(0, 1_000_000),
        "100",
        "Pictures that an account may upload per hour. 0: any number.",
    ),
    "WEBHOOKS_PER_OWNER": Setting(
        parse_whole_number(0, 1000),
        "10",
        "Webhooks of one account, and of one project. 0: none can be created.",
    ),
    "WEBHOOK_TIMEOUT_SECONDS": Setting(
        parse_whole_number(1, 60),
        "10",
        "How long a request to a webhook may take in all, until the response was read.",
    ),
    "WEBHOOK_DISABLED_AFTER_DAYS": Setting(
        parse_whole_number(1, 365),
        "5",
        "A webhook is disabled after it has failed for this long without a success.",
    ),
    "WEBHOOK_DELIVERIES_KEPT_DAYS": Setting(
        parse_whole_number(1, 3_650), "14", "How long deliveries to webhooks are kept."
    ),
}
