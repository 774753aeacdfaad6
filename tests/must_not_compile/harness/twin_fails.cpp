// Expected: cutmix: the harness must notice that the twin fails, too
static_assert(false, "cutmix: the harness must notice that the twin fails, too");
