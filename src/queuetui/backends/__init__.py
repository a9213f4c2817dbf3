"""One contract for every store of jobs; native and foreign backends do not import each other."""
