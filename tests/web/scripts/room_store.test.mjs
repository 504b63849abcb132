// The discussion's copy of a room: each message once, in order, in its newest form.

import assert from "node:assert/strict";
import { test } from "node:test";

import { countUnread, MAX_KEPT, RoomStore } from "../../../web/static/web/js/discussion/room_store.js";

const ada = { id: "ada", name: "Ada", isGuest: false };

function message(seq, fields = {}) {
  return {
    id: `m${seq}`,
    seq,
    revision: seq,
    kind: "text",
    author: ada,
    body: `${seq}`,
    parentId: null,
    replyCount: 0,
    lastReplyAt: null,
    createdAt: "2026-05-04T09:31:00Z",
    deletedAt: null,
    ...fields,
  };
}

function range(from, to) {
  return Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
}

function bodies(store) {
  return store.messages.map(({ body }) => body);
}

test("an event that arrives twice is shown once", () => {
  const store = new RoomStore({ messages: range(1, 2), revision: 2 });
  for (let times = 0; times < 2; times += 1) store.follow({ message: message(3), revision: 3 });
  assert.deepEqual(bodies(store), ["1", "2", "3"]);
  assert.equal(store.revision, 3);
});

test("a response that overtakes events is put in its place", () => {
  const store = new RoomStore({ messages: range(1, 1), revision: 1 });
  store.take(message(3));
  // What is before it may still be missed after a reconnect.
  assert.equal(store.revision, 1);
  store.follow({ message: message(2), revision: 2 });
  assert.deepEqual(bodies(store), ["1", "2", "3"]);
});

test("an older form of a message does not replace a newer one", () => {
  const store = new RoomStore({ messages: range(1, 2), revision: 2 });
  store.follow({ message: message(1, { body: "edited", revision: 4 }), revision: 4 });
  store.follow({ message: message(1), revision: 1 });
  assert.deepEqual(bodies(store), ["edited", "2"]);
  assert.equal(store.revision, 4);
});

test("resuming takes over what was posted and changed, and ignores what is not loaded", () => {
  const store = new RoomStore({ messages: range(5, 6), revision: 6 });
  const missed = [message(2, { body: "old", revision: 8 }), message(5, { body: "new", revision: 9 }), message(7)];
  store.resume({ messages: missed, revision: 9 });
  assert.deepEqual(bodies(store), ["new", "6", "7"]);
  assert.equal(store.revision, 9);
});

test("replies count, whether they are followed or missed", () => {
  const store = new RoomStore({ messages: range(1, 1), revision: 1 });
  const thread = { messageId: "m1", replyCount: 1, lastReplyAt: "2026-05-04T09:32:00Z" };
  store.follow({ message: message(2, { parentId: "m1" }), revision: 2, thread });
  assert.equal(store.get("m1").replyCount, 1);
  store.resume({ messages: [message(3, { parentId: "m1" })], revision: 3 });
  assert.equal(store.get("m1").replyCount, 2);
});

test("a reset drops what is older, and keeps what came after the page was read", () => {
  const store = new RoomStore({ messages: range(1, 2), revision: 2 });
  store.follow({ message: message(901), revision: 901 });
  store.reset({ messages: range(851, 900), revision: 900 });
  assert.equal(store.oldestSeq, 851);
  assert.equal(store.newestSeq, 901);
  assert.equal(store.revision, 901);
});

test("older messages are added above, and forgotten again", () => {
  const store = new RoomStore({ messages: range(MAX_KEPT, MAX_KEPT + 1), revision: MAX_KEPT + 1 });
  assert.equal(store.hasOlder, true);
  store.prepend(range(1, MAX_KEPT - 1));
  assert.equal(store.hasOlder, false);
  store.trim();
  assert.equal(store.messages.length, MAX_KEPT);
  assert.equal(store.oldestSeq, 2);
  assert.equal(store.get("m1"), undefined);
});

test("your own, deleted and system messages are not unread", () => {
  const others = [message(2), message(3, { deletedAt: "2026-05-04T09:32:00Z" }), message(4, { kind: "system", author: null })];
  assert.equal(countUnread([message(1), ...others], 1, "bob"), 1);
  assert.equal(countUnread(others, 1, "ada"), 0);
});
