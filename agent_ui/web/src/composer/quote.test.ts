import { expect, test } from "vitest";
import { quoted } from "./quote";

test("a quotation stands after what is written already, empty lines and all, with room for the answer", () => {
  expect(quoted("", "Hello\n\nwhere is it?\n")).toBe("> Hello\n>\n> where is it?\n\n");
  expect(quoted("Good day,\n", "Hello")).toBe("Good day,\n\n> Hello\n\n");
});
