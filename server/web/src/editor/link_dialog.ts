import type { Editor } from "@tiptap/core";
import { X } from "lucide";
import { h, icon } from "../dom";

// Asks where the selected text, or the link under the cursor, leads.
export function askForLink(editor: Editor): void {
  const current = String(editor.getAttributes("link")["href"] ?? "");
  const input = h("input", {
    id: "link-address",
    type: "text",
    inputmode: "url",
    value: current,
    placeholder: "https://",
    autocomplete: "off",
    spellcheck: "false",
  });
  const remove = () => {
    dialog.close();
    editor.chain().focus().extendMarkRange("link").unsetLink().run();
  };
  const apply = () => {
    const href = completeAddress(input.value.trim());
    if (href === null) return remove();
    applyLink(editor, href);
  };
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "link-title" },
    h(
      "form",
      { method: "dialog", onsubmit: apply },
      h(
        "div",
        { class: "dialog-head" },
        h("h2", { id: "link-title" }, current ? "Change link" : "Add link"),
        h(
          "button",
          { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => dialog.close() },
          icon(X),
        ),
      ),
      h("label", { for: "link-address" }, "Address"),
      input,
      h(
        "div",
        { class: "dialog-actions" },
        current ? h("button", { type: "button", class: "button", onclick: remove }, "Remove") : null,
        h("button", { type: "submit", class: "button primary" }, "Apply"),
      ),
    ),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    editor.commands.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  input.select();
}

// "example.org" means https://example.org; null when there is nothing to link to.
export function completeAddress(text: string): string | null {
  if (text === "") return null;
  if (/^[a-z][a-z0-9+.-]*:/i.test(text) || /^[/#]/.test(text)) return text;
  return text.includes("@") && !text.includes("/") ? `mailto:${text}` : `https://${text}`;
}

function applyLink(editor: Editor, href: string): void {
  const chain = editor.chain().focus();
  if (editor.state.selection.empty && !editor.isActive("link")) {
    const text = { type: "text", text: href, marks: [{ type: "link", attrs: { href } }] };
    chain.insertContent(text).run();
  } else {
    chain.extendMarkRange("link").setLink({ href }).run();
  }
}
