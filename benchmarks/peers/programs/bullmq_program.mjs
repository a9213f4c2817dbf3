// BullMQ; completed jobs are kept, as by default.
import { createRequire } from "node:module";
import { answer, stamp, url } from "./program.mjs";

// The packages are installed beside the benchmark, in the folder that the program is started from.
const { Queue, Worker } = createRequire(`${process.cwd()}/`)("bullmq");
const BULK = 1000;
const at = new URL(url);
const connection = { host: at.hostname, port: Number(at.port), maxRetriesPerRequest: null };

if (process.argv[2] === "work-tuned") {
  new Worker("bench", async () => stamp(), { connection, concurrency: 100 });
} else {
  const queue = new Queue("bench", { connection });
  await answer({
    oneByOne: async (count) => {
      for (let done = 0; done < count; done++) await queue.add("noop", { sku: "A-1042" });
    },
    inBulk: async (count) => {
      for (let done = 0; done < count; done += BULK) {
        const size = Math.min(BULK, count - done);
        await queue.addBulk(Array.from({ length: size }, () => ({ name: "noop", data: { sku: "A-1042" } })));
      }
    },
  });
  await queue.close();
}
