/* Translated sentences with a number. */

import { fill, formatCount } from "../page.js";

/** @type {Intl.PluralRules | undefined} slow to make */
let plurals;

/**
 * Returns the sentence for a number, which replaces `{count}`.
 * @param {Record<string, string>} forms by plural category: web/kinds/plurals.py
 * @param {number} count
 * @param {Record<string, string | number>} [values] for further places
 */
export function counted(forms, count, values = {}) {
  plurals ??= new Intl.PluralRules(document.documentElement.lang || "en");
  return fill(forms[plurals.select(count)] ?? forms.other, { count: formatCount(count), ...values });
}
