// The two jobs on pg-boss, each in a queue of its own; the one that is killed may run for 10 seconds.
// Called with the folder of pg-boss, the database's URL, and 'enqueue' with the folder of the jobs' files, or 'work'.
const { createRequire } = require('node:module');
const { join } = require('node:path');
const jobs = require('./live_jobs.cjs');

const [, , room, url, task, work] = process.argv;
const module_ = createRequire(join(room, 'index.cjs'))('pg-boss');
const PgBoss = module_.PgBoss ?? module_;

async function main() {
  const boss = new PgBoss(url);
  boss.on('error', () => {});
  await boss.start();
  for (const [name, options] of [['fail', { retryLimit: 0 }], ['slow', { expireInSeconds: 10 }]]) {
    if (task === 'enqueue') {
      await boss.createQueue(name);
      await boss.send(name, { folder: work }, options);
    } else {
      await boss.work(name, { pollingIntervalSeconds: 0.5 }, ([job]) => jobs.run(name, job.data.folder));
    }
  }
  if (task === 'enqueue') await boss.stop();
}

main();
