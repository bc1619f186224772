// What a customer's browser has to load before the first message, compressed. Fails over the budget.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const BUILT = join(import.meta.dirname, "../../static/widget");
const KB = 1000;

if (!existsSync(join(BUILT, ".vite/manifest.json"))) {
  console.error(`${BUILT} is not built: run "build" first`);
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(join(BUILT, ".vite/manifest.json"), "utf8"));
const compressed = (file) => gzipSync(readFileSync(join(BUILT, file)), { level: 9 }).length;
const sum = (files) => files.reduce((bytes, file) => bytes + compressed(file), 0);

/** Files of a chunk and of everything it imports statically. */
function filesOf(name, found = new Set()) {
  const chunk = manifest[name];
  if (found.has(chunk.file)) return found;
  for (const file of [chunk.file, ...(chunk.css ?? [])]) found.add(file);
  for (const other of chunk.imports ?? []) filesOf(other, found);
  return found;
}

const first = [...filesOf("panel.html")];
const languages = Object.values(manifest).map((chunk) => chunk.file).filter((file) => !first.includes(file));
const loader = compressed("loader.js");
const panel = sum(["panel.html", ...first]);
const parts = [
  ["loader", loader, 3],
  ["panel", panel, 25],
  ["all before the first message", loader + panel + Math.max(0, ...languages.map(compressed)), 28],
];
for (const [what, bytes, limit] of parts) {
  const isOver = bytes > limit * KB;
  console.log(`${what}: ${(bytes / KB).toFixed(1)} KB gz of ${limit}${isOver ? "  OVER" : ""}`);
  if (isOver) process.exitCode = 1;
}
