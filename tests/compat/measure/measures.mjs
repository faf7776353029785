// The promises of the measurements, at a size that suits every run of the tests. Times are printed and
// decide nothing.

import { hub } from './hub.mjs';
import { evictDocuments, openLargeDocument } from './memory.mjs';
import { loadTrace, measureServer, storedTraces } from './trace.mjs';

export async function testMeasures(report, { binary, quick }) {
  await report.test('a recorded history typed by a y-websocket client', async () => {
    const trace = loadTrace(storedTraces, 'sveltecomponent');
    const { cpu, seconds } = await measureServer(binary, trace);
    return `${trace.patches.length} edits, ${cpu.toFixed(2)} CPU s of the server in ${seconds.toFixed(1)} s`;
  });
  await report.test('a large document opens', () => openLargeDocument(binary, quick ? 4 : 10));
  await report.test('documents that were left are evicted', () => evictDocuments(binary, quick ? 1000 : 5000));
  await report.test('a hub document with one reader that never reads', () =>
    hub(binary, { connections: quick ? 100 : 500, edits: quick ? 200 : 600, editBytes: 2048 }));
}
