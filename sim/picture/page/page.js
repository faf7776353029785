// The page: what is chosen, filtered and zoomed, and what keys and pointer do.

const byId = (id) => document.getElementById(id);
const run = readRun(JSON.parse(byId("run").textContent));
const diagram = byId("diagram");
const sheet = byId("sheet");
const overview = new Overview(byId("overview"), diagram);

const filter = {
  words: "", document: -1, zoom: 0, trueTime: false,
  hiddenKinds: new Set(["look", housekeepingKind]), hiddenLanes: new Set(),
};
const view = { chosen: null, followed: null, labels: true };
let layout = null;
let drawing = null;
let drawn = { top: 0, bottom: -1 };

// Drawing.

function lay() {
  layout = new Layout(run, filter, diagram.clientWidth);
  sheet.style.width = `${layout.width}px`;
  sheet.style.height = `${layout.height}px`;
  const names = run.lanes.map((lane, index) => {
    const name = document.createElement("span");
    name.textContent = lane.name;
    name.style = `left: ${layout.x(index)}px; --tone: var(--${lane.kind})`;
    return layout.x(index) === undefined ? "" : name;
  });
  byId("lanes").replaceChildren(...names);
  byId("lanes").style.width = `${layout.width}px`;
  const all = run.items.length;
  byId("count").textContent = layout.items.length === all ? `${all} events` : `${layout.items.length} of ${all} events`;
  draw();
  overview.draw(run, layout);
}

// Draws a screen more than is seen above and below, so that scrolling rarely needs to.
function draw() {
  const margin = diagram.clientHeight;
  drawn = {
    top: Math.max(0, diagram.scrollTop - margin),
    bottom: Math.min(layout.height, diagram.scrollTop + diagram.clientHeight + margin),
  };
  drawing = new Drawing(run, layout, view);
  sheet.replaceChildren(drawing.render(drawn.top, drawn.bottom));
  drawing.scrolled(diagram.scrollTop);
}

function scrolled() {
  const { scrollTop, clientHeight } = diagram;
  const covered = drawn.top <= Math.max(0, scrollTop - 40) && drawn.bottom >= Math.min(layout.height, scrollTop + clientHeight + 40);
  if (!covered) draw();
  drawing.scrolled(scrollTop);
  overview.showScreen(layout);
}

// Lays out anew, and keeps what is chosen (or the middle of the screen) where it is.
function relay() {
  const middle = diagram.scrollTop + diagram.clientHeight / 2;
  const anchor = layout === null ? null : (view.chosen ?? nearest(middle));
  const offset = anchor === null ? 0 : anchor.y1 - diagram.scrollTop;
  lay();
  if (anchor !== null && layout.items.includes(anchor)) diagram.scrollTop = anchor.y1 - offset;
  draw();
}

function nearest(y) {
  let best = null;
  for (const item of layout.items) if (best === null || Math.abs(item.y1 - y) < Math.abs(best.y1 - y)) best = item;
  return best;
}

// Choosing.

function choose(item, scroll = true) {
  view.chosen = item;
  const elsewhere = item !== null && item.edits.length > 0 && followedOf(item).length === 0;
  if (view.followed !== null && elsewhere) view.followed = new Set(item.edits.slice(0, 1));
  if (item !== null && scroll) bringIntoView(item);
  describe(item);
  draw();
}

function bringIntoView(item) {
  const { scrollTop, clientHeight } = diagram;
  if (item.y1 < scrollTop + 60 || item.y1 > scrollTop + clientHeight - 80) diagram.scrollTop = item.y1 - clientHeight / 2;
  const x = layout.x(item.lane >= 0 ? item.lane : item.from);
  if (x !== undefined && (x < diagram.scrollLeft + axisWidth || x > diagram.scrollLeft + diagram.clientWidth - 60)) diagram.scrollLeft = x - diagram.clientWidth / 2;
}

// Also if the filters hide it: then they are reset.
function goTo(item) {
  if (item === null) return;
  if (!layout.items.includes(item)) showEverything();
  choose(item);
  diagram.focus();
}

function goToTime(at) {
  diagram.scrollTop = layout.y(at) - diagram.clientHeight / 2;
  scrolled();
  diagram.focus();
}

function step(by, sameLane) {
  const { items } = layout;
  const onLane = (item) => item.lane === view.chosen?.lane || item.from === view.chosen?.lane;
  let at = items.indexOf(view.chosen);
  if (at < 0) at = items.indexOf(nearest(diagram.scrollTop + (by > 0 ? 0 : diagram.clientHeight))) - by;
  for (at += by; at >= 0 && at < items.length; at += by) {
    if (sameLane && view.chosen !== null && !onLane(items[at])) continue;
    return choose(items[at]);
  }
}

// Of an item's edits: those that are followed now.
function followedOf(item) {
  return item.edits.filter((edit) => view.followed?.has(edit));
}

function follow(edit = view.chosen?.edits[0]) {
  view.followed = view.followed === null && edit !== undefined ? new Set([edit]) : null;
  describe(view.chosen);
  draw();
}

// Words about an item.

function placeText(item) {
  const name = (lane) => run.lanes[lane].name;
  if (item.type === "message") return `${name(item.from)} → ${name(item.to)}`;
  return item.lane < 0 ? "everywhere" : name(item.lane);
}

function timeText(item) {
  if (item.type === "mark") return clockText(item.at);
  const took = spanText(item.end - item.at);
  const fate = ["received after", "lost after", "still on its way after"][item.fate];
  return `${clockText(item.at)}, ${fate} ${took}`;
}

function element(name, attributes, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

function describe(item) {
  const detail = byId("detail");
  if (item === null) {
    detail.replaceChildren(element("p", { className: "facts" }, "Choose an event by pointer, or with j and k."));
    return;
  }
  const facts = [element("b", {}, placeText(item)), ` · ${item.kind} · ${timeText(item)}`];
  if (item.document >= 0) facts.push(` · ${run.documents[item.document]}`);
  const what = element("p", { className: "what" }, item.text);
  detail.replaceChildren(element("p", { className: "facts" }, ...facts), what, pathOf(item));
}

// The places where an item's edit is seen, in time; of several, the one that is followed.
function pathOf(item) {
  const path = element("div", { className: "path" });
  if (item.edits.length === 0) return path;
  const button = (text, onclick, className = "") => element("button", { type: "button", onclick, className }, text);
  const followed = followedOf(item);
  if (followed.length === 0 && item.edits.length > 1) {
    path.append(`${item.edits.length} edits, to follow:`);
    path.append(...item.edits.slice(0, 20).map((edit) => button(String(edit), () => follow(edit))));
    return path;
  }
  const [edit] = followed.length > 0 ? followed : item.edits;
  path.append(item.edits.length > 1 ? `edit ${edit} of ${item.edits.length}:` : `edit ${edit}:`);
  const stops = run.items.filter((other) => other.edits.includes(edit));
  for (const stop of stops.slice(0, 40)) {
    const name = stop === run.loss ? "lost" : stop === item ? "here" : "";
    path.append(button(`${stop.kind} · ${placeText(stop)}`, () => goTo(stop), name));
  }
  if (stops.length > 40) path.append(`and ${stops.length - 40} more`);
  path.append(button(view.followed === null ? "Follow" : "Stop following", () => follow(edit)));
  return path;
}

// Filters.

function showEverything() {
  filter.words = "";
  filter.document = -1;
  filter.hiddenKinds.clear();
  filter.hiddenLanes.clear();
  byId("search").value = "";
  byId("document").value = "-1";
  for (const box of document.querySelectorAll(".choices input")) box.checked = true;
  relay();
}

function choice(name, set, key, icon, count) {
  const box = element("input", { type: "checkbox", checked: !set.has(key) });
  box.addEventListener("change", () => {
    if (box.checked) set.delete(key);
    else set.add(key);
    relay();
  });
  const label = element("label", {}, box, icon, name);
  if (count !== undefined) label.append(element("small", {}, String(count)));
  return label;
}

function buildFilters() {
  const counts = new Map();
  for (const { kind } of run.items) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const kinds = Object.keys(glyphs).filter((kind) => counts.has(kind));
  byId("kinds").append(...kinds.map((kind) => {
    const icon = svg("svg", { viewBox: "-8 -8 16 16", style: tone(kind) }, svg("g", { class: "mark" }, glyph(kind)));
    return choice(kind, filter.hiddenKinds, kind, icon, counts.get(kind));
  }));
  byId("parties").append(...run.lanes.map((lane, index) => {
    const icon = element("i", { style: `--tone: var(--${lane.kind})` });
    return choice(lane.name, filter.hiddenLanes, index, icon);
  }));
  byId("document-field").hidden = run.documents.length < 2;
  byId("document").append(element("option", { value: "-1" }, "all"));
  run.documents.forEach((name, index) => byId("document").append(element("option", { value: String(index) }, name)));
}

function buildJumps() {
  const jump = (text, key, go) => element("button", { type: "button", onclick: go }, `${text} `, element("kbd", {}, key));
  const jumps = [];
  if (run.acknowledgement !== null) jumps.push(jump("The acknowledgement", "a", () => goTo(run.acknowledgement)));
  if (run.loss !== null) jumps.push(jump(run.loss.edits.length > 0 ? "The loss" : "Where it was seen", "x", () => goTo(run.loss)));
  if (run.unsaved !== null) jumps.push(jump("Never in the log", "n", () => goTo(run.unsaved)));
  if (run.violations.length > 0) jumps.push(jump("The violation", "v", () => goToTime(run.violations[0].at)));
  byId("jumps").replaceChildren(...jumps);
}

// Keys and pointer.

function zoomBy(steps) {
  filter.zoom = Math.max(-20, Math.min(20, filter.zoom + steps));
  byId("zoom").value = filter.zoom;
  relay();
}

function toggleTrueTime() {
  filter.trueTime = !filter.trueTime;
  byId("true-time").checked = filter.trueTime;
  relay();
}

const keys = {
  j: () => step(1, false), ArrowDown: () => step(1, false),
  k: () => step(-1, false), ArrowUp: () => step(-1, false),
  J: () => step(1, true), K: () => step(-1, true),
  Home: () => layout.items.length > 0 && choose(layout.items[0]),
  End: () => layout.items.length > 0 && choose(layout.items.at(-1)),
  a: () => goTo(run.acknowledgement), x: () => goTo(run.loss), n: () => goTo(run.unsaved),
  v: () => run.violations.length > 0 && goToTime(run.violations[0].at),
  f: () => follow(), t: toggleTrueTime,
  "+": () => zoomBy(2), "=": () => zoomBy(2), "-": () => zoomBy(-2), 0: () => zoomBy(-filter.zoom),
  Escape: () => { view.followed = null; choose(null); },
  "/": () => byId("search").focus(),
};

function onKey(event) {
  const typing = event.target.matches("input[type=search], select, pre");
  if (event.key === "Escape" && typing) return diagram.focus();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const atDiagram = event.target === diagram || event.target === document.body;
  const key = keys[event.key];
  if (key === undefined || (event.key.length > 1 && event.key !== "Escape" && !atDiagram)) return;
  event.preventDefault();
  key();
}

function partUnder(event) {
  for (let node = event.target; node instanceof Element; node = node.parentNode) {
    if (node.item !== undefined || node.hint !== undefined) return node;
  }
  return null;
}

function hint(event) {
  const box = byId("hint");
  const part = partUnder(event);
  box.hidden = part === null;
  if (part === null) return;
  const [what, ...more] = (part.hint ?? `${part.item.text}\n${placeText(part.item)} · ${part.item.kind} · ${timeText(part.item)}`).split("\n");
  box.replaceChildren(what, element("small", {}, more.join(" ")));
  box.style.left = `${Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8)}px`;
  box.style.top = `${Math.min(event.clientY + 16, innerHeight - box.offsetHeight - 8)}px`;
}

function listen() {
  diagram.addEventListener("scroll", scrolled, { passive: true });
  sheet.addEventListener("pointermove", hint);
  sheet.addEventListener("pointerleave", () => { byId("hint").hidden = true; });
  sheet.addEventListener("click", (event) => choose(partUnder(event)?.item ?? null, false));
  diagram.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 1 : -1);
  }, { passive: false });
  document.addEventListener("keydown", onKey);
  addEventListener("resize", relay);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => overview.draw(run, layout));
  byId("search").addEventListener("input", (event) => { filter.words = event.target.value; relay(); });
  byId("document").addEventListener("change", (event) => { filter.document = Number(event.target.value); relay(); });
  byId("reset").addEventListener("click", showEverything);
  byId("zoom").addEventListener("input", (event) => { filter.zoom = Number(event.target.value); relay(); });
  byId("true-time").addEventListener("change", toggleTrueTime);
  byId("labels").addEventListener("change", (event) => { view.labels = event.target.checked; draw(); });
  byId("copy").addEventListener("click", copyCommand);
}

// A page from a file may not use the clipboard; then the text is at least selected.
async function copyCommand() {
  getSelection().selectAllChildren(byId("replay"));
  try {
    await navigator.clipboard.writeText(byId("replay").textContent);
    byId("copy").textContent = "Copied";
  } catch {
    byId("copy").textContent = "Selected";
  }
}

buildFilters();
buildJumps();
listen();
lay();
describe(null);
if (run.acknowledgement !== null) {
  const lost = run.loss?.edits ?? run.acknowledgement.edits;
  view.followed = new Set(run.acknowledgement.edits.filter((edit) => lost.includes(edit)).slice(0, 1));
  choose(run.acknowledgement);
} else if (run.unsaved !== null) {
  view.followed = new Set(run.unsaved.edits);
  choose(run.unsaved);
} else if (run.loss !== null) {
  choose(run.loss);
} else if (run.violations.length > 0) {
  goToTime(run.violations[0].at);
}
