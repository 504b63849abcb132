/* The result of `points`: a bar per option, as long as its share of all points. */

import { fill, formatCount, formatShare } from "../page.js";
import { formatNumber, pluralOf } from "./numbers.js";
import { PointsRows } from "./points_rows.js";
import { RowsResult } from "./rows_result.js";

/** @typedef {import("./kind_result.js").Shown} Shown
 *  @typedef {import("./points_rows.js").PointsOption} PointsOption
 *  @typedef {{optionId: string, points: number, mean: number | null, share: number}} Points */

// The number of options in a spoken summary.
const HEARD = 5;

/** @extends {RowsResult<PointsRows>} */
export class Result extends RowsResult {
  /**
   * @param {HTMLElement} place
   * @param {Record<string, any>} texts
   * @param {import("./kind_result.js").Surface} surface
   */
  constructor(place, texts, surface) {
    super(place, texts, surface, new PointsRows(/** @type {HTMLElement} */ (place.querySelector(".points-bars"))));
  }

  /** @param {Shown} shown */
  paint(shown) {
    const results = { ...shown.results, options: this._options(shown) };
    if (this.surface !== "stage") this._rows.show(results);
    else {
      const leading = shown.phase === "closed" && !shown.isReplayed ? leadersOf(results.options) : [];
      const { mark, markTied } = this.texts.kind;
      this._rows.draw({
        results,
        leading: new Set(leading.map(({ id }) => id)),
        mark: leading.length > 1 ? markTied : mark,
      });
    }
    this._table.show(this._cells(shown));
  }

  /** @param {Shown} shown */
  summary(shown) {
    if (!shown.results.tally?.total) return [];
    return [...this._options(shown)]
      .sort((one, other) => (other.voteCount ?? 0) - (one.voteCount ?? 0))
      .slice(0, HEARD)
      .map(({ text, percentage }) =>
        fill(this.texts.kind.summary, { option: text, share: formatShare(percentage ?? 0) }),
      );
  }

  /** @param {Shown} shown */
  outcome(shown) {
    const leading = leadersOf(this._options(shown));
    const { tied, outcome } = this.texts.kind;
    if (leading.length > 1) return fill(pluralOf(tied, leading.length), { count: leading.length });
    return leading.length ? fill(outcome, { option: leading[0].text }) : "";
  }

  /**
   * Returns the options with their shares of all points; `voteCount` is their points.
   * @param {Shown} shown
   * @returns {PointsOption[]}
   */
  _options({ results }) {
    const points = pointsOf(results);
    return results.options.map((option) => {
      const own = points.get(option.id);
      const mean = own && own.mean !== null ? fill(this.texts.kind.perVoter, { mean: formatNumber(own.mean, 1) }) : "";
      return { ...option, voteCount: own?.points ?? null, percentage: own?.share ?? null, mean };
    });
  }

  /** @param {Shown} shown */
  _cells({ results }) {
    const points = pointsOf(results);
    return results.options.map(({ id, text, voterCount }) => {
      const own = points.get(id);
      if (!own) return [text, "–", "–", "–", "–"];
      const mean = own.mean === null ? "–" : formatNumber(own.mean, 1);
      return [text, formatCount(own.points), formatShare(own.share), mean, formatCount(voterCount ?? 0)];
    });
  }
}

/**
 * @param {import("../poll_store.js").Results} results
 * @returns {Map<string, Points>}
 */
function pointsOf({ tally }) {
  return new Map(tally?.options.map((/** @type {Points} */ each) => [each.optionId, each]));
}

/** @param {PointsOption[]} options */
function leadersOf(options) {
  const most = Math.max(...options.map(({ voteCount }) => voteCount ?? 0));
  return most ? options.filter(({ voteCount }) => voteCount === most) : [];
}
