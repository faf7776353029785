import type { Awareness } from "y-protocols/awareness";
import { h } from "../dom";
import { type Identity, initials, sanitizeIdentity } from "./identity";

const shownMax = 4; // Besides oneself; the rest is a number.

// The row of who is here. The first is oneself, and a button that changes name and colour.
export class Presence {
  readonly element = h("div", { class: "presence", role: "group", "aria-label": "Who is here" });
  private shown = "";

  constructor(
    private readonly awareness: Awareness,
    private readonly editSelf: () => void,
  ) {
    awareness.on("change", () => this.update());
    this.update();
  }

  private update(): void {
    const { self, others } = this.people();
    const description = JSON.stringify([self, others]);
    if (description === this.shown) return;
    this.shown = description;
    const hidden = others.slice(shownMax);
    this.element.replaceChildren(
      ...others.slice(0, shownMax).map((person) => avatar("span", person, person.name)),
      ...(hidden.length > 0 ? [overflow(hidden)] : []),
      this.selfButton(self),
    );
  }

  // Ordered by client id, so that nobody changes places while others come and go.
  private people(): { self: Identity; others: Identity[] } {
    const states = [...this.awareness.getStates()].sort(([a], [b]) => a - b);
    const others = states
      .filter(([id, state]) => id !== this.awareness.clientID && state["user"] !== undefined)
      .map(([, state]) => sanitizeIdentity(state["user"]));
    return { self: sanitizeIdentity(this.awareness.getLocalState()?.["user"]), others };
  }

  private selfButton(self: Identity): HTMLElement {
    const button = avatar("button", self, `${self.name} (you)`);
    button.classList.add("self");
    button.setAttribute("aria-label", `You are ${self.name}. Change name and colour`);
    button.addEventListener("click", this.editSelf);
    return button;
  }
}

function avatar(tag: "span" | "button", { name, color }: Identity, title: string): HTMLElement {
  const element = h(tag, { class: "avatar", title }, initials(name));
  if (tag === "span") {
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", name);
  }
  element.style.setProperty("--person", color);
  return element;
}

function overflow(hidden: Identity[]): HTMLElement {
  const names = hidden.map(({ name }) => name).join(", ");
  return h(
    "span",
    { class: "avatar more", title: names, role: "img", "aria-label": names },
    `+${hidden.length}`,
  );
}
