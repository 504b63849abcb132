// Evaluated in the guest before the program: its console, timers and input, and the functions by
// which the host reads what came of it. Whatever the program does to globals and prototypes, these
// functions return JSON text and never throw. They are no border: nothing here protects the host.

const print = globalThis.print; // print(stream, text): the only function of the host
delete globalThis.print;

const { parse, stringify } = JSON;
const now = Date.now;
const asText = String;
const isArray = Array.isArray;
const isError = Error.isError ?? ((value) => value instanceof Error);
const prototypeOf = Object.getPrototypeOf;
const keysOf = Reflect.ownKeys;
const describeProperty = Object.getOwnPropertyDescriptor;
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const slice = uncurry(String.prototype.slice);
const wellFormed = uncurry(String.prototype.toWellFormed);
const replace = uncurry(String.prototype.replace);

const MAX_TEXT = 20_000;
const MAX_DEPTH = 4;
const MAX_ENTRIES = 100;

// ---- console

function show(value, depth, parents) {
  switch (typeof value) {
    case "string":
      return depth ? stringify(slice(value, 0, MAX_TEXT)) : slice(value, 0, MAX_TEXT);
    case "bigint":
      return `${value}n`;
    case "function":
      return `[Function${value.name ? `: ${value.name}` : ""}]`;
    case "object":
      return value === null ? "null" : showObject(value, depth, parents);
    default:
      return asText(value);
  }
}

function showObject(value, depth, parents) {
  if (isError(value)) return textOf(() => `${value}\n${ownFrames(value.stack)}`.trimEnd(), "[Error]");
  if (parents.includes(value)) return "[Circular]";
  const name = nameOf(value);
  if (depth > MAX_DEPTH) return isArray(value) ? "[Array]" : `[${name || "Object"}]`;
  if (value instanceof Date || value instanceof RegExp) return asText(value);
  const inner = (item) => show(item, depth + 1, [...parents, value]);
  if (value instanceof Map) {
    const pairs = [...value].slice(0, MAX_ENTRIES).map(([k, v]) => `${inner(k)} => ${inner(v)}`);
    return braced(`Map(${value.size}) {`, pairs, value.size, "}");
  }
  if (value instanceof Set) {
    return braced(`Set(${value.size}) {`, [...value].slice(0, MAX_ENTRIES).map(inner), value.size, "}");
  }
  if (isArray(value) || ArrayBuffer.isView(value)) {
    const items = [];
    for (let i = 0; i < value.length && i < MAX_ENTRIES; i += 1) items.push(inner(value[i]));
    return braced(isArray(value) ? "[" : `${name}(${value.length}) [`, items, value.length, "]");
  }
  const keys = keysOf(value);
  const entries = [];
  for (let i = 0; i < keys.length && i < MAX_ENTRIES; i += 1) {
    const property = describeProperty(value, keys[i]);
    if (!property?.enumerable) continue;
    const key = typeof keys[i] === "symbol" ? `[${asText(keys[i])}]` : shownKey(keys[i]);
    // A getter is not called: it may have effects, or throw.
    entries.push(`${key}: ${"value" in property ? inner(property.value) : "[Getter]"}`);
  }
  return braced(name && name !== "Object" ? `${name} {` : "{", entries, keys.length, "}");
}

function braced(open, entries, count, close) {
  if (count > MAX_ENTRIES) entries.push(`… ${count - MAX_ENTRIES} more`);
  if (!entries.length) return open + close;
  const space = close === "}" ? " " : "";
  return `${open}${space}${entries.join(", ")}${space}${close}`;
}

function shownKey(key) {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : stringify(key);
}

function nameOf(value) {
  const prototype = prototypeOf(value);
  if (prototype === null) return "";
  const property = describeProperty(prototype, "constructor");
  return typeof property?.value === "function" ? asText(property.value.name) : "";
}

function format(values) {
  let rest = values;
  const parts = [];
  if (typeof values[0] === "string" && values.length > 1 && values[0].includes("%")) {
    let next = 1;
    const text = replace(values[0], /%([sdifjoOc%])/g, (match, kind) => {
      if (kind === "%") return "%";
      if (next >= values.length) return match;
      const value = values[next];
      next += 1;
      if (kind === "s") return show(value, 0, []);
      if (kind === "c") return "";
      if (kind === "j") return stringify(value) ?? "undefined";
      if (kind === "o" || kind === "O") return show(value, 1, []);
      const number = kind === "i" ? Number.parseInt(value, 10) : Number(value);
      return asText(number);
    });
    parts.push(text);
    rest = values.slice(next);
  }
  for (const value of rest) parts.push(show(value, 0, []));
  return parts.join(" ");
}

function write(stream, values) {
  print(stream, `${wellFormed(slice(format(values), 0, MAX_TEXT))}\n`);
}

const toStdout = (...values) => write(1, values);
const toStderr = (...values) => write(2, values);
globalThis.console = {
  log: toStdout,
  info: toStdout,
  debug: toStdout,
  warn: toStderr,
  error: toStderr,
};

// ---- timers, of which the host calls the next one when it is due

let timers = [];
let lastTimer = 0;

function addTimer(callback, delay, repeats, values) {
  if (typeof callback !== "function") throw new TypeError("The callback must be a function");
  const pause = Math.max(0, Math.min(Number(delay) || 0, 86_400_000));
  lastTimer += 1;
  timers.push({ id: lastTimer, due: now() + pause, pause, repeats, callback, values });
  return lastTimer;
}

function clearTimer(id) {
  timers = timers.filter((timer) => timer.id !== id);
}

globalThis.setTimeout = (callback, delay, ...values) => addTimer(callback, delay, false, values);
globalThis.setInterval = (callback, delay, ...values) => addTimer(callback, delay, true, values);
globalThis.clearTimeout = clearTimer;
globalThis.clearInterval = clearTimer;

function nextTimer() {
  let next = null;
  for (const timer of timers) if (next === null || timer.due < next.due) next = timer;
  return next;
}

/** Milliseconds until the next timer is due; -1 without one. */
export function untilTimer() {
  try {
    const timer = nextTimer();
    return stringify(timer === null ? -1 : Math.max(0, timer.due - now()));
  } catch {
    return "-1";
  }
}

/** Call the next timer; return its error like `explain`, or "null". */
export function callTimer() {
  try {
    const timer = nextTimer();
    if (timer.repeats) timer.due = now() + Math.max(1, timer.pause);
    else clearTimer(timer.id);
    timer.callback(...timer.values);
    return "null";
  } catch (error) {
    return explain(error);
  }
}

// ---- input and results

/** Make the JSON text available as `input`. */
export function setInput(text) {
  globalThis.input = parse(text);
}

/** The value of the last expression: `{"value": …}` or `{"reason": why it is not JSON}`. */
export function describe(value) {
  try {
    const text = stringify(value);
    return `{"value":${text === undefined ? "null" : text}}`;
  } catch (error) {
    return `{"reason":${stringify(textOf(() => `${error.name}: ${error.message}`, "it threw"))}}`;
  }
}

/** A thrown value, as `{"name", "message", "stack"}`. */
export function explain(error) {
  const isObject = (typeof error === "object" && error !== null) || typeof error === "function";
  const name = isObject ? textOf(() => error.name ?? "Error", "Error") : "Error";
  const message = textOf(() => (isObject && "message" in error ? error.message : show(error, 0, [])), "");
  return stringify({ name, message, stack: isObject ? textOf(() => error.stack ?? "", "") : "" });
}

function textOf(read, otherwise) {
  try {
    return slice(asText(read()), 0, 2000);
  } catch {
    return otherwise;
  }
}

/** The stack without the frames of this file, and with a name for the program's. */
function ownFrames(stack) {
  const lines = stack.split("\n").filter((line) => !line.includes("<module>"));
  return lines.join("\n").split("eval_script:").join("program.js:");
}
