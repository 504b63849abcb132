/* Lays out a word cloud, in a worker: d3-cloud compares bitmaps of words, which takes tens of
   milliseconds. See cloud_layout.js, which sends the requests. */

import "../../vendor/d3-cloud-1.2.9/d3.layout.cloud.js";

/** @typedef {{key: string, text: string, weight: number, x: number, y: number, turn: number}} Word
 *    `weight` is the size relative to the largest word, `x` and `y` where it is to be, `turn` which
 *    way to look for another place if that is taken: 0 or 1
 *  @typedef {{id: number, words: Word[], width: number, height: number, font: string, minSize: number}} Request
 *  @typedef {{key: string, x: number, y: number, size: number}} Placed
 *  @typedef {{id: number, placed: Placed[]}} Reply the words that have a place */

const WEIGHT = "700";
// Of the smallest letters.
const PADDING_PART = 0.14;
// The share of the area that words may fill. More leaves too little room to find places.
const FILLED = 0.6;
const LARGEST_PART = 0.34;
const WIDEST_PART = 0.94;
const SHRINK = 0.9;
const MAX_TRIES = 9;
// Sizes change in steps, so that a vote seldom changes all of them.
const STEP = 0.04;
const TRIAL_SIZE = 100;

self.addEventListener("message", ({ data }) => {
  const request = /** @type {Request} */ (data);
  self.postMessage({ id: request.id, placed: layOut(request) });
});

/**
 * Shrinks the words until each has a place, but not below the smallest size that can be read.
 * @param {Request} request
 * @returns {Placed[]}
 */
function layOut(request) {
  // In the order in which d3-cloud places them: it sorts by size, and keeps the order of equal ones.
  const words = [...request.words].sort((one, other) => other.weight - one.weight);
  let largest = largestSize(words, request);
  /** @type {Placed[]} */
  let placed = [];
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    placed = place(words, largest, request);
    if (placed.length === words.length || largest * words[words.length - 1].weight < request.minSize * 0.5) break;
    largest *= SHRINK;
  }
  return placed;
}

/**
 * Estimates the size of the largest word from the area of all.
 * @param {Word[]} words
 * @param {Request} request
 */
function largestSize(words, { width, height, font }) {
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(1, 1).getContext("2d"));
  context.font = `${WEIGHT} ${TRIAL_SIZE}px ${font}`;
  const widths = words.map(({ text, weight }) => (weight * context.measureText(text).width) / TRIAL_SIZE);
  const area = words.reduce((sum, { weight }, index) => sum + weight * widths[index], 0);
  const byArea = Math.sqrt((FILLED * width * height) / area);
  const exact = Math.min(byArea, (WIDEST_PART * width) / Math.max(...widths), LARGEST_PART * height);
  return Math.exp(Math.floor(Math.log(exact) / STEP) * STEP);
}

/**
 * @param {Word[]} words the largest first
 * @param {number} largest
 * @param {Request} request
 * @returns {Placed[]} without the words that found no place
 */
function place(words, largest, { width, height, font, minSize }) {
  const tags = words.map(({ key, text, weight }) => ({ key, text, size: Math.max(minSize, largest * weight), x: 0, y: 0 }));
  /** @type {CloudTag[]} */
  let placed = [];
  globalThis.d3.layout
    .cloud()
    .canvas(() => new OffscreenCanvas(1, 1))
    .size([width, height])
    .words(tags)
    .font(font)
    .fontWeight(WEIGHT)
    .fontSize(({ size }) => size)
    .padding(Math.ceil(PADDING_PART * minSize))
    .rotate(0)
    .random(beginningAt(words, width, height))
    .on("end", (found) => (placed = found))
    .start();
  return placed.map(({ key, x, y, size }) => ({ key, x: x + width / 2, y: y + height / 2, size }));
}

/**
 * Returns the source of random numbers from which d3-cloud derives where it begins to look for the
 * place of a word. It asks for three numbers for each word: for x, y, and the direction.
 *
 * Beginning where the word has been keeps it there if the place is free.
 * @param {Word[]} words
 * @param {number} width
 * @param {number} height
 */
function beginningAt(words, width, height) {
  const numbers = words.flatMap(({ x, y, turn }) => [
    // d3-cloud computes `(width * (number + 0.5)) >> 1`.
    (2 * Math.round(x) + 0.5) / width - 0.5,
    (2 * Math.round(y) + 0.5) / height - 0.5,
    turn,
  ]);
  let next = 0;
  return () => numbers[next++] ?? 0.5;
}
