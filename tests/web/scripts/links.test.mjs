// Links in messages: only http and https, and only what belongs to the address.

import assert from "node:assert/strict";
import { test } from "node:test";

import { piecesOf } from "../../../web/static/web/js/discussion/links.js";

function hrefs(text) {
  return piecesOf(text).flatMap(({ href }) => (href === null ? [] : [href]));
}

test("the pieces are the text", () => {
  for (const text of ["", "plain", "https://a.example", "(see https://a.example/x, or http://b.example!) 😀"]) {
    assert.equal(piecesOf(text).map((piece) => piece.text).join(""), text);
  }
});

test("addresses end before the punctuation of the sentence", () => {
  assert.deepEqual(hrefs("See https://a.example/x?y=1. Or (https://b.example/c)!"), [
    "https://a.example/x?y=1",
    "https://b.example/c",
  ]);
  assert.deepEqual(hrefs("https://a.example/Tea_(drink)"), ["https://a.example/Tea_(drink)"]);
});

test("only http and https become links", () => {
  const texts = [
    "javascript:alert(1)",
    "JaVaScRiPt://%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//a.example",
    "ftp://a.example",
    "https://",
    "https://[",
    "www.a.example",
  ];
  for (const text of texts) assert.deepEqual(hrefs(text), [], text);
});

test("markup and quotes end an address", () => {
  assert.deepEqual(hrefs('https://a.example/"onmouseover="alert(1)'), ["https://a.example/"]);
  assert.deepEqual(hrefs("https://a.example/<b>"), ["https://a.example/"]);
});

test("characters that turn the text around are not part of an address", () => {
  assert.deepEqual(hrefs("https://a.example/\u202etxt.exe"), ["https://a.example/"]);
});
