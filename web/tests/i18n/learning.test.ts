/** Words come with the page that says them, in whatever language is spoken. */
import { beforeAll, expect, test, vi } from "vitest";
import { learn, locale, speak, t } from "../../src/i18n";

beforeAll(() => {
  vi.stubGlobal("document", { documentElement: { lang: "", dir: "" } });
  vi.stubGlobal("navigator", { language: "en", languages: ["en-GB"] });
});

test("a page's words are there once it was learned, and stay through a change of language", async () => {
  await speak("en");
  expect(t("common.cancel")).toBe("Cancel");
  expect(t("status.title")).toBe("status.title");
  await learn(["status"]);
  expect(t("status.title")).not.toBe("status.title");
  await speak("ar");
  expect(t("status.title")).toMatch(/[\u0600-\u06FF]/);
});

test("a language that is turned to while words come has them too", async () => {
  await speak("en");
  await Promise.all([learn(["people"]), speak("ar"), learn(["board"])]);
  expect(locale()).toBe("ar");
  expect([t("people.title"), t("board.state.started")].filter((said) => !/[\u0600-\u06FF]/.test(said))).toEqual([]);
});
