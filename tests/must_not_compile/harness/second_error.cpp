// Expected: cutmix: the harness must notice that more errors follow
#ifndef TWIN
static_assert(false, "cutmix: the harness must notice that more errors follow");
int i = "no number";
#endif
