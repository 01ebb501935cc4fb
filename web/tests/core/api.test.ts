/** The REST client repeats what may be repeated, refreshes once for all, and names what was refused. */
import { beforeEach, describe, expect, test } from "vitest";
import { Api, type World } from "../../src/core/api";
import { Refused, Unreachable } from "../../src/core/errors";

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

type Reply = Response | Error;

const sent: Sent[] = [];
const slept: number[] = [];
let replies: Reply[] = [];

const world: World = {
  fetch: (url, init) => {
    sent.push({ url, init });
    const reply = replies.shift() ?? new Error("nothing more was to be sent");
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
  },
  sleep: (delayMs) => {
    slept.push(delayMs);
    return Promise.resolve();
  },
  random: () => 0.5,
  newKey: () => `key-${sent.length}`,
};

const json = (body: unknown, status = 200, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
const problem = (status: number, code: string, headers = {}) =>
  new Response(JSON.stringify({ code, detail: "no", trace_id: "t1", errors: [{ pointer: "/name", detail: "too long" }] }), {
    status,
    headers: { "Content-Type": "application/problem+json", ...headers },
  });
const header = (at: number, name: string) => new Headers(sent[at]?.init.headers).get(name);

beforeEach(() => {
  sent.length = 0;
  slept.length = 0;
  replies = [];
});

describe("a call", () => {
  test("sends its body and hands back the answer and its tag", async () => {
    replies = [json({ id: "1" }, 201, { ETag: '"7"' })];
    const answer = await new Api(world).call("POST", "/courses", { body: { title: "Maths" } });
    expect(answer).toEqual({ data: { id: "1" }, etag: '"7"' });
    expect(sent[0]?.url).toBe("/api/v1/courses");
    expect(sent[0]?.init.body).toBe('{"title":"Maths"}');
    expect(header(0, "Idempotency-Key")).toBe("key-0");
    expect(header(0, "Lectern-Client")).toBe("browser");
  });

  test("hands back words as they are where words are asked for", async () => {
    replies = [new Response("name,points\r\nAmara,7", { headers: { "Content-Type": "text/csv" } })];
    expect(await new Api(world).get("/courses/1/gradebook/export", { reads: "text" })).toBe("name,points\r\nAmara,7");
  });

  test("has no key when it only reads", async () => {
    replies = [json({ items: [] })];
    await new Api(world).get("/courses");
    expect(header(0, "Idempotency-Key")).toBeNull();
  });

  test("leaves nothing with the browser unless it is told that this may be kept", async () => {
    replies = [json({}), json({})];
    const client = new Api(world);
    await client.get("/me");
    await client.get("/lessons/1", { kept: true });
    expect(sent.map(({ init }) => init.cache)).toEqual(["no-store", "no-cache"]);
  });

  test("is repeated under the same key when no answer came", async () => {
    replies = [new TypeError("broken"), problem(503, "unavailable", { "Retry-After": "1" }), json({ id: "1" })];
    await new Api(world).post("/courses", { title: "Maths" });
    expect(sent.map((_, at) => header(at, "Idempotency-Key"))).toEqual(["key-0", "key-0", "key-0"]);
    expect(slept).toEqual([300, 1600]);
  });

  test("gives up after four attempts", async () => {
    replies = Array.from({ length: 5 }, () => new TypeError("broken"));
    await expect(new Api(world).get("/courses")).rejects.toBeInstanceOf(Unreachable);
    expect(sent.length).toBe(4);
  });

  test("is not repeated when the server asks for more patience than a reader has", async () => {
    replies = [problem(429, "rate_limited", { "Retry-After": "60" })];
    const refused = await new Api(world).post("/sessions").catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "rate_limited", retryAfterMs: 60_000 });
    expect(sent.length).toBe(1);
  });

  test("is refused with its code, its faults and its reference", async () => {
    replies = [problem(422, "invalid")];
    const refused = (await new Api(world).post("/users").catch((error: unknown) => error)) as Refused;
    expect(refused).toBeInstanceOf(Refused);
    expect([refused.code, refused.reference, refused.faultOf("/name"), refused.faultOf("/email")]).toEqual(["invalid", "t1", "too long", undefined]);
  });

  test("counts an answer that breaks off as none", async () => {
    replies = [new Response("{", { status: 200 }), json({ id: "1" })];
    expect(await new Api(world).get("/courses/1")).toEqual({ id: "1" });
  });
});

describe("the bearer", () => {
  test("is refreshed once when it was refused, and the call repeated", async () => {
    const api = new Api(world);
    api.use({ current: () => Promise.resolve("old"), refreshed: () => Promise.resolve("new") });
    replies = [problem(401, "token_expired"), json({ id: "1" })];
    await api.get("/me");
    expect([header(0, "Authorization"), header(1, "Authorization")]).toEqual(["Bearer old", "Bearer new"]);
  });

  test("that cannot be refreshed leaves the refusal as it was", async () => {
    const api = new Api(world);
    api.use({ current: () => Promise.resolve("old"), refreshed: () => Promise.resolve(null) });
    replies = [problem(401, "token_revoked")];
    await expect(api.get("/me")).rejects.toMatchObject({ code: "token_revoked" });
  });

  test("does not go out with an anonymous call", async () => {
    const api = new Api(world);
    api.use({ current: () => Promise.resolve("old"), refreshed: () => Promise.resolve("new") });
    replies = [json({})];
    await api.post("/sessions", {}, { anonymous: true });
    expect(header(0, "Authorization")).toBeNull();
  });
});
