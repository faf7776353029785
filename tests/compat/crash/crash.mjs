// The real server is killed with SIGKILL at random moments while people type. After each restart every
// edit that was ever acknowledged is in what a fresh client reads, before anybody else has connected;
// at the end it is in what `syncline-server doc show` reads from the data folder.

import { Random } from '../differential/random.mjs';
import { Server } from '../lib/server.mjs';
import { sleep } from '../lib/wait.mjs';
import { readMarks, Typist } from './typist.mjs';

const documents = ['crash/one', 'crash/two', 'crash/ü'];
const typistsPerDocument = 2;

// A snapshot often, so that loading from one is tested too.
const options = ['--snapshot-interval', '100ms', '--snapshot-min-updates', '1', '--evict-after', '50ms'];

export async function testCrashes(report, { binary, seed, kills }) {
  await report.test(`${kills} times SIGKILL under load, seed ${seed}`, () => crash(binary, seed, kills));
}

async function crash(binary, seed, kills) {
  const random = new Random(seed);
  const typists = documents.flatMap((document, i) =>
    Array.from({ length: typistsPerDocument }, (_, j) => new Typist(`${i}.${j}`, document)));
  const server = await Server.start(binary, options);
  try {
    for (let i = 0; i < kills; ++i) {
      await Promise.all(typists.map((typist) => typist.start(server)));
      await sleep(random.below(250));
      await server.kill();
      typists.forEach((typist) => typist.stop());
      await server.start();
      for (const document of documents) {
        const present = await readMarks(server, document);
        expectAll(typists, document, present, `after kill ${i + 1}`);
      }
    }
    await server.stop();
    for (const document of documents) {
      const shown = await server.doc('show', document, '--root', 'edits', '--format', 'json', '--check');
      expectAll(typists, document, new Set(JSON.parse(shown)), 'in doc show');
    }
    const total = typists.reduce((sum, typist) => sum + typist.acknowledged.size, 0);
    if (total < kills) throw new Error(`only ${total} edits were acknowledged: nothing was tested`);
    return `${total} acknowledged edits, none lost`;
  } finally {
    await server.destroy();
  }
}

function expectAll(typists, document, present, when) {
  for (const typist of typists) {
    if (typist.document !== document) continue;
    const lost = [...typist.acknowledged].filter((mark) => mark !== 'step 2' && !present.has(mark));
    if (lost.length > 0) {
      throw new Error(`${when}, ${lost.length} acknowledged edits of ${document} are lost: ${lost.slice(0, 5)}`);
    }
  }
}
