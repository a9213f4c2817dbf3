"""What every native backend does alike: one suite, run over each of them."""
