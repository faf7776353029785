import "../styles/documents.css";
import { brandLink, mark } from "../brand";
import { h } from "../dom";

export function showUnknown(app: HTMLElement): void {
  document.title = "Not found – Syncline";
  app.replaceChildren(
    h("header", { class: "site-header" }, brandLink()),
    h(
      "main",
      { class: "documents" },
      h(
        "div",
        { class: "notice" },
        mark(48),
        h("h1", {}, "There is nothing here"),
        h("p", {}, "No document can have this address. Check the link, or start from the list."),
        h("a", { class: "button primary", href: "/" }, "All documents"),
      ),
    ),
  );
}
