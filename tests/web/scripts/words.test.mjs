// Lengths of texts, and when the words of a cloud are laid out again.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { charactersOf, isTooLong } from "../../../web/static/web/js/kinds/text_length.js";

/** @type {any[]} */
const sent = [];
let reply = () => {};
globalThis.Worker = class {
  addEventListener(type, listener) {
    if (type === "message") reply = (data) => listener({ data });
  }
  postMessage(request) {
    sent.push(request);
  }
  terminate() {}
};
const { CloudLayout, UNITS } = await import("../../../web/static/web/js/kinds/cloud_layout.js");

const SPACE = { width: 1024, height: 512 };
const word = (key, count) => ({ key, text: key, count });

function begin() {
  sent.length = 0;
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  const shown = [];
  return { shown, layout: new CloudLayout("worker.js", "Arial", (placed) => shown.push(placed), () => {}) };
}

test("people's characters are counted, and code points limited", () => {
  assert.equal(charactersOf("👩‍🚀é!"), 3);
  assert.equal(isTooLong("e\u0301".repeat(5), 5), false, "composed, as on the server");
  assert.equal(isTooLong(" 12345 ", 5), false);
  assert.equal(isTooLong("🎉".repeat(5), 5), false);
  assert.equal(isTooLong("👩‍🚀".repeat(2), 5), true);
});

test("the first words are laid out at once, later ones together after a second", () => {
  const { layout } = begin();
  layout.request([word("a", 1)], SPACE, 10);
  assert.equal(sent.length, 1);
  layout.request([word("a", 1), word("b", 1)], SPACE, 10);
  layout.request([word("a", 9), word("b", 1)], SPACE, 10);
  assert.equal(sent.length, 1);
  mock.timers.tick(1_000);
  assert.equal(sent.length, 2);
  assert.deepEqual(sent[1].words.map(({ key, weight }) => [key, weight]), [["a", 1], ["b", 0.34]]);
});

test("nothing is laid out again if sizes and words are the same", () => {
  const { layout } = begin();
  layout.request([word("a", 2), word("b", 1)], SPACE, 10);
  layout.request([word("a", 4), word("b", 2)], SPACE, 10);
  mock.timers.tick(1_000);
  assert.equal(sent.length, 1);
});

test("words begin where they are, in a picture of another height too", () => {
  const { layout, shown } = begin();
  layout.request([word("a", 1)], SPACE, 10);
  const { x, y } = sent[0].words[0];
  assert.ok(Math.abs(x - UNITS / 2) <= 0.16 * UNITS && Math.abs(y - 256) <= 0.16 * 512, "near the centre");
  reply({ id: sent[0].id, placed: [{ key: "a", x: 100, y: 50, size: 40 }] });
  assert.equal(shown.length, 1);
  layout.request([word("a", 1)], { width: 512, height: 512 }, 10);
  mock.timers.tick(1_000);
  assert.deepEqual([sent[1].words[0].x, sent[1].words[0].y, sent[1].height], [100, 100, 1024]);
});

test("an answer that came too late is ignored", () => {
  const { layout, shown } = begin();
  layout.request([word("a", 1)], SPACE, 10);
  layout.request([], SPACE, 10);
  mock.timers.tick(1_000);
  assert.equal(shown.length, 1, "nothing is left");
  reply({ id: sent[0].id, placed: [{ key: "a", x: 1, y: 1, size: 40 }] });
  assert.equal(shown.length, 1);
});
