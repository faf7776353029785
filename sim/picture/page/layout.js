// Where everything stands: which items are shown, x of each lane, y of each moment.

const axisWidth = 96;
const topMargin = 26;
const bottomMargin = 60;

function shownItems(run, filter) {
  const words = filter.words.toLowerCase();
  return run.items.filter((item) => {
    if (filter.hiddenKinds.has(item.kind)) return false;
    if (item.type === "message") {
      if (filter.hiddenLanes.has(item.from) || filter.hiddenLanes.has(item.to)) return false;
    } else if (filter.hiddenLanes.has(item.lane)) {
      return false;
    }
    if (filter.document >= 0 && item.document >= 0 && item.document !== filter.document) return false;
    return words === "" || item.text.toLowerCase().includes(words);
  });
}

// Everything that needs a place in time, in order. At one instant: what arrives, what happens, what
// leaves.
function momentsOf(run, items) {
  const moments = [];
  for (const item of items) {
    if (item.type === "mark") {
      moments.push({ at: item.at, rank: 1, item });
    } else {
      moments.push({ at: item.at, rank: 2, item, edge: "y1" });
      moments.push({ at: item.end, rank: 0, item, edge: "y2" });
    }
  }
  for (const band of run.bands) moments.push({ at: band.from, rank: 0 }, { at: band.until, rank: 0 });
  for (const gap of run.gaps) moments.push({ at: gap.from, rank: 3 }, { at: gap.until, rank: -1 });
  for (const violation of run.violations) moments.push({ at: violation.at, rank: 3 });
  moments.sort((a, b) => a.at - b.at || a.rank - b.rank);
  return moments;
}

// More room for what took longer, but only by its logarithm: ten silent seconds are not worth a
// screen.
function roomFor(nanoseconds) {
  return 10 + 9 * Math.log10(1 + nanoseconds / 1e5);
}

const stackStep = 15;
const perRow = 5;

class Layout {
  constructor(run, filter, width) {
    this.items = shownItems(run, filter);
    this.columns = this.columnsOf(run, filter, width);
    this.times = [];
    this.heights = []; // Of each time, where it begins.
    this.gaps = []; // Long silences: { y, length }.
    this.place(momentsOf(run, this.items), filter);
  }

  columnsOf(run, filter, width) {
    const shown = run.lanes.map((_, index) => index).filter((index) => !filter.hiddenLanes.has(index));
    const room = (width - axisWidth - 30) / Math.max(shown.length, 1);
    this.laneWidth = Math.min(190, Math.max(76, room));
    this.width = axisWidth + this.laneWidth * shown.length + 20;
    const columns = new Map();
    shown.forEach((lane, place) => columns.set(lane, axisWidth + (place + 0.5) * this.laneWidth));
    return columns;
  }

  place(moments, filter) {
    const scale = 1.15 ** filter.zoom;
    const first = moments[0]?.at ?? 0;
    const span = (moments.at(-1)?.at ?? 0) - first;
    const perNanosecond = (Math.max(700, moments.length * 14) * scale) / Math.max(span, 1);
    let y = topMargin;
    let last = first;
    let used = new Map(); // How many marks stand on a lane at this instant.
    for (const { at, item, edge } of moments) {
      if (at > last || this.times.length === 0) {
        if (filter.trueTime) {
          y = topMargin + (at - first) * perNanosecond;
        } else {
          const room = roomFor(at - last) * scale;
          if (at - last >= 1e9) this.gaps.push({ y: y + room / 2, length: at - last });
          y += this.times.length === 0 ? 0 : room;
        }
        used = new Map();
        this.times.push(at);
        this.heights.push(y);
        last = at;
      }
      if (edge !== undefined) item[edge] = y;
      else if (item !== undefined) y = this.placeMark(item, y, used, filter.trueTime);
    }
    for (const item of this.items) item.y2 = Math.max(item.y1, item.y2);
    this.height = y + bottomMargin;
  }

  // Marks of one lane and one instant stand below each other; in true time, beside each other.
  placeMark(mark, y, used, trueTime) {
    const already = used.get(mark.lane) ?? 0;
    used.set(mark.lane, already + 1);
    mark.dx = trueTime ? (already % perRow) * 11 : 0;
    const below = !trueTime && already > 0;
    if (below) {
      used.clear();
      used.set(mark.lane, 1);
    }
    mark.y1 = below ? y + stackStep : y;
    if (trueTime) mark.y1 += Math.floor(already / perRow) * 11;
    mark.y2 = mark.y1;
    return trueTime ? y : mark.y1;
  }

  // Between two known times: in proportion.
  y(at) {
    const { times, heights } = this;
    if (times.length === 0) return topMargin;
    if (at >= times.at(-1)) return at === times.at(-1) ? heights.at(-1) : this.height - 20;
    if (at <= times[0]) return at === times[0] ? heights[0] : 0;
    let low = 0;
    let high = times.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (times[middle] <= at) low = middle;
      else high = middle;
    }
    const share = (at - times[low]) / (times[high] - times[low]);
    return heights[low] + share * (heights[high] - heights[low]);
  }

  x(lane) {
    return this.columns.get(lane);
  }
}
