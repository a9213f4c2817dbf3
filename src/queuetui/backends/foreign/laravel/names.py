"""What a Laravel queue is called; loads nothing."""

KIND = "laravel"
LABEL = "Laravel database queue"
