/* Where the words of a cloud are: asks a worker, at most once a second, and only if words or sizes
   have changed. Words keep their place as long as nothing larger needs it. */

/** @typedef {import("./cloud_worker.js").Placed} Placed
 *  @typedef {{key: string, text: string, count: number}} CountedWord */

// The width of the layout in its own unit, in which places are stored. d3-cloud needs a multiple of 32.
export const UNITS = 1024;
const LAY_OUT_EVERY_MS = 1_000;
// New words begin in this part of the picture, around its centre.
const CENTRE_PART = 0.3;

/** Whether this browser can lay out clouds. */
export const canLayOut = "Worker" in globalThis && "OffscreenCanvas" in globalThis;

export class CloudLayout {
  /**
   * @param {string} url of the worker
   * @param {string} font
   * @param {(placed: Map<string, Placed>, height: number) => void} show
   * @param {() => void} fail called if there is no worker
   */
  constructor(url, font, show, fail) {
    this._font = font;
    this._show = show;
    /** @type {Map<string, Placed>} */
    this._placed = new Map();
    this._height = UNITS / 2;
    /** @type {any} what is to be laid out next */
    this._wanted = null;
    this._asked = "";
    this._askedAt = -Infinity;
    this._timer = 0;
    this._id = 0;
    this._worker = new Worker(url, { type: "module" });
    this._worker.addEventListener("message", ({ data }) => this._take(data));
    this._worker.addEventListener("error", () => {
      this.end();
      fail();
    });
  }

  end() {
    clearTimeout(this._timer);
    this._worker.terminate();
  }

  /**
   * Lays out these words, unless that is how they are.
   * @param {CountedWord[]} words the most frequent first
   * @param {{width: number, height: number}} space in pixels
   * @param {number} minSizePx of letters
   */
  request(words, { width, height }, minSizePx) {
    if (!width || !height) return;
    const most = words[0]?.count ?? 0;
    this._wanted = {
      words: words.map(({ key, text, count }) => ({ key, text, weight: weightOf(count, most) })),
      height: Math.round((UNITS * height) / width),
      minSize: Math.ceil((UNITS * minSizePx) / width),
    };
    const waitMs = this._askedAt + LAY_OUT_EVERY_MS - performance.now();
    if (waitMs <= 0) this._ask();
    else this._timer ||= setTimeout(() => this._ask(), waitMs);
  }

  _ask() {
    clearTimeout(this._timer);
    this._timer = 0;
    const wanted = JSON.stringify(this._wanted);
    if (wanted === this._asked) return;
    this._asked = wanted;
    this._askedAt = performance.now();
    const { words, height, minSize } = this._wanted;
    if (words.length === 0) return this._take({ id: ++this._id, placed: [] });
    const stretch = height / this._height;
    this._height = height;
    this._worker.postMessage({
      id: ++this._id,
      words: words.map((/** @type {{key: string}} */ word) => ({ ...word, ...this._beginningOf(word.key, stretch) })),
      width: UNITS,
      height,
      font: this._font,
      minSize,
    });
  }

  /**
   * Where to begin to look for the place of a word: where it is, or near the centre.
   * @param {string} key
   * @param {number} stretch how much higher the picture is than before
   */
  _beginningOf(key, stretch) {
    const seed = hashOf(key);
    const known = this._placed.get(key);
    if (known) return { x: known.x, y: known.y * stretch, turn: seed % 2 };
    const part = (/** @type {number} */ number) => 0.5 + CENTRE_PART * ((number % 1024) / 1023 - 0.5);
    return { x: UNITS * part(seed), y: this._height * part(seed >>> 10), turn: seed % 2 };
  }

  /** @param {import("./cloud_worker.js").Reply} reply */
  _take({ id, placed }) {
    if (id !== this._id) return;
    this._placed = new Map(placed.map((word) => [word.key, word]));
    this._show(this._placed, this._height);
  }
}

/**
 * The size of a word relative to the largest; its area grows with its count.
 * @param {number} count
 * @param {number} most
 */
function weightOf(count, most) {
  // Rounded, so that a change that nobody would see does not move words.
  return Math.max(0.05, Math.round(Math.sqrt(count / most) * 50) / 50);
}

/**
 * Returns a number that is the same for a word on every screen (FNV-1a).
 * @param {string} text
 */
export function hashOf(text) {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ /** @type {number} */ (character.codePointAt(0)), 0x01000193);
  return hash >>> 0;
}
