// graphile-worker with a local queue and batched completes.
import { createRequire } from "node:module";
import { answer, stamp, url } from "./program.mjs";

// The packages are installed beside the benchmark, in the folder that the program is started from.
const { makeWorkerUtils, run } = createRequire(`${process.cwd()}/`)("graphile-worker");
const BULK = 1000;

if (process.argv[2] === "work-tuned") {
  await run({
    connectionString: url,
    taskList: { noop: async () => stamp() },
    preset: {
      worker: { concurrentJobs: 24, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
    },
  });
} else {
  const utils = await makeWorkerUtils({ connectionString: url });
  await answer({
    prepare: () => utils.migrate(),
    oneByOne: async (count) => {
      for (let done = 0; done < count; done++) await utils.addJob("noop", { sku: "A-1042" });
    },
    inBulk: async (count) => {
      for (let done = 0; done < count; done += BULK) {
        const size = Math.min(BULK, count - done);
        await utils.addJobs(Array.from({ length: size }, () => ({ identifier: "noop", payload: { sku: "A-1042" } })));
      }
    },
  });
  await utils.release();
}
