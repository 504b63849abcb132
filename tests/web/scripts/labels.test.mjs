/* Names of options beside pictures of results. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { namesWithin } from "../../../web/static/web/js/present/labels.js";

const START = "We should move the whole department into the new building, and then ";

/** @param {string[]} texts */
const optionsOf = (texts) => texts.map((text, index) => ({ id: String(index), text }));

test("names whose ends would be cut keep what differs", () => {
  const options = optionsOf([`${START}rent it`, `${START}sell it`, "Stay"]);
  const names = [...namesWithin(options, 40).values()];
  assert.deepEqual(names, ["We… , and then rent it", "We… , and then sell it", "Stay"]);
});

test("names that are short enough stay as they are", () => {
  const options = optionsOf(["Next meeting on Monday", "Next meeting on Friday"]);
  assert.deepEqual([...namesWithin(options, 40).values()], ["Next meeting on Monday", "Next meeting on Friday"]);
  assert.equal(namesWithin(options, 18).get("0"), "… meeting on Monday");
});
