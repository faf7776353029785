import { IndexeddbPersistence } from "y-indexeddb";
import type * as Y from "yjs";

const patienceMs = 4_000;

// Loads what this browser holds of the document into `doc`, and keeps every later change. Resolves
// to whether it does: a browser may forbid storage, and y-indexeddb would then wait for ever.
export async function keepLocally(name: string, doc: Y.Doc): Promise<boolean> {
  const key = `syncline:${name}`;
  if (!(await canOpen(key))) return false;
  const persistence = new IndexeddbPersistence(key, doc);
  return Promise.race([
    persistence.whenSynced.then(() => true),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), patienceMs)),
  ]);
}

// Opens without a version, which y-indexeddb's own open takes over from.
function canOpen(key: string): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), patienceMs);
    const answer = (possible: boolean) => {
      clearTimeout(timer);
      resolve(possible);
    };
    try {
      const request = indexedDB.open(`${key}:probe`);
      request.onerror = () => answer(false);
      request.onsuccess = () => {
        request.result.close();
        indexedDB.deleteDatabase(`${key}:probe`);
        answer(true);
      };
    } catch {
      answer(false);
    }
  });
}
