// Numbers as people type them; the table is that of tests/web/test_numeric_pages.py.

import assert from "node:assert/strict";
import { test } from "node:test";

import { mergeBars, spanOf, ticksOf } from "../../../web/static/web/js/kinds/histogram_scale.js";
import { readNumbers } from "../../../web/static/web/js/kinds/number_input.js";

const TABLE = [
  ["12.5", ".", [12.5]],
  ["12,5", ".", [12.5]],
  [" −3 ", ".", [-3]],
  ["١٢٫٥", ",", [12.5]],
  ["۱۲", ".", [12]],
  ["\u{1d7d9}\u{1d7da}", ".", [12]],
  ["1,234.5", ".", [1234.5]],
  ["1.234,5", ".", [1234.5]],
  ["1 234 567", ".", [1234567]],
  ["1.234.567", ",", [1234567]],
  ["1,234", ".", [1234, 1.234]],
  ["1,234", ",", [1.234, 1234]],
  ["1.234", ",", [1234, 1.234]],
  [".5", ".", [0.5]],
  ["5.", ".", [5]],
  ["", ".", []],
  ["1e3", ".", []],
  ["nan", ".", []],
  ["five", ".", []],
  ["1-2", ".", []],
  ["9".repeat(41), ".", []],
];

test("numbers are read as people type them", () => {
  for (const [text, decimalSeparator, expected] of TABLE) {
    assert.deepEqual(readNumbers(text, decimalSeparator), expected, text);
  }
});

test("few votes have wide bars that stay in place", () => {
  const bounds = { min: 0, max: 100, step: 1 };
  const bars = Array.from({ length: 47 }, (_, index) => ({ low: 13 + index, high: 13 + index, count: (13 + index) % 2, share: 0 }));
  const merged = mergeBars(bars, bounds);
  assert.deepEqual(merged.slice(0, 2).map(({ low, high, count }) => [low, high, count]), [[10, 14, 1], [15, 19, 3]]);
  const crowd = bars.map((bar) => ({ ...bar, count: 99 }));
  assert.deepEqual(mergeBars(crowd, bounds), crowd);
});

test("few numbers are shown among their neighbours, with labels that are whole", () => {
  const bounds = { min: 0, max: 100, step: 1 };
  const bars = [4, 5, 6].map((number) => ({ low: number, high: number, count: 1, share: 0 }));
  const span = spanOf(bars, bounds);
  assert.deepEqual([span.start, span.slots], [0, 12]);
  assert.deepEqual(ticksOf(span, 1, 6), [0, 2, 4, 6, 8, 10]);
  assert.ok(Object.is(ticksOf(span, 1, 6)[0], 0), "not -0");
});
