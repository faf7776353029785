// A cluster for one test, gone after it.

import { Cluster } from "./cluster.mjs";
import { postgresTemplate } from "./postgres_template.mjs";
import { withTemporaryFolder } from "./temporary.mjs";

// For tests: a part that died is missed, and a write buffer drained, soon.
const nodeOptions = { "--anti-entropy-interval": "500ms", "--retry-delay-max": "500ms" };
const workerArgs = ["--flush-interval", "200ms", "--claim-lease", "1s", "--retry-delay-max", "500ms"];

// `options` are those of Cluster; `nodeOptions` are options of all nodes, by name, and win over those above.
export function withServices({ nodeOptions: more = {}, ...options }, body) {
  const nodeArgs = Object.entries({ ...nodeOptions, ...more }).flat(2);
  return withTemporaryFolder(async (folder) => {
    const cluster = new Cluster({
      folder,
      postgresTemplate: await postgresTemplate(),
      nodeArgs,
      workerArgs,
      ...options,
    });
    try {
      await cluster.up();
      return await body(cluster);
    } finally {
      await cluster.kill();
    }
  });
}
