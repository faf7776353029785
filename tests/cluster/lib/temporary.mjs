// Folders that are gone when the tests are.

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
// Its processes have to end before their folders go.
import "./part.mjs";

const made = new Set();

process.once("exit", () => made.forEach(removeFolder));

export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "syncline-cluster-"));
  // Parts that run as somebody else have folders of their own below.
  chmodSync(folder, 0o711);
  made.add(folder);
  return folder;
}

export function removeFolder(folder) {
  made.delete(folder);
  rmSync(folder, { recursive: true, force: true });
}

// `body` gets a folder. With SYNCLINE_KEEP it stays if the body fails, for whoever wants to read its logs.
export async function withTemporaryFolder(body) {
  const folder = temporaryFolder();
  try {
    const result = await body(folder);
    removeFolder(folder);
    return result;
  } catch (error) {
    if (process.env.SYNCLINE_KEEP) {
      made.delete(folder);
      error.message += ` (logs in ${folder})`;
    } else {
      removeFolder(folder);
    }
    throw error;
  }
}
