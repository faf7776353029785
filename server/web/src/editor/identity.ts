// Who I am to the others: a name and a colour, kept in this browser. Not a login.

import { inventPersonName, randomBelow } from "../names";

export interface Identity {
  name: string;
  color: string;
}

// White text is readable on each, and each differs from its neighbours for most colour-blind eyes.
export const colors = [
  "#c2410c",
  "#1d5fd1",
  "#047857",
  "#be185d",
  "#7c3aed",
  "#0e7490",
  "#a16207",
  "#9f1239",
];

export const nameLengthMax = 40;
const storageKey = "syncline.identity";

export function loadIdentity(): Identity {
  const stored = parseIdentity(read());
  if (stored !== null) return stored;
  const identity = { name: inventPersonName(), color: colors[randomBelow(colors.length)]! };
  saveIdentity(identity);
  return identity;
}

export function saveIdentity(identity: Identity): void {
  try {
    localStorage.setItem(storageKey, JSON.stringify(identity));
  } catch {
    // Storage is full or forbidden: the name lasts as long as the page.
  }
}

// Calls back when another tab of this browser changes the identity.
export function onIdentityChanged(listener: (identity: Identity) => void): void {
  window.addEventListener("storage", (event) => {
    if (event.key !== storageKey) return;
    const identity = parseIdentity(event.newValue);
    if (identity !== null) listener(identity);
  });
}

// What others say about themselves arrives from the network and ends in style attributes.
export function sanitizeIdentity(value: unknown): Identity {
  const { name, color } = (typeof value === "object" && value !== null ? value : {}) as {
    name?: unknown;
    color?: unknown;
  };
  const cleanName = typeof name === "string" ? name.trim().slice(0, nameLengthMax) : "";
  const cleanColor = typeof color === "string" && /^#[0-9a-f]{6}$/i.test(color) ? color : "#57534e";
  return { name: cleanName || "Someone", color: cleanColor };
}

export function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  return letters.map((word) => [...word][0]!.toLocaleUpperCase()).join("");
}

function parseIdentity(text: string | null): Identity | null {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return value === null ? null : sanitizeIdentity(value);
  } catch {
    return null;
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}
