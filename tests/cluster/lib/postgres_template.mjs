// An empty PostgreSQL to copy, made once for all tests: initdb takes longer than many of them.

import { freePort } from "./ports.mjs";
import { Postgres } from "./postgres.mjs";
import { temporaryFolder } from "./temporary.mjs";

let template = null;

async function make() {
  const folder = temporaryFolder();
  const postgres = new Postgres({ folder, port: await freePort() });
  await postgres.create();
  await postgres.stop();
  return folder;
}

// Its folder.
export function postgresTemplate() {
  template ??= make();
  return template;
}
