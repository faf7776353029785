// Folders that are gone when the tests are.

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
// Its processes have to end before their folders go.
import "./part.mjs";

const made = new Set();

process.once("exit", () => {
  if (process.env.SYNCLINE_KEEP) return;
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "syncline-cluster-"));
  // Parts that run as somebody else have folders of their own below.
  chmodSync(folder, 0o711);
  made.add(folder);
  return folder;
}

export function removeFolder(folder) {
  made.delete(folder);
  if (!process.env.SYNCLINE_KEEP) rmSync(folder, { recursive: true, force: true });
}
