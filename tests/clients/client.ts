/**
 * Uses a running Tallyroom through a TypeScript client generated from its OpenAPI document.
 *
 *     node build/client.js http://127.0.0.1:8000
 *
 * Prints what it got as JSON. The `@ts-expect-error` lines test the types: `tsc` fails where one
 * of them is not needed.
 */
import createClient from "openapi-fetch";

import type { components, paths } from "./build/tallyroom.js";

type ErrorBody = components["schemas"]["ErrorBody"];
type RefusedVote = components["schemas"]["RefusedVote"];

type Client = ReturnType<typeof createClient<paths>>;

const baseUrl = process.argv[2];
if (!baseUrl) throw new Error("Usage: node build/client.js URL");
const visitor = createClient<paths>({ baseUrl });

function signIn(tokens: components["schemas"]["TokensView"]): Client {
  const headers = { Authorization: `Bearer ${tokens.accessToken}` };
  return createClient<paths>({ baseUrl: baseUrl ?? "", headers });
}

/** The data of a response that must have succeeded. */
function expect<T>({ data, error }: { data?: T; error?: ErrorBody }): T {
  if (data === undefined) throw new Error(`${error?.code}: ${error?.message}`);
  return data;
}

const email = `ada-${crypto.randomUUID()}@example.org`;
const account = { name: "Ada", email, password: "correct horse battery" };
const ada = signIn(expect(await visitor.POST("/api/auth/register", { body: account })).tokens);
const { user } = expect(await ada.GET("/api/auth/me"));
const bob = signIn(expect(await visitor.POST("/api/auth/guest", { body: { name: "Bob" } })).tokens);

const draft = {
  question: "Tea or coffee?",
  options: ["Tea", { text: "Coffee" }],
  allowChange: true,
};
const { poll } = expect(await ada.POST("/api/polls", { body: draft }));
const byPoll = { params: { path: { poll_id: poll.id } } };
const published = expect(await ada.PUT("/api/polls/{poll_id}/publish", byPoll));
const states = [poll.state, published.poll.state];
const [tea, coffee] = poll.options;
if (!tea || !coffee) throw new Error("The poll lacks an option.");

function vote(option: { id: string }) {
  return bob.POST("/api/polls/{poll_id}/vote", { ...byPoll, body: { pollOptionId: option.id } });
}

const messages = [expect(await vote(tea)).message, expect(await vote(coffee)).message];
const duplicate: RefusedVote | undefined = (await vote(coffee)).error;
const standing = expect(await bob.GET("/api/polls/{poll_id}/my-vote", byPoll)).vote;
messages.push(expect(await bob.DELETE("/api/polls/{poll_id}/my-vote", byPoll)).message);
expect(await vote(tea));

const { poll: results } = expect(await visitor.GET("/api/polls/{poll_id}/results", byPoll));
const query = { state: "open" as const, limit: 5 };
const { polls, pagination } = expect(await visitor.GET("/api/polls", { params: { query } }));
states.push(expect(await ada.PUT("/api/polls/{poll_id}/close", byPoll)).poll.state);

const unauthorized = await visitor.POST("/api/polls", { body: draft });
const invalid = await ada.POST("/api/polls", { body: { question: "", options: ["Yes", "No"] } });
const closed = await vote(tea);

const exported = "/api/polls/{poll_id}/export";
function inFormat(format: "csv" | "json" | "xlsx") {
  return { path: { poll_id: poll.id }, query: { format } };
}
const csv: string = expect(
  await visitor.GET(exported, { params: inFormat("csv"), parseAs: "text" }),
);
const xlsx: ArrayBuffer = expect(
  await visitor.GET(exported, { params: inFormat("xlsx"), parseAs: "arrayBuffer" }),
);

console.log(
  JSON.stringify({
    name: user.name,
    states,
    messages,
    duplicate: [duplicate?.code, duplicate?.vote?.optionText],
    standing: standing?.option?.text,
    results: [results.totalVoters, results.options.map((option) => option.percentage)],
    listed: [polls.some((each) => each.id === poll.id), pagination.limit],
    refused: [unauthorized.error?.code, invalid.error?.code, closed.error?.code],
    fields: invalid.error?.errors?.map((each) => each.field),
    csv,
    xlsx: Buffer.from(xlsx).toString("base64"),
  }),
);

/** Mistakes that the types have to catch. Never called. */
export async function makeMistakes(): Promise<void> {
  // @ts-expect-error There is no such path.
  await visitor.GET("/api/poll");
  // @ts-expect-error A vote has a body.
  await bob.POST("/api/polls/{poll_id}/vote", { params: { path: { poll_id: poll.id } } });
  // @ts-expect-error An id is a string.
  await bob.POST("/api/polls/{poll_id}/vote", { ...byPoll, body: { pollOptionId: 1 } });
  // @ts-expect-error An option is a text or an object.
  await ada.POST("/api/polls", { body: { question: "One?", options: [1, 2] } });
  // @ts-expect-error There is no such format.
  await visitor.GET(exported, { params: inFormat("pdf") });
  // @ts-expect-error A poll has no such field.
  String(poll.title);
  // @ts-expect-error Counts are null while results are hidden.
  poll.totalVotes.toFixed(0);
}
