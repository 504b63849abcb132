/* Replays the timeline of the vote; can be paused at any moment. */

/** @typedef {import("../poll_store.js").Results} Results
 *  @typedef {{points: {at: string, version: number, ballotCount: number, totalVotes: number, tally: any}[],
 *    options: {id: string, text: string, voteCounts: number[]}[]}} Timeline
 *  @typedef {{results: Results, at: Date}} Moment */

const LENGTH_MS = 12_000;
const LONGEST_STEP_MS = 800;
const PARTS = 1_000;

export class Replay {
  /**
   * @param {(moment: Moment) => string} describe what a screen reader says of a moment
   * @param {() => void} onChange called when another moment is to be shown, or none
   * @param {AbortSignal} signal
   */
  constructor(describe, onChange, signal) {
    this._describe = describe;
    this._onChange = onChange;
    this._panel = byId("replay");
    this._button = byId("replay-play");
    this._slider = /** @type {HTMLInputElement} */ (byId("replay-slider"));
    /** @type {Timeline | null} */
    this._timeline = null;
    this._timer = 0;
    this._slider.addEventListener("input", () => this._seek(), { signal });
    this._button.addEventListener("click", () => this.toggle(), { signal });
    byId("replay-close").addEventListener("click", () => this.close(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this._timer));
  }

  /** The moment to show; null while live. */
  get moment() {
    return this._timeline ? momentOf(this._timeline, this._slider.valueAsNumber) : null;
  }

  /**
   * Plays the timeline from the beginning.
   * @param {Timeline} timeline with two points at least
   */
  open(timeline) {
    this._timeline = timeline;
    this._slider.max = String(timeline.points.length - 1);
    this._slider.value = "0";
    byId("replay-curve").firstElementChild?.setAttribute("d", curveOf(timeline));
    this._panel.hidden = false;
    this._button.focus();
    this._show();
    this._play();
  }

  close() {
    this._pause();
    this._timeline = null;
    this._panel.hidden = true;
    this._onChange();
  }

  /** Plays or pauses. */
  toggle() {
    if (this._timer) this._pause();
    else this._play();
  }

  _play() {
    if (!this._timeline) return;
    if (this._slider.valueAsNumber >= Number(this._slider.max)) this._slider.value = "0";
    this._panel.dataset.playing = "";
    this._button.setAttribute("aria-pressed", "true");
    this._step();
  }

  _step() {
    const points = /** @type {Timeline} */ (this._timeline).points.length;
    this._timer = setTimeout(() => {
      this._slider.value = String(this._slider.valueAsNumber + 1);
      this._show();
      if (this._slider.valueAsNumber < points - 1) this._step();
      else this._pause();
    }, Math.min(LONGEST_STEP_MS, LENGTH_MS / points));
  }

  _pause() {
    clearTimeout(this._timer);
    this._timer = 0;
    delete this._panel.dataset.playing;
    this._button.setAttribute("aria-pressed", "false");
  }

  /** Moving the slider pauses the replay. */
  _seek() {
    this._pause();
    this._show();
  }

  _show() {
    const text = this._describe(/** @type {Moment} */ (this.moment));
    this._slider.setAttribute("aria-valuetext", text);
    byId("replay-moment").textContent = text;
    this._onChange();
  }
}

/**
 * Returns a point in the form of results, so that what draws results can draw it.
 * @param {Timeline} timeline
 * @param {number} index
 * @returns {Moment}
 */
export function momentOf({ points, options }, index) {
  const { at, version, ballotCount, totalVotes, tally } = points[index];
  const counts = options.map((option) => option.voteCounts[index]);
  const shares = percentages(counts);
  const sharesOfVoters = percentagesOfVoters(counts, ballotCount);
  const tallies = options.map(({ id, text }, place) => {
    const percentageOfVoters = sharesOfVoters[place];
    const voteCount = counts[place];
    const ofVoters = { voterCount: voteCount, voterShare: percentageOfVoters, limit: null };
    return { id, text, voteCount, percentage: shares[place], percentageOfVoters, ...ofVoters };
  });
  return { at: new Date(at), results: { totalVotes, totalVoters: ballotCount, version, options: tallies, tally } };
}

/**
 * Returns percentages with one decimal that sum to 100, by largest remainder, like polls/tally.py.
 * @param {number[]} counts
 */
export function percentages(counts) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!total) return counts.map(() => 0);
  const parts = counts.map((count) => Math.floor((count * PARTS) / total));
  const left = PARTS - parts.reduce((sum, part) => sum + part, 0);
  const remainder = (/** @type {number} */ index) => (counts[index] * PARTS) % total;
  const places = [...counts.keys()].sort((one, other) => remainder(other) - remainder(one));
  for (const place of places.slice(0, left)) parts[place] += 1;
  return parts.map((part) => part / 10);
}

/**
 * Returns each count as a share of voters, rounded to one decimal, like polls/tally.py.
 * @param {number[]} counts
 * @param {number} voters
 */
export function percentagesOfVoters(counts, voters) {
  return counts.map((count) => (voters ? Math.round((count * PARTS) / voters) / 10 : 0));
}

/**
 * Returns the number of voters along the slider, as the SVG path of an area.
 * @param {Timeline} timeline
 */
function curveOf({ points }) {
  const most = Math.max(1, ...points.map((point) => point.ballotCount));
  const line = points.map(({ ballotCount }, index) => {
    const x = (index / (points.length - 1)) * 100;
    return `L${x.toFixed(2)} ${(100 - (ballotCount / most) * 100).toFixed(2)}`;
  });
  return `M0 100${line.join("")}L100 100Z`;
}

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
