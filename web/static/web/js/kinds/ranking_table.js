/* The table of a ranking: the order of the options, or the rounds of an instant runoff. */

import { fill, formatCount, formatShare, setText } from "../page.js";
import { namesOf } from "./ranking_words.js";

/** @typedef {import("../poll_store.js").Results} Results
 *  @typedef {import("./ranking_words.js").Tally} Tally
 *  @typedef {{heads: string[], rows: string[][]}} Contents each row begins with its label */

// What stands for a number that this person may not see, or that there is none of.
const NONE = "–";

/** @type {Record<string, string[]>} */
const COLUMNS = {
  borda: ["option", "place", "points", "firsts"],
  schulze: ["option", "place", "wins", "ties", "losses", "firsts"],
  instant_runoff: ["option", "place", "firsts", "share"],
};

/**
 * @param {HTMLTableElement} table
 * @param {Contents} contents
 */
export function showTable(table, { heads, rows }) {
  const head = /** @type {HTMLTableSectionElement} */ (table.tHead).rows[0];
  fillRow(head, heads, () => Object.assign(document.createElement("th"), { scope: "col" }));
  const body = table.tBodies[0];
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((cells, index) => {
    fillRow(body.rows[index] ?? body.insertRow(), cells, (column) =>
      column ? document.createElement("td") : Object.assign(document.createElement("th"), { scope: "row", dir: "auto" }));
  });
}

/**
 * @param {Results} results
 * @param {string} method
 * @param {boolean} isPartial whether voters may leave options out
 * @param {Record<string, any>} texts
 * @returns {Contents}
 */
export function tableOf(results, method, isPartial, texts) {
  /** @type {Tally | null} */
  const tally = results.tally;
  if (tally?.runoff?.rounds.length) return roundsOf(tally.runoff, namesOf(results), texts);
  const names = isPartial ? [...COLUMNS[method], "rankedBy"] : COLUMNS[method];
  const heads = names.map((name) => texts.heads[name]);
  if (!tally) return { heads, rows: results.options.map(({ text }) => [text, ...names.slice(1).map(() => NONE)]) };
  const rows = tally.options.map((_, index) => {
    const cells = cellsOf(index, tally, results, texts);
    return names.map((name) => cells[name]);
  });
  return { heads, rows };
}

/**
 * The cells of an option by the name of their column.
 * @param {number} index
 * @param {Tally} tally
 * @param {Results} results
 * @param {Record<string, any>} texts
 * @returns {Record<string, string>}
 */
function cellsOf(index, { options, wins }, { options: tallies, totalVoters }, texts) {
  const { optionId, place, points, firsts, share } = options[index];
  const option = tallies.find(({ id }) => id === optionId);
  const margins = (wins[index] ?? []).map((won, other) => won - wins[other][index]).filter((_, other) => other !== index);
  const among = (/** @type {(margin: number) => boolean} */ test) => formatCount(margins.filter(test).length);
  const voters = totalVoters ?? 0;
  return {
    option: option?.text ?? "",
    place: voters ? String(place) : NONE,
    points: formatCount(points),
    firsts: formatCount(firsts),
    share: formatShare(share),
    wins: among((margin) => margin > 0),
    ties: among((margin) => margin === 0),
    losses: among((margin) => margin < 0),
    rankedBy: fill(texts.cells.of, { count: formatCount(option?.voterCount ?? 0), total: formatCount(voters) }),
  };
}

/**
 * A column for each round, with the winner first and the first eliminated last.
 * @param {import("./ranking_words.js").Runoff} runoff
 * @param {(id: string) => string} name
 * @param {Record<string, any>} texts
 * @returns {Contents}
 */
function roundsOf({ winnerId, rounds, order }, name, { heads, cells }) {
  const names = rounds.map((_, index) => fill(heads.round, { round: index + 1 }));
  const rows = order.map((id) => {
    const counted = rounds.map(({ optionIds, counts }) => {
      return optionIds.includes(id) ? formatCount(counts[optionIds.indexOf(id)]) : NONE;
    });
    const index = rounds.findIndex(({ eliminatedId }) => eliminatedId === id);
    const kept = id === winnerId ? cells.won : cells.left;
    const fate = index < 0 ? kept : fill(cells[rounds[index].isTied ? "outTied" : "out"], { round: index + 1 });
    return [name(id), ...counted, fate];
  });
  if (rounds.some(({ exhausted }) => exhausted)) {
    rows.push([cells.none, ...rounds.map(({ exhausted }) => formatCount(exhausted)), ""]);
  }
  return { heads: [heads.option, ...names, heads.outcome], rows };
}

/**
 * @param {HTMLTableRowElement} row
 * @param {string[]} texts
 * @param {(column: number) => HTMLTableCellElement} make
 */
function fillRow(row, texts, make) {
  while (row.cells.length > texts.length) row.deleteCell(-1);
  texts.forEach((text, column) => {
    if (!row.cells[column]) {
      const cell = make(column);
      if (column) cell.className = "number";
      row.append(cell);
    }
    setText(row.cells[column], text);
  });
}
