// Expected: cutmix: the harness must notice that this compiles
