// The cluster as a stranger sees it: real processes, unmodified clients, everything that can fail.
//
//   node run.mjs [--server PATH] [--only PART-OF-A-NAME]     (or SYNCLINE_SERVER=PATH)

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { runAll } from "../integration/suite.mjs";
import { binary } from "./lib/syncline.mjs";
import "./cdn.mjs";
import "./control.mjs";
import "./faults.mjs";
import "./gateway.mjs";
import "./handoff.mjs";

const { values } = parseArgs({ options: { server: { type: "string" }, only: { type: "string" } } });
if (values.server) binary.path = resolve(values.server);
process.exit((await runAll(values.only)) ? 0 : 1);
