// The two jobs on BullMQ, on Redis or on PostgreSQL as the URL says.
// Called with the folder of BullMQ, the server's URL, and 'enqueue' with the folder of the jobs' files, or 'work'.
const { createRequire } = require('node:module');
const { join } = require('node:path');
const jobs = require('./live_jobs.cjs');

const [, , room, url, task, work] = process.argv;
const { createPostgresBackend, Queue, Worker } = createRequire(join(room, 'index.cjs'))('bullmq');
const { hostname, port, pathname, protocol } = new URL(url);
const isRedis = protocol === 'redis:';
const connection = isRedis
  ? { host: hostname, port: Number(port), db: Number(pathname.slice(1) || 0), maxRetriesPerRequest: null }
  : { connectionString: url, migrate: true };
const factory = isRedis ? undefined : createPostgresBackend;

async function enqueue() {
  const queue = new Queue('live', { connection }, factory);
  await queue.add('fail', { folder: work });
  await queue.add('slow', { folder: work });
  await queue.close();
}

if (task === 'enqueue') {
  enqueue();
} else {
  const options = { connection, concurrency: 2, name: 'liver', lockDuration: 2_000, stalledInterval: 600_000 };
  new Worker('live', ({ name, data }) => jobs.run(name, data.folder), options, factory);
}
