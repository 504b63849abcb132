"""Hypothesis strategies for requests to the API: as a browser sends them, with some odd parts."""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.browser_headers import BROWSERS

Pair = tuple[bytes, bytes]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: bytes
    headers: tuple[Pair, ...]
    body: bytes
    # Where the body is cut into messages.
    cut: int


@dataclass(frozen=True)
class World:
    """Existing objects for requests: voters' tokens, polls, options, and ballots in polls."""

    tokens: tuple[str, ...]
    poll_ids: tuple[str, ...]
    option_ids: tuple[str, ...]
    # By the id of a poll: the answers of a vote that is valid there.
    answers: Mapping[str, list[dict[str, Any]]] = field(hash=False)


def mostly(usual: Sequence[Any], odd: Sequence[Any]) -> st.SearchStrategy[Any]:
    """Odd values one time in sixteen, so that most requests have few odd parts."""
    return st.integers(0, 15).flatmap(
        lambda number: st.sampled_from(odd if number == 15 else usual)
    )


@functools.cache
def values_of(world: World) -> dict[bytes, list[bytes]]:
    """Usual and odd values of the headers that mean something."""
    tokens = [token.encode() for token in world.tokens]
    return {
        b"host": [
            b"testserver", b"TestServer:80", b"elsewhere.example", b"testserver,a", b"", b"[",
        ],
        b"authorization": [
            *(b"Bearer " + token for token in tokens),
            b"bearer   " + tokens[0] + b" ", b"Bearer\t" + tokens[0], b"Bearer\xa0" + tokens[0],
            b"Bearer " + tokens[0] + b"," + tokens[1], b"Bearer " + tokens[0] + b"\xa0",
            b"Bearer", b"Bearer ", b"Bearer x", b"Basic x", b"", tokens[0],
        ],
        b"accept": [
            b"*/*", b"application/json", b"application/json, text/plain, */*", b"text/html", b"",
            b"application/json; indent=4", b"*/*;q=0", b"APPLICATION/JSON", b"x",
        ],
        b"content-type": [
            b"application/json", b"application/json; charset=utf-8", b"Application/JSON",
            b"application/json;charset=utf-8", b"application/json; charset=latin-1", b"text/plain",
            b"application/json; charset=utf-7", b"", b"multipart/form-data; boundary=x",
        ],
        b"content-length": [b"0", b"", b"1", b"+80", b"0080", b"9999", b"1_0", b"\xb2", b"-1"],
        b"content-encoding": [b"gzip", b"identity"],
        b"transfer-encoding": [b"chunked"],
        b"idempotency-key": [
            b"k", b" k ", b"other", b"", b" ", b"\xe4", b"x" * 255, b"x" * 256, b"a,b",
            *(f"key-{poll_id}".encode() for poll_id in world.poll_ids),
        ],
        b"origin": [
            b"http://testserver", b"https://testserver", b"https://testserver:443", b"null", b"",
            b"https://elsewhere.example", b"http://testserver/", b"HTTP://testserver", b"http://[",
            b"ftp://testserver", b"testserver",
        ],
        b"if-match": [b'"1"', b"*"],
        b"if-none-match": [b'"1"', b"*"],
        b"if-modified-since": [b"Mon, 04 May 2026 09:30:00 GMT"],
        b"range": [b"bytes=0-1"],
        b"cookie": [b"", b"tallyroom_session=x", b"=;;=", b"tallyroom_language=ar", b"\xff"],
        b"accept-language": [b"ar", b"de", b"\xff", b""],
        b"x-forwarded-host": [b"elsewhere.example"],
        b"x-http-method-override": [b"DELETE"],
    }  # fmt: skip


@st.composite
def requests(draw: st.DrawFn, world: World) -> Request:
    """A request of a browser, with up to three changes."""
    method = draw(st.sampled_from(["POST", "POST", "GET"]))
    answered = draw(st.none() | st.sampled_from(list(world.answers))) if method == "POST" else None
    body = draw(bodies(world) if answered is None else answers(world, answered))
    body = body if method == "POST" else b""
    pairs = [(b"host", b"testserver")]
    browser = draw(st.sampled_from([*BROWSERS.values(), {}]))
    pairs += [(name.lower().encode(), value.encode()) for name, value in browser.items()]
    if method == "POST":
        pairs += [
            (b"authorization", b"Bearer " + draw(st.sampled_from(world.tokens)).encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        used = [f"key-{poll_id}".encode() for poll_id in world.poll_ids]
        keys = mostly([b"k", b"other", *used], values_of(world)[b"idempotency-key"])
        pairs += [(b"idempotency-key", draw(keys))] * draw(st.booleans())
    for _ in range(draw(st.sampled_from([0, 1, 1, 2, 3]))):
        pairs = draw(changed_headers(world, pairs))
    return Request(
        method=draw(mostly([method], ["GET", "POST", "HEAD", "PUT"])),
        path=draw(paths(world, method) if answered is None else vote_paths(answered)),
        query=draw(mostly([b""], [b"page=1", b"x", b"_=1"])),
        headers=tuple(pairs),
        body=body,
        cut=draw(st.integers(0, len(body))),
    )


@st.composite
def changed_headers(draw: st.DrawFn, world: World, pairs: Sequence[Pair]) -> list[Pair]:
    """These headers with one change."""
    pairs = list(pairs) or [(b"host", b"testserver")]
    at = draw(st.integers(0, len(pairs) - 1))
    name, value = pairs[at]
    values = values_of(world)
    change = draw(
        st.sampled_from([*["set"] * 5, "add", "drop", "repeat", "pad", "rename", "shuffle"])
    )
    if change in {"set", "add"}:
        name = draw(mostly(UNDERSTOOD, sorted(values)))
        pair = (name, draw(st.sampled_from(values[name])))
        kept = pairs if change == "add" else [each for each in pairs if each[0] != name]
        return [*kept, pair] if draw(st.booleans()) else [pair, *kept]
    if change == "shuffle":
        return list(draw(st.permutations(pairs)))
    changes: dict[str, list[Pair]] = {
        "drop": [],
        "repeat": [(name, value), (name, value)],
        "pad": [(name, draw(PADDING) + value + draw(PADDING))],
        "rename": [(draw(st.sampled_from([name.upper(), name.replace(b"-", b"_"), b"x"])), value)],
    }
    return [*pairs[:at], *changes[change], *pairs[at + 1 :]]


# Headers that the fast path reads.
UNDERSTOOD = [
    b"content-type", b"idempotency-key", b"authorization", b"accept", b"host", b"origin",
    b"content-length",
]  # fmt: skip
PADDING = st.sampled_from([b"", b" ", b"\t", b"\xa0", b",", b";"])


@st.composite
def bodies(draw: st.DrawFn, world: World) -> bytes:
    ids = st.sampled_from(world.option_ids)
    one, several = draw(ids), draw(st.lists(ids, max_size=3))
    odd: list[Any] = [
        {}, [], None, 1, one, {"pollOptionId": one, "pollOptionIds": [one]}, {"pollOptionId": None},
        {"pollOptionId": one.upper()}, {"pollOptionId": one.replace("-", "")},
        {"pollOptionId": [one]}, {"pollOptionIds": one}, {"pollOptionIds": several},
        {"poll_option_ids": several}, {"pollOptionIds": [[one]]}, {"pollOptionIds": [one] * 51},
        {"pollOptionId": f" {one}"}, {"pollOptionId": one, "x": 1}, {"PollOptionId": one},
        {"pollOptionId": one + "\n"}, {"pollOptionId": 1e400}, {"": one},
    ]  # fmt: skip
    usual = [{name: one} for name in ("pollOptionId", "poll_option_id")]
    text = json.dumps(draw(mostly(usual, odd)))
    repeated = f'{{"pollOptionId":"x","pollOptionId":"{one}"}}'
    escaped = f'{{"poll\\u004fptionId":"{one}"}}'
    malformed = [
        repeated.encode(), escaped.encode(), b"", b"{", text.encode() + b"x", b"\xff", b"NaN",
        b" \n" + text.encode() + b" ", b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16"),
        b"\x00" + text.encode(), text.encode() + b" " * 5000,
    ]  # fmt: skip
    return bytes(draw(mostly([text.encode()], malformed)))


# JSON texts for the fields of an answer, and keys beside them.
ODD_VALUES = [
    "null", "true", "[]", "{}", "0", "-0.0", "-1", "1.0", "1.5", "1e2", "1e400", "NaN", "9" * 400,
    '""', '" "', '"1"', '"Tea\\u0000"', '"\\ud800"', '"\\u200b"', '"\\uffff"', '"a\\nb"', '"A" ',
    *(json.dumps(text) for text in ("x" * 2000, "x" * 2001, "\u0301" * 900)),
]  # fmt: skip
FIELDS = ["optionId", "option_id", "rank", "score", "number", "text", "x", "y", "z"]


@st.composite
def answers(draw: st.DrawFn, world: World, poll_id: str) -> bytes:
    """The answers of a vote, with up to two changes."""
    sent = [
        {name: json.dumps(value) for name, value in each.items()} for each in world.answers[poll_id]
    ]
    values = [*ODD_VALUES, *(json.dumps(each) for each in world.option_ids)]
    for _ in range(draw(st.sampled_from([0, 1, 1, 2]))):
        at = draw(st.integers(0, len(sent) - 1))
        change = draw(st.sampled_from(["set", "set", "set", "drop", "repeat", "respell", "many"]))
        if change == "set":
            names = [*FIELDS, *sent[at], *sent[at]]
            sent[at] = sent[at] | {draw(st.sampled_from(names)): draw(st.sampled_from(values))}
        elif change == "respell":
            sent[at] = {name.replace("optionId", "option_id"): v for name, v in sent[at].items()}
        elif change == "drop" and sent[at]:
            gone = draw(st.sampled_from(list(sent[at])))
            sent[at] = {name: v for name, v in sent[at].items() if name != gone}
        else:
            sent += [sent[at]] * (50 if change == "many" else 1)
    items = ["{" + ", ".join(f'"{name}": {v}' for name, v in each.items()) + "}" for each in sent]
    items = draw(mostly([items], [[], ["null"], [*items, "1"], [f"[{items[0]}]"]]))
    text = f'{{"answers": [{", ".join(items)}]}}'
    odd = [f'{{"answers": {items[0] if items else 1}}}', text[:-1] + ', "pollOptionId": "x"}']
    return str(draw(mostly([text], odd))).encode()


@st.composite
def vote_paths(draw: st.DrawFn, poll_id: str) -> str:
    usual = f"/api/polls/{poll_id}/vote"
    return str(draw(mostly([usual], ["/api/votes", usual + "/", usual.replace("/api", "/api/v1")])))


@st.composite
def paths(draw: st.DrawFn, world: World, method: str) -> str:
    poll_id = draw(st.sampled_from(world.poll_ids))
    of_poll = f"/polls/{poll_id}"
    votes, reads = [f"{of_poll}/vote", "/votes"], ["/polls", of_poll, f"{of_poll}/results"]
    usual = votes if method == "POST" else reads
    odd = [
        f"/polls/{poll_id.upper()}/vote", f"/polls/{poll_id}x", f"/polls/{poll_id}/vote/x",
        f"/polls/{poll_id.replace('-', '')}", "/polls\n", "/polls//", "/v1/polls", "/votes ",
    ]  # fmt: skip
    prefix = draw(mostly(["/api", "/api/v1"], ["/api/v1/v1", "//api", ""]))
    return str(prefix + draw(mostly(usual, odd)) + draw(mostly(["", "/"], ["//", " "])))
