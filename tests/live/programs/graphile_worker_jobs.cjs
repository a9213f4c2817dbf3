// The two jobs on graphile-worker, the one that is killed in a named queue.
// Called with the folder of graphile-worker, the database's URL, and 'enqueue' with the folder of the jobs' files, or 'work'.
const { createRequire } = require('node:module');
const { join } = require('node:path');
const jobs = require('./live_jobs.cjs');

const [, , room, connectionString, task, work] = process.argv;
const { makeWorkerUtils, run } = createRequire(join(room, 'index.cjs'))('graphile-worker');

async function enqueue() {
  const utils = await makeWorkerUtils({ connectionString });
  await utils.migrate();
  await utils.addJob('fail', { folder: work }, { maxAttempts: 1 });
  await utils.addJob('slow', { folder: work }, { queueName: 'live' });
  await utils.release();
}

if (task === 'enqueue') {
  enqueue();
} else {
  const doing = (name) => ({ folder }) => jobs.run(name, folder);
  run({ connectionString, concurrency: 2, taskList: { fail: doing('fail'), slow: doing('slow') } });
}
