// The part of the HTTP API that the pages use.

export interface DocumentSummary {
  name: string;
  updates: number;
  bytes: number;
  updated_at: string; // RFC 3339
}

export interface DocumentPage {
  documents: DocumentSummary[];
  next: string | null; // Pass as `after` for the page that follows; null when there is none.
}

export async function listDocuments(
  after: string | null,
  limit: number,
  signal: AbortSignal,
): Promise<DocumentPage> {
  const query = new URLSearchParams({ limit: `${limit}` });
  if (after !== null) query.set("after", after);
  const response = await fetch(`/api/v1/documents?${query}`, { signal, cache: "no-store" });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const body = (await response.json()) as { documents: DocumentSummary[]; next?: string | null };
  return { documents: body.documents, next: body.next ?? null };
}
