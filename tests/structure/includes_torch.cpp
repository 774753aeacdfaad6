#include <cutmix/torch.hpp>
