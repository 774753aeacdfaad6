// Expected: cutmix: the harness must notice that another error comes first
#ifndef TWIN
int i = "no number";
static_assert(false, "cutmix: the harness must notice that another error comes first");
#endif
