// What a customer's browser has to load, compressed; fails when it is over budget.
import { readFileSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";

const folder = new URL("../../static/widget/", import.meta.url);
const size = (name) => gzipSync(readFileSync(new URL(name, folder)), { level: 9 }).length;
const panel = readdirSync(folder).filter((name) => /\.(js|css|html)$/.test(name) && name !== "loader.js");
const parts = [
  { what: "loader", bytes: size("loader.js"), limit: 3 * 1024 },
  { what: "panel", bytes: panel.reduce((sum, name) => sum + size(name), 0), limit: 25 * 1024 },
];
for (const { what, bytes, limit } of parts) {
  console.log(`${what}: ${(bytes / 1024).toFixed(1)} KB gz of ${limit / 1024}`);
  if (bytes > limit) process.exitCode = 1;
}
