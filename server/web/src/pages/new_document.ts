import { X } from "lucide";
import { h, icon } from "../dom";
import { inventDocumentName } from "../names";
import { editorPath } from "../route";

// Names are addresses; longer ones than this are refused by the server.
const nameBytesMax = 512;

// Asks for a name and opens the document. A document exists once something is written in it, so
// there is nothing to create here, and a name that exists already opens that document.
export function askForNewDocument(initialName = ""): void {
  const suggestion = inventDocumentName();
  const problem = h("p", { class: "field-problem", id: "name-problem", role: "alert" });
  const input = h("input", {
    id: "document-name",
    name: "name",
    type: "text",
    placeholder: suggestion,
    value: initialName,
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": "name-hint name-problem",
  });
  const open = (event: Event) => {
    event.preventDefault();
    const name = input.value.trim() || suggestion;
    const path = editorPath(name);
    const tooLong = new TextEncoder().encode(name).length > nameBytesMax;
    if (path !== null && !tooLong) return location.assign(path);
    problem.textContent = tooLong ? "This name is too long." : "This cannot be a name.";
    input.setAttribute("aria-invalid", "true");
    input.focus();
  };
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "new-title" },
    h(
      "form",
      { method: "dialog", onsubmit: open },
      h(
        "div",
        { class: "dialog-head" },
        h("h2", { id: "new-title" }, "New document"),
        h(
          "button",
          { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => dialog.close() },
          icon(X),
        ),
      ),
      h("label", { for: "document-name" }, "Name"),
      input,
      problem,
      h(
        "p",
        { class: "field-hint", id: "name-hint" },
        "The name becomes the link. Leave it empty and it gets one; slashes group documents.",
      ),
      h(
        "div",
        { class: "dialog-actions" },
        h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel"),
        h("button", { type: "submit", class: "button primary" }, "Open"),
      ),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
}
