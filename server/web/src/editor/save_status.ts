import { Ban, CloudCheck, CloudOff, CloudUpload } from "lucide";
import { h, icon } from "../dom";
import type { SynclineProvider } from "../provider";
import { type SaveKind, type SaveState, saveState } from "./save_state";

// Fast networks acknowledge each keystroke within milliseconds. "Saving" is shown at once; "saved"
// only when it has been true for this long, so that the mark does not flicker. It can only be late.
const savedAfterMs = 400;
const recheckMs = 500;

const icons = {
  connecting: CloudUpload,
  offline: CloudOff,
  saving: CloudUpload,
  saved: CloudCheck,
  refused: Ban,
};

// The chip that says whether the document is saved, and the banner that says what to do if not.
export class SaveStatus {
  readonly chip = h("span", { class: "save-chip", id: "save-status" });
  readonly banner = h("div", { class: "banner", role: "status", hidden: true });

  private lastConnectedMs = performance.now();
  private savedSinceMs: number | null = null;
  private shown = "";

  constructor(
    private readonly provider: SynclineProvider,
    private readonly keptLocally: boolean,
  ) {
    provider.on("status", () => this.update());
    provider.on("saved", () => {
      this.savedSinceMs = performance.now();
      this.update();
      setTimeout(() => this.update(), savedAfterMs + 10);
    });
    provider.on("unsaved", () => this.update());
    provider.on("closed", () => this.update());
    setInterval(() => this.update(), recheckMs);
    this.update();
  }

  private update(): void {
    const state = this.currentState();
    const description = `${state.kind} ${state.text} ${state.detail}`;
    if (description === this.shown) return;
    this.shown = description;
    this.renderChip(state);
    this.renderBanner(state);
  }

  private currentState(): SaveState {
    const { provider } = this;
    const nowMs = performance.now();
    if (provider.status === "connected") this.lastConnectedMs = nowMs;
    const facts = {
      status: provider.status,
      saved: provider.saved,
      unsaved: provider.unsaved,
      closed: provider.closed,
      disconnectedMs: nowMs - this.lastConnectedMs,
      keptLocally: this.keptLocally,
    };
    const state = saveState(facts);
    const settled = this.savedSinceMs !== null && nowMs - this.savedSinceMs >= savedAfterMs;
    if (state.kind !== "saved" || settled) return state;
    return { kind: "saving", text: "Saving…", detail: state.detail };
  }

  private renderChip({ kind, text, detail }: SaveState): void {
    this.chip.dataset["state"] = kind;
    this.chip.title = detail;
    this.chip.replaceChildren(icon(icons[kind], 16), h("span", {}, text));
  }

  private renderBanner({ kind, text, detail }: SaveState): void {
    this.banner.hidden = kind !== "offline" && kind !== "refused";
    this.banner.dataset["state"] = kind;
    if (this.banner.hidden) return this.banner.replaceChildren();
    const again = kind === "refused" ? this.askAgain : this.provider.wake;
    this.banner.replaceChildren(
      h("span", {}, `${bannerText(kind, text)} ${detail}.`),
      h("button", { class: "banner-button", onclick: again }, "Try now"),
    );
  }

  private readonly askAgain = (): void => this.provider.connect();
}

function bannerText(kind: SaveKind, text: string): string {
  return kind === "refused" ? `${text}.` : "You are offline.";
}
