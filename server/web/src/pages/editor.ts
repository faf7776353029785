import "../styles/editor.css";
import "../styles/content.css";
import { Editor, getSchema } from "@tiptap/core";
import { ChevronLeft, FileWarning, Link2 } from "lucide";
import * as Y from "yjs";
import { mark } from "../brand";
import { h, icon } from "../dom";
import { contentExtensions, editorExtensions, fieldName } from "../editor/extensions";
import { type Identity, loadIdentity, onIdentityChanged, saveIdentity } from "../editor/identity";
import { askForIdentity } from "../editor/identity_dialog";
import { askForLink } from "../editor/link_dialog";
import { keepLocally } from "../editor/local_copy";
import { Presence } from "../editor/presence";
import { SaveStatus } from "../editor/save_status";
import { foreignName, watchForForeign } from "../editor/schema_guard";
import { Toolbar } from "../editor/toolbar";
import { SynclineProvider } from "../provider";
import { socketUrl } from "../route";

// How long an empty page waits for the server before it offers an empty document to write in.
const firstSyncPatienceMs = 2_000;

// One document: loads the copy that this browser keeps, connects, and shows the editor.
export async function showEditor(app: HTMLElement, name: string): Promise<void> {
  const doc = new Y.Doc();
  // Not connected yet: what the local copy holds must be counted as unsaved before the first sync.
  const provider = new SynclineProvider(socketUrl(name), doc, { connect: false });
  const page = new EditorPage(app, name, provider);
  const keptLocally = await keepLocally(name, doc);
  page.showStatus(new SaveStatus(provider, keptLocally));
  guardAgainstLoss(provider, keptLocally);
  provider.connect();
  if (doc.getXmlFragment(fieldName).length === 0) await firstSync(provider);
  page.showContent();
}

class EditorPage {
  private identity: Identity = loadIdentity();
  private readonly status = h("div", { class: "save-slot" });
  private readonly notices = h("div", { class: "notices" });
  private readonly tools = h("div", { class: "tools" });
  private readonly sheet = h("main", { class: "sheet", "aria-busy": "true" }, skeleton());
  private editor: Editor | null = null;

  constructor(
    app: HTMLElement,
    name: string,
    private readonly provider: SynclineProvider,
  ) {
    document.title = `${lastSegment(name)} – Syncline`;
    provider.awareness.setLocalStateField("user", this.identity);
    const presence = new Presence(provider.awareness, () => this.editIdentity());
    app.replaceChildren(
      h(
        "header",
        { class: "editor-head" },
        h(
          "div",
          { class: "head-row" },
          h("a", { class: "home", href: "/", "aria-label": "All documents" }, icon(ChevronLeft), mark(26)),
          title(name),
          this.status,
          h("div", { class: "head-end" }, presence.element, shareButton()),
        ),
        this.tools,
        this.notices,
      ),
      this.sheet,
    );
    onIdentityChanged((identity) => this.adoptIdentity(identity));
    provider.on("closed", () => this.editor?.setEditable(false));
    provider.on("synced", () => this.editor?.setEditable(true));
  }

  showStatus(status: SaveStatus): void {
    this.status.replaceChildren(status.chip);
    this.notices.replaceChildren(status.banner);
  }

  // Binds the editor to the document, unless it holds what this editor would destroy.
  showContent(): void {
    const fragment = this.provider.doc.getXmlFragment(fieldName);
    const schema = getSchema(contentExtensions());
    this.sheet.setAttribute("aria-busy", "false");
    const foreign = foreignName(fragment, schema);
    if (foreign !== null) return this.refuseForeign(foreign);
    watchForForeign(fragment, schema, (found) => this.refuseForeign(found));
    const place = h("div", { id: "editor" });
    this.sheet.replaceChildren(place);
    this.editor = new Editor({
      element: place,
      extensions: editorExtensions(this.provider.doc, this.provider, this.identity),
      editable: this.provider.closed === null,
      autofocus: fragment.length === 0 ? "start" : false,
      injectCSS: false,
      editorProps: {
        attributes: { class: "content", "aria-label": "Document", "aria-multiline": "true", role: "textbox" },
        handleKeyDown: (_view, event) => this.onKey(event),
        handleClick: (_view, _position, event) => followLink(event),
      },
    });
    this.tools.replaceChildren(new Toolbar(this.editor).element);
    this.sheet.addEventListener("click", (event) => {
      if (event.target === this.sheet || event.target === place) this.editor?.commands.focus("end");
    });
  }

  private onKey(event: KeyboardEvent): boolean {
    if (this.editor === null || event.key !== "k" || !(event.ctrlKey || event.metaKey)) return false;
    event.preventDefault();
    askForLink(this.editor);
    return true;
  }

  private refuseForeign(found: string): void {
    this.editor?.destroy();
    this.editor = null;
    this.tools.replaceChildren();
    this.sheet.replaceChildren(
      h(
        "div",
        { class: "notice", role: "alert" },
        icon(FileWarning, 36),
        h("h2", {}, "Another editor wrote this document"),
        h(
          "p",
          {},
          `It holds “${found}”, which this editor cannot show. Opening it here would remove that ` +
            "for everybody, so it stays closed and untouched.",
        ),
        h("a", { class: "button", href: "/" }, "All documents"),
      ),
    );
  }

  private editIdentity(): void {
    askForIdentity(this.identity, (identity) => {
      saveIdentity(identity);
      this.adoptIdentity(identity);
    });
  }

  private adoptIdentity(identity: Identity): void {
    this.identity = identity;
    this.provider.awareness.setLocalStateField("user", identity);
  }
}

function title(name: string): HTMLElement {
  const last = lastSegment(name);
  const folder = name.slice(0, name.length - last.length);
  return h(
    "h1",
    { class: "doc-title", title: name },
    folder ? h("span", { class: "doc-folder" }, folder) : null,
    h("span", { class: "doc-name" }, last),
  );
}

function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf("/", name.length - 2) + 1);
}

function shareButton(): HTMLElement {
  const label = h("span", {}, "Copy link");
  const button = h(
    "button",
    {
      class: "button share",
      title: "Copy the link to this document",
      onclick: () => {
        void copy(location.href).then((copied) => {
          label.textContent = copied ? "Copied" : "Copy the address bar";
          setTimeout(() => (label.textContent = "Copy link"), 1_600);
        });
      },
    },
    icon(Link2),
    label,
  );
  return button;
}

// The clipboard exists on secure origins only, and a page may be refused it.
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function followLink(event: MouseEvent): boolean {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link === null || !(event.ctrlKey || event.metaKey)) return false;
  window.open(link.href, "_blank", "noopener");
  return true;
}

// Resolves when the document is as complete as the server's, or when there is no point in waiting.
function firstSync(provider: SynclineProvider): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, firstSyncPatienceMs);
    provider.once("synced", resolve);
    provider.once("closed", () => resolve());
  });
}

function guardAgainstLoss(provider: SynclineProvider, keptLocally: boolean): void {
  window.addEventListener("beforeunload", (event) => {
    if (provider.unsaved > 0 && !keptLocally) event.preventDefault();
  });
  window.addEventListener("pagehide", () => provider.disconnect());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) provider.connect();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") provider.wake();
  });
}

function skeleton(): HTMLElement {
  const line = (width: string) => {
    const element = h("div", { class: "skeleton-line" });
    element.style.width = width;
    return element;
  };
  return h("div", { class: "content", "aria-hidden": "true" }, line("55%"), line("100%"), line("92%"), line("70%"));
}
