// What the page may say about the state of the document. Nothing here guesses: "saved" follows from
// the provider's `saved`, which follows from acknowledgements.

import type { Closed, Status } from "../provider";

export type SaveKind = "connecting" | "offline" | "saving" | "saved" | "refused";

export interface SaveFacts {
  status: Status;
  saved: boolean;
  unsaved: number;
  closed: Closed | null;
  disconnectedMs: number; // Since the last time it was connected, or since the page opened.
  keptLocally: boolean; // Edits survive a closed tab.
}

export interface SaveState {
  kind: SaveKind;
  text: string;
  detail: string;
}

// A node that restarts hands its clients over within this time; calling that "offline" would only
// alarm. Nothing is called saved meanwhile.
export const offlineAfterMs = 1_500;

export function saveState(facts: SaveFacts): SaveState {
  if (facts.closed !== null) return refused(facts.closed);
  if (facts.status !== "connected") {
    if (facts.disconnectedMs >= offlineAfterMs) return offline(facts);
    return { kind: "connecting", text: "Connecting…", detail: "Looking for the server" };
  }
  if (facts.saved) {
    return { kind: "saved", text: "Saved", detail: "The server has stored every change" };
  }
  if (facts.unsaved === 0) {
    return { kind: "connecting", text: "Connecting…", detail: "Comparing with the server" };
  }
  return { kind: "saving", text: "Saving…", detail: "The server has not confirmed all changes yet" };
}

function refused({ code, reason }: Closed): SaveState {
  return {
    kind: "refused",
    text: `Cannot be saved: ${reason || `the server refused with code ${code}`}`,
    detail: "The server refused this document for good",
  };
}

function offline({ unsaved, keptLocally }: SaveFacts): SaveState {
  const detail =
    unsaved === 0
      ? "The server cannot be reached"
      : keptLocally
        ? "Changes are kept in this browser and merged when the server is back"
        : "Changes are kept in this tab only, until the server is back";
  return { kind: "offline", text: "Offline", detail };
}
