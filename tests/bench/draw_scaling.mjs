#!/usr/bin/env node
// Draws what engine_scaling printed: one field a shape, one line a work, both axes logarithmic, with the
// slope of n log n to compare with. Then says of each line how its time a struct grew.
//
//   engine_scaling > scaling.csv && node draw_scaling.mjs scaling.csv docs/images/engine-scaling.svg

import fs from 'node:fs';

const meanings = {
  turns: 'two clients append in turns',
  scattered: 'letters at random places',
  deleted: 'letters deleted at random',
  clients: 'n/10 clients append in turns',
  map: 'n/10 keys of a map, set at random',
  crowd: 'n clients at one place at once',
};

// Told apart by people who see red and green alike, too (Okabe and Ito).
const works = {
  load: { colour: '#0072b2', meaning: 'load: one update' },
  apply: { colour: '#d55e00', meaning: 'apply: an update a struct' },
  late: { colour: '#8c564b', meaning: 'apply: the last client first' },
  edit: { colour: '#cc79a7', meaning: 'edit: local, by index' },
  merge: { colour: '#009e73', meaning: 'merge 64 updates' },
  encode: { colour: '#000000', meaning: 'encode all' },
  diff: { colour: '#e69f00', meaning: 'diff to one half' },
  read: { colour: '#56b4e9', meaning: 'read' },
};

const field = { width: 316, height: 270, left: 52, top: 78, gap: 18 };
const columns = 3;
const plot = { width: field.width - field.left, height: field.height - 44 };
const x = { from: 3, to: 7 };
const y = { from: -3, to: 5 };

function readPoints(file) {
  const [, ...lines] = fs.readFileSync(file, 'utf8').trim().split('\n');
  const shapes = new Map();
  for (const line of lines) {
    const [shape, work, structs, ms] = line.split(',');
    if (!shapes.has(shape)) shapes.set(shape, new Map());
    const lists = shapes.get(shape);
    if (!lists.has(work)) lists.set(work, []);
    lists.get(work).push({ structs: Number(structs), ms: Number(ms) });
  }
  return shapes;
}

const across = (structs) => ((Math.log10(structs) - x.from) / (x.to - x.from)) * plot.width;
const up = (ms) => plot.height - ((Math.log10(ms) - y.from) / (y.to - y.from)) * plot.height;

function path(points) {
  return points.map(({ structs, ms }, i) => `${i === 0 ? 'M' : 'L'}${across(structs).toFixed(1)} ${up(ms).toFixed(1)}`).join('');
}

const times = ['1 µs', '10 µs', '100 µs', '1 ms', '10 ms', '100 ms', '1 s', '10 s', '100 s'];
const exponents = ['³', '⁴', '⁵', '⁶', '⁷'];

function grid() {
  const parts = [`<rect width="${plot.width}" height="${plot.height}" class="frame"/>`];
  for (let power = y.from; power <= y.to; ++power) {
    const at = up(10 ** power).toFixed(1);
    parts.push(`<path d="M0 ${at}H${plot.width}" class="grid"/>`);
    parts.push(`<text x="-6" y="${Number(at) + 4}" text-anchor="end">${times[power - y.from]}</text>`);
  }
  for (let power = x.from; power <= x.to; ++power) {
    const at = across(10 ** power).toFixed(1);
    parts.push(`<path d="M${at} 0V${plot.height}" class="grid"/>`);
    parts.push(`<text x="${at}" y="${plot.height + 16}" text-anchor="middle">10${exponents[power - x.from]}</text>`);
  }
  return parts.join('\n');
}

// Where n log n leads from the lower left corner.
function guide() {
  const sizes = Array.from({ length: 41 }, (_, i) => 10 ** (x.from + (i / 40) * (x.to - x.from)));
  const start = 0.02 / (sizes[0] * Math.log2(sizes[0]));
  return `<path d="${path(sizes.map((structs) => ({ structs, ms: start * structs * Math.log2(structs) })))}" class="guide"/>`;
}

function drawShape([shape, lists], i) {
  const column = i % columns;
  const row = Math.floor(i / columns);
  const left = field.left + column * (field.width + field.gap);
  const top = field.top + row * (field.height + field.gap);
  const lines = [...lists].map(([work, points]) => {
    const dots = points.map(({ structs, ms }) => `<circle cx="${across(structs).toFixed(1)}" cy="${up(ms).toFixed(1)}" r="1.8"/>`).join('');
    return `<g style="--line:${works[work].colour}" class="line"><path d="${path(points)}"/>${dots}</g>`;
  });
  return `<g transform="translate(${left} ${top})">
<text y="-8" class="title">${meanings[shape]}</text>
${grid()}
${guide()}
${lines.join('\n')}
</g>`;
}

function legend(width) {
  const entries = [...Object.values(works), { colour: 'guide', meaning: 'n log n' }];
  const perRow = 4;
  const step = (width - field.left) / perRow;
  return entries.map(({ colour, meaning }, i) => {
    const line = colour === 'guide' ? '<path d="M0 0H20" class="guide"/>' : `<g style="--line:${colour}" class="line"><path d="M0 0H20"/></g>`;
    return `<g transform="translate(${field.left + (i % perRow) * step} ${18 + Math.floor(i / perRow) * 18})">${line}<text x="26" y="4">${meaning}</text></g>`;
  }).join('\n');
}

function draw(shapes) {
  const rows = Math.ceil(shapes.size / columns);
  const width = columns * (field.width + field.gap);
  const height = field.top + rows * (field.height + field.gap) + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="CPU time of the engine's works over the number of structs, from a thousand to ten million">
<style>
text { font: 11px system-ui, sans-serif; fill: #333; }
.title { font-weight: 600; font-size: 12.5px; fill: #000; }
.frame { fill: #fff; stroke: #999; }
.grid { stroke: #e6e6e6; fill: none; }
.guide { stroke: #888; stroke-width: 1.5; stroke-dasharray: 4 3; fill: none; }
.line path { stroke: var(--line); stroke-width: 1.8; fill: none; }
.line circle { fill: var(--line); }
</style>
<rect width="${width}" height="${height}" fill="#fff"/>
${legend(width)}
${[...shapes].map(drawShape).join('\n')}
<text x="${width / 2}" y="${height - 4}" text-anchor="middle">structs in the document (across), CPU time for all of it (up)</text>
</svg>
`;
}

// How many times longer a struct took, beyond what n log n allows, at the largest size than at `base`.
function growth(points, base) {
  const perStruct = ({ structs, ms }) => ms / (structs * Math.log2(structs));
  const first = points.find(({ structs }) => structs >= base);
  return first && first !== points.at(-1) ? perStruct(points.at(-1)) / perStruct(first) : undefined;
}

function main() {
  const [csv, svg] = process.argv.slice(2);
  const shapes = readPoints(csv);
  fs.writeFileSync(svg, draw(shapes));
  console.log('time over n log n, at the largest size compared with 10,000 structs (2 and more is worth a look):');
  for (const [shape, lists] of shapes) {
    for (const [work, points] of lists) {
      const factor = growth(points, 10_000);
      if (factor !== undefined) console.log(`${shape}/${work} up to ${points.at(-1).structs}: ${factor.toFixed(2)}`);
    }
  }
}

main();
