import type { Extensions } from "@tiptap/core";
import Collaboration from "@tiptap/extension-collaboration";
import CollaborationCursor from "@tiptap/extension-collaboration-cursor";
import Link from "@tiptap/extension-link";
import Placeholder from "@tiptap/extension-placeholder";
import TaskItem from "@tiptap/extension-task-item";
import TaskList from "@tiptap/extension-task-list";
import StarterKit from "@tiptap/starter-kit";
import type * as Y from "yjs";
import { h } from "../dom";
import type { SynclineProvider } from "../provider";
import { type Identity, sanitizeIdentity } from "./identity";

// TipTap's default field, so that any other TipTap page shows the same document.
export const fieldName = "default";

// What a document may hold. The schema that follows from this is what schema_guard.ts compares with.
export function contentExtensions(): Extensions {
  return [
    StarterKit.configure({ history: false }), // Undo is Yjs's, which undoes one's own edits only.
    Link.configure({
      openOnClick: false,
      defaultProtocol: "https",
      HTMLAttributes: { rel: "noopener noreferrer nofollow", target: "_blank" },
    }),
    TaskList,
    TaskItem.configure({ nested: true }),
  ];
}

export function editorExtensions(
  doc: Y.Doc,
  provider: SynclineProvider,
  identity: Identity,
): Extensions {
  return [
    ...contentExtensions(),
    Placeholder.configure({ placeholder: "Start writing…" }),
    Collaboration.configure({ document: doc, field: fieldName }),
    CollaborationCursor.configure({
      provider,
      user: identity,
      render: renderCursor,
      selectionRender: renderSelection,
    }),
  ];
}

function renderCursor(user: unknown): HTMLElement {
  const { name, color } = sanitizeIdentity(user);
  const cursor = h("span", { class: "cursor" }, h("span", { class: "cursor-name" }, name));
  cursor.style.setProperty("--person", color);
  return cursor;
}

function renderSelection(user: unknown) {
  const { color } = sanitizeIdentity(user);
  return { class: "cursor-selection", style: `background-color: ${color}38` };
}
