/** One refresh serves all who wait, and a refused one ends the session here. */
import { beforeEach, describe, expect, test } from "vitest";
import { Api, type World } from "../../src/core/api";
import { me, Session } from "../../src/core/session";

const user = { id: "u1", email: "a@b.c", name: "Amara Okafor", roles: ["teacher"], active: true, created_at: "2026-11-20T10:00:00Z" };
const asked: string[] = [];
let nowMs = 0;
let refuse = false;

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

const world: World = {
  fetch: (url) => {
    asked.push(url.replace("/api/v1", ""));
    if (url.endsWith("/me")) return Promise.resolve(json({ user, school: { id: "s1", slug: "demo", name: "Demo" } }));
    if (refuse) return Promise.resolve(json({ code: "token_revoked" }, 401));
    return Promise.resolve(json({ access_token: `a${asked.length}`, refresh_token: null, expires_in: 600, user }));
  },
  sleep: () => Promise.resolve(),
  random: () => 0,
  newKey: () => "key",
};

function session(): Session {
  const api = new Api(world);
  const made = new Session(api, () => nowMs, (work) => work());
  api.use(made);
  return made;
}

beforeEach(() => {
  asked.length = 0;
  nowMs = 0;
  refuse = false;
  me.value = undefined;
});

const refreshes = () => asked.filter((path) => path === "/sessions/refresh").length;

describe("a session", () => {
  test("is found again when the page starts", async () => {
    await session().restore();
    expect(me.value?.user.name).toBe("Amara Okafor");
  });

  test("refreshes before its token ends, once for all who wait", async () => {
    const mine = session();
    await mine.signIn({ email: "a@b.c", password: "x" });
    nowMs = 580_000;
    const tokens = await Promise.all([mine.current(), mine.current(), mine.current()]);
    expect(new Set(tokens).size).toBe(1);
    expect(refreshes()).toBe(1);
  });

  test("takes the token that somebody else has refreshed meanwhile", async () => {
    const mine = session();
    await mine.signIn({ email: "a@b.c", password: "x" });
    const token = await mine.refreshed("an older one");
    expect(token).toBe(await mine.current());
    expect(refreshes()).toBe(0);
  });

  test("ends when its refresh is refused", async () => {
    const mine = session();
    await mine.signIn({ email: "a@b.c", password: "x" });
    refuse = true;
    nowMs = 600_000;
    expect(await mine.current()).toBeNull();
    expect(me.value).toBeNull();
  });
});
