<?php
// Enqueues the two jobs, or runs the framework's own worker: php laravel_queue.php enqueue|work STORE ADDRESS FAILED WORK
// STORE is redis, pgsql or mysql, ADDRESS its parts as JSON, FAILED the SQLite file of failed jobs where STORE is redis.

namespace App\Jobs {
    class Fail
    {
        public $tries = 1;

        public function __construct(private string $folder) {}

        public function handle()
        {
            if (!file_exists("{$this->folder}/mended")) {
                throw new \LogicException('not mended yet');
            }
            touch("{$this->folder}/fail-done");
        }
    }

    class Slow
    {
        public $tries = 1;

        public function __construct(private string $folder) {}

        public function handle()
        {
            if (!file_exists("{$this->folder}/mended")) {
                file_put_contents("{$this->folder}/slow-began.part", getmypid());
                rename("{$this->folder}/slow-began.part", "{$this->folder}/slow-began");
                sleep(600);
            }
            touch("{$this->folder}/slow-done");
        }
    }
}

namespace {

foreach (['Queue', 'Redis', 'Database', 'Bus', 'Events'] as $part) {
    require "Illuminate/$part/autoload.php";
}

class PrintingHandler implements Illuminate\Contracts\Debug\ExceptionHandler
{
    public function report(Throwable $e) { fwrite(STDERR, $e . "\n"); }
    public function shouldReport(Throwable $e) { return true; }
    public function render($request, Throwable $e) {}
    public function renderForConsole($output, Throwable $e) {}
}

[, $deed, $store, $address, $failed, $work] = $argv;
$place = json_decode($address, true);
$app = new Illuminate\Container\Container();
Illuminate\Container\Container::setInstance($app);
$events = new Illuminate\Events\Dispatcher($app);
$app->instance(Illuminate\Contracts\Events\Dispatcher::class, $events);
$app->instance('events', $events);
$app->instance(Illuminate\Contracts\Container\Container::class, $app);
$app->bind(Illuminate\Contracts\Bus\Dispatcher::class, fn ($app) => new Illuminate\Bus\Dispatcher($app));

$database = new Illuminate\Database\Capsule\Manager($app);
$database->addConnection(
    $store === 'redis' ? ['driver' => 'sqlite', 'database' => $failed] : ['driver' => $store, 'charset' => 'utf8'] + $place
);
$app->instance('db', $database->getDatabaseManager());
$app->instance('redis', new Illuminate\Redis\RedisManager(
    $app, 'phpredis', ['options' => ['prefix' => 'live_database_'], 'default' => $place]
));

$schema = $database->getConnection()->getSchemaBuilder();
if (!$schema->hasTable('failed_jobs')) {
    $schema->create('failed_jobs', function ($table) {
        $table->id();
        $table->string('uuid')->unique();
        $table->text('connection');
        $table->text('queue');
        $table->longText('payload');
        $table->longText('exception');
        $table->timestamp('failed_at')->useCurrent();
    });
    $schema->create('jobs', function ($table) {
        $table->bigIncrements('id');
        $table->string('queue')->index();
        $table->longText('payload');
        $table->unsignedTinyInteger('attempts');
        $table->unsignedInteger('reserved_at')->nullable();
        $table->unsignedInteger('available_at');
        $table->unsignedInteger('created_at');
    });
}

$kind = $store === 'redis' ? 'redis' : 'database';
$queues = new Illuminate\Queue\Capsule\Manager($app);
$queues->addConnection(
    ['driver' => $kind, 'connection' => 'default', 'table' => 'jobs', 'queue' => 'live', 'retry_after' => 300], $kind
);
if ($deed === 'enqueue') {
    $queues->getConnection($kind)->push(new App\Jobs\Fail($work));
    $queues->getConnection($kind)->push(new App\Jobs\Slow($work));
    exit;
}

// As the framework's own `queue:work` keeps what was given up.
$failer = new Illuminate\Queue\Failed\DatabaseUuidFailedJobProvider($app['db'], 'default', 'failed_jobs');
$events->listen(Illuminate\Queue\Events\JobFailed::class, fn ($event) => $failer->log(
    $event->connectionName, $event->job->getQueue(), $event->job->getRawBody(), $event->exception
));
$worker = new Illuminate\Queue\Worker($queues->getQueueManager(), $events, new PrintingHandler(), fn () => false);
$worker->daemon($kind, 'live', new Illuminate\Queue\WorkerOptions('default', 0, 256, 0, 1, 1));

}
