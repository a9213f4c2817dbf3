"""A project of Django with the two jobs as tasks of its framework; run by itself, it makes the tables and enqueues both."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent))

import django
import live_jobs
from django.conf import settings
from django.core.management import execute_from_command_line

# The tasks of the framework, or those of django-q2.
_IS_FRAMEWORK = os.environ.get("PRODUCT") != "django-q2"
_URL = urlsplit(os.environ["QUEUE_URL"])
if not settings.configured:
    settings.configure(
        SECRET_KEY="live",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["django_tasks", "django_tasks_db"] if _IS_FRAMEWORK else ["django_q"],
        Q_CLUSTER={"name": "live", "orm": "default", "workers": 2, "timeout": 50, "retry": 60, "max_attempts": 1},
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": _URL.path.lstrip("/"),
                "HOST": _URL.hostname,
                "PORT": _URL.port,
                "USER": _URL.username,
                "PASSWORD": _URL.password,
            }
        },
        TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["live"]}},
    )
    django.setup()

if _IS_FRAMEWORK:
    from django_tasks import task

    @task(queue_name="live")
    def fail(folder: str) -> None:
        """Fail until mended."""
        live_jobs.fail(folder)

    @task(queue_name="live")
    def slow(folder: str) -> None:
        """Run on until mended."""
        live_jobs.slow(folder)


def enqueue(folder: str) -> None:
    """Make the tables and enqueue both jobs."""
    execute_from_command_line(["django_app.py", "migrate", "--verbosity=0"])
    if _IS_FRAMEWORK:
        fail.enqueue(folder)
        slow.enqueue(folder)
    else:
        from django_q.tasks import async_task

        async_task("live_jobs.fail", folder)
        async_task("live_jobs.slow", folder)


if __name__ == "__main__":
    if sys.argv[1] == "enqueue":
        # A task is known by its module's name.
        import django_app

        django_app.enqueue(sys.argv[2])
    else:
        execute_from_command_line(sys.argv)
