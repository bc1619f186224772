// Takes out of a package-lock.json what npm adds beside versions and hashes: addresses where money can be sent.
import { readFileSync, writeFileSync } from "node:fs";

for (const path of process.argv.slice(2)) {
  const lock = JSON.parse(readFileSync(path, "utf8"));
  for (const entry of Object.values(lock.packages)) {
    delete entry.funding;
    delete entry.resolved;
    if (entry.deprecated?.includes("://")) entry.deprecated = "deprecated";
  }
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
}
