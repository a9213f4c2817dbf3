-- What a job inherits from the run that enqueued it, in JSON: bound fields and the place in a trace. Null for most.
alter table queuetui_job add column context text collate "C";
alter table queuetui_job_done add column context text collate "C";
