import { h } from "./dom";

// The mark: the layers of a syncline, rock strata folded downwards.
export function mark(size: number): SVGSVGElement {
  const svg = svgElement("svg", { viewBox: "0 0 32 32", width: `${size}`, height: `${size}` });
  svg.setAttribute("aria-hidden", "true");
  svg.append(
    svgElement("rect", { width: "32", height: "32", rx: "8", fill: "var(--brand)" }),
    stratum("M6.5 9.5C9 20.5 12.5 24.5 16 24.5s7-4 9.5-15", 1),
    stratum("M11 9.5c1.4 6.6 3.2 9.3 5 9.3s3.6-2.7 5-9.3", 0.8),
    stratum("M15 9.5c.3 2.2.6 3.3 1 3.3s.7-1.1 1-3.3", 0.6),
  );
  return svg;
}

export function brandLink(): HTMLElement {
  return h("a", { class: "brand", href: "/" }, mark(28), h("span", {}, "Syncline"));
}

function stratum(path: string, opacity: number): SVGElement {
  return svgElement("path", {
    d: path,
    fill: "none",
    stroke: "#fff",
    "stroke-width": "2.4",
    "stroke-linecap": "round",
    opacity: `${opacity}`,
  });
}

function svgElement<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string>,
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
