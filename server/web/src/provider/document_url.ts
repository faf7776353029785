// The address of a document: `base` + the percent-encoded name. Slashes separate path segments and
// stay readable, unless a segment is "." or "..": URL parsers resolve those away, whether encoded or
// not, so that in such a name the slashes are encoded and the name is one segment.
//
// Returns null for names that no URL can carry: the empty one, "." and "..", and lone surrogates.
export function documentUrl(base: string, name: string): string | null {
  if (name === "" || isDots(name)) return null;
  const segments = name.split("/");
  const separator = segments.some((segment) => isDots(segment)) ? "%2F" : "/";
  try {
    return base + segments.map(encodeURIComponent).join(separator);
  } catch {
    return null;
  }
}

function isDots(segment: string): boolean {
  return segment === "." || segment === "..";
}
