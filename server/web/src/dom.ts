// Elements from code, in one line each. Text is always text: nothing here parses HTML.

import { type IconNode, createElement } from "lucide";

type Child = Node | string | null;
type Attributes = Record<string, string | boolean | EventListener | null>;

// h("button", { class: "quiet", onclick: f, disabled: true }, "Text", child)
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (typeof value === "string") element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function icon(node: IconNode, size = 18): SVGElement {
  return createElement(node, {
    width: size,
    height: size,
    "stroke-width": 1.75,
    "aria-hidden": "true",
    focusable: "false",
  });
}
