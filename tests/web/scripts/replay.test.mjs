// A point of a timeline has the shape of results, for whatever draws them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { momentOf } from "../../../web/static/web/js/present/replay.js";

const AT = "2026-05-04T09:30:00Z";

test("a point of choices has the numbers of each option", () => {
  const timeline = {
    points: [
      { at: AT, version: 0, ballotCount: 0, totalVotes: 0, tally: null },
      { at: AT, version: 3, ballotCount: 2, totalVotes: 3, tally: null },
    ],
    options: [
      { id: "a", text: "Tea", voteCounts: [0, 2] },
      { id: "b", text: "Coffee", voteCounts: [0, 1] },
    ],
  };
  assert.equal(momentOf(timeline, 0).results.options[0].voterShare, 0);
  const { at, results } = momentOf(timeline, 1);
  assert.deepEqual(at, new Date(AT));
  assert.deepEqual(results, {
    totalVotes: 3,
    totalVoters: 2,
    version: 3,
    tally: null,
    options: [
      { id: "a", text: "Tea", voteCount: 2, percentage: 66.7, percentageOfVoters: 100, voterCount: 2, voterShare: 100, limit: null },
      { id: "b", text: "Coffee", voteCount: 1, percentage: 33.3, percentageOfVoters: 50, voterCount: 1, voterShare: 50, limit: null },
    ],
  });
});

test("a point of another kind has its tally, also without options", () => {
  const tally = { kind: "word_cloud", words: [{ key: "tea", text: "Tea", count: 2 }], total: 2 };
  const points = [{ at: AT, version: 2, ballotCount: 2, totalVotes: 2, tally }];
  const { results } = momentOf({ points, options: [] }, 0);
  assert.deepEqual(results, { totalVotes: 2, totalVoters: 2, version: 2, options: [], tally });
});
