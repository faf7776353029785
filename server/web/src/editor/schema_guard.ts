// y-prosemirror deletes, from the shared document and for everybody, each node and mark that the
// schema of this editor does not know. A document written by another editor would be gutted by
// opening it here. The guard looks first, and again at everything that arrives.

import type { Schema } from "@tiptap/pm/model";
import * as Y from "yjs";

// The first name in the fragment that the schema does not know, or null.
export function foreignName(fragment: Y.XmlFragment, schema: Schema): string | null {
  for (const child of fragment.toArray()) {
    const name = foreignIn(child, schema);
    if (name !== null) return name;
  }
  return null;
}

// Calls back, once, before any observer registered later sees the foreign content.
export function watchForForeign(
  fragment: Y.XmlFragment,
  schema: Schema,
  found: (name: string) => void,
): void {
  const observer = (events: Y.YEvent<Y.XmlElement | Y.XmlText>[]) => {
    for (const event of events) {
      const name = foreignInEvent(event, schema);
      if (name === null) continue;
      fragment.unobserveDeep(observer as never);
      return found(name);
    }
  };
  fragment.observeDeep(observer as never);
}

function foreignInEvent(event: Y.YEvent<Y.XmlElement | Y.XmlText>, schema: Schema): string | null {
  if (event.target instanceof Y.XmlText) return foreignInText(event.target, schema);
  for (const item of event.changes.added) {
    for (const value of item.content.getContent()) {
      const name = foreignIn(value, schema);
      if (name !== null) return name;
    }
  }
  return null;
}

function foreignIn(value: unknown, schema: Schema): string | null {
  if (value instanceof Y.XmlText) return foreignInText(value, schema);
  if (!(value instanceof Y.XmlElement)) return "embedded content";
  if (schema.nodes[value.nodeName] === undefined) return value.nodeName;
  return foreignName(value, schema);
}

function foreignInText(text: Y.XmlText, schema: Schema): string | null {
  for (const { insert, attributes } of text.toDelta() as Delta) {
    if (typeof insert !== "string") return "embedded content";
    for (const attribute of Object.keys(attributes ?? {})) {
      const mark = attribute.replace(overlapSuffix, "");
      if (schema.marks[mark] === undefined) return mark;
    }
  }
  return null;
}

// y-prosemirror appends a hash to the names of marks that may overlap themselves.
const overlapSuffix = /--[a-zA-Z0-9+/=]{8}$/;

type Delta = { insert: unknown; attributes?: Record<string, unknown> }[];
