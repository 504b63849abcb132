/* The base class of the ballots of all kinds: the fields of the voter's form, which the template
   `kinds/<kind>_ballot.html` has made. Subclasses are called `Ballot`, in `<kind>_ballot.js`.

   The page decides when to send. A ballot never sends, and keeps no votes of its own. */

/** @typedef {import("./answers.js").Answer} Answer
 *  @typedef {import("../poll_store.js").PollHead} PollHead */

export class KindBallot {
  /** Whether another order of the answers is another ballot. */
  isOrdered = false;

  /** Whether each change is sent at once, so that there is no button to vote. */
  isImmediate = false;

  /** The page's: to be called after a change, if `isImmediate`. */
  onChange = () => {};

  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, any>} texts the page's; those of the kind are `texts.kind`
   * @param {PollHead} head
   */
  constructor(form, texts, head) {
    this.form = form;
    this.texts = texts;
    this.head = head;
    this.place = /** @type {HTMLElement} */ (form.querySelector("#kind-ballot"));
    this._paper = /** @type {HTMLFieldSetElement} */ (form.querySelector("fieldset"));
  }

  /**
   * What is filled in; empty if nothing is.
   * @returns {Answer[]}
   */
  get answers() {
    return [];
  }

  /**
   * Returns why the answers can't be sent, as a sentence; empty if they can.
   * @returns {string}
   */
  get problem() {
    return this.answers.length ? "" : this.texts.answerFirst;
  }

  /**
   * Fills in a ballot: the person's own, or the one that is being sent.
   * @param {Answer[]} _answers
   */
  choose(_answers) {}

  /**
   * Fills in a ballot after changes were refused; only if `isImmediate`.
   * @param {Answer[]} answers
   */
  revert(answers) {
    this.choose(answers);
  }

  /** Focuses the field to begin with. */
  focus() {
    const field = this.place.querySelector("input, select, textarea, button");
    /** @type {HTMLElement | null} */ (field)?.focus();
  }

  /**
   * While locked, the ballot shows what was voted, or what can be voted later.
   * @param {boolean} isLocked
   */
  lock(isLocked) {
    if (this._paper.disabled !== isLocked) this._paper.disabled = isLocked;
  }

  /**
   * Follows a change of the poll's options or settings while the page is open.
   * @param {PollHead} _head
   * @returns {boolean} false if the page has to be loaded again
   */
  follow(_head) {
    return false;
  }
}
