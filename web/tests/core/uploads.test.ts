/** A file is sent in parts: again after a lost link, to fresh addresses when the old ones ran out, and never called complete before. */
import { expect, test } from "vitest";
import { Refused, Unreachable } from "../../src/core/errors";
import { send, type Ways } from "../../src/core/uploads";
import type { Upload, UploadPart, UploadTicket } from "../../src/protocol/api";

const FILE = new File(["abcdefgh"], "eight.txt");

function part(offset: number, address: string): UploadPart {
  return { method: "PUT", url: `${address}/${offset}`, headers: { "x-part": String(offset) }, offset, size: 4 };
}

/** A school that answers each part as it is told to, by its address. */
function school(answers: Readonly<Record<string, readonly (number | "lost")[]>>, missing: readonly UploadPart[] = []) {
  const told: string[] = [];
  const left = new Map(Object.entries(answers).map(([url, all]) => [url, [...all]]));
  const ticket = (parts: readonly UploadPart[]): UploadTicket => ({ id: "u1", parts, expires_at: "2026-11-20T10:00:00Z" });
  const ways: Ways = {
    begin: () => Promise.resolve(ticket([part(0, "/old"), part(4, "/old")])),
    missing: () => Promise.resolve(ticket(missing)),
    complete: (id) => {
      told.push("complete");
      return Promise.resolve({ id } as Upload);
    },
    fetch: async (url, { body }) => {
      told.push(`${url} ${await (body as Blob).text()}`);
      const answer = left.get(url)?.shift() ?? 200;
      if (answer === "lost") throw new TypeError("the link is away");
      return new Response(null, { status: answer });
    },
    sleep: () => Promise.resolve(),
  };
  return { ways, told };
}

test("every part goes out once, in order, with what is there told", async () => {
  const { ways, told } = school({});
  const shares: number[] = [];
  await send(ways, FILE, { onProgress: (share) => shares.push(share) });
  expect(told).toEqual(["/old/0 abcd", "/old/4 efgh", "complete"]);
  expect(shares).toEqual([0.5, 1]);
});

test("a part that a lost link or a busy school swallowed goes out again", async () => {
  const { ways, told } = school({ "/old/0": ["lost", 503, 200] });
  await send(ways, FILE);
  expect(told).toEqual(["/old/0 abcd", "/old/0 abcd", "/old/0 abcd", "/old/4 efgh", "complete"]);
});

test("when the addresses ran out only what is missing goes to fresh ones", async () => {
  const { ways, told } = school({ "/old/4": [403] }, [part(4, "/new")]);
  await send(ways, FILE);
  expect(told).toEqual(["/old/0 abcd", "/old/4 efgh", "/new/4 efgh", "complete"]);
});

test("what the school refuses is said, and it is not called complete", async () => {
  const refused = school({ "/old/4": [413] });
  await expect(send(refused.ways, FILE)).rejects.toBeInstanceOf(Refused);
  const lost = school({ "/old/0": ["lost", "lost", "lost", "lost"] });
  await expect(send(lost.ways, FILE)).rejects.toBeInstanceOf(Unreachable);
  const never = school({ "/old/0": [403], "/new/0": [403, 403, 403, 403, 403] }, [part(0, "/new")]);
  await expect(send(never.ways, FILE)).rejects.toBeInstanceOf(Unreachable);
  expect([...refused.told, ...lost.told, ...never.told]).not.toContain("complete");
});
