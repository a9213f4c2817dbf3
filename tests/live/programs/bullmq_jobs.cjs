// The jobs that BullMQ's worker runs: they do as they should once the file `mended` is there.
// Called with the folder of BullMQ, the server's URL, and 'enqueue' with the folder of the jobs' files, or 'work'.
const { existsSync, renameSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');

const [, , room, url, task, work] = process.argv;
const { Queue, Worker } = createRequire(join(room, 'index.cjs'))('bullmq');
const { hostname, port, pathname } = new URL(url);
const connection = { host: hostname, port: Number(port), db: Number(pathname.slice(1) || 0), maxRetriesPerRequest: null };

async function run({ name, data: { folder } }) {
  if (existsSync(join(folder, 'mended'))) {
    writeFileSync(join(folder, `${name}-done`), '');
  } else if (name === 'fail') {
    throw new RangeError('not mended yet');
  } else {
    writeFileSync(join(folder, 'slow-began.part'), String(process.pid));
    renameSync(join(folder, 'slow-began.part'), join(folder, 'slow-began'));
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  }
}

async function enqueue() {
  const queue = new Queue('live', { connection });
  await queue.add('fail', { folder: work });
  await queue.add('slow', { folder: work });
  await queue.close();
}

if (task === 'enqueue') {
  enqueue();
} else {
  new Worker('live', run, { connection, concurrency: 2, name: 'liver', lockDuration: 2_000, stalledInterval: 600_000 });
}
