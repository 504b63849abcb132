// What the system says in a discussion, in the language of the page.

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { documentElement: { lang: "de" } };
const { Texts } = await import("../../../web/static/web/js/discussion/texts.js");

const texts = new Texts({
  system: {
    sentences: {
      "poll.closed": "Abstimmung vorbei.",
      "tally.final": "Ergebnis: {tally}",
      "The poll is closed.": "Abstimmung vorbei.",
    },
    patterns: { single: "{voteCount} ({percentage} %)" },
    labels: { mean: "Mittel", median: "Median" },
  },
  voters: { one: "{count} Person", other: "{count} Personen" },
});

function tally(fields) {
  const notice = { kind: "tally.final", pollKind: "single", voters: 2, lines: [], isShortened: false, ...fields };
  return texts.system({ notice, body: "Final tally: …" });
}

test("a notice is said in the language of the page", () => {
  assert.equal(texts.system({ notice: { kind: "poll.closed" }, body: "?" }), "Abstimmung vorbei.");
});

test("messages of older versions have only their text", () => {
  assert.equal(texts.system({ notice: null, body: "The poll is closed." }), "Abstimmung vorbei.");
  assert.equal(texts.system({ notice: null, body: "Final tally: Tea 1" }), "Final tally: Tea 1");
  // What a newer version says, to a page that was loaded before.
  assert.equal(texts.system({ notice: { kind: "poll.moved" }, body: "Moved." }), "Moved.");
});

test("a tally lists what its kind says about each text", () => {
  const lines = [{ text: "{x} شاي", numbers: { voteCount: 1200, percentage: 66.7 } }];
  assert.equal(tally({ lines }), "Ergebnis: \u2068{x} شاي\u2069 1.200 (66,7 %)");
  assert.equal(tally({ lines, isShortened: true }), "Ergebnis: \u2068{x} شاي\u2069 1.200 (66,7 %); …");
  const numbers = [{ text: "", numbers: { mean: 7.5, median: 7 } }];
  assert.equal(tally({ pollKind: "numeric", lines: numbers }), "Ergebnis: Mittel 7,5; Median 7");
});

test("dates are said in the language of the page", () => {
  const slot = { day: "2100-12-01", startsAt: null, endsAt: null };
  const lines = [{ text: "2100-12-01", numbers: { voteCount: 1, percentage: 100 }, slot }];
  assert.match(tally({ lines }), /: \u2068.*1\. Dez.* 2100\u2069 1 /);
});

test("what cannot be listed is counted", () => {
  assert.equal(tally({ pollKind: "open_text", voters: 1 }), "Ergebnis: 1 Person");
});
