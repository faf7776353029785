// Draws the part of a layout that is on the screen.

const svgSpace = "http://www.w3.org/2000/svg";

function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(svgSpace, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function words(x, y, kind, text) {
  return svg("text", { x, y, class: kind }, text);
}

// Form and colour of each kind of mark: neither alone says what it is.
const glyphs = {
  edit: ["client", "circle solid"],
  acknowledgement: ["good", "tick"],
  "update applied": ["client", "circle"],
  "in sync": ["good", "circle"],
  connected: ["client", "plug"],
  disconnected: ["danger", "unplug"],
  "log entry": ["store", "square solid"],
  "log read": ["store", "square"],
  snapshot: ["store", "diamond solid"],
  "buffer entry": ["redis", "square solid"],
  "buffer trimmed": ["redis", "square"],
  forgotten: ["danger", "cross"],
  start: ["good", "up solid"],
  "orderly end": ["ink-soft", "down"],
  crash: ["danger", "cross"],
  fault: ["process", "bolt solid"],
  "cold read": ["store", "diamond"],
  look: ["ink-faint", "eye"],
  remark: ["ink-soft", "note"],
  phase: ["ink-soft", "bar"],
  [messageKind]: ["ink-soft", "arrow"],
  [lostKind]: ["danger", "arrow"],
  [housekeepingKind]: ["ink-faint", "arrow"],
};

const shapes = {
  circle: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
  square: "M-4.5 -4.5h9v9h-9z",
  diamond: "M0 -6.5L6.5 0L0 6.5L-6.5 0z",
  up: "M0 -6L6 5H-6z",
  down: "M0 6L6 -5H-6z",
  bolt: "M2 -7L-5 1H-1L-2 7L5 -1H1z",
  note: "M-4 -5H4V5H-4z M-2 -2H2 M-2 1H2",
  eye: "M-6 0Q0 -7 6 0Q0 7 -6 0z",
};
const strokes = {
  tick: "M-5 0L-1.5 4L5.5 -5",
  cross: "M-5 -5L5 5M5 -5L-5 5",
  plug: "M-6 0H2M2 -4V4M5 -4V4",
  unplug: "M-7 0H-1M4 -4V4M-3 5L3 -5",
  bar: "M-6 0H6",
  arrow: "M-6 0H5M1 -4L5 0L1 4",
};

function glyph(kind) {
  const [, form] = glyphs[kind];
  const [name, solid] = form.split(" ");
  return name in shapes
    ? svg("path", { d: shapes[name], class: solid ? "shape solid" : "shape" })
    : svg("path", { d: strokes[name], class: "hole" });
}

function tone(kind) {
  return `--tone: var(--${glyphs[kind][0]})`;
}

// A message has the colour of the service that it is for or from; among nodes and clients, none.
function messageTone(run, message) {
  const kinds = [run.lanes[message.from].kind, run.lanes[message.to].kind];
  const service = ["redis", "store", "worker"].find((kind) => kinds.includes(kind));
  return service === undefined ? "" : `--tone: var(--${service})`;
}

// A loss of nothing in particular is where the violation was seen.
function lossName({ loss }) {
  return loss !== null && loss.edits.length === 0 ? "seen here" : "the loss";
}

const measure = document.createElement("canvas").getContext("2d");

function flagTextWidth(text) {
  measure.font = "700 11.5px system-ui, sans-serif";
  return measure.measureText(text).width;
}

class Drawing {
  constructor(run, layout, view) {
    this.run = run;
    this.layout = layout;
    this.view = view; // { chosen, followed (Set of edits or null), labels }
  }

  // The part from `top` to `bottom`.
  render(top, bottom) {
    const { layout } = this;
    this.top = top;
    this.bottom = bottom;
    const root = svg("svg", {
      width: layout.width, height: bottom - top, viewBox: `0 ${top} ${layout.width} ${bottom - top}`,
      style: `top: ${top}px`, class: this.view.followed === null ? "" : "following",
    });
    this.labelled = new Map();
    const inside = layout.items.filter((item) => item.y2 >= top - 30 && item.y1 <= bottom + 30);
    this.crowded = inside.length > 260;
    root.append(this.patterns(), this.axis(), this.lanes(), this.bands(), this.leftOut());
    root.append(...inside.filter((i) => i.type === "message").map((i) => this.message(i)));
    root.append(this.thread());
    root.append(...inside.filter((i) => i.type === "mark").map((i) => this.mark(i)));
    root.append(...this.flags());
    return root;
  }

  patterns() {
    const lines = svg("path", { d: "M-2 8L8 -2M0 10L10 0", stroke: "currentColor", "stroke-opacity": 0.28, "stroke-width": 1.5 });
    return svg("defs", {}, svg("pattern", { id: "hatch", width: 8, height: 8, patternUnits: "userSpaceOnUse", style: "color: var(--network)" }, lines));
  }

  axis() {
    const group = svg("g");
    const { times, heights, gaps, width } = this.layout;
    let next = -Infinity;
    for (let i = 0; i < times.length; ++i) {
      if (heights[i] < next || heights[i] > this.bottom) continue;
      next = heights[i] + 46;
      if (heights[i] < this.top - 50) continue;
      group.append(svg("path", { d: `M${axisWidth - 8} ${heights[i]}H${width}`, class: "axis" }));
      group.append(words(axisWidth - 12, heights[i] + 3.5, "clock", clockText(times[i])));
    }
    for (const gap of gaps) {
      if (gap.y < this.top || gap.y > this.bottom) continue;
      group.append(words(axisWidth - 12, gap.y + 3.5, "pass", `${spanText(gap.length)} pass`));
    }
    return group;
  }

  // Where the page's data has been cut.
  leftOut() {
    const group = svg("g");
    for (const { from, until, events } of this.run.gaps) {
      const top = this.layout.y(from) + 6;
      const bottom = Math.max(this.layout.y(until) - 6, top + 16);
      if (bottom < this.top || top > this.bottom) continue;
      group.append(svg("rect", { x: axisWidth - 8, y: top, width: this.layout.width, height: bottom - top, class: "left-out" }));
      group.append(words(axisWidth + 8, (top + bottom) / 2 + 4, "phase-name", `${events} events left out`));
    }
    return group;
  }

  lanes() {
    const group = svg("g");
    for (const [lane, x] of this.layout.columns) {
      group.append(svg("path", { d: `M${x} ${this.top}V${this.bottom}`, class: "lane", style: `--tone: var(--${this.run.lanes[lane].kind})` }));
    }
    for (const { lane, from, until } of this.run.downtimes) {
      const x = this.layout.x(lane);
      const begin = Math.max(this.layout.y(from), this.top);
      const end = Math.min(until === Infinity ? this.layout.height : this.layout.y(until), this.bottom);
      if (x === undefined || begin >= end) continue;
      group.append(svg("path", { d: `M${x} ${begin}V${end}`, class: "down" }));
      group.append(svg("path", { d: `M${x} ${begin}V${end}`, class: "down-dots" }));
    }
    return group;
  }

  bands() {
    const group = svg("g");
    this.bandNames = [];
    for (const band of this.run.bands) {
      const from = this.layout.y(band.from);
      const until = Math.max(this.layout.y(band.until), from + 6);
      const place = this.placeOf(band);
      if (until < this.top || from > this.bottom || place === null) continue;
      const onWire = band.other >= 0;
      const style = `--tone: var(--${familyOf(band.kind)})`;
      const box = { x: place.left, y: from, width: place.right - place.left, height: until - from, rx: 5 };
      const name = words((place.left + place.right) / 2, from - 5, "band-name", band.kind);
      const part = svg("g", { style }, svg("rect", { ...box, class: onWire ? "band wire" : "band" }), name);
      part.hint = `${band.text}\n${clockText(band.from)} to ${clockText(band.until)}; noticed ${band.observed} times`;
      this.bandNames.push({ name, from, until });
      group.append(part);
    }
    return group;
  }

  placeOf(band) {
    const half = this.layout.laneWidth * 0.42;
    if (band.lane < 0) return { left: axisWidth, right: this.layout.width };
    const x = this.layout.x(band.lane);
    if (x === undefined) return null;
    if (band.other < 0) return { left: x - half, right: x + half };
    const other = this.layout.x(band.other);
    if (other === undefined) return null;
    return { left: Math.min(x, other), right: Math.max(x, other) };
  }

  // A band's name stays on the screen while any of the band does.
  scrolled(visibleTop) {
    for (const { name, from, until } of this.bandNames ?? []) {
      name.setAttribute("y", Math.min(Math.max(from - 5, visibleTop + 48), Math.max(until - 4, from - 5)));
    }
  }

  classOf(item, name) {
    const { chosen, followed } = this.view;
    const other = followed !== null && !item.edits.some((edit) => followed.has(edit));
    return `item ${name}${item === chosen ? " chosen" : ""}${other && item !== chosen ? " other" : ""}`;
  }

  message(item) {
    const x1 = this.layout.x(item.from);
    let x2 = this.layout.x(item.to);
    let y2 = item.y2;
    const lost = item.fate === fates.lost;
    if (lost) {
      x2 = x1 + (x2 - x1) * 0.62;
      y2 = item.y1 + (y2 - item.y1) * 0.62;
    }
    const self = item.from === item.to;
    const path = self ? `M${x1} ${item.y1}C${x1 + 40} ${item.y1} ${x1 + 40} ${y2} ${x1} ${y2}` : `M${x1} ${item.y1}L${x2} ${y2}`;
    const group = svg("g", { class: this.classOf(item, "arrow"), style: messageTone(this.run, item) },
      svg("path", { d: path, class: "grip" }), svg("path", { d: path, class: lost ? "message lost" : "message" }));
    group.append(this.arrowEnd(item.fate, x1, item.y1, x2, y2));
    if (this.view.labels && !this.crowded) group.append(...this.messageLabel(item.text, x1, item.y1, x2, y2));
    group.item = item;
    return group;
  }

  arrowEnd(fate, x1, y1, x2, y2) {
    if (fate === fates.lost) return svg("path", { d: `M${x2 - 5} ${y2 - 5}l10 10m0 -10l-10 10`, class: "broken" });
    if (fate === fates.onItsWay) return svg("circle", { cx: x2, cy: y2, r: 3.5, class: "open-end" });
    const angle = Math.atan2(y2 - y1, x2 - x1) * (180 / Math.PI);
    return svg("path", { d: "M0 0L-9 -3.8V3.8z", class: "head", transform: `translate(${x2} ${y2}) rotate(${angle})` });
  }

  messageLabel(text, x1, y1, x2, y2) {
    const room = Math.floor((Math.abs(x2 - x1) - 26) / 5.4);
    if (room < 4) return [];
    const shown = text.length > room ? `${text.slice(0, room - 1)}…` : text;
    const x = x1 + (x2 - x1) * 0.64;
    const y = y1 + (y2 - y1) * 0.64 - 3;
    // Messages on the same way at the same time: their words stand above each other.
    const place = `${Math.round(x)},${Math.round(y)}`;
    const above = this.labelled.get(place) ?? 0;
    this.labelled.set(place, above + 1);
    return [words(x, y - above * 11, "what", shown)];
  }

  mark(item) {
    if (item.lane < 0) return this.phase(item);
    const aside = item.kind === "fault" ? this.layout.laneWidth * 0.33 : 0;
    const x = this.layout.x(item.lane) + item.dx - aside;
    const group = svg("g", { class: this.classOf(item, "mark"), style: tone(item.kind), transform: `translate(${x} ${item.y1})` },
      svg("circle", { r: 12, class: "halo" }), svg("circle", { r: 9, class: "target" }), glyph(item.kind));
    if (this.view.labels && !this.crowded && saidBesides.has(item.kind)) {
      const room = Math.floor((this.layout.laneWidth - 16) / 5.6);
      const text = item.text.split(";")[0];
      const shown = text.length > room ? `${text.slice(0, room - 1)}…` : text;
      // To the right of the last lane there is no room.
      const last = x + this.layout.laneWidth > this.layout.width;
      group.append(words(last ? -10 : 10, 3.5, last ? "said before" : "said", shown));
    }
    group.item = item;
    return group;
  }

  phase(item) {
    const group = svg("g", { class: this.classOf(item, "mark") },
      svg("path", { d: `M${axisWidth - 8} ${item.y1}H${this.layout.width}`, class: "phase" }),
      words(axisWidth + 6, item.y1 - 4, "phase-name", item.text));
    group.item = item;
    return group;
  }

  // The followed edits' way through the lanes.
  thread() {
    const { followed } = this.view;
    if (followed === null) return "";
    const stops = this.layout.items.filter((i) => i.type === "mark" && i.lane >= 0 && i.edits.some((e) => followed.has(e)));
    if (stops.length < 2) return "";
    return svg("path", { d: `M${stops.map((i) => `${this.layout.x(i.lane) + i.dx} ${i.y1}`).join("L")}`, class: "thread" });
  }

  flags() {
    const { run, layout } = this;
    const flags = [];
    for (const { at, checker } of run.violations.slice(0, 1)) {
      const y = layout.y(at) + 22;
      if (y < this.top || y > this.bottom) continue;
      flags.push(svg("path", { d: `M${axisWidth - 8} ${y}H${layout.width}`, class: "violation" }));
      flags.push(this.flag(axisWidth + 4, y, `violation: ${checker}`, "danger", "line"));
    }
    for (const [item, text, color] of [[run.acknowledgement, "the acknowledgement", "good"], [run.loss, lossName(run), "danger"], [run.unsaved, "never in the log", "danger"]]) {
      if (item === null || !layout.items.includes(item) || item.y1 < this.top - 30 || item.y1 > this.bottom + 30) continue;
      flags.push(this.flag(layout.x(item.lane), item.y1, text, color, "mark"));
    }
    return flags;
  }

  // A label: left of a mark, with a beak towards it, or on a line.
  flag(x, y, text, color, kind) {
    const width = flagTextWidth(text) + 14;
    const left = kind === "line" ? x : Math.max(2, x - width - 16);
    const group = svg("g", { class: "flag", style: `--tone: var(--${color})` },
      svg("rect", { x: left, y: y - 10, width, height: 20, rx: 4 }), words(left + 7, y + 4, "", text));
    if (kind === "mark") group.append(svg("path", { d: `M${left + width - 1} ${y - 5}l8 5l-8 5z` }));
    return group;
  }
}

// Marks whose words are worth room on the drawing itself.
const saidBesides = new Set([
  "edit", "acknowledgement", "log entry", "snapshot", "buffer entry", "forgotten", "start",
  "orderly end", "crash", "cold read", "remark", "disconnected", "connected",
]);
