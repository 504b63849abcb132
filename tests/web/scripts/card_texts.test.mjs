// What the card of a poll in a message says, and offers.

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { documentElement: { lang: "en" } };
const { noteOf, offerOf } = await import("../../../web/static/web/js/discussion/card_texts.js");

const TEXTS = {
  say: (name, { time } = {}) => (time ? `${name} ${time}` : name),
  of: (group, name) => `${group}.${name}`,
};

function standing(changes = {}) {
  const { head, ...others } = changes;
  return {
    head: {
      kind: "rating",
      options: [{ limit: null, picture: null }],
      participantOptions: "none",
      resultsVisibility: "after_close",
      opensAt: null,
      ...head,
    },
    phase: "open",
    areResultsHidden: false,
    isDeleted: false,
    hasVoted: false,
    ...others,
  };
}

test("the button offers to vote, to answer or to ask, by the kind of the poll", () => {
  const offers = ["rating", "hotspot", "numeric", "open_text", "word_cloud", "questions"].map((kind) =>
    offerOf(standing({ head: { kind } })),
  );
  assert.deepEqual(offers, ["voteHere", "voteHere", "answerHere", "answerHere", "answerHere", "askHere"]);
});

test("the button offers to look at what was voted, or at the results", () => {
  assert.equal(offerOf(standing({ hasVoted: true, areResultsHidden: true })), "showVote");
  assert.equal(offerOf(standing({ phase: "closed" })), "showResults");
  assert.equal(offerOf(standing({ head: { kind: "questions" }, phase: "closed" })), "showResults");
});

test("there is nothing to open before a poll opens, nor while its results are hidden", () => {
  for (const phase of ["draft", "waiting", "hidden", "closed"]) {
    assert.equal(offerOf(standing({ phase, areResultsHidden: true })), "");
  }
  for (const phase of ["draft", "waiting", "hidden"]) assert.equal(offerOf(standing({ phase })), "");
  assert.equal(offerOf(standing({ isDeleted: true, hasVoted: true })), "");
  assert.equal(offerOf(standing({ head: { kind: "single" } })), "");
});

test("a card draws choices itself, unless they have pictures, places or options of participants", () => {
  const cases = [
    {},
    { kind: "rating" },
    { participantOptions: "approval" },
    { options: [{ limit: 3, picture: null }] },
    { options: [{ limit: null, picture: { url: "/pictures/a.webp" } }] },
  ];
  const offers = cases.map((head) => offerOf(standing({ head: { kind: "multiple", ...head } })));
  assert.deepEqual(offers, ["", "voteHere", "voteHere", "voteHere", "voteHere"]);
});

test("a note says why nobody can vote, or why there are no results", () => {
  assert.equal(noteOf(standing(), TEXTS), "");
  assert.equal(noteOf(standing({ areResultsHidden: true }), TEXTS), "hiddenNotes.after_close");
  assert.equal(noteOf(standing({ phase: "draft" }), TEXTS), "note-draft");
  assert.equal(noteOf(standing({ phase: "hidden" }), TEXTS), "note-hidden");
  const opensAt = "2026-05-04T09:30:00Z";
  assert.match(noteOf(standing({ phase: "waiting", head: { opensAt } }), TEXTS), /^opensOn .*May 4, 2026/);
});
