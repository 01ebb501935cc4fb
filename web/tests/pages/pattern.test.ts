/** An address fits one pattern, with its parameters. */
import { expect, test } from "vitest";
import { parameters } from "../../src/pages/pattern";

test.each([
  ["/", "/", {}],
  ["/", "/courses", null],
  ["/courses", "/courses/", {}],
  ["/courses/:courseId", "/courses/0193-a_b", { courseId: "0193-a_b" }],
  ["/courses/:courseId", "/courses", null],
  ["/courses/:courseId", "/courses/a/b", null],
  ["/courses/:courseId", "/courses/a%2Fb", null],
  ["/courses/:courseId/lessons/new", "/courses/7/lessons/new", { courseId: "7" }],
])("%s takes %s as %o", (pattern, path, values) => {
  expect(parameters(pattern, path)).toEqual(values);
});
