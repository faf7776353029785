// How the benchmarks print figures.

// About three digits.
export function number(value) {
  if (value === undefined || value === null) return "-";
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return value.toFixed(digits);
}

// Of lines of cells, the first of which is the head: the first column to the left, the others to the right.
export function textTable(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const pad = (cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]));
  return lines.map((line) => line.map(pad).join("  ")).join("\n");
}

export function markdownTable(lines) {
  const [head, ...rest] = lines;
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "---:"))), ...rest.map(line)].join("\n");
}
