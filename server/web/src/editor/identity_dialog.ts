import { X } from "lucide";
import { h, icon } from "../dom";
import { type Identity, colors, nameLengthMax } from "./identity";

// Asks for name and colour, and hands back what was chosen.
export function askForIdentity(current: Identity, choose: (identity: Identity) => void): void {
  const name = h("input", {
    id: "person-name",
    type: "text",
    value: current.name,
    maxlength: `${nameLengthMax}`,
    autocomplete: "nickname",
    required: true,
  });
  const form = h(
    "form",
    { method: "dialog" },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", { id: "identity-title" }, "How others see you"),
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => dialog.close() },
        icon(X),
      ),
    ),
    h("label", { for: "person-name" }, "Name"),
    name,
    h(
      "fieldset",
      { class: "swatches" },
      h("legend", {}, "Colour"),
      ...colors.map((color, index) => swatch(color, index, color === current.color)),
    ),
    h(
      "div",
      { class: "dialog-actions" },
      h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel"),
      h("button", { type: "submit", class: "button primary" }, "Done"),
    ),
  );
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "identity-title" }, form);
  form.addEventListener("submit", () => {
    const color = new FormData(form).get("color");
    choose({
      name: name.value.trim() || current.name,
      color: typeof color === "string" ? color : current.color,
    });
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  name.select();
}

function swatch(color: string, index: number, checked: boolean): HTMLElement {
  const input = h("input", {
    type: "radio",
    name: "color",
    value: color,
    checked,
    "aria-label": `Colour ${index + 1}`,
  });
  input.style.setProperty("--swatch", color);
  return input;
}
