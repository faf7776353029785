import { documentUrl } from "./provider/document_url";

export type Route =
  | { page: "documents" }
  | { page: "editor"; name: string }
  | { page: "unknown" };

const editorPrefix = "/d/";

export function parseRoute(pathname: string): Route {
  if (pathname === "/") return { page: "documents" };
  if (!pathname.startsWith(editorPrefix)) return { page: "unknown" };
  try {
    const name = decodeURIComponent(pathname.slice(editorPrefix.length));
    return editorPath(name) === null ? { page: "unknown" } : { page: "editor", name };
  } catch {
    return { page: "unknown" }; // A percent sign that starts no escape.
  }
}

// The page of a document; null for a name that no address can carry.
export function editorPath(name: string): string | null {
  return documentUrl(editorPrefix, name);
}

export function socketUrl(name: string): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const url = documentUrl(`${scheme}//${location.host}/ws/`, name);
  if (url === null) throw new Error(`no address can carry the name ${JSON.stringify(name)}`);
  return url;
}
