#!/usr/bin/env node
// Measures whole clusters on this machine: PostgreSQL, Redis, nodes and workers as processes, typed into by
// syncline-load. ci/bench cluster builds and installs what this needs.
//
//   node cluster.mjs --programs FOLDER [--only TEXT] [--quick] [--markdown | --write FILE]
//
// FOLDER is a build tree. For each row it prints `MEASURE/ROW NAME=VALUE ...`, and then tables; with --markdown
// the tables alone on stdout, as docs/load-testing.md has them; --write puts them there, between its marks. TEXT picks rows. --quick does them for a moment, and
// without TEXT the last one of each measure, to see that it runs: its figures mean nothing.

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { binary } from "../cluster/lib/syncline.mjs";
import { Bench } from "./cluster/bench.mjs";
import { cost } from "./cluster/cost.mjs";
import { dirty } from "./cluster/dirty.mjs";
import { drain } from "./cluster/drain.mjs";
import { memory } from "./cluster/memory.mjs";
import { propagation } from "./cluster/propagation.mjs";
import { transactions } from "./cluster/transactions.mjs";
import { markdownTable, number, textTable } from "./table.mjs";

const measures = [propagation, transactions, drain, cost, memory, dirty];

const { values: options } = parseArgs({
  options: {
    programs: { type: "string" },
    only: { type: "string", default: "" },
    quick: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
    write: { type: "string" },
  },
});

// Around the tables in a file of documentation.
const marks = ["<!-- begin: ci/bench cluster -->\n", "<!-- end: ci/bench cluster -->"];

const cell = (value) => (typeof value === "number" || value === undefined ? number(value) : String(value));

const print = options.markdown ? console.error : console.log;

function rowsOf(measure, bench) {
  const rows = measure.rows(bench).map((row) => ({ ...row, name: `${measure.name}/${row.name}` }));
  if (options.quick && options.only === "") return rows.slice(-1);
  return rows.filter(({ name }) => name.includes(options.only));
}

// Prints each row as soon as it is known. Returns the measure's table.
async function run(measure, bench) {
  const lines = [[measure.head, ...measure.columns.map(([, title]) => title)]];
  for (const { name, title, measure: take } of rowsOf(measure, bench)) {
    bench.progress(name);
    try {
      const figures = await take();
      bench.progress("");
      print([name, ...Object.entries(figures).map(([key, value]) => `${key}=${cell(value)}`)].join(" "));
      lines.push([title, ...measure.columns.map(([key]) => cell(figures[key]))]);
    } catch (error) {
      // The others may still be worth their time.
      process.exitCode = 1;
      console.error(`${name} FAILED: ${error.message}`);
    }
  }
  return lines;
}

const asText = ({ measure, lines }) => `${measure.title}: ${measure.about}\n\n${textTable(lines)}\n`;
const asMarkdown = ({ measure, lines }) => `**${measure.title}.** ${measure.about}\n\n${markdownTable(lines)}\n`;

function writeInto(file, tables) {
  const text = readFileSync(file, "utf8");
  const [begin, end] = [text.indexOf(marks[0]), text.indexOf(marks[1])];
  if (begin < 0 || end < begin) throw new Error(`${file} has no line ${marks[0].trim()}, or none that ends it`);
  writeFileSync(file, `${text.slice(0, begin + marks[0].length)}\n${tables.map(asMarkdown).join("\n")}\n${text.slice(end)}`);
}

async function main() {
  const programs = resolve(options.programs ?? "build/release");
  binary.path = join(programs, "server/syncline-server");
  const bench = new Bench({ programs, quick: options.quick });
  const tables = [];
  for (const measure of measures) {
    const lines = await run(measure, bench);
    if (lines.length > 1) tables.push({ measure, lines });
  }
  if (options.write !== undefined) return writeInto(options.write, tables);
  console.log(`\n${tables.map(options.markdown ? asMarkdown : asText).join("\n")}`);
}

await main();
process.exit();
