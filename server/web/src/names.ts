// Names for things that nobody has named yet. They need to be pleasant and unlikely to meet, not
// secret: a document's name is its address.

const adjectives = [
  "amber", "brisk", "calm", "clear", "curious", "gentle", "golden", "hidden", "keen", "lively",
  "lucid", "mellow", "nimble", "open", "patient", "quiet", "rapid", "silver", "steady", "sunny",
  "swift", "tidal", "vivid", "warm",
];
const places = [
  "basin", "bay", "bluff", "brook", "canyon", "cove", "delta", "dune", "fjord", "glade", "grove",
  "harbor", "island", "lagoon", "ledge", "meadow", "mesa", "prairie", "reef", "ridge", "river",
  "shore", "summit", "valley",
];
const animals = [
  "Badger", "Crane", "Dolphin", "Falcon", "Finch", "Fox", "Gecko", "Heron", "Ibex", "Jay", "Lark",
  "Lynx", "Marten", "Moth", "Otter", "Owl", "Puffin", "Raven", "Robin", "Seal", "Swift", "Tern",
  "Vole", "Wren",
];

export function inventDocumentName(): string {
  return `${pick(adjectives)}-${pick(places)}-${1000 + randomBelow(9000)}`;
}

export function inventPersonName(): string {
  const adjective = pick(adjectives);
  return `${adjective[0]!.toUpperCase()}${adjective.slice(1)} ${pick(animals)}`;
}

export function randomBelow(limit: number): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! % limit;
}

function pick(words: string[]): string {
  return words[randomBelow(words.length)]!;
}
