// A cluster for one test, gone after it.

import { Cluster } from "./cluster.mjs";
import { postgresTemplate } from "./postgres_template.mjs";
import { removeFolder, temporaryFolder } from "./temporary.mjs";

// For tests: a part that died is missed, and a write buffer drained, soon.
const soon = {
  nodeArgs: ["--anti-entropy-interval", "500ms", "--retry-delay-max", "500ms"],
  workerArgs: ["--flush-interval", "200ms", "--claim-lease", "1s", "--retry-delay-max", "500ms"],
};

// `options` are those of Cluster; `moreNodeArgs` are added to what all nodes get.
export async function withServices({ moreNodeArgs = [], ...options }, body) {
  const folder = temporaryFolder();
  const nodeArgs = [...soon.nodeArgs, ...moreNodeArgs];
  let cluster;
  try {
    const template = await postgresTemplate();
    cluster = await Cluster.start({ folder, postgresTemplate: template, ...soon, nodeArgs, ...options });
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
