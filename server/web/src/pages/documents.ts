import "../styles/documents.css";
import { FilePlus2, FileText, Plus, RotateCw, Search, SearchX } from "lucide";
import { type DocumentSummary, listDocuments } from "../api";
import { brandLink, mark } from "../brand";
import { h, icon } from "../dom";
import { byteSize, count, timeAgo } from "../format";
import { editorPath } from "../route";
import { askForNewDocument } from "./new_document";

const pageSize = 200;
const pagesAtOnce = 5; // Then "Show more" asks, so that a huge list costs nothing unasked.

interface Listing {
  documents: DocumentSummary[];
  next: string | null;
}

// The list of documents: everything is loaded page by page, filtered and ordered in the browser.
export function showDocuments(app: HTMLElement): void {
  document.title = "Documents – Syncline";
  const search = h("input", {
    type: "search",
    id: "search",
    placeholder: "Search documents",
    "aria-label": "Search documents",
    autocomplete: "off",
    spellcheck: "false",
  });
  const summary = h("p", { class: "summary", role: "status" });
  const list = h("div", { class: "list", "aria-busy": "true" });
  app.replaceChildren(
    h(
      "header",
      { class: "site-header" },
      brandLink(),
      h(
        "button",
        { class: "button primary", id: "new-document", onclick: () => askForNewDocument() },
        icon(Plus),
        "New document",
      ),
    ),
    h(
      "main",
      { class: "documents" },
      h("h1", {}, "Documents"),
      h("div", { class: "search" }, icon(Search), search, h("kbd", { "aria-hidden": "true" }, "/")),
      list,
      summary,
    ),
  );
  new DocumentList(list, summary, search);
}

class DocumentList {
  private listing: Listing = { documents: [], next: null };
  private loading: AbortController | null = null;
  private loaded = false;

  constructor(
    private readonly list: HTMLElement,
    private readonly summary: HTMLElement,
    private readonly search: HTMLInputElement,
  ) {
    search.addEventListener("input", () => this.onSearch());
    search.addEventListener("keydown", (event) => this.onSearchKey(event));
    document.addEventListener("keydown", (event) => this.onShortcut(event));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.reload();
    });
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) void this.reload();
    });
    this.list.replaceChildren(...skeletonRows());
    void this.reload();
  }

  private async reload(): Promise<void> {
    await this.load({ documents: [], next: null }, pagesAtOnce);
  }

  // Loads up to `pages` pages that follow `start`, then shows all of it.
  private async load(start: Listing, pages: number): Promise<void> {
    this.loading?.abort();
    const loading = new AbortController();
    this.loading = loading;
    this.list.setAttribute("aria-busy", "true");
    try {
      let { documents, next } = start;
      for (let page = 0; page < pages && (page === 0 || next !== null); page += 1) {
        const answer = await listDocuments(next, pageSize, loading.signal);
        documents = documents.concat(answer.documents);
        next = answer.next;
      }
      this.listing = { documents, next };
      this.loaded = true;
      this.render();
    } catch (error) {
      if (loading.signal.aborted) return;
      this.renderFailure(error);
    } finally {
      if (this.loading === loading) this.list.setAttribute("aria-busy", "false");
    }
  }

  private loadMore(): void {
    void this.load(this.listing, pagesAtOnce);
  }

  private onSearch(): void {
    if (this.loaded) this.render();
  }

  private onSearchKey(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      this.search.value = "";
      this.onSearch();
    } else if (event.key === "Enter") {
      this.list.querySelector<HTMLAnchorElement>("a.row")?.click();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      this.list.querySelector<HTMLAnchorElement>("a.row")?.focus();
    }
  }

  private onShortcut(event: KeyboardEvent): void {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    this.search.focus();
  }

  private render(): void {
    const { documents, next } = this.listing;
    const wanted = this.search.value.trim();
    const shown = filterDocuments(documents, wanted);
    const more =
      next === null
        ? null
        : h("button", { class: "button more", onclick: () => this.loadMore() }, "Show more");
    this.summary.textContent = describe(documents.length, shown.length, next !== null, wanted);
    if (documents.length === 0) this.list.replaceChildren(emptyNotice());
    else if (shown.length === 0) this.list.replaceChildren(nothingFound(wanted), more ?? "");
    else this.list.replaceChildren(rows(shown), more ?? "");
  }

  private renderFailure(error: unknown): void {
    this.summary.textContent = "";
    const reason = error instanceof TypeError ? "The server cannot be reached." : String(error);
    this.list.replaceChildren(
      h(
        "div",
        { class: "notice", role: "alert" },
        icon(RotateCw, 28),
        h("h2", {}, "The list could not be loaded"),
        h("p", {}, reason),
        h("button", { class: "button", onclick: () => void this.reload() }, "Try again"),
      ),
    );
  }
}

// Every word must occur in the name; the most recently written first.
export function filterDocuments(documents: DocumentSummary[], wanted: string): DocumentSummary[] {
  const words = wanted.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return documents
    .filter(({ name }) => {
      const lower = name.toLocaleLowerCase();
      return words.every((word) => lower.includes(word));
    })
    .sort((a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at));
}

function describe(total: number, shown: number, more: boolean, wanted: string): string {
  if (total === 0) return "";
  const all = `${count(total, "document", "documents")}${more ? " loaded, there are more" : ""}`;
  return wanted === "" ? all : `${shown.toLocaleString("en")} of ${all}`;
}

function rows(documents: DocumentSummary[]): HTMLElement {
  const now = new Date();
  return h("ul", { class: "rows" }, ...documents.map((summary) => row(summary, now)));
}

function row({ name, bytes, updated_at }: DocumentSummary, now: Date): HTMLElement {
  const slash = name.lastIndexOf("/", name.length - 2);
  const folder = name.slice(0, slash + 1);
  const path = editorPath(name);
  const written = new Date(updated_at);
  const content = [
    h("span", { class: "row-icon" }, icon(FileText, 20)),
    h(
      "span",
      { class: "row-name" },
      folder ? h("span", { class: "row-folder" }, folder) : null,
      h("span", {}, name.slice(slash + 1)),
    ),
    h("span", { class: "row-size" }, byteSize(bytes)),
    h(
      "time",
      { class: "row-time", datetime: updated_at, title: written.toLocaleString() },
      timeAgo(written, now),
    ),
  ];
  // Some names that other clients may use cannot be written as a path.
  const element =
    path === null
      ? h("span", { class: "row" }, ...content)
      : h("a", { class: "row", href: path, title: name }, ...content);
  return h("li", {}, element);
}

function emptyNotice(): HTMLElement {
  return h(
    "div",
    { class: "notice" },
    mark(56),
    h("h2", {}, "Nothing written yet"),
    h("p", {}, "Start a document and share its link: everyone who opens it writes along."),
    h(
      "button",
      { class: "button primary", onclick: () => askForNewDocument() },
      icon(FilePlus2),
      "Start the first one",
    ),
  );
}

function nothingFound(wanted: string): HTMLElement {
  return h(
    "div",
    { class: "notice" },
    icon(SearchX, 32),
    h("h2", {}, "No document matches"),
    h("p", {}, `No name holds “${wanted}”.`),
    h("button", { class: "button", onclick: () => askForNewDocument(wanted) }, "Start it now"),
  );
}

function skeletonRows(): HTMLElement[] {
  return Array.from({ length: 5 }, () => h("div", { class: "row skeleton", "aria-hidden": "true" }));
}
