// The cluster as a stranger sees it: real processes, unmodified clients, everything that can fail.
//
//   node run.mjs [--server PATH] [--only PART-OF-A-NAME] [--jobs N]     (or SYNCLINE_SERVER=PATH)
//
// --jobs is how many tests run side by side [1]; those that measure time run alone, after the others.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { runAll } from "../integration/suite.mjs";
import { binary } from "./lib/syncline.mjs";
// What takes longest begins first.
import "./faults.mjs";
import "./handoff.mjs";
import "./degradation.mjs";
import "./starts.mjs";
import "./up_and_down.mjs";
import "./gateway.mjs";
import "./cdn.mjs";
import "./control.mjs";

// Only for what hangs: others may keep the machine busy.
const limitMs = 600_000;

const { values } = parseArgs({ options: { server: { type: "string" }, only: { type: "string" }, jobs: { type: "string" } } });
if (values.server) binary.path = resolve(values.server);
process.exit((await runAll(values.only, { jobs: Number(values.jobs ?? 1), limitMs })) ? 0 : 1);
