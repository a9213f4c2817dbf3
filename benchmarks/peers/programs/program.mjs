// What the measured programs on Node share: the no-op job, the commands, the clock; as program.py.
import fs from "node:fs";

export const url = process.env.BENCH_URL;
const stamps = fs.openSync(process.env.BENCH_STAMPS, "a");
const WARM_UP_JOBS = 20;

export function stamp() {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64LE(process.hrtime.bigint());
  fs.writeSync(stamps, bytes);
}

async function jobsPerSecond(enqueue, count) {
  await enqueue(WARM_UP_JOBS);
  const started = process.hrtime.bigint();
  await enqueue(count);
  return count / (Number(process.hrtime.bigint() - started) / 1e9);
}

export async function answer({ prepare, oneByOne, inBulk }) {
  const command = process.argv[2];
  const count = Number(process.argv[3]);
  let found = null;
  if (command === "prepare" && prepare) await prepare();
  else if (command === "fill") await inBulk(count);
  else if (command === "enqueue-one") found = await jobsPerSecond(oneByOne, count);
  else if (command === "enqueue-bulk") found = await jobsPerSecond(inBulk, count);
  console.log(JSON.stringify(found));
}
