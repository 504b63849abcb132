/* The base class of the results of all kinds: draws into the place that the template
   `kinds/<kind>_result.html` has filled, on the voter's page, on stage and on the page of the
   organiser. Subclasses are called `Result`, in `<kind>_result.js`.

   `draw` may be called many times a second. It shows the newest numbers, at most once per animation
   frame, and moves smoothly from what is shown; with reduced motion it does not move. */

/** @typedef {import("./answers.js").Answer} Answer
 *  @typedef {import("../poll_store.js").Results} Results
 *  @typedef {import("../poll_store.js").PollHead} PollHead
 *  @typedef {"vote" | "stage" | "manage"} Surface
 *  @typedef {{results: Results, head: PollHead, phase: string, answers: Answer[], isReplayed: boolean}} Shown
 *    `results.version` and all numbers are null while the results are hidden, and `results.tally`
 *    too, which is the kind's view of the results otherwise; `answers` are those of the voter */

export class KindResult {
  /**
   * @param {HTMLElement} place
   * @param {Record<string, any>} texts the page's; those of the kind are `texts.kind`
   * @param {Surface} surface
   */
  constructor(place, texts, surface) {
    this.place = place;
    this.texts = texts;
    this.surface = surface;
    this._frame = 0;
    /** @type {Shown | null} */
    this.shown = null;
  }

  /**
   * Draws in the next animation frame.
   * @param {Shown} shown
   */
  draw(shown) {
    this.shown = shown;
    this._frame ||= requestAnimationFrame(() => {
      this._frame = 0;
      this.paint(/** @type {Shown} */ (this.shown));
    });
  }

  /**
   * Draws now; for subclasses.
   * @param {Shown} _shown
   */
  paint(_shown) {}

  /**
   * Returns the most important lines in words, for screen readers.
   * @param {Shown} _shown
   * @returns {string[]}
   */
  summary(_shown) {
    return [];
  }

  /**
   * Returns the outcome of a closed poll in a sentence, for the stage; empty for none.
   * @param {Shown} _shown
   * @returns {string}
   */
  outcome(_shown) {
    return "";
  }

  /** The stage has changed its size, or the question its height. */
  fit() {}

  /**
   * On stage: shows long labels in full, or shortened to their differences.
   * @param {boolean} _areShort
   */
  shortenLabels(_areShort) {}

  /** On stage: the arrangement that the sizes of labels depend on; a change fits them again. */
  get layout() {
    return "";
  }

  /** The page goes on without the poll: stops timers, observers and workers. */
  end() {
    cancelAnimationFrame(this._frame);
  }
}
