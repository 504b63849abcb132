/* Formats of numbers in results: Latin digits in every language, like the rest of the pages. */

const language = document.documentElement.lang || "en";
const locale = `${language}-u-nu-latn`;
// Created when first needed: slow on phones.
/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();
/** @type {Intl.PluralRules | undefined} */
let plurals;

/**
 * Returns a number with a fixed number of decimals; a dash for none.
 * @param {number | null} value
 * @param {number} digits
 */
export function formatDecimal(value, digits) {
  if (value === null) return "–";
  return formatOf({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/**
 * Returns a number with as many decimals as it has, at most six.
 * @param {number} value
 * @param {number} [maximumFractionDigits]
 */
export function formatNumber(value, maximumFractionDigits = 6) {
  return formatOf({ maximumFractionDigits }).format(value);
}

/**
 * Returns the form of a sentence for a number.
 * @param {Record<string, string>} forms by CLDR category
 * @param {number} count
 */
export function pluralOf(forms, count) {
  plurals ??= new Intl.PluralRules(language);
  return forms[plurals.select(count)] ?? forms.other;
}

/** @param {Intl.NumberFormatOptions} options */
function formatOf(options) {
  const key = JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.NumberFormat(locale, options)));
  return format;
}
