/* The result of `rating`: a stacked bar per statement, and the runoff of STAR. */

import { fill, formatCount } from "../page.js";
import { formatDecimal, pluralOf } from "./numbers.js";
import { RatingColumns } from "./rating_columns.js";
import { RatingRows, strengthOf, valueOf } from "./rating_rows.js";
import { RowsResult } from "./rows_result.js";
import { scaleOf } from "./scale.js";
import { StarRunoff } from "./star_runoff.js";

/** @typedef {import("./kind_result.js").Shown} Shown
 *  @typedef {import("./rating_rows.js").Rated} Rated
 *  @typedef {import("./rating_rows.js").RatedOption} RatedOption */

// The number of statements in a spoken summary.
const HEARD = 5;

/** @extends {RowsResult<RatingRows>} */
export class Result extends RowsResult {
  /**
   * @param {HTMLElement} place
   * @param {Record<string, any>} texts
   * @param {import("./kind_result.js").Surface} surface
   */
  constructor(place, texts, surface) {
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (place.querySelector(name));
    const unknown = scaleOf(/** @type {any} */ ({ settings: {} }), texts.kind);
    super(place, texts, surface, new RatingRows(part(".rating-bars"), unknown, (rated) => this._people(rated)));
    this._columns = surface === "stage" ? new RatingColumns(part(".rating-chart")) : null;
    const runoff = place.querySelector(".star-runoff");
    this._runoff = runoff && new StarRunoff(/** @type {HTMLElement} */ (runoff), texts.kind);
  }

  /** @param {Shown} shown */
  paint(shown) {
    this._rows.scale = scaleOf(shown.head, this.texts.kind);
    const results = { ...shown.results, options: this._rated(shown) };
    if (this._columns) this._paintStage(shown, results, this._columns);
    else {
      this._rows.show(results);
      this._runoff?.draw(shown, true);
    }
    this._table.show(this._cells(shown));
  }

  /**
   * @param {Shown} shown
   * @param {import("../poll_store.js").Results & {options: RatedOption[]}} results
   * @param {RatingColumns} columns
   */
  _paintStage(shown, results, columns) {
    const isDecided = shown.phase === "closed" && !shown.isReplayed;
    const winner = isDecided && results.tally?.star?.winnerId;
    const { kind } = this.texts;
    this._rows.draw({ results, leading: new Set(winner ? [winner] : []), mark: kind.winner });
    const [first, ...others] = results.options;
    columns.draw(others.length ? null : first.rated ?? null, this._rows.scale, kind.abstain);
    // The runoff is for the close.
    this._runoff?.draw(shown, isDecided);
  }

  /** @param {Shown} shown */
  summary(shown) {
    if (!shown.results.tally) return [];
    return byStrength(this._rated(shown)).slice(0, HEARD).map(({ text, rated }) => this._line(text, rated, shown));
  }

  /** @param {Shown} shown */
  outcome(shown) {
    const { tally, options } = shown.results;
    if (!tally) return "";
    const texts = this.texts.kind;
    const textOf = (/** @type {string} */ optionId) => options.find(({ id }) => id === optionId)?.text ?? "";
    if (tally.star) {
      const [first, second] = tally.star.finalists;
      if (!second) return "";
      const isLevel = first.preferred === second.preferred;
      const sentence = tally.star.isTied ? texts.drawn : isLevel ? texts.winsByScores : texts.wins;
      const values = { most: first.preferred, fewest: second.preferred };
      return fill(sentence, { ...values, option: textOf(first.optionId), other: textOf(second.optionId) });
    }
    return this._best(shown);
  }

  /** @param {Shown} shown */
  _best(shown) {
    const { kind } = this.texts;
    const scale = scaleOf(shown.head, kind);
    const ranked = byStrength(this._rated(shown));
    const [best] = ranked;
    if (!best?.voteCount) return "";
    const tied = ranked.filter(({ voteCount }) => voteCount === best.voteCount);
    if (tied.length > 1) return fill(pluralOf(kind.tied, tied.length), { count: tied.length });
    const value = valueOf(/** @type {Rated} */ (best.rated), scale);
    return fill(scale.isYesNo ? kind.mostYes : kind.best, { option: best.text, value });
  }

  /**
   * Returns the options with their ratings; `voteCount` is what they are ranked by.
   * @param {Shown} shown
   * @returns {RatedOption[]}
   */
  _rated({ results, head }) {
    const scale = scaleOf(head, this.texts.kind);
    /** @type {Map<string, Rated>} */
    const rated = new Map(results.tally?.options.map((/** @type {Rated} */ each) => [each.optionId, each]));
    return results.options.map((option) => {
      const own = rated.get(option.id);
      return { ...option, rated: own, voteCount: own ? strengthOf(own, scale) : null };
    });
  }

  /** @param {Rated} rated */
  _people({ rated, skipped, median }) {
    const { kind } = this.texts;
    const total = rated + skipped;
    if (!total) return "";
    const people = fill(pluralOf(kind.people, total), { count: formatCount(rated), total: formatCount(total) });
    const { isYesNo, isStar } = this._rows.scale;
    if (isYesNo || isStar || median === null) return people;
    return `${fill(kind.median, { median: formatDecimal(median, Number.isInteger(median) ? 0 : 1) })} · ${people}`;
  }

  /**
   * @param {string} option
   * @param {Rated | undefined} rated
   * @param {Shown} shown
   */
  _line(option, rated, { head }) {
    if (!rated) return option;
    const { kind } = this.texts;
    const scale = scaleOf(head, kind);
    if (!scale.isYesNo) return fill(kind.summary, { option, value: valueOf(rated, scale) });
    const [no, yes] = rated.distribution;
    return fill(kind.summaryYesNo, { option, yes, no, abstain: rated.skipped });
  }

  /** @param {Shown} shown */
  _cells(shown) {
    const { isYesNo, steps } = scaleOf(shown.head, this.texts.kind);
    return this._rated(shown).map(({ text, rated }) => {
      if (!rated) return [text, ...Array(steps + 4).fill("–")];
      const levels = isYesNo ? [...rated.distribution].reverse() : rated.distribution;
      const counts = [rated.rated, rated.skipped, ...levels].map(formatCount);
      return [text, formatDecimal(rated.mean, 2), formatDecimal(rated.median, 1), ...counts];
    });
  }
}

/** @param {RatedOption[]} options */
function byStrength(options) {
  return [...options].sort((one, other) => (other.voteCount ?? 0) - (one.voteCount ?? 0));
}
