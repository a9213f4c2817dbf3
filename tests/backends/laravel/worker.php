<?php
// Runs the framework's own queue worker for one job: php worker.php SQLITE_FILE QUEUE LOG_FILE

namespace App\Jobs {
    class ChargeCard
    {
        public $tries;
        public $timeout;
        private $orderId;
        protected $amountCents;

        public function handle()
        {
            file_put_contents($GLOBALS['log'], "ran {$this->orderId} {$this->amountCents}\n", FILE_APPEND);
        }
    }
}

namespace {

require '/usr/share/php/Illuminate/Queue/autoload.php';
require '/usr/share/php/Illuminate/Database/autoload.php';
require '/usr/share/php/Illuminate/Bus/autoload.php';
require '/usr/share/php/Illuminate/Events/autoload.php';

class PrintingHandler implements Illuminate\Contracts\Debug\ExceptionHandler
{
    public function report(Throwable $e) { fwrite(STDERR, $e . "\n"); }
    public function shouldReport(Throwable $e) { return true; }
    public function render($request, Throwable $e) {}
    public function renderForConsole($output, Throwable $e) {}
}

[, $file, $queue, $log] = $argv;
$app = new Illuminate\Container\Container();
Illuminate\Container\Container::setInstance($app);
$events = new Illuminate\Events\Dispatcher($app);
$app->instance(Illuminate\Contracts\Events\Dispatcher::class, $events);
$app->instance('events', $events);
$app->instance(Illuminate\Contracts\Container\Container::class, $app);
$app->bind(Illuminate\Contracts\Bus\Dispatcher::class, fn ($app) => new Illuminate\Bus\Dispatcher($app));
$database = new Illuminate\Database\Capsule\Manager($app);
$database->addConnection(['driver' => 'sqlite', 'database' => $file]);
$app->instance('db', $database->getDatabaseManager());
$queues = new Illuminate\Queue\Capsule\Manager($app);
$queues->addConnection(
    ['driver' => 'database', 'table' => 'jobs', 'queue' => 'default', 'connection' => 'default', 'retry_after' => 90],
    'database'
);
$worker = new Illuminate\Queue\Worker($queues->getQueueManager(), $events, new PrintingHandler(), fn () => false);
$worker->runNextJob('database', $queue, new Illuminate\Queue\WorkerOptions());

}
