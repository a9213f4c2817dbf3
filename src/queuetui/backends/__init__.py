"""One contract over every place that jobs live in; native and foreign backends never meet."""
