// Expected: cutmix: the harness must be content with this
#ifndef TWIN
static_assert(false, "cutmix: the harness must be content with this");
#endif
