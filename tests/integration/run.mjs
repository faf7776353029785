// The real binary among peers and in places that mean it no good.
//
//   node run.mjs --server PATH [--load PATH] [--only PART-OF-A-NAME]     (or SYNCLINE_SERVER=PATH)
//
// The load generator is looked for where the build of the server puts it.

import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { binary } from "./server.mjs";
import { runAll } from "./suite.mjs";
import "./bad_frames.mjs";
import "./doc_command.mjs";
import "./full_disk.mjs";
import "./http.mjs";
import "./limits_and_peers.mjs";
import "./load.mjs";
import "./operators.mjs";
import "./start_and_stop.mjs";

const text = { type: "string" };
const { values } = parseArgs({ options: { server: text, load: text, only: text } });
const path = values.server ?? process.env.SYNCLINE_SERVER;
if (!path) {
  console.error("which server? --server PATH");
  process.exit(2);
}
binary.path = resolve(path);
binary.load = resolve(values.load ?? join(dirname(binary.path), "../loadgen/syncline-load"));
process.exit((await runAll(values.only)) ? 0 : 1);
