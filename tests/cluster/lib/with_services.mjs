// A cluster for one test, gone after it.

import { Cluster } from "./cluster.mjs";
import { postgresTemplate } from "./postgres_template.mjs";
import { removeFolder, temporaryFolder } from "./temporary.mjs";

// For tests: a part that died is missed, and a write buffer drained, soon.
const nodeOptions = { "--anti-entropy-interval": "500ms", "--retry-delay-max": "500ms" };
const workerArgs = ["--flush-interval", "200ms", "--claim-lease", "1s", "--retry-delay-max", "500ms"];

// `options` are those of Cluster; `nodeOptions` are options of all nodes, by name, and win over those above.
export async function withServices({ nodeOptions: more = {}, ...options }, body) {
  const folder = temporaryFolder();
  const nodeArgs = Object.entries({ ...nodeOptions, ...more }).flat(2);
  let cluster;
  try {
    const template = await postgresTemplate();
    cluster = await Cluster.start({ folder, postgresTemplate: template, nodeArgs, workerArgs, ...options });
    return await body(cluster);
  } catch (error) {
    // Who wants to know more gets it before the folder is gone.
    if (process.env.SYNCLINE_KEEP) error.message += ` (logs in ${folder})`;
    throw error;
  } finally {
    await cluster?.kill();
    removeFolder(folder);
  }
}
