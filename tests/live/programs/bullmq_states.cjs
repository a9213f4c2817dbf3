// Brings BullMQ's jobs into the states that its verbs are for, and does one of its own verbs.
// Called with the folder of BullMQ, the server's URL, and 'make', or 'serve': then each line of its input is a verb, a queue and an id.
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { createInterface } = require('node:readline');

const [, , room, url, task] = process.argv;
const load = createRequire(join(room, 'index.cjs'));
const { FlowProducer, Job, Queue, Worker } = load('bullmq');
const { default: Redis } = load('ioredis');
const { hostname, port, pathname } = new URL(url);
const connection = { host: hostname, port: Number(port), db: Number(pathname.slice(1) || 0), maxRetriesPerRequest: null };
const redis = new Redis(connection);
const HOUR = 3_600_000;

async function run(job, worker) {
  await job.log('begun');
  if (job.name === 'ok') return { x: 1 };
  throw new TypeError('bad thing');
}

async function make() {
  const queue = new Queue('q', { connection });
  const flow = new FlowProducer({ connection });
  const later = { type: 'fixed', delay: HOUR };
  const family = (parent, options, ...children) =>
    flow.add({
      name: 'parent', queueName: 'p', data: {}, opts: { jobId: parent, ...options },
      children: children.map(([of, jobId, opts]) => ({ name: 'child', queueName: of, data: {}, opts: { jobId, ...opts } })),
    });
  for (const [jobId, options] of [
    ['bad', {}], ['bad-lifo', { lifo: true }], ['bad-first', { priority: 7 }], ['tried', { attempts: 5, backoff: later }],
    ['tried-first', { attempts: 5, backoff: later, priority: 3 }],
  ]) {
    await queue.add('bad', { a: 1, f: 1.0, e: [] }, { jobId, ...options });
  }
  await queue.add('ok', {}, { jobId: 'done' });
  await family('parent-1', {}, ['q', 'bad-child', { ignoreDependencyOnFailure: true }], ['kids', 'child-1']);
  await family('parent-2', {}, ['q', 'bad-last', {}]);
  await family('parent-3', { priority: 2 }, ['kids', 'child-last']);
  const worker = new Worker('q', run, { connection });
  while ((await queue.getFailedCount()) < 5 || (await queue.getDelayedCount()) < 2 || (await queue.getCompletedCount()) < 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await worker.close();
  await queue.add('later', {}, { delay: HOUR, jobId: 'later' });
  await queue.add('later', {}, { delay: HOUR, priority: 5, jobId: 'later-first' });
  await queue.add('waits', {}, { jobId: 'waits' });
  await queue.add('waits', {}, { jobId: 'waits-once', deduplication: { id: 'once' } });
  await queue.add('waits', {}, { jobId: 'waits-first', priority: 9 });
  await queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *' }, { name: 'night', data: {} });
  await new Queue('empty', { connection }).add('later', {}, { delay: HOUR, jobId: 'later' });
  await new Queue('lost', { connection }).add('waits', {}, { jobId: 'dropped' });
  const dead = new Worker('lost', null, { connection });
  await dead.getNextJob('token');
  await redis.del('bull:lost:dropped:lock');
}

async function act(verb, name, id) {
  const queue = new Queue(name, { connection });
  const job = await Job.fromId(queue, id);
  const verbs = {
    pause: () => queue.pause(),
    resume: () => queue.resume(),
    limit: () => queue.setGlobalConcurrency(Number(id)),
    retry: () => (job.finishedOn ? job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true }) : job.promote()),
    delete: () => job.remove({ removeChildren: false }),
    async release() {
      const worker = new Worker(name, null, { connection, autorun: false });
      await worker.waitUntilReady();
      await redis.sadd(`bull:${name}:stalled`, id);
      await worker.moveStalledJobsToWait();
      await redis.del(`bull:${name}:stalled-check`);
      await worker.close(true);
    },
  };
  await verbs[verb]();
  await queue.close();
}

async function serve() {
  for await (const line of createInterface({ input: process.stdin })) {
    await act(...line.split(' '));
    console.log('done');
  }
}

(task === 'make' ? make() : serve()).then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
