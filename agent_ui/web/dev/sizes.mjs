// First load of the built console, compressed: the entry with all that it imports at once. Fails over the budget.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const BUILT = join(import.meta.dirname, "../../static/console");
const BUDGET_KB = { js: 300, css: 45 };

const manifestFile = join(BUILT, ".vite/manifest.json");
if (!existsSync(manifestFile)) {
  console.error(`${BUILT} is not built: run "build" first`);
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(manifestFile, "utf8"));
const compressed = (file) => gzipSync(readFileSync(join(BUILT, file)), { level: 9 }).length;

/** Files of a chunk and of everything it imports statically. */
function filesOf(name, found = new Set()) {
  const chunk = manifest[name];
  if (chunk === undefined || found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const css of chunk.css ?? []) found.add(css);
  for (const other of chunk.imports ?? []) filesOf(other, found);
  return found;
}

const first = [...filesOf("index.html")];
const later = Object.values(manifest).flatMap((chunk) => [chunk.file, ...(chunk.css ?? [])]);
const sum = (files, end) => files.filter((file) => file.endsWith(end)).reduce((bytes, file) => bytes + compressed(file), 0);

let isOver = false;
for (const [kind, limit] of Object.entries(BUDGET_KB)) {
  const used = sum(first, `.${kind}`) / 1000;
  const all = sum([...new Set(later)], `.${kind}`) / 1000;
  isOver ||= used > limit;
  console.log(`${kind.padEnd(3)} first load ${used.toFixed(1)} kB of ${limit} kB, all chunks ${all.toFixed(1)} kB (gzip)${used > limit ? "  OVER" : ""}`);
}
process.exit(isOver ? 1 : 0);
