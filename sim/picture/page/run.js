"use strict";

// What happened, read from the page's data. page.cc writes these columns.

const fates = { received: 0, lost: 1, onItsWay: 2 };
const messageKind = "message";
const lostKind = "lost message";
const housekeepingKind = "housekeeping";

// What connections say to each other only to know that they are there.
const housekeeping = new Set(["ping", "pong", "GET /readyz", "200"]);

function readRun(data) {
  const text = (index) => data.texts[index];
  const marks = data.marks.map(([at, lane, kind, what, document, edits], index) => ({
    type: "mark", at, end: at, lane, kind: data.kinds[kind], text: text(what), document, edits, index,
  }));
  const messages = data.messages.map(([at, end, from, to, what, fate]) => ({
    type: "message", at, end, from, to, text: text(what), fate, document: -1, edits: [],
    kind: kindOfMessage(text(what), fate),
  }));
  const items = [...marks, ...messages];
  items.sort((a, b) => a.at - b.at);
  items.forEach((item, order) => { item.order = order; });
  return {
    lanes: data.lanes.map(([name, kind]) => ({ name, kind })),
    documents: data.documents,
    items,
    bands: data.bands.map(([from, until, lane, other, kind, what, observed]) => ({
      from, until, lane, other, kind: text(kind), text: text(what), observed,
    })),
    gaps: data.gaps.map(([from, until, events]) => ({ from, until, events })),
    violations: data.violations.map(([at, checker, what]) => ({ at, checker, what })),
    acknowledgement: marks[data.acknowledgement] ?? null,
    loss: marks[data.loss] ?? null,
    unsaved: marks[data.unsaved] ?? null,
    downtimes: downtimesOf(marks),
  };
}

function kindOfMessage(what, fate) {
  if (fate === fates.lost) return lostKind;
  return housekeeping.has(what) ? housekeepingKind : messageKind;
}

// When a process was not there: from its end to its next start.
function downtimesOf(marks) {
  const since = new Map();
  const downtimes = [];
  for (const mark of marks) {
    if (mark.kind === "crash" || mark.kind === "orderly end") {
      since.set(mark.lane, mark.at);
    } else if (mark.kind === "start" && since.has(mark.lane)) {
      downtimes.push({ lane: mark.lane, from: since.get(mark.lane), until: mark.at });
      since.delete(mark.lane);
    }
  }
  for (const [lane, from] of since) downtimes.push({ lane, from, until: Infinity });
  return downtimes;
}

// 12.304218 s; to the millisecond if that is exact.
function clockText(nanoseconds) {
  return `${(nanoseconds / 1e9).toFixed(6).replace(/000$/, "")} s`;
}

function spanText(nanoseconds) {
  if (nanoseconds >= 1e9) return `${(nanoseconds / 1e9).toPrecision(3)} s`;
  if (nanoseconds >= 1e6) return `${(nanoseconds / 1e6).toPrecision(3)} ms`;
  return `${Math.round(nanoseconds / 1e3)} µs`;
}

// Faults of one family share a colour.
const families = {
  network: ["cut", "partition", "one-way", "delay", "stall"],
  process: ["crash", "restart", "pause", "suspend", "rolling-restart"],
  clock: ["skew", "drift", "freeze", "strobe"],
  memory: ["lose-tail", "failover", "flush", "drop-messages"],
  people: ["slow-reader", "reconnect-storm", "malformed", "offline", "stale"],
};

function familyOf(faultKind) {
  return Object.keys(families).find((name) => families[name].includes(faultKind)) ?? "disk";
}
