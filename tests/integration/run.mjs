// The real binary among peers and in places that mean it no good.
//
//   node run.mjs --server PATH [--only PART-OF-A-NAME]     (or SYNCLINE_SERVER=PATH)

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { binary } from "./server.mjs";
import { runAll } from "./suite.mjs";
import "./bad_frames.mjs";
import "./doc_command.mjs";
import "./full_disk.mjs";
import "./http.mjs";
import "./limits_and_peers.mjs";
import "./start_and_stop.mjs";

const { values } = parseArgs({ options: { server: { type: "string" }, only: { type: "string" } } });
const path = values.server ?? process.env.SYNCLINE_SERVER;
if (!path) {
  console.error("which server? --server PATH");
  process.exit(2);
}
binary.path = resolve(path);
process.exit((await runAll(values.only)) ? 0 : 1);
