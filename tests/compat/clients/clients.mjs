// Unmodified clients from npm on the real server.

import { Server } from '../lib/server.mjs';
import { versionNames } from '../lib/editors.mjs';
import { comeAndGo } from './awareness.mjs';
import { editAtRandom } from './editing.mjs';
import { staysConnected } from './idle.mjs';
import { acknowledgements, anyName, largeFirstSync, ownEcho, subprotocols, yjs14 } from './protocol.mjs';

// Nothing but waiting: runs beside everything else.
export async function testIdleClients(report, { binary }) {
  const server = await Server.start(binary);
  try {
    await Promise.all(versionNames.map((version) =>
      report.test(`an idle y-websocket ${version} stays connected`, () => staysConnected(server, version))));
  } finally {
    await server.destroy();
  }
}

export async function testClients(report, { binary, seed, documents }) {
  const server = await Server.start(binary);
  try {
    await report.test('any document name', () => anyName(server));
    await report.test('a large first sync', () => largeFirstSync(server));
    await report.test('acknowledgements for who asks', () => acknowledgements(server));
    await report.test('requested subprotocols are echoed', () => subprotocols(server));
    await report.test('the own echo means saved (3.1.0-rc.5, as 4.0)', () => ownEcho(server));
    await report.test('@y/websocket 4.0 with Yjs 14 beside Yjs 13', () => yjs14(server));
    for (const version of versionNames) {
      await report.test(`awareness comes and goes with y-websocket ${version}`, () => comeAndGo(server, version));
    }
    for (let i = 0; i < documents; ++i) {
      await report.test(`random editing, seed ${seed + i}`, () => editAtRandom(server, seed + i));
    }
    await report.test('SIGTERM drains and exits with 0', () => server.stop());
  } finally {
    await server.destroy();
  }
}
