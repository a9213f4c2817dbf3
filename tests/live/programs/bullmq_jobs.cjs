// The jobs that BullMQ's worker runs: they do as they should once the file `mended` is there.
// Called with the folder of BullMQ, the server's URL, and 'enqueue' with the folder of the jobs' files, or 'work'.
const { createRequire } = require('node:module');
const { join } = require('node:path');
const jobs = require('./live_jobs.cjs');

const [, , room, url, task, work] = process.argv;
const { Queue, Worker } = createRequire(join(room, 'index.cjs'))('bullmq');
const { hostname, port, pathname } = new URL(url);
const connection = { host: hostname, port: Number(port), db: Number(pathname.slice(1) || 0), maxRetriesPerRequest: null };

async function enqueue() {
  const queue = new Queue('live', { connection });
  await queue.add('fail', { folder: work });
  await queue.add('slow', { folder: work });
  await queue.close();
}

if (task === 'enqueue') {
  enqueue();
} else {
  const run = ({ name, data: { folder } }) => jobs.run(name, folder);
  new Worker('live', run, { connection, concurrency: 2, name: 'liver', lockDuration: 2_000, stalledInterval: 600_000 });
}
